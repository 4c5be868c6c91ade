// SPDX-License-Identifier: Apache-2.0
// What refunds take of the lines, and the folds of refunds. What units cost is a difference of running
// sums (money_share), so that the refunds of a line add up to the line, however it is taken apart.
#include "domain/order_steps.h"

#include "base/checked.h"

#include "base/banned.h"

/* ---- what units are worth ---- */

static struct refunded_line refunded_of(const struct order *order, size_t at)
{
    static const struct refunded_line none;
    return order->money.lines == NULL ? none : order->money.lines[at];
}

/* Cancelled units share what was cancelled of the line, returned ones the rest. Cancelled may be 0 of
 * none, and the amount may have been refunded already by sums that were rounded otherwise. */
static int64_t
part_of(int64_t total, int64_t units, int64_t count, int64_t refunded, enum rounding rounding)
{
    int64_t sum = count == 0 ? 0 : money_share(total, 0, units, count, rounding);
    return sum > refunded ? sum - refunded : 0;
}

bool order_share_refund(
    const struct order *order, size_t at, int64_t qty, int64_t reason, struct refunded_line *out)
{
    const struct order_line *line = &order->lines[at];
    const struct refunded_line before = refunded_of(order, at);
    int64_t cancelled = line->cancelled - before.cancelled;
    int64_t returned = line->accepted - before.returned;
    int64_t first = reason == REFUND_CANCELLED ? cancelled : returned;
    if (qty > cancelled + returned)
        return false;
    first = qty < first ? qty : first;
    *out = reason == REFUND_CANCELLED
               ? (struct refunded_line){.cancelled = first, .returned = qty - first}
               : (struct refunded_line){.returned = first, .cancelled = qty - first};
    if (out->cancelled > 0)
        out->cancelled_amount = part_of(
            line->cancelled_amount,
            before.cancelled + out->cancelled,
            line->cancelled,
            before.cancelled_amount,
            order->rounding);
    if (out->returned > 0)
        out->returned_amount = part_of(
            line->placed.line_total - line->cancelled_amount,
            before.returned + out->returned,
            line->placed.qty - line->cancelled,
            before.returned_amount,
            order->rounding);
    return true;
}

/* ---- folds ---- */

/* Room for one more; NULL: the arena is exhausted. */
static struct order_refund *new_refund(struct order_money *money, struct arena *arena)
{
    if (money->refund_count == money->refund_room) {
        size_t room = money->refund_room == 0 ? 2 : 2 * money->refund_room;
        struct order_refund *refunds = arena_array(arena, room, struct order_refund);
        if (refunds == NULL)
            return NULL;
        if (money->refund_count != 0)
            memcpy(refunds, money->refunds, money->refund_count * sizeof(*refunds));
        money->refunds = refunds;
        money->refund_room = room;
    }
    return &money->refunds[money->refund_count++];
}

/* Moves a share into the sums of its line, or out of them again. */
static void take_share(struct order_money *money, const struct refund_share *share, int64_t sign)
{
    struct refunded_line *line = &money->lines[share->at];
    line->cancelled += sign * share->of.cancelled;
    line->cancelled_amount += sign * share->of.cancelled_amount;
    line->returned += sign * share->of.returned;
    line->returned_amount += sign * share->of.returned_amount;
}

/* The event says what the units cost; how much of that is for which kind is worked out where a line
 * has both. */
static bool fold_line(
    struct order *order,
    const struct refund_requested *event,
    const struct order_units_priced *priced,
    struct refund_share *share)
{
    struct refunded_line *of = &share->of;
    if (priced->qty <= 0 || priced->amount < 0 ||
        !order_find_line(order, priced->line_no, &share->at) ||
        !order_share_refund(order, share->at, priced->qty, event->reason, of))
        return false;
    if (of->returned == 0 || of->cancelled_amount > priced->amount)
        of->cancelled_amount = priced->amount;
    of->returned_amount = priced->amount - of->cancelled_amount;
    take_share(&order->money, share, 1);
    const struct refunded_line *sum = &order->money.lines[share->at];
    int64_t total;
    return checked_add_i64(sum->cancelled_amount, sum->returned_amount, &total) &&
           total <= order->lines[share->at].placed.line_total;
}

static bool fold_lines(
    struct order *order,
    const struct refund_requested *event,
    struct order_refund *refund,
    struct refund_share *shares)
{
    refund->amount = event->shipping;
    refund->credit = event->shipping;
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!fold_line(order, event, &event->lines[i], &shares[i]) ||
            !checked_add_i64(refund->amount, event->lines[i].amount, &refund->amount) ||
            !checked_add_i64(refund->credit, shares[i].of.returned_amount, &refund->credit))
            return false;
    }
    int64_t goodwill = event->reason == REFUND_OVERPAID ? 0 : event->goodwill;
    return checked_add_i64(refund->amount, event->goodwill, &refund->amount) &&
           checked_add_i64(refund->credit, goodwill, &refund->credit) &&
           refund->amount == event->amount;
}

static bool requested(
    struct order *order,
    const struct refund_requested *event,
    struct order_refund *refund,
    struct refund_share *shares)
{
    struct order_money *money = &order->money;
    if (event->amount <= 0 || event->amount > order_refundable(order) || event->shipping < 0 ||
        event->goodwill < 0 ||
        event->shipping > order->shipping + order->shipping_tax - money->shipping ||
        !fold_lines(order, event, refund, shares))
        return false;
    refund->id = event->refund_id;
    refund->shipping = event->shipping;
    refund->goodwill = event->goodwill;
    refund->reason = event->reason;
    refund->lines = event->lines;
    refund->shares = shares;
    refund->line_count = event->lines_count;
    money->shipping += event->shipping;
    return checked_add_i64(money->credit, refund->credit, &money->credit);
}

enum evolve_result order_on_refund_requested(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct refund_requested *event = body;
    struct order_money *money = &order->money;
    if (money->refund_count == ORDER_MAX_REFUNDS ||
        order_find_refund(money, &event->refund_id) != NULL)
        return EVOLVE_CONTRADICTS;
    struct refund_share *shares = arena_array(arena, event->lines_count, struct refund_share);
    struct order_refund *refund = new_refund(money, arena);
    if (shares == NULL || refund == NULL)
        return EVOLVE_EXHAUSTED;
    if (event->lines_count != 0 && money->lines == NULL) {
        money->lines = arena_array(arena, order->line_count, struct refunded_line);
        if (money->lines == NULL)
            return EVOLVE_EXHAUSTED;
    }
    *refund = (struct order_refund){0};
    return evolve_if(requested(order, event, refund, shares));
}

static struct order_refund *known_refund(struct order_money *money, const struct uuid *id)
{
    const struct order_refund *known = order_find_refund(money, id);
    return known == NULL ? NULL : &money->refunds[known - money->refunds];
}

/* Orders of before had refunds that nobody had requested. */
static enum evolve_result
settle_unasked(struct order *order, const struct uuid *id, int64_t amount, struct arena *arena)
{
    struct order_money *money = &order->money;
    if (order->sums.refund_pending != 0 || money->refund_count == ORDER_MAX_REFUNDS ||
        !checked_add_i64(money->credit, amount, &money->credit))
        return EVOLVE_CONTRADICTS;
    struct order_refund *refund = new_refund(money, arena);
    if (refund == NULL)
        return EVOLVE_EXHAUSTED;
    *refund = (struct order_refund){
        .id = *id, .amount = amount, .settled = amount, .credit = amount, .reason = REFUND_OTHER};
    return EVOLVE_OK;
}

enum evolve_result
order_refund_settle(struct order *order, const struct uuid *id, int64_t amount, struct arena *arena)
{
    struct order_refund *refund = known_refund(&order->money, id);
    if (refund == NULL)
        return settle_unasked(order, id, amount, arena);
    if (amount > order_refund_pending(refund))
        return EVOLVE_CONTRADICTS;
    refund->settled += amount;
    return EVOLVE_OK;
}

/* Once all of a refund has failed, what it was for can be refunded by another. */
static void give_back(struct order_money *money, const struct order_refund *refund)
{
    for (size_t i = 0; i < refund->line_count; i++)
        take_share(money, &refund->shares[i], -1);
    money->shipping -= refund->shipping;
    money->credit -= refund->credit;
}

enum evolve_result order_on_refund_failed(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct refund_failed *event = body;
    struct order_refund *refund = known_refund(&order->money, &event->refund_id);
    const struct payment_result said = {
        .op = PAYMENT_REFUND,
        .payment_id = event->payment_id,
        .refund_id = event->refund_id,
        .provider_ref = event->provider_ref,
        .amount = event->amount};
    if (refund == NULL || event->amount <= 0 || event->amount > order_refund_pending(refund))
        return EVOLVE_CONTRADICTS;
    refund->failed += event->amount;
    if (refund->failed == refund->amount)
        give_back(&order->money, refund);
    return order_remember_result(&order->money, &said, arena);
}
