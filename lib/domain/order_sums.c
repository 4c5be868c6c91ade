// SPDX-License-Identifier: Apache-2.0
// A function per event for what it changes of the sums, and a table of them: an event that is not in
// the table changes none.
#include "domain/order_sums.h"

#include "base/checked.h"
#include "domain/order_messages.h"

#include "base/banned.h"

/* body: the event's struct. False: a sum does not fit. */
typedef bool add_function(struct order_sums *sums, const void *body);

static bool grow(int64_t *sum, int64_t amount)
{
    return amount >= 0 && checked_add_i64(*sum, amount, sum);
}

static bool shrink(int64_t *sum, int64_t amount)
{
    if (amount < 0 || amount > *sum)
        return false;
    *sum -= amount;
    return true;
}

static bool grow_by_units(int64_t *sum, const struct order_units *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!grow(sum, lines[i].qty))
            return false;
    }
    return true;
}

static bool grow_by_priced(int64_t *sum, const struct order_units_priced *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!grow(sum, lines[i].qty))
            return false;
    }
    return true;
}

static bool add_placed(struct order_sums *sums, const void *body)
{
    const struct order_placed *event = body;
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!grow(&sums->units, event->lines[i].qty))
            return false;
    }
    return grow(&sums->total, event->total);
}

static bool add_reserved(struct order_sums *sums, const void *body)
{
    const struct line_reserved *event = body; /* without lines: for nobody, to be released */
    return grow_by_units(&sums->reserved, event->lines, event->lines_count);
}

static bool add_lines_cancelled(struct order_sums *sums, const void *body)
{
    const struct lines_cancelled *event = body;
    return grow_by_priced(&sums->cancelled, event->lines, event->lines_count) &&
           grow(&sums->cancelled_amount, event->amount);
}

static bool add_rest(struct order_sums *sums, int64_t amount)
{
    sums->cancelled = sums->units;
    return grow(&sums->cancelled_amount, amount);
}

static bool add_cancelled(struct order_sums *sums, const void *body)
{
    return add_rest(sums, ((const struct order_cancelled *)body)->amount);
}

static bool add_expired(struct order_sums *sums, const void *body)
{
    return add_rest(sums, ((const struct order_expired *)body)->amount);
}

static bool add_dispatched(struct order_sums *sums, const void *body)
{
    const struct shipment_dispatched *event = body;
    return grow_by_priced(&sums->shipped, event->lines, event->lines_count);
}

static bool add_delivered(struct order_sums *sums, const void *body)
{
    const struct shipment_delivered *event = body;
    return grow_by_units(&sums->delivered, event->lines, event->lines_count);
}

static bool add_return_requested(struct order_sums *sums, const void *body)
{
    const struct return_requested *event = body;
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!grow(&sums->return_requested, event->lines[i].qty))
            return false;
    }
    return true;
}

static bool add_return_received(struct order_sums *sums, const void *body)
{
    const struct return_received *event = body;
    for (size_t i = 0; i < event->lines_count; i++) {
        const struct received_line *line = &event->lines[i];
        int64_t units;
        if (!checked_add_i64(line->accepted, line->rejected, &units) ||
            !grow(&sums->returned, units) || !shrink(&sums->return_requested, units))
            return false;
    }
    return shrink(&sums->return_requested, event->missing);
}

static bool add_authorized(struct order_sums *sums, const void *body)
{
    return grow(&sums->authorised, ((const struct payment_authorized *)body)->amount);
}

static bool add_declined(struct order_sums *sums, const void *body)
{
    const struct payment_declined *event = body;
    return grow(&sums->declines, event->op == PAYMENT_AUTHORIZE);
}

static bool add_captured(struct order_sums *sums, const void *body)
{
    return grow(&sums->captured, ((const struct payment_captured *)body)->amount);
}

static bool add_voided(struct order_sums *sums, const void *body)
{
    return grow(&sums->voided, ((const struct payment_voided *)body)->amount);
}

static bool add_refund_requested(struct order_sums *sums, const void *body)
{
    return grow(&sums->refund_pending, ((const struct refund_requested *)body)->amount);
}

/* Orders of before had refunds that nobody had requested: those come while nothing is pending. */
static bool add_refund_settled(struct order_sums *sums, const void *body)
{
    const struct refund_settled *event = body;
    if (sums->refund_pending != 0 && !shrink(&sums->refund_pending, event->amount))
        return false;
    return grow(&sums->refunded, event->amount);
}

static bool add_refund_failed(struct order_sums *sums, const void *body)
{
    return shrink(&sums->refund_pending, ((const struct refund_failed *)body)->amount);
}

static add_function *const additions[EVENT_TYPE_COUNT] = {
    [EVENT_ORDER_PLACED] = add_placed,
    [EVENT_LINE_RESERVED] = add_reserved,
    [EVENT_LINES_CANCELLED] = add_lines_cancelled,
    [EVENT_ORDER_CANCELLED] = add_cancelled,
    [EVENT_ORDER_EXPIRED] = add_expired,
    [EVENT_SHIPMENT_DISPATCHED] = add_dispatched,
    [EVENT_SHIPMENT_DELIVERED] = add_delivered,
    [EVENT_RETURN_REQUESTED] = add_return_requested,
    [EVENT_RETURN_RECEIVED] = add_return_received,
    [EVENT_PAYMENT_AUTHORIZED] = add_authorized,
    [EVENT_PAYMENT_DECLINED] = add_declined,
    [EVENT_PAYMENT_CAPTURED] = add_captured,
    [EVENT_PAYMENT_VOIDED] = add_voided,
    [EVENT_REFUND_REQUESTED] = add_refund_requested,
    [EVENT_REFUND_SETTLED] = add_refund_settled,
    [EVENT_REFUND_FAILED] = add_refund_failed,
};

bool order_sums_add(struct order_sums *sums, const struct event *event)
{
    if (event_descriptions[event->type].category != CATEGORY_ORDER)
        return false;
    add_function *add = additions[event->type];
    struct order_sums after = *sums;
    if (add != NULL && !add(&after, event->body))
        return false;
    *sums = after;
    return true;
}

/* ---- status ---- */

/* What is on its way or there, of what was not cancelled. */
static enum order_status status_of_goods(const struct order_sums *sums)
{
    int64_t open = sums->units - sums->cancelled;
    if (sums->shipped < open)
        return ORDER_PART_SHIPPED;
    return sums->delivered < open ? ORDER_SHIPPED : ORDER_DELIVERED;
}

enum order_status order_status_after(
    enum order_status before, const struct event *event, const struct order_sums *sums)
{
    /* Events that lead to the same status whatever was before; 0: they do not. */
    static const enum order_status fixed[EVENT_TYPE_COUNT] = {
        [EVENT_ORDER_PLACED] = ORDER_PLACED,
        [EVENT_ORDER_CONFIRMED] = ORDER_CONFIRMED,
        [EVENT_ORDER_CANCELLED] = ORDER_CANCELLED,
        [EVENT_ORDER_EXPIRED] = ORDER_EXPIRED,
        [EVENT_ORDER_CLOSED] = ORDER_CLOSED,
    };
    bool is_shipping = before == ORDER_PART_SHIPPED || before == ORDER_SHIPPED;
    bool may_finish =
        event->type == EVENT_SHIPMENT_DELIVERED || event->type == EVENT_LINES_CANCELLED;
    if (fixed[event->type] != ORDER_NONE)
        return fixed[event->type];
    if (event->type == EVENT_SHIPMENT_DISPATCHED || (is_shipping && may_finish))
        return status_of_goods(sums);
    return before;
}
