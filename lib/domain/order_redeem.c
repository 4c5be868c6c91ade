// SPDX-License-Identifier: Apache-2.0
// RecordRedemption. The discount was taken off the lines when the order was placed, because the
// customer was shown it; here it turns out whether the promotion gives it.
#include "domain/clear_text.h"
#include "domain/order_steps.h"
#include "domain/promotion.h"

#include "base/banned.h"

/* What the lines got of the discount. False: the arena is exhausted. */
static bool
list_shares(const struct order *order, struct arena *arena, struct promotion_applied *event)
{
    struct promotion_share *shares = arena_array(arena, order->line_count, struct promotion_share);
    if (shares == NULL)
        return false;
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_placed_line *line = &order->lines[i].placed;
        if (line->discount > 0)
            shares[event->allocation_count++] =
                (struct promotion_share){.line_no = line->line_no, .amount = line->discount};
    }
    event->allocation = shares;
    event->has_allocation = event->allocation_count != 0;
    return true;
}

static bool is_claimed_discount(const struct order *order, const struct decimal *discount)
{
    int64_t minor;
    const struct currency *currency = money_find_currency(order->currency);
    return currency != NULL && money_from_decimal(discount, currency, &minor) == MONEY_FITS &&
           minor == order->discount;
}

bool order_record_applied(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct record_redemption *command = body;
    if (!promotion_same_code(order->promo_code, command->code))
        return decision_refuse(out, REJECTION_promo_unknown, "code");
    if (order->goods.promotion == ORDER_PROMOTION_APPLIED) /* told again */
        return true;
    if (command->has_discount && !is_claimed_discount(order, &command->discount))
        return decision_refuse(out, REJECTION_discount_mismatch, "discount");
    struct promotion_applied *event = arena_new(context->arena, struct promotion_applied);
    if (event == NULL || !list_shares(order, context->arena, event))
        return false;
    event->promotion_id = command->promotion_id;
    event->code = command->code;
    event->discount = order->discount;
    decision_add(out, EVENT_PROMOTION_APPLIED, event);
    return true;
}

/* The order keeps its discount and waits: whoever runs the shop cancels it, because nobody is to pay
 * more than they were shown. */
bool order_record_not_applied(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct record_redemption *command = body;
    if (!promotion_same_code(order->promo_code, command->code))
        return decision_refuse(out, REJECTION_promo_unknown, "code");
    if (order->goods.promotion == ORDER_PROMOTION_APPLIED)
        return decision_refuse(out, REJECTION_invalid_state, "outcome");
    if (order->goods.promotion == ORDER_PROMOTION_REFUSED) /* told again */
        return true;
    if (!clear_text_check(command->has_reason, command->reason, CLEAR_CODE, "reason", out))
        return true;
    struct promotion_refused *event = arena_new(context->arena, struct promotion_refused);
    if (event == NULL)
        return false;
    event->code = command->code;
    event->reason = command->reason;
    event->has_reason = command->has_reason;
    decision_add(out, EVENT_PROMOTION_REFUSED, event);
    return true;
}

/* ---- folds ---- */

enum evolve_result order_on_promotion_applied(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct promotion_applied *event = body;
    int64_t shared = 0;
    (void)arena;
    for (size_t i = 0; i < event->allocation_count; i++) {
        size_t at;
        if (!order_find_line(order, event->allocation[i].line_no, &at) ||
            event->allocation[i].amount != order->lines[at].placed.discount)
            return EVOLVE_CONTRADICTS;
        shared += event->allocation[i].amount;
    }
    if (!promotion_same_code(order->promo_code, event->code) ||
        event->discount != order->discount || shared != order->discount ||
        order->goods.promotion == ORDER_PROMOTION_APPLIED)
        return EVOLVE_CONTRADICTS;
    order->goods.promotion = ORDER_PROMOTION_APPLIED;
    order->goods.redemption_to_release = order->status != ORDER_PLACED;
    return EVOLVE_OK;
}

enum evolve_result order_on_promotion_refused(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct promotion_refused *event = body;
    (void)arena;
    if (!promotion_same_code(order->promo_code, event->code) ||
        order->goods.promotion == ORDER_PROMOTION_APPLIED)
        return EVOLVE_CONTRADICTS;
    order->goods.promotion = ORDER_PROMOTION_REFUSED;
    return EVOLVE_OK;
}
