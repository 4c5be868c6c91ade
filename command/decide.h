// SPDX-License-Identifier: Apache-2.0
// Decides the commands of a round, each group in order on its evolving state, and seals what is personal
// in their events. Pure but for nonces: time comes in, everything that goes to the store is in the
// round's arena afterwards. Decided again, everything is sealed again, with other nonces.
#ifndef COMMAND_DECIDE_H
#define COMMAND_DECIDE_H

#include "base/error.h"
#include "command/round_keys.h"
#include "vault/nonces.h"

/* The same for all commands of a batch. */
struct deciding {
    int64_t now_us;
    struct arena *answers; /* texts of answers: outlives the round */
    struct nonces *nonces; /* NULL: there are no keys either */
};

enum decide_result {
    DECIDE_OK,
    DECIDE_BROKEN,  /* a stream that does not fold, an event over the limit, the arena is
                       exhausted: leave commands out until the one at fault is alone */
    DECIDE_TOO_OLD, /* a stream holds events of a newer program: this one must not go on */
};

/* Folds the groups whose commands hold personal data, because their state says who it is about. */
enum decide_result round_fold(struct round *round, struct error *err);

/* Fills the round's appends and the items' answers. err says why it is not DECIDE_OK. */
enum decide_result
round_decide(struct round *round, const struct deciding *deciding, struct error *err);

#endif
