// SPDX-License-Identifier: Apache-2.0
// Commands that we fail on, and the streams they are of (docs/decisions/D10): such a stream is parked,
// later commands of it queue in the database, all others flow. When an operator has released it, whoever
// owns its partition decides the queue.
#ifndef COMMAND_PARK_H
#define COMMAND_PARK_H

#include "command/careful.h"
#include "command/item.h"
#include "command/parked_set.h"
#include "runtime/retry.h"

struct service;

enum { PARK_MOST_ATTEMPTS = CAREFUL_MOST_ATTEMPTS }; /* at a command that we fail on */

struct park {
    struct parked_set set;
    int64_t read_us;    /* monotonic, when the set was read; 0: to be read before the next batch */
    int64_t generation; /* of the claims it was read for */
    struct careful *careful; /* by partition, owned */
    size_t careful_count;
    struct retry retry; /* of a call to the database */
    size_t most_items;  /* commands that the next batch may have */
    bool is_exhausted;  /* its only command was tried too often */
    bool is_draining;   /* its commands come from a queue, */
    int32_t partition;  /* … which is decided by whoever has this one */
};

void park_init(struct park *park);
void park_release(struct park *park);

/* Before a batch is taken in: knows what is parked, and with how much care to go on. False: a stop was
 * asked for, or the program cannot go on (err). */
MUST_USE bool park_prepare(struct service *service, struct error *err);

/* Gives the only command of the batch up when it was tried too often, by processes that ended over it.
 * Ends like park_prepare. */
MUST_USE bool park_refuse_exhausted(struct service *service, struct error *err);

/* Answers the open commands of parked streams, after they have joined their queues. Without parked
 * streams it does nothing. */
MUST_USE bool park_divert(struct service *service, struct error *err);

/* Gives the item up, for good, and parks its stream; `why` is a word for operators. */
MUST_USE bool
park_give_up(struct service *service, struct item *item, const char *why, struct error *err);

/* Looks for released streams about once a second and decides a piece of a queue. Between batches. */
MUST_USE bool park_drain(struct service *service, struct error *err);

/* ---- for the parts of it ---- */

/* Reads what is parked, when it is a second old or of another assignment. Ends like park_prepare. */
MUST_USE bool park_refresh(struct service *service, struct error *err);

/* After a call that failed: waits, reconnects, or lets the batch go, as the error says. True: try again,
 * unless the batch is stale now. */
MUST_USE bool park_survive(struct service *service, struct error *err);

/* The claims of the partitions of these items, and the topic. In the arena. False with STORE_CLAIM_LOST: one
 * of them is not ours. */
MUST_USE bool park_owner(
    struct service *service,
    const struct item *items,
    size_t count,
    struct arena *arena,
    struct parked_owner *out,
    struct error *err);

#endif
