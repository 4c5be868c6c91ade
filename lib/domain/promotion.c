// SPDX-License-Identifier: Apache-2.0
#include "domain/promotion.h"

#include "base/banned.h"

const struct transition promotion_transitions[COMMAND_TYPE_COUNT][PROMOTION_STATUS_COUNT] = {
    [COMMAND_REDEEM_PROMOTION] =
        {[PROMOTION_NONE] = TRANSITION_REFUSE(not_found, "The promotion was never defined.")},
};

bool promotion_decide(
    const struct promotion *promotion,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    const struct transition *cell = &promotion_transitions[command->type][promotion->status];
    return transition_decide(cell, promotion, command->body, context, out);
}

enum evolve_result
promotion_evolve(struct promotion *promotion, const struct event *event, struct arena *arena)
{
    (void)promotion;
    (void)event;
    (void)arena;
    return EVOLVE_CONTRADICTS;
}

struct promotion *promotion_copy(const struct promotion *from, struct arena *arena)
{
    struct promotion *promotion = arena_new(arena, struct promotion);
    if (promotion != NULL)
        *promotion = *from;
    return promotion;
}
