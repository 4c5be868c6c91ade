// SPDX-License-Identifier: Apache-2.0
// What this process may append: the claims of the partitions that are assigned to it. Each assignment is
// claimed anew before anything of it is decided; an append that comes too late, because the process
// slept while its partitions went to somebody else, is refused by the store (docs/decisions/D26).
#ifndef COMMAND_CLAIMS_H
#define COMMAND_CLAIMS_H

#include "store/claims.h"

struct item;
struct service;
struct round;

struct claims {
    int64_t generation; /* of the assignment they are of; 0: none are held */
    struct claim *held; /* by partition; number 0: not ours; owned */
    size_t count;       /* of `held` */
    bool is_lost;       /* the store said so: nothing is done until there is another assignment */
    int64_t lost_us;    /* monotonic */
};

void claims_release(struct claims *claims);

/* Claims what is assigned, unless that was done, and checks that the topic still has what was appended
 * from it. Waits for servers as long as it takes. False: a stop was asked for, or commands are gone
 * and only an operator can say what is to be done (err). */
MUST_USE bool service_take_claims(struct service *service, struct error *err);

/* Whether what is held is of the present assignment, as far as we know. */
bool service_claims_hold(const struct service *service);

/* The claim of a partition; NULL: it is not ours, as far as we know. */
const struct claim *service_claim(const struct service *service, int32_t partition);

/* Whose claim an item is decided under: its own partition's, or that of the queue it comes from, whose
 * stream may have commands in other partitions too (a sender that hashes otherwise, a topic that grew). */
int32_t service_partition_of(const struct service *service, const struct item *item);

/* All claims and their partitions, into arrays of service->claims.count elements; either may be NULL.
 * Returns how many there are. */
size_t service_all_claims(const struct service *service, int32_t *partitions, struct claim *claims);

/* The claims that an append of the round names, in its arena. False: a partition is not ours, or the
 * arena is exhausted (err). */
MUST_USE bool service_name_claims(
    const struct service *service,
    const struct round *round,
    struct append_batch *batch,
    struct error *err);

/* The store has refused a claim: drops the batch and everything read, and waits for an assignment. */
void service_lose_claims(struct service *service, const struct error *err);

/* The partitions are given up, and we are alive to say so: whoever is next need not be careful. */
void service_give_back(struct service *service);

#endif
