// SPDX-License-Identifier: Apache-2.0
// CloseOrder: everything is delivered, nothing can come back any more, and nobody owes anybody.
#include "domain/clear_text.h"
#include "domain/order_steps.h"

#include "base/banned.h"

#define NOT_YET(sentence) \
    { \
        .code = "invalid_state", .class = REJECTION_CLASS_STATE, .text = (sentence) \
    }

bool order_close(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static const struct rejection open_return = NOT_YET("A return is on its way.");
    static const struct rejection open_refund = NOT_YET("A refund is neither settled nor failed.");
    static const struct rejection owing = NOT_YET("The balance of the order is not zero.");
    const struct order *order = state;
    const struct close_order *command = body;
    if (!clear_text_check(command->has_ref, command->ref, CLEAR_REFERENCE, "ref", out))
        return true;
    if (order->sums.return_requested > 0)
        out->rejection = &open_return;
    else if (context->now_us <= order_return_window_ends(order, context->tenant))
        out->rejection = &rejections[REJECTION_deadline_not_reached];
    else if (order->sums.refund_pending > 0)
        out->rejection = &open_refund;
    else if (order_balance(order) != 0)
        out->rejection = &owing;
    if (out->rejection != NULL)
        return true;
    struct order_closed *event = arena_new(context->arena, struct order_closed);
    if (event == NULL)
        return false;
    event->closed_at = context->now_us;
    event->ref = command->ref;
    event->has_ref = command->has_ref;
    decision_add(out, EVENT_ORDER_CLOSED, event);
    return true;
}

enum evolve_result order_on_order_closed(void *state, const void *body, struct arena *arena)
{
    const struct order *order = state;
    const struct order_closed *event = body;
    (void)arena;
    return evolve_if(event->balance == 0 && order_balance(order) == 0);
}
