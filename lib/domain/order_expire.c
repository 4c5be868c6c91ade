// SPDX-License-Identifier: Apache-2.0
// ExpireOrder: a timer says that a deadline has passed, the order decides whether it has.
#include "domain/order_steps.h"

#include "base/banned.h"

/* When the first authorisation lapses that still holds money; false: none does. What has lapsed is of no
 * consequence as long as others cover what is due: else a hold could not be released for good. */
static bool find_authorization_due(const struct order *order, int64_t *due)
{
    bool found = false;
    for (size_t i = 0; i < order->money.payment_count; i++) {
        const struct order_payment *payment = &order->money.payments[i];
        if (order_payment_open(payment) <= 0 || !payment->has_expires_at ||
            (found && payment->expires_at >= *due))
            continue;
        *due = payment->expires_at;
        found = true;
    }
    return found;
}

/* False: there is no such deadline. Reservations that do not say how long they hold, or are not there
 * yet, hold as long as the order may take. */
static bool find_due(const struct order *order, enum order_deadline deadline, int64_t *due)
{
    if (deadline == DEADLINE_AUTHORIZATION)
        return find_authorization_due(order, due);
    int64_t reserved = deadline == DEADLINE_RESERVATION ? order_reservation_due(order) : 0;
    *due = reserved == 0 ? order->complete_by : reserved;
    return true;
}

/* Once confirmed, an order does not expire: it is held until somebody authorises anew. */
static bool
hold(const struct order *order, const struct decide_context *context, struct decision *out)
{
    if (order->held)
        return true;
    struct order_held *event = arena_new(context->arena, struct order_held);
    if (event == NULL)
        return false;
    event->reason = HOLD_AUTHORIZATION_EXPIRED;
    decision_add(out, EVENT_ORDER_HELD, event);
    return true;
}

bool order_expire(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct expire_order *command = body;
    bool is_confirmed = order->status != ORDER_PLACED;
    int64_t due = 0;
    if (is_confirmed && order->sums.captured >= order_due(order))
        return true; /* paid: what lapses is not needed */
    if (!find_due(order, (enum order_deadline)command->deadline, &due) || context->now_us < due)
        return decision_refuse(out, REJECTION_deadline_not_reached, NULL);
    if (command->deadline == DEADLINE_AUTHORIZATION &&
        order_funds_at(order, context->now_us) >= order_due(order))
        return is_confirmed || decision_refuse(out, REJECTION_deadline_not_reached, NULL);
    if (is_confirmed)
        return hold(order, context, out);
    struct order_expired *event = arena_new(context->arena, struct order_expired);
    if (event == NULL)
        return false;
    event->deadline = command->deadline;
    event->due_at = due;
    event->amount = order_due(order);
    event->cancelled_amount = order->total;
    decision_add(out, EVENT_ORDER_EXPIRED, event);
    return true;
}

enum evolve_result order_on_order_expired(void *state, const void *body, struct arena *arena)
{
    const struct order_expired *event = body;
    (void)arena;
    return evolve_if(order_cancel_rest(state, event->amount, event->cancelled_amount));
}
