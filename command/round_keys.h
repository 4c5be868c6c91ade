// SPDX-License-Identifier: Apache-2.0
// The keys a round needs: whose personal data its commands would seal, of which retention classes, and
// what the key broker said to that. All of it is asked in one call, before anything is decided, and all
// of it dies with the round. Pure: the asking is done elsewhere (keys.c).
#ifndef COMMAND_ROUND_KEYS_H
#define COMMAND_ROUND_KEYS_H

#include "command/index.h"
#include "command/round.h"
#include "vault/leases.h"

/* A person some commands of the round are about. */
struct subject_keys {
    struct uuid tenant; /* with the subject behind it, without a gap: what it is found by */
    struct uuid subject;
    uint8_t classes;                         /* bit per leaf that is wanted */
    struct lease leases[LEAVES_PER_SUBJECT]; /* by leaf; those not wanted are all zero */
};

struct round_keys {
    struct subject_keys *subjects; /* in the round's arena */
    size_t count;
    struct index by_subject;
    struct lease_wish *wishes; /* what vault_lease is asked */
    size_t wish_count;
    int64_t fence; /* vault_fence when the keys were leased */
};

/* Lists the wishes of a round whose groups have their state (round_fold). A group of a stream that
 * exists asks for the person the stream is about; one whose stream is yet to be made for every person
 * that its commands name, because which of them is accepted is not known yet. Leaves are allocated
 * for those people and for nobody else. False: arena exhausted. */
MUST_USE bool round_keys_wish(const struct round *round, struct round_keys *out);

/* Deals the answers out, one per wish. Keys stay where they are: in the cache of leases. */
void round_keys_grant(struct round_keys *keys, const struct lease *answers, int64_t fence);

/* The keys of a person, NULL: the round did not ask for them. */
const struct subject_keys *round_keys_find(
    const struct round_keys *keys, const struct uuid *tenant, const struct uuid *subject);

/* Whether these leaves of the person can be used. An erased one outweighs one being erased. False:
 * the broker neither gives a key nor says that it is erased (err). */
MUST_USE bool round_keys_state(
    const struct subject_keys *keys, uint8_t classes, enum subject_state *out, struct error *err);

#endif
