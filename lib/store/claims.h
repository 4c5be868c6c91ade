// SPDX-License-Identifier: Apache-2.0
// Who may append what comes from a partition of commands: the one who claimed it last. An append names
// its claims; store.append compares their epochs where it writes, so that a process that slept through
// the loss of its partitions cannot be late (docs/decisions/D26-claims.md).
#ifndef STORE_CLAIMS_H
#define STORE_CLAIMS_H

#include "store/store.h"

struct claim {
    int32_t number; /* what an append names */
    int64_t epoch;
    int64_t seen_offset;    /* newest offset that an append came from; -1: none */
    bool was_clean;         /* the owner before gave it back by itself, or there was none */
    int64_t attempt_offset; /* of the command tried alone after an unclean stop; -1: none */
    int32_t attempts;       /* how often it was tried */
};

struct claim_owner {
    const char *group;
    const char *topic;
    const char *name; /* host and process, for people */
};

/* Claims the partitions: their epochs are counted up, and that is durable when it returns. `out` has
 * one element per partition. Whoever held them before cannot append any more. On failure some of them
 * may be claimed: claim them again. */
MUST_USE bool claims_take(
    struct db *db,
    const struct claim_owner *owner,
    const int32_t *partitions,
    size_t count,
    struct claim *out,
    struct error *err);

/* The partition ends at `end` now, before what was seen, and that is accepted. */
MUST_USE bool claims_accept_end(struct db *db, struct claim *claim, int64_t end, struct error *err);

/* Gives partitions back: everything taken from them is done. One that somebody else has claimed
 * meanwhile is left alone. */
MUST_USE bool
claims_give_back(struct db *db, const struct claim *claims, size_t count, struct error *err);

#endif
