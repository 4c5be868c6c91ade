// SPDX-License-Identifier: Apache-2.0
// Events into the order's state. Total: an event that contradicts the state or does not add up is
// named as such and never folded, because the state would be wrong for ever after.
#include "base/checked.h"
#include "domain/order_steps.h"
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
    int64_t discount = 0;
    int64_t total;
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_placed_line *line = &order->lines[i].placed;
        if (!checked_add_i64(line->line_net, line->line_tax, &total) || total != line->line_total ||
            !checked_add_i64(subtotal, line->line_net, &subtotal) ||
            !checked_add_i64(tax, line->line_tax, &tax) ||
            !checked_add_i64(discount, line->discount, &discount))
            return false;
    }
    return subtotal == order->subtotal && tax == order->tax && discount == order->discount &&
           checked_add_i64(subtotal, order->shipping, &total) &&
           checked_add_i64(total, tax, &total) && total == order->total;
}

static struct slice text_if(bool has_text, struct slice text)
{
    return has_text ? text : slice_of(NULL, 0);
}

static void copy_header(struct order *order, const struct order_placed *event)
{
    order->customer_id = event->customer_id;
    order->channel = event->channel;
    order->currency = event->currency;
    order->prices_include_tax = event->prices_include_tax;
    order->rounding = (enum rounding)event->rounding;
    order->ship_country = event->ship_country;
    order->bill_country = text_if(event->has_bill_country, event->bill_country);
    order->source_ref = text_if(event->has_source_ref, event->source_ref);
    order->shipping_method = text_if(event->has_shipping_method, event->shipping_method);
    order->promo_code = text_if(event->has_promo_code, event->promo_code);
    order->goods.promotion = event->has_promo_code ? ORDER_PROMOTION_AWAITED : ORDER_PROMOTION_NONE;
    order->placed_at = event->placed_at;
    order->complete_by = event->complete_by;
    order->subtotal = event->subtotal;
    order->discount = event->discount;
    order->shipping = event->shipping;
    order->shipping_tax = event->shipping_tax;
    order->tax = event->tax;
    order->total = event->total;
}

enum evolve_result order_on_order_placed(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct order_placed *event = body;
    if (event->lines_count == 0 || event->lines_count > ORDER_MAX_LINES || event->rounding < 0 ||
        event->rounding >= ROUNDING_COUNT)
        return EVOLVE_CONTRADICTS;
    enum evolve_result copied = copy_lines(order, event, arena);
    if (copied != EVOLVE_OK)
        return copied;
    copy_header(order, event);
    if (!amounts_add_up(order))
        return EVOLVE_CONTRADICTS;
    return order_find_articles(order, arena) ? EVOLVE_OK : EVOLVE_EXHAUSTED;
}

/* In which states an event may come, and the fold of its own. */
struct fold {
    evolve_function *function;
    unsigned states; /* bit 1 << enum order_status */
};

#define IN(status) (1U << ORDER_##status)
#define FROM(first, last) (((2U << ORDER_##last) - 1) & ~((1U << ORDER_##first) - 1))

// clang-format off
static const struct fold folds[EVENT_TYPE_COUNT] = {
    [EVENT_ORDER_PLACED] = {order_on_order_placed, IN(NONE)},
    [EVENT_LINE_RESERVED] = {order_on_line_reserved, FROM(PLACED, EXPIRED)},
    [EVENT_LINE_RESERVATION_REFUSED] = {order_on_line_reservation_refused, IN(PLACED)},
    [EVENT_PROMOTION_APPLIED] =
        {order_on_promotion_applied, IN(PLACED) | IN(CANCELLED) | IN(EXPIRED)},
    [EVENT_PROMOTION_REFUSED] = {order_on_promotion_refused, IN(PLACED)},
    [EVENT_ORDER_CONFIRMED] = {order_on_order_confirmed, IN(PLACED)},
    [EVENT_PAYMENT_AUTHORIZED] = {order_on_payment_authorized, FROM(PLACED, EXPIRED)},
    [EVENT_PAYMENT_DECLINED] = {order_on_payment_declined, FROM(PLACED, EXPIRED)},
    [EVENT_PAYMENT_CAPTURED] = {order_on_payment_captured, FROM(PLACED, EXPIRED)},
    [EVENT_PAYMENT_VOIDED] = {order_on_payment_voided, FROM(PLACED, EXPIRED)},
    [EVENT_ORDER_HELD] = {order_on_order_held, FROM(PLACED, PART_SHIPPED)},
    [EVENT_ORDER_RELEASED] = {order_on_order_released, FROM(PLACED, EXPIRED)},
    [EVENT_SHIPPING_ADDRESS_CHANGED] =
        {order_on_shipping_address_changed, FROM(PLACED, CONFIRMED)},
    [EVENT_LINES_CANCELLED] = {order_on_lines_cancelled, FROM(PLACED, PART_SHIPPED)},
    [EVENT_ORDER_CANCELLED] = {order_on_order_cancelled, FROM(PLACED, CONFIRMED)},
    [EVENT_ORDER_EXPIRED] = {order_on_order_expired, IN(PLACED)},
    [EVENT_SHIPMENT_DISPATCHED] = {order_on_shipment_dispatched, FROM(CONFIRMED, PART_SHIPPED)},
    [EVENT_SHIPMENT_DELIVERED] = {order_on_shipment_delivered, FROM(PART_SHIPPED, SHIPPED)},
    [EVENT_RETURN_REQUESTED] = {order_on_return_requested, FROM(PART_SHIPPED, DELIVERED)},
    [EVENT_RETURN_RECEIVED] = {order_on_return_received, FROM(PART_SHIPPED, DELIVERED)},
    [EVENT_REFUND_REQUESTED] = {order_on_refund_requested, FROM(CONFIRMED, EXPIRED)},
    [EVENT_REFUND_SETTLED] = {order_on_refund_settled, FROM(CONFIRMED, EXPIRED)},
    [EVENT_REFUND_FAILED] = {order_on_refund_failed, FROM(CONFIRMED, EXPIRED)},
    [EVENT_NOTE_ADDED] = {order_on_note_added, FROM(PLACED, EXPIRED)},
    [EVENT_ORDER_CLOSED] = {order_on_order_closed, IN(DELIVERED)},
};
// clang-format on

enum evolve_result order_evolve(struct order *order, const struct event *event, struct arena *arena)
{
    const struct fold *fold = &folds[event->type];
    CHECK(fold->function != NULL);
    if ((fold->states & 1U << order->status) == 0)
        return EVOLVE_CONTRADICTS;
    enum evolve_result folded = fold->function(order, event->body, arena);
    if (folded != EVOLVE_OK)
        return folded;
    if (!order_sums_add(&order->sums, event))
        return EVOLVE_CONTRADICTS;
    order->status = order_status_after(order->status, event, &order->sums);
    return EVOLVE_OK;
}
