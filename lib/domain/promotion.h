// SPDX-License-Identifier: Apache-2.0
// A promotion: a code that takes something off the goods of an order, and who has used it.
#ifndef DOMAIN_PROMOTION_H
#define DOMAIN_PROMOTION_H

#include "domain/evolve.h"
#include "domain/promotion_messages.h"
#include "domain/transitions.h"

enum promotion_status {
    PROMOTION_NONE, /* no event yet */
    PROMOTION_ACTIVE,
    PROMOTION_INACTIVE,
    PROMOTION_STATUS_COUNT
};

struct promotion {
    enum promotion_status status;
};

/* What each command does in each state. Rows of other categories are empty. */
extern const struct transition promotion_transitions[COMMAND_TYPE_COUNT][PROMOTION_STATUS_COUNT];

/* ---- behind aggregates.h ---- */

MUST_USE bool promotion_decide(
    const struct promotion *promotion,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out);

MUST_USE enum evolve_result
promotion_evolve(struct promotion *promotion, const struct event *event, struct arena *arena);

/* NULL: arena exhausted. */
MUST_USE struct promotion *promotion_copy(const struct promotion *from, struct arena *arena);

#endif
