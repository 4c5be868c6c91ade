// SPDX-License-Identifier: Apache-2.0
// Who may send what, when: the producer behind a record, the tenant it is for, what the tenant may send
// per second, and what is too late. Pure: time comes in, the store is not asked.
#ifndef COMMAND_ADMISSION_H
#define COMMAND_ADMISSION_H

#include "command/item.h"
#include "command/tenants.h"

enum {
    ADMISSION_AHEAD_US = 5 * 60 * 1000000, /* of ce_time: clocks differ */
    ADMISSION_BEHIND_DAYS = 30,            /* … older is a mistake */
};

/* The same for all records of a batch. */
struct admission {
    struct tenants *tenants; /* their limits are counted here */
    struct slice topic;      /* where the records come from */
    int64_t now_us;          /* since 1970 */
    int64_t monotonic_us;    /* for the limits */
    /* They waited in a queue, and were looked at when they came: they are in no limit a second time, and
     * how long they waited is not their age. */
    bool is_queued;
};

struct sender {
    struct tenant *tenant;
    const struct sending_party *producer; /* NULL: nobody has to say who it is */
};

/* Fills in the item's settings, actor and the tenant of its stream. The envelope was read, maybe with a
 * fault. False: *why is the answer, and the item is mute unless the MAC is right. */
MUST_USE bool admission_identify(
    const struct admission *admission, struct item *item, struct sender *out, struct answer *why);

/* Counts the command in its tenant's limit. False: it is reached, *why says for how long. */
MUST_USE bool
admission_count(const struct admission *admission, const struct sender *sender, struct answer *why);

/* Refuses a decoded command that its sender may not send, or not any more; unless the store knows it. */
void admission_check(
    const struct admission *admission, const struct sender *sender, struct item *item);

/* A refusal that holds only if the store does not know the command. The first one stands. */
void admission_put_off(struct item *item, enum rejection_code code, const char *field);

/* Refuses what expired while it waited to be decided. Before each round, which may come late. */
void admission_expire(struct item *items, size_t count, int64_t now_us);

#endif
