// SPDX-License-Identifier: Apache-2.0
// Decides the commands of a round, each group in order on its evolving state. Pure: time comes in,
// everything that goes to the store is in the round's arena afterwards.
#ifndef COMMAND_DECIDE_H
#define COMMAND_DECIDE_H

#include "base/error.h"
#include "command/round.h"

/* The same for all commands of a batch. */
struct deciding {
    const struct tenant_settings *tenant;
    int64_t now_us;
    struct arena *answers; /* texts of answers: outlives the round */
};

enum decide_result {
    DECIDE_OK,
    DECIDE_BROKEN,  /* a stream that does not fold, an event over the limit, the arena is
                       exhausted: leave commands out until the one at fault is alone */
    DECIDE_TOO_OLD, /* a stream holds events of a newer program: this one must not go on */
};

/* Fills the round's appends and the items' answers. err says why it is not DECIDE_OK. */
enum decide_result
round_decide(struct round *round, const struct deciding *deciding, struct error *err);

#endif
