// SPDX-License-Identifier: Apache-2.0
// What the money of an order comes to.
#include "domain/order_money.h"

#include "domain/keep.h"
#include "domain/order.h"

#include "base/banned.h"

bool order_read_amount(
    const struct order *order,
    const struct decimal *amount,
    int64_t least,
    int64_t *out,
    enum rejection_code *refusal)
{
    const struct currency *currency = money_find_currency(order->currency);
    int64_t minor = 0;
    if (currency == NULL) { /* of an event that somebody changed */
        *refusal = REJECTION_unknown_currency;
        return false;
    }
    enum money_fit fit = money_from_decimal(amount, currency, &minor);
    if (fit != MONEY_FITS)
        *refusal = rejection_of_fit(fit);
    else if (minor < least)
        *refusal = REJECTION_bad_field;
    else
        *out = minor;
    return fit == MONEY_FITS && minor >= least;
}

const struct order_payment *
order_find_payment(const struct order_money *money, const struct uuid *id)
{
    for (size_t i = 0; i < money->payment_count; i++) {
        if (uuid_equal(&money->payments[i].id, id))
            return &money->payments[i];
    }
    return NULL;
}

const struct order_refund *order_find_refund(const struct order_money *money, const struct uuid *id)
{
    for (size_t i = 0; i < money->refund_count; i++) {
        if (uuid_equal(&money->refunds[i].id, id))
            return &money->refunds[i];
    }
    return NULL;
}

int64_t order_refund_pending(const struct order_refund *refund)
{
    return refund->amount - refund->settled - refund->failed;
}

int64_t order_payment_open(const struct order_payment *payment)
{
    int64_t open = payment->authorised - payment->voided - payment->captured;
    return open > 0 ? open : 0;
}

bool order_payment_lapsed(const struct order_payment *payment, int64_t now_us)
{
    return payment->has_expires_at && payment->expires_at <= now_us;
}

/* No sum here overflows: the sums of the order hold them, or more, and were checked. */
int64_t order_funds(const struct order *order)
{
    int64_t funds = 0;
    for (size_t i = 0; i < order->money.payment_count; i++) {
        const struct order_payment *payment = &order->money.payments[i];
        funds += payment->captured + order_payment_open(payment);
    }
    return funds;
}

int64_t order_funds_at(const struct order *order, int64_t now_us)
{
    int64_t funds = 0;
    for (size_t i = 0; i < order->money.payment_count; i++) {
        const struct order_payment *payment = &order->money.payments[i];
        int64_t open = order_payment_lapsed(payment, now_us) ? 0 : order_payment_open(payment);
        funds += payment->captured + open;
    }
    return funds;
}

int64_t order_due(const struct order *order)
{
    return order->sums.total - order->sums.cancelled_amount;
}

int64_t order_refundable(const struct order *order)
{
    return order->sums.captured - order->sums.refunded - order->sums.refund_pending;
}

/* A balance of sums that fit each by itself. Beyond what can be held it is held as far off. */
__extension__ typedef __int128 wide;

static int64_t narrow(wide amount)
{
    if (amount > INT64_MAX)
        return INT64_MAX;
    return amount < INT64_MIN ? INT64_MIN : (int64_t)amount;
}

int64_t order_credit(const struct order *order)
{
    bool is_over = order->status == ORDER_CANCELLED || order->status == ORDER_EXPIRED;
    return is_over ? 0 : order->money.credit;
}

int64_t order_excess(const struct order *order)
{
    return narrow((wide)order_refundable(order) - order_due(order) + order_credit(order));
}

int64_t order_balance(const struct order *order)
{
    const struct order_sums *sums = &order->sums;
    return narrow((wide)order_due(order) - order_credit(order) - (sums->captured - sums->refunded));
}

/* ---- copies ---- */

static bool copy_results(struct order_money *money, struct arena *arena)
{
    const struct payment_result **link = &money->results;
    for (const struct payment_result *from = *link; from != NULL; from = from->older) {
        struct payment_result *result = arena_new(arena, struct payment_result);
        if (result == NULL)
            return false;
        *result = *from;
        if (!keep_text(&result->provider_ref, arena))
            return false;
        *link = result;
        link = &result->older;
    }
    return true;
}

static bool copy_refunds(struct order_money *money, struct arena *arena)
{
    if (!KEEP_ARRAY(money->refunds, money->refund_count, arena))
        return false;
    money->refund_room = money->refund_count;
    for (size_t i = 0; i < money->refund_count; i++) {
        struct order_refund *refund = &money->refunds[i];
        size_t count = refund->line_count;
        if (!KEEP_ARRAY(refund->lines, count, arena) || !KEEP_ARRAY(refund->shares, count, arena))
            return false;
    }
    return true;
}

bool order_money_copy(struct order_money *money, size_t line_count, struct arena *arena)
{
    for (size_t i = 0; i < money->payment_count; i++) {
        if (!keep_text(&money->payments[i].provider, arena))
            return false;
    }
    return copy_results(money, arena) && copy_refunds(money, arena) &&
           (money->lines == NULL || KEEP_ARRAY(money->lines, line_count, arena));
}
