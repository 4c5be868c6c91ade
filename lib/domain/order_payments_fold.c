// SPDX-License-Identifier: Apache-2.0
// Folds of what providers said. A payment is born by the first that is heard of it.
#include "domain/order_steps.h"

#include "base/checked.h"

#include "base/banned.h"

/* The payment, new or not; NULL: there are too many. */
static struct order_payment *
get_payment(struct order_money *money, const struct uuid *id, struct slice provider)
{
    const struct order_payment *known = order_find_payment(money, id);
    if (known != NULL)
        return &money->payments[known - money->payments];
    if (money->payment_count == ORDER_MAX_PAYMENTS)
        return NULL;
    struct order_payment *payment = &money->payments[money->payment_count++];
    *payment = (struct order_payment){.id = *id, .provider = provider};
    return payment;
}

enum evolve_result order_remember_result(
    struct order_money *money, const struct payment_result *said, struct arena *arena)
{
    struct payment_result *result = arena_new(arena, struct payment_result);
    if (result == NULL)
        return EVOLVE_EXHAUSTED;
    *result = *said;
    result->older = money->results;
    money->results = result;
    return EVOLVE_OK;
}

enum evolve_result order_on_payment_authorized(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct payment_authorized *event = body;
    struct order_payment *payment = get_payment(&order->money, &event->payment_id, event->provider);
    if (payment == NULL || event->amount <= 0 || !slice_equal(event->currency, order->currency) ||
        !checked_add_i64(payment->authorised, event->amount, &payment->authorised))
        return EVOLVE_CONTRADICTS;
    payment->has_expires_at = event->has_expires_at;
    payment->expires_at = event->expires_at;
    const struct payment_result said = {
        .op = PAYMENT_AUTHORIZE,
        .is_ok = true,
        .payment_id = event->payment_id,
        .provider_ref = event->provider_ref,
        .amount = event->amount};
    return order_remember_result(&order->money, &said, arena);
}

enum evolve_result order_on_payment_declined(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct payment_declined *event = body;
    struct order_payment *payment = get_payment(&order->money, &event->payment_id, event->provider);
    if (payment == NULL || event->op < 0 || event->op >= PAYMENT_REFUND ||
        event->attempt != payment->declines[event->op] + 1)
        return EVOLVE_CONTRADICTS;
    payment->declines[event->op] = event->attempt;
    const struct payment_result said = {
        .op = (enum payment_operation)event->op,
        .payment_id = event->payment_id,
        .provider_ref = event->provider_ref};
    return order_remember_result(&order->money, &said, arena);
}

enum evolve_result order_on_payment_captured(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct payment_captured *event = body;
    struct order_payment *payment = get_payment(&order->money, &event->payment_id, event->provider);
    if (payment == NULL || event->amount <= 0 || !slice_equal(event->currency, order->currency) ||
        !checked_add_i64(payment->captured, event->amount, &payment->captured))
        return EVOLVE_CONTRADICTS;
    const struct payment_result said = {
        .op = PAYMENT_CAPTURE,
        .is_ok = true,
        .payment_id = event->payment_id,
        .provider_ref = event->provider_ref,
        .amount = event->amount};
    return order_remember_result(&order->money, &said, arena);
}

/* The payment as it is to be changed, NULL when there is none. */
static struct order_payment *known_payment(struct order_money *money, const struct uuid *id)
{
    const struct order_payment *known = order_find_payment(money, id);
    return known == NULL ? NULL : &money->payments[known - money->payments];
}

enum evolve_result order_on_payment_voided(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct payment_voided *event = body;
    struct order_payment *payment = known_payment(&order->money, &event->payment_id);
    if (payment == NULL || event->amount <= 0 || event->amount > order_payment_open(payment))
        return EVOLVE_CONTRADICTS;
    payment->voided += event->amount;
    const struct payment_result said = {
        .op = PAYMENT_VOID,
        .is_ok = true,
        .payment_id = event->payment_id,
        .provider_ref = event->provider_ref,
        .amount = event->amount};
    return order_remember_result(&order->money, &said, arena);
}

enum evolve_result order_on_refund_settled(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct refund_settled *event = body;
    struct order_payment *payment = known_payment(&order->money, &event->payment_id);
    if (payment == NULL || event->amount <= 0 || !slice_equal(event->currency, order->currency) ||
        event->amount > payment->captured - payment->refunded)
        return EVOLVE_CONTRADICTS;
    enum evolve_result settled =
        order_refund_settle(order, &event->refund_id, event->amount, arena);
    if (settled != EVOLVE_OK)
        return settled;
    payment->refunded += event->amount;
    const struct payment_result said = {
        .op = PAYMENT_REFUND,
        .is_ok = true,
        .payment_id = event->payment_id,
        .refund_id = event->refund_id,
        .provider_ref = event->provider_ref,
        .amount = event->amount};
    return order_remember_result(&order->money, &said, arena);
}
