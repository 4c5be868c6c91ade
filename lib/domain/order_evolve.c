// SPDX-License-Identifier: Apache-2.0
// Events into the order's state. Total: what contradicts the state is a bug and ends the program,
// because the state would be wrong for ever after.
#include "base/checked.h"
#include "domain/order.h"
#include "domain/sort.h"

#include "base/banned.h"

static bool is_ascending(const struct order_placed *event)
{
    for (size_t i = 1; i < event->lines_count; i++) {
        if (event->lines[i].line_no <= event->lines[i - 1].line_no)
            return false;
    }
    return true;
}

/* Order of the lines by line_no: keys hold line_no above, the index below. */
static void sort_keys(const struct order_placed *event, uint64_t *keys)
{
    _Static_assert(ORDER_MAX_LINES <= UINT16_MAX, "an index has 16 bits in a key");
    for (size_t i = 0; i < event->lines_count; i++)
        keys[i] = (uint64_t)event->lines[i].line_no << 16 | i;
    sort_numbers(keys, event->lines_count);
}

static bool copy_lines(struct order *order, const struct order_placed *event, struct arena *arena)
{
    size_t count = event->lines_count;
    struct order_line *lines = arena_array(arena, count, struct order_line);
    uint64_t *keys = NULL;
    if (!is_ascending(event)) {
        keys = arena_take_raw(arena, count * sizeof(*keys));
        if (keys == NULL)
            return false;
        sort_keys(event, keys);
    }
    if (lines == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        lines[i].placed = event->lines[keys == NULL ? i : keys[i] & UINT16_MAX];
        CHECK(i == 0 || lines[i].placed.line_no > lines[i - 1].placed.line_no);
    }
    order->lines = lines;
    order->line_count = count;
    return true;
}

/* Paired with the sums of the decision: an event whose amounts do not add up is never folded. */
static void check_amounts(const struct order *order)
{
    int64_t subtotal = 0;
    int64_t tax = order->shipping_tax;
    int64_t total;
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_placed_line *line = &order->lines[i].placed;
        CHECK(checked_add_i64(line->line_net, line->line_tax, &total) && total == line->line_total);
        CHECK(checked_add_i64(subtotal, line->line_net, &subtotal));
        CHECK(checked_add_i64(tax, line->line_tax, &tax));
    }
    CHECK(subtotal == order->subtotal && tax == order->tax);
    CHECK(
        checked_add_i64(subtotal, order->shipping, &total) && checked_add_i64(total, tax, &total));
    CHECK(total == order->total);
}

static bool placed(struct order *order, const struct order_placed *event, struct arena *arena)
{
    CHECK(order->status == ORDER_NONE);
    CHECK(event->lines_count > 0 && event->lines_count <= ORDER_MAX_LINES);
    CHECK(event->rounding >= 0 && event->rounding < ROUNDING_COUNT);
    if (!copy_lines(order, event, arena))
        return false;
    for (size_t i = 0; i < order->line_count; i++)
        order->units += order->lines[i].placed.qty;
    order->status = ORDER_PLACED;
    order->customer_id = event->customer_id;
    order->channel = event->channel;
    order->currency = event->currency;
    order->prices_include_tax = event->prices_include_tax;
    order->rounding = (enum rounding)event->rounding;
    order->ship_country = event->ship_country;
    order->source_ref = event->has_source_ref ? event->source_ref : slice_of(NULL, 0);
    order->shipping_method =
        event->has_shipping_method ? event->shipping_method : slice_of(NULL, 0);
    order->placed_at = event->placed_at;
    order->subtotal = event->subtotal;
    order->shipping = event->shipping;
    order->shipping_tax = event->shipping_tax;
    order->tax = event->tax;
    order->total = event->total;
    check_amounts(order);
    return true;
}

static void lines_cancelled(struct order *order, const struct lines_cancelled *event)
{
    CHECK(order->status >= ORDER_PLACED && order->status <= ORDER_PART_SHIPPED);
    int64_t amount = 0;
    for (size_t i = 0; i < event->lines_count; i++) {
        size_t at;
        CHECK(order_find_line(order, event->lines[i].line_no, &at));
        struct order_line *line = &order->lines[at];
        CHECK(event->lines[i].qty > 0 && event->lines[i].qty <= line->placed.qty - line->cancelled);
        line->cancelled += event->lines[i].qty;
        order->units_cancelled += event->lines[i].qty;
        CHECK(checked_add_i64(amount, event->lines[i].amount, &amount));
    }
    CHECK(amount == event->amount && amount <= order->total - order->cancelled_amount);
    order->cancelled_amount += amount;
    CHECK(order->cancelled_amount == event->cancelled_amount);
}

static void cancelled(struct order *order, const struct order_cancelled *event)
{
    CHECK(order->status == ORDER_PLACED || order->status == ORDER_CONFIRMED);
    CHECK(event->amount == order->total - order->cancelled_amount);
    CHECK(event->cancelled_amount == order->total);
    for (size_t i = 0; i < order->line_count; i++)
        order->lines[i].cancelled = order->lines[i].placed.qty;
    order->units_cancelled = order->units;
    order->cancelled_amount = order->total;
    order->status = ORDER_CANCELLED;
}

bool order_evolve(struct order *order, const struct event *event, struct arena *arena)
{
    switch (event->type) {
    case EVENT_ORDER_PLACED:
        return placed(order, event->body, arena);
    case EVENT_LINES_CANCELLED:
        lines_cancelled(order, event->body);
        return true;
    case EVENT_ORDER_CANCELLED:
        cancelled(order, event->body);
        return true;
    case EVENT_STOCK_RECEIVED:
    case EVENT_STOCK_ADJUSTED:
    case EVENT_TYPE_COUNT:
        break;
    }
    UNREACHABLE();
}
