// SPDX-License-Identifier: Apache-2.0
// What events do to the lines of an order, and what is cancelled of them to the sales. An event that
// would leave a line with more than it has is refused.
#include "projector/fold.h"

#include "base/banned.h"

/* What one element of an event's list of lines does. Units are within limits by the event's own
 * description; the line is checked afterwards. */
typedef void line_function(struct line_state *line, const void *element);

/* What is cancelled is not reserved any more, whenever the stock is released. */
static void cancel_reserved(struct line_state *line)
{
    int64_t open = line->qty - line->cancelled;
    line->reserved = line->reserved < open ? line->reserved : open;
}

static void cancel(struct line_state *line, const void *element)
{
    const struct order_units_priced *units = element;
    line->cancelled += units->qty;
    line->cancelled_amount += units->amount;
    cancel_reserved(line);
}

static void reserve(struct line_state *line, const void *element)
{
    line->reserved += ((const struct order_units *)element)->qty;
}

static void ship(struct line_state *line, const void *element)
{
    line->shipped += ((const struct order_units_priced *)element)->qty;
}

static void deliver(struct line_state *line, const void *element)
{
    line->delivered += ((const struct order_units *)element)->qty;
}

static void take_back(struct line_state *line, const void *element)
{
    const struct received_line *units = element;
    line->returned += units->accepted + units->rejected;
}

/* Events about lines: where their list is, and what an element of it does. */
struct line_event {
    line_function *apply; /* NULL: no list, everything that is open is cancelled */
    size_t list;          /* of the event's struct: pointer to the first element */
    size_t count;         /* of the event's struct: size_t */
    size_t element_size;
    size_t line_no; /* of the element's struct: int64_t */
    bool is_about_lines;
};

#define LINE_EVENT(function, event, element) \
    { \
        .apply = (function), .list = offsetof(struct event, lines), \
        .count = offsetof(struct event, lines_count), .element_size = sizeof(struct element), \
        .line_no = offsetof(struct element, line_no), .is_about_lines = true \
    }

static const struct line_event line_events[EVENT_TYPE_COUNT] = {
    [EVENT_LINES_CANCELLED] = LINE_EVENT(cancel, lines_cancelled, order_units_priced),
    [EVENT_LINE_RESERVED] = LINE_EVENT(reserve, line_reserved, order_units),
    [EVENT_SHIPMENT_DISPATCHED] = LINE_EVENT(ship, shipment_dispatched, order_units_priced),
    [EVENT_SHIPMENT_DELIVERED] = LINE_EVENT(deliver, shipment_delivered, order_units),
    [EVENT_RETURN_RECEIVED] = LINE_EVENT(take_back, return_received, received_line),
    [EVENT_ORDER_CANCELLED] = {.is_about_lines = true},
    [EVENT_ORDER_EXPIRED] = {.is_about_lines = true},
};

bool fold_is_about_lines(enum event_type type)
{
    return line_events[type].is_about_lines;
}

/* ---- lines ---- */

/* What becomes of each line of a new order; most orders of a batch never need it. */
static bool begin_lines(struct fold *fold, struct order_change *order)
{
    const struct order_placed *placed = order->placed;
    if (order->lines != NULL || placed == NULL)
        return true;
    order->lines = arena_array(&fold->arena, placed->lines_count, struct line_state);
    if (order->lines == NULL)
        return false;
    order->line_count = placed->lines_count;
    for (size_t i = 0; i < order->line_count; i++)
        order->lines[i] = (struct line_state){
            .line_no = placed->lines[i].line_no,
            .qty = placed->lines[i].qty,
            .total = placed->lines[i].line_total,
            .sku = placed->lines[i].sku};
    return true;
}

/* Lines are looked for where the numbers usually put them first. */
static struct line_state *find_line(struct order_change *order, int64_t line_no)
{
    size_t guess = (size_t)(line_no - 1);
    if (guess < order->line_count && order->lines[guess].line_no == line_no)
        return &order->lines[guess];
    for (size_t i = 0; i < order->line_count; i++) {
        if (order->lines[i].line_no == line_no)
            return &order->lines[i];
    }
    return NULL;
}

static bool holds(const struct line_state *line)
{
    return line->cancelled <= line->qty && line->cancelled_amount <= line->total &&
           line->reserved <= line->qty && line->shipped <= line->qty - line->cancelled &&
           line->delivered <= line->shipped && line->returned <= line->delivered;
}

/* What was cancelled of the line since `before` goes to the sales. */
static bool count_cancelled(
    struct fold *fold,
    const struct order_change *order,
    const struct line_state *line,
    const struct line_state *before)
{
    if (line->cancelled == before->cancelled)
        return true;
    struct sales_key key = {
        .tenant_id = order->stream.id.tenant_id,
        .month = sales_month(order->placed_us),
        .sku = line->sku,
        .currency = order->currency};
    struct sales_row *row = sales_row(&fold->sales, &key);
    if (row == NULL)
        return false;
    sales_add_cancelled(
        row,
        line->cancelled - before->cancelled,
        line->cancelled_amount - before->cancelled_amount);
    return true;
}

static bool cancel_open(struct fold *fold, struct order_change *order)
{
    for (size_t i = 0; i < order->line_count; i++) {
        struct line_state *line = &order->lines[i];
        struct line_state before = *line;
        line->changed |= line->cancelled != line->qty;
        line->cancelled = line->qty;
        line->cancelled_amount = line->total;
        cancel_reserved(line);
        if (!count_cancelled(fold, order, line, &before))
            return false;
    }
    return true;
}

bool fold_lines(
    struct fold *fold,
    struct order_change *order,
    const struct event *event,
    int64_t position,
    struct error *err)
{
    const struct line_event *about = &line_events[event->type];
    const char *element;
    size_t count;
    if (!begin_lines(fold, order))
        return fold_exhausted(err);
    if (about->apply == NULL)
        return cancel_open(fold, order) || fold_exhausted(err);
    memcpy(&element, (const char *)event->body + about->list, sizeof(element));
    memcpy(&count, (const char *)event->body + about->count, sizeof(count));
    for (size_t i = 0; i < count; i++, element += about->element_size) {
        int64_t line_no;
        memcpy(&line_no, element + about->line_no, sizeof(line_no));
        struct line_state *line = find_line(order, line_no);
        if (line == NULL)
            return fold_contradicts(position, event, "the order has no such line", err);
        struct line_state before = *line;
        about->apply(line, element);
        line->changed = true;
        if (!holds(line))
            return fold_contradicts(position, event, "it is more than the line has", err);
        if (!count_cancelled(fold, order, line, &before))
            return fold_exhausted(err);
    }
    return true;
}
