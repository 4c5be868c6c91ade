// SPDX-License-Identifier: Apache-2.0
// Events into the order's state. Total: an event that contradicts the state or does not add up is
// named as such and never folded, because the state would be wrong for ever after.
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

static enum evolve_result
copy_lines(struct order *order, const struct order_placed *event, struct arena *arena)
{
    size_t count = event->lines_count;
    struct order_line *lines = arena_array(arena, count, struct order_line);
    uint64_t *keys = NULL;
    if (!is_ascending(event)) {
        keys = arena_take_raw(arena, count * sizeof(*keys));
        if (keys == NULL)
            return EVOLVE_EXHAUSTED;
        sort_keys(event, keys);
    }
    if (lines == NULL)
        return EVOLVE_EXHAUSTED;
    for (size_t i = 0; i < count; i++) {
        lines[i].placed = event->lines[keys == NULL ? i : keys[i] & UINT16_MAX];
        if (i > 0 && lines[i].placed.line_no <= lines[i - 1].placed.line_no)
            return EVOLVE_CONTRADICTS;
    }
    order->lines = lines;
    order->line_count = count;
    return EVOLVE_OK;
}

/* Paired with the sums of the decision: an event whose amounts do not add up is never folded. */
static bool amounts_add_up(const struct order *order)
{
    int64_t subtotal = 0;
    int64_t tax = order->shipping_tax;
    int64_t total;
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_placed_line *line = &order->lines[i].placed;
        if (!checked_add_i64(line->line_net, line->line_tax, &total) || total != line->line_total ||
            !checked_add_i64(subtotal, line->line_net, &subtotal) ||
            !checked_add_i64(tax, line->line_tax, &tax))
            return false;
    }
    return subtotal == order->subtotal && tax == order->tax &&
           checked_add_i64(subtotal, order->shipping, &total) &&
           checked_add_i64(total, tax, &total) && total == order->total;
}

static enum evolve_result
placed(struct order *order, const struct order_placed *event, struct arena *arena)
{
    if (order->status != ORDER_NONE || event->lines_count == 0 ||
        event->lines_count > ORDER_MAX_LINES || event->rounding < 0 ||
        event->rounding >= ROUNDING_COUNT)
        return EVOLVE_CONTRADICTS;
    enum evolve_result copied = copy_lines(order, event, arena);
    if (copied != EVOLVE_OK)
        return copied;
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
    return amounts_add_up(order) ? EVOLVE_OK : EVOLVE_CONTRADICTS;
}

/* Adds the cancelled units of one line and its amount; false when more goes than is there. */
static bool
cancel_line(struct order *order, const struct order_units_priced *cancelled, int64_t *amount)
{
    size_t at;
    if (!order_find_line(order, cancelled->line_no, &at))
        return false;
    struct order_line *line = &order->lines[at];
    if (cancelled->qty <= 0 || cancelled->qty > line->placed.qty - line->cancelled)
        return false;
    line->cancelled += cancelled->qty;
    order->units_cancelled += cancelled->qty;
    return checked_add_i64(*amount, cancelled->amount, amount);
}

static bool lines_cancelled(struct order *order, const struct lines_cancelled *event)
{
    if (order->status < ORDER_PLACED || order->status > ORDER_PART_SHIPPED)
        return false;
    int64_t amount = 0;
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!cancel_line(order, &event->lines[i], &amount))
            return false;
    }
    if (amount != event->amount || amount > order->total - order->cancelled_amount)
        return false;
    order->cancelled_amount += amount;
    return order->cancelled_amount == event->cancelled_amount;
}

static bool cancelled(struct order *order, const struct order_cancelled *event)
{
    if ((order->status != ORDER_PLACED && order->status != ORDER_CONFIRMED) ||
        event->amount != order->total - order->cancelled_amount ||
        event->cancelled_amount != order->total)
        return false;
    for (size_t i = 0; i < order->line_count; i++)
        order->lines[i].cancelled = order->lines[i].placed.qty;
    order->units_cancelled = order->units;
    order->cancelled_amount = order->total;
    order->status = ORDER_CANCELLED;
    return true;
}

/* The address itself is sealed: of interest to a read model, not to a decision. */
static bool address_changed(const struct order *order, const struct shipping_address_changed *event)
{
    return (order->status == ORDER_PLACED || order->status == ORDER_CONFIRMED) &&
           slice_equal(order->ship_country, event->country);
}

static enum evolve_result on_order_placed(void *state, const void *body, struct arena *arena)
{
    return placed(state, body, arena);
}

static enum evolve_result on_lines_cancelled(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(lines_cancelled(state, body));
}

static enum evolve_result on_order_cancelled(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(cancelled(state, body));
}

static enum evolve_result
on_shipping_address_changed(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(address_changed(state, body));
}

static evolve_function *const evolvers[EVENT_TYPE_COUNT] = {
    [EVENT_ORDER_PLACED] = on_order_placed,
    [EVENT_LINES_CANCELLED] = on_lines_cancelled,
    [EVENT_ORDER_CANCELLED] = on_order_cancelled,
    [EVENT_SHIPPING_ADDRESS_CHANGED] = on_shipping_address_changed,
};

enum evolve_result order_evolve(struct order *order, const struct event *event, struct arena *arena)
{
    return evolve_by(evolvers, order, event, arena);
}
