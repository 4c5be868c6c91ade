// SPDX-License-Identifier: Apache-2.0
// What a batch does to orders. What an event changes of the sums and of the status is the domain's to
// say (domain/order_sums.h).
#include "projector/fold.h"

#include "base/banned.h"

/* What the event does to the header and the lines of an order whose state is known. */
static bool apply_event(
    struct fold *fold,
    struct order_change *order,
    const struct event *event,
    int64_t position,
    struct error *err)
{
    if (!order_sums_add(&order->sums, event))
        return fold_contradicts(position, event, "the sums of the order do not allow it", err);
    if (order->sums.cancelled_amount > order->sums.total ||
        order->sums.cancelled > order->sums.units)
        return fold_contradicts(position, event, "more is cancelled than was ordered", err);
    order->status = order_status_after(order->status, event, &order->sums);
    if (event->type == EVENT_ORDER_HELD) {
        const struct order_held *held = event->body;
        order->held = true;
        order->hold_reason = held->reason;
    } else if (event->type == EVENT_ORDER_RELEASED) {
        order->held = false;
    }
    return !fold_is_about_lines(event->type) || fold_lines(fold, order, event, position, err);
}

static bool count_sales(struct fold *fold, const struct order_change *order)
{
    const struct order_placed *placed = order->placed;
    struct sales_key key = {
        .tenant_id = order->stream.id.tenant_id,
        .month = sales_month(placed->placed_at),
        .currency = placed->currency};
    for (size_t i = 0; i < placed->lines_count; i++) {
        const struct order_placed_line *line = &placed->lines[i];
        key.sku = line->sku;
        struct sales_row *row = sales_row(&fold->sales, &key);
        if (row == NULL)
            return false;
        sales_add_line(row, order->stream.number, line->qty, line->line_total);
    }
    return true;
}

static bool place(
    struct fold *fold,
    struct order_change *order,
    const struct folded_event *folded,
    struct error *err)
{
    const struct order_placed *placed = folded->event.body;
    if (placed->lines_count == 0)
        return fold_contradicts(folded->recorded->position, &folded->event, "it has no lines", err);
    order->placed = placed;
    order->placed_us = placed->placed_at;
    order->currency = placed->currency;
    fold->new_lines += placed->lines_count;
    if (!count_sales(fold, order))
        return fold_exhausted(err);
    return apply_event(fold, order, &folded->event, folded->recorded->position, err);
}

/* Keeps the event until the row was read. */
static bool
await_row(struct fold *fold, struct order_change *order, const struct folded_event *folded)
{
    struct waiting_event *waiting = arena_new(&fold->arena, struct waiting_event);
    if (waiting == NULL)
        return false;
    waiting->event = folded->event;
    waiting->position = folded->recorded->position;
    if (order->waiting_end == NULL)
        order->waiting_end = &order->waiting;
    *order->waiting_end = waiting;
    order->waiting_end = &waiting->next;
    if (!order->wants_lines && fold_is_about_lines(folded->event.type)) {
        order->wants_lines = true;
        fold->lines_wanted++;
    }
    return true;
}

bool fold_order(struct fold *fold, const struct folded_event *folded, struct error *err)
{
    struct order_change *order = (struct order_change *)folded->stream;
    if (folded->event.type == EVENT_ORDER_PLACED)
        return place(fold, order, folded, err);
    if (order->placed != NULL)
        return apply_event(fold, order, &folded->event, folded->recorded->position, err);
    return await_row(fold, order, folded) || fold_exhausted(err);
}

bool fold_settle(struct fold *fold, struct order_change *order, struct error *err)
{
    for (const struct waiting_event *one = order->waiting; one != NULL; one = one->next) {
        if (!apply_event(fold, order, &one->event, one->position, err))
            return false;
    }
    return true;
}
