// SPDX-License-Identifier: Apache-2.0
// What a batch does to orders, their lines and the sales of articles.
#include "projector/copies.h"
#include "projector/fold.h"

#include "base/banned.h"

/* ---- the order of an event ---- */

static struct order_change *begin_order(struct fold *fold, const struct recorded_event *event)
{
    struct order_change *order = arena_new(&fold->arena, struct order_change);
    if (order == NULL)
        return NULL;
    order->order_number = event->stream_number;
    order->order_id = event->stream.id;
    order->tenant_id = event->stream.tenant_id;
    order->first_version = event->version;
    order->version = event->version - 1;
    uint64_t hash = index_hash_number((uint64_t)event->stream_number);
    if (!index_add(&fold->index, hash, order))
        return NULL;
    *fold->end = order;
    fold->end = &order->next;
    return order;
}

static bool has_number(const void *item, const void *number)
{
    const struct order_change *order = item;
    return memcmp(&order->order_number, number, sizeof(order->order_number)) == 0;
}

struct order_change *fold_find(const struct fold *fold, int64_t order_number)
{
    uint64_t hash = index_hash_number((uint64_t)order_number);
    return index_find(&fold->index, hash, has_number, &order_number);
}

/* Finds or begins the order and moves it on to the event. NULL: err is filled. */
static struct order_change *
move_order(struct fold *fold, const struct recorded_event *event, struct error *err)
{
    struct order_change *order = fold_find(fold, event->stream_number);
    if (order == NULL)
        order = begin_order(fold, event);
    if (order == NULL) {
        fold_exhausted(err);
        return NULL;
    }
    if (event->version != order->version + 1 || event->stream.tenant_id != order->tenant_id ||
        !uuid_equal(&event->stream.id, &order->order_id)) {
        fold_contradicts(event, "it is not the next version of its stream", err);
        return NULL;
    }
    order->version = event->version;
    order->position = event->position;
    order->updated_us = event->occurred_us;
    return order;
}

/* ---- OrderPlaced ---- */

static bool placed(
    struct fold *fold,
    struct order_change *order,
    const struct recorded_event *event,
    const struct order_placed *body,
    struct error *err)
{
    if (event->version != 1)
        return fold_contradicts(event, "the order exists", err);
    if (body->lines_count == 0)
        return fold_contradicts(event, "it has no lines", err);
    order->placed = body;
    fold->new_orders++;
    fold->new_lines += body->lines_count;
    struct sales_key key = {
        .tenant_id = order->tenant_id,
        .month = sales_month(body->placed_at),
        .currency = body->currency};
    for (size_t i = 0; i < body->lines_count; i++) {
        const struct order_placed_line *line = &body->lines[i];
        key.sku = line->sku;
        struct sales_row *row = sales_row(&fold->sales, &key);
        if (row == NULL)
            return fold_exhausted(err);
        sales_add_line(row, order->order_number, line->qty, line->line_total);
        order->units += line->qty;
    }
    return true;
}

/* ---- LinesCancelled, OrderCancelled ---- */

bool fold_add_cancelled(
    struct fold *fold, const struct sales_key *key, int64_t units, int64_t amount)
{
    struct sales_row *row = sales_row(&fold->sales, key);
    if (row == NULL)
        return false;
    sales_add_cancelled(row, units, amount);
    return true;
}

/* Cancels units of a line of an order that is new in this batch. */
static bool cancel_new_line(
    struct fold *fold, struct order_change *order, size_t at, int64_t units, int64_t amount)
{
    const struct order_placed *placed = order->placed;
    order->lines[at].cancelled += units;
    order->lines[at].amount += amount;
    struct sales_key key = {
        .tenant_id = order->tenant_id,
        .month = sales_month(placed->placed_at),
        .sku = placed->lines[at].sku,
        .currency = placed->currency};
    return fold_add_cancelled(fold, &key, units, amount);
}

/* Room for what becomes of each line of a new order; most orders never need it. */
static bool begin_lines(struct fold *fold, struct order_change *order)
{
    if (order->lines != NULL)
        return true;
    size_t count = order->placed->lines_count;
    order->lines = arena_array(&fold->arena, count, struct line_change);
    if (order->lines == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        order->lines[i].line_no = order->placed->lines[i].line_no;
    order->line_count = count;
    order->line_room = count;
    return true;
}

/* The change of a line; lines are looked for where the numbers usually put them first. */
static struct line_change *find_line(struct order_change *order, int64_t line_no, size_t *at)
{
    size_t guess = (size_t)(line_no - 1);
    if (guess < order->line_count && order->lines[guess].line_no == line_no) {
        *at = guess;
        return &order->lines[guess];
    }
    for (size_t i = 0; i < order->line_count; i++) {
        if (order->lines[i].line_no == line_no) {
            *at = i;
            return &order->lines[i];
        }
    }
    return NULL;
}

/* A new change of a line of an older order. */
static struct line_change *
append_line(struct fold *fold, struct order_change *order, int64_t line_no)
{
    if (order->line_count == order->line_room) {
        size_t room = order->line_room == 0 ? 4 : 2 * order->line_room;
        struct line_change *lines = arena_array(&fold->arena, room, struct line_change);
        if (lines == NULL)
            return NULL;
        if (order->line_count != 0)
            memcpy(lines, order->lines, order->line_count * sizeof(*lines));
        order->lines = lines;
        order->line_room = room;
    }
    struct line_change *line = &order->lines[order->line_count++];
    line->line_no = line_no;
    fold->changed_lines++;
    return line;
}

static bool cancel_line(
    struct fold *fold,
    struct order_change *order,
    const struct recorded_event *event,
    const struct order_units_priced *body,
    struct error *err)
{
    size_t at = 0;
    struct line_change *line = find_line(order, body->line_no, &at);
    if (order->placed == NULL) {
        if (line == NULL)
            line = append_line(fold, order, body->line_no);
        if (line == NULL)
            return fold_exhausted(err);
        line->cancelled += body->qty;
        line->amount += body->amount;
        return true;
    }
    if (line == NULL)
        return fold_contradicts(event, "the order has no such line", err);
    const struct order_placed_line *placed = &order->placed->lines[at];
    if (body->qty > placed->qty - line->cancelled ||
        body->amount > placed->line_total - line->amount)
        return fold_contradicts(event, "more is cancelled than is open", err);
    return cancel_new_line(fold, order, at, body->qty, body->amount) || fold_exhausted(err);
}

static bool lines_cancelled(
    struct fold *fold,
    struct order_change *order,
    const struct recorded_event *event,
    const struct lines_cancelled *body,
    struct error *err)
{
    if (order->cancelled)
        return fold_contradicts(event, "the order is cancelled", err);
    if (order->placed != NULL && !begin_lines(fold, order))
        return fold_exhausted(err);
    if (order->placed == NULL && !order->changed) {
        order->changed = true;
        fold->changed_orders++;
    }
    order->cancelled_amount = body->cancelled_amount;
    for (size_t i = 0; i < body->lines_count; i++) {
        if (!cancel_line(fold, order, event, &body->lines[i], err))
            return false;
    }
    return true;
}

/* An older order is cancelled: all that is open goes, what went before is part of it. */
static void swallow_changes(struct fold *fold, struct order_change *order)
{
    fold->cancelled_orders++;
    fold->changed_orders -= order->changed;
    fold->changed_lines -= order->line_count;
    order->changed = false;
    order->line_count = 0;
}

static bool order_cancelled(
    struct fold *fold,
    struct order_change *order,
    const struct recorded_event *event,
    const struct order_cancelled *body,
    struct error *err)
{
    if (order->cancelled)
        return fold_contradicts(event, "the order is cancelled", err);
    order->cancelled = true;
    order->cancelled_amount = body->cancelled_amount;
    if (order->placed == NULL) {
        swallow_changes(fold, order);
        return true;
    }
    if (!begin_lines(fold, order))
        return fold_exhausted(err);
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_placed_line *line = &order->placed->lines[i];
        int64_t units = line->qty - order->lines[i].cancelled;
        int64_t amount = line->line_total - order->lines[i].amount;
        if (units > 0 && !cancel_new_line(fold, order, i, units, amount))
            return fold_exhausted(err);
    }
    return true;
}

/* ---- ShippingAddressChanged, and sealed data of any event ---- */

static void touch(struct fold *fold, struct order_change *order)
{
    if (order->placed != NULL || order->touched)
        return;
    order->touched = true;
    fold->touched_orders++;
}

static bool take_sealed(
    struct fold *fold,
    struct order_change *order,
    const struct recorded_event *recorded,
    struct error *err)
{
    struct slice copies;
    if (recorded->sealed.size == 0)
        return true;
    touch(fold, order);
    return copies_of_event(recorded, &fold->arena, &copies, err) &&
           copies_join(order->sealed, copies, &fold->arena, &order->sealed, err);
}

/* The country stays; all else of an address is sealed. */
static bool address_changed(
    struct fold *fold,
    struct order_change *order,
    const struct recorded_event *recorded,
    struct error *err)
{
    if (order->cancelled)
        return fold_contradicts(recorded, "the order is cancelled", err);
    touch(fold, order);
    return true;
}

static bool apply_event(
    struct fold *fold,
    struct order_change *order,
    const struct recorded_event *recorded,
    const struct event *event,
    struct error *err)
{
    switch ((int)event->type) {
    case EVENT_ORDER_PLACED:
        return placed(fold, order, recorded, event->body, err);
    case EVENT_LINES_CANCELLED:
        return lines_cancelled(fold, order, recorded, event->body, err);
    case EVENT_ORDER_CANCELLED:
        return order_cancelled(fold, order, recorded, event->body, err);
    case EVENT_SHIPPING_ADDRESS_CHANGED:
        return address_changed(fold, order, recorded, err);
    default:
        break;
    }
    return fold_contradicts(recorded, "it does not belong into an order", err);
}

bool fold_order(struct fold *fold, const struct recorded_event *recorded, struct error *err)
{
    struct event event;
    if (!fold_read(fold, recorded, &event, err))
        return false;
    struct order_change *order = move_order(fold, recorded, err);
    return order != NULL && apply_event(fold, order, recorded, &event, err) &&
           take_sealed(fold, order, recorded, err);
}
