// SPDX-License-Identifier: Apache-2.0
// ShipLines and RecordDelivery. A shipment is known by its id: told again it is the same one.
#include "domain/order_steps.h"

#include "base/checked.h"
#include "domain/clear_text.h"

#include "base/banned.h"

/* How far the clock of whoever tells may be ahead of ours. What is later has not happened yet, and would
 * keep returns open for as long as it is off. */
#define SHIP_CLOCKS_APART (INT64_C(5) * 60 * 1000000)

static struct order_shipment *find_shipment(const struct order *order, const struct uuid *id)
{
    for (size_t i = 0; i < order->goods.shipment_count; i++) {
        if (uuid_equal(&order->goods.shipments[i].id, id))
            return &order->goods.shipments[i];
    }
    return NULL;
}

static bool
is_same_shipment(const struct order_shipment *shipment, const struct ship_lines *command)
{
    if (!slice_equal(shipment->carrier, command->carrier) ||
        shipment->shipped_at != command->shipped_at || shipment->line_count != command->lines_count)
        return false;
    for (size_t i = 0; i < shipment->line_count; i++) {
        if (shipment->lines[i].line_no != command->lines[i].line_no ||
            shipment->lines[i].qty != command->lines[i].qty)
            return false;
    }
    return true;
}

/* Told again, or told otherwise. */
static bool answer_known(
    const struct order_shipment *shipment, const struct ship_lines *command, struct decision *out)
{
    return is_same_shipment(shipment, command) ||
           decision_refuse(out, REJECTION_already_exists, "shipment_id");
}

/* Checks one line of the command and says what its units cost. */
static bool ship_line(
    const struct order *order,
    const struct order_units *wanted,
    bool *seen,
    struct order_units_priced *shipped,
    struct decision *out)
{
    size_t at;
    if (!order_take_line(order, wanted->line_no, seen, &at, out))
        return false;
    const struct order_line *line = &order->lines[at];
    if (wanted->qty > line->reserved - line->shipped)
        return !decision_refuse(out, REJECTION_quantity_exceeds_open, "qty");
    int64_t after = line->placed.qty - line->shipped; /* from the end: order_cancel.c */
    *shipped = (struct order_units_priced){
        .line_no = wanted->line_no,
        .qty = wanted->qty,
        .amount = money_share(
            line->placed.line_total,
            after - wanted->qty,
            after,
            line->placed.qty,
            order->rounding)};
    return true;
}

/* False: the arena is exhausted. */
static bool ship_each(
    const struct order *order,
    const struct ship_lines *command,
    struct shipment_dispatched *event,
    struct arena *arena,
    struct decision *out)
{
    bool *seen = arena_array(arena, order->line_count, bool);
    struct order_units_priced *lines =
        arena_array(arena, command->lines_count, struct order_units_priced);
    if (seen == NULL || lines == NULL)
        return false;
    for (size_t i = 0; i < command->lines_count; i++) {
        if (!ship_line(order, &command->lines[i], seen, &lines[i], out))
            return true;
        event->amount += lines[i].amount; /* parts of the total: no overflow */
    }
    event->lines = lines;
    event->lines_count = command->lines_count;
    return true;
}

bool order_ship(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static const struct rejection too_many =
        STATE_REJECTION(invalid_state, "The order has as many shipments as it may have.");
    const struct order *order = state;
    const struct ship_lines *command = body;
    const struct order_shipment *known = find_shipment(order, &command->shipment_id);
    if (known != NULL)
        return answer_known(known, command, out);
    if (order->held)
        return decision_refuse(out, REJECTION_on_hold, NULL);
    if (command->lines_count == 0)
        return decision_refuse(out, REJECTION_bad_field, "lines");
    if (command->shipped_at > context->now_us + SHIP_CLOCKS_APART)
        return decision_refuse(out, REJECTION_bad_field, "shipped_at");
    if (!clear_text_check(true, command->carrier, CLEAR_NAME, "carrier", out))
        return true;
    if (order->goods.shipment_count == ORDER_MAX_SHIPMENTS)
        return decision_refuse_with(out, &too_many, "shipment_id");
    struct shipment_dispatched *event = arena_new(context->arena, struct shipment_dispatched);
    if (event == NULL || !ship_each(order, command, event, context->arena, out))
        return false;
    if (out->rejection != NULL)
        return true;
    event->shipment_id = command->shipment_id;
    event->carrier = command->carrier;
    event->shipped_at = command->shipped_at;
    event->tracking = command->tracking;
    event->has_tracking = command->has_tracking;
    decision_add(out, EVENT_SHIPMENT_DISPATCHED, event);
    return true;
}

bool order_ship_again(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static const struct rejection shipped =
        STATE_REJECTION(invalid_state, "All open units are shipped.");
    static const struct rejection closed = STATE_REJECTION(invalid_state, "The order is closed.");
    const struct order *order = state;
    const struct ship_lines *command = body;
    const struct order_shipment *known = find_shipment(order, &command->shipment_id);
    (void)context;
    if (known != NULL)
        return answer_known(known, command, out);
    return decision_refuse_with(out, order->status == ORDER_CLOSED ? &closed : &shipped, NULL);
}

bool order_record_delivery(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct record_delivery *command = body;
    const struct order_shipment *shipment = find_shipment(state, &command->shipment_id);
    if (shipment == NULL)
        return decision_refuse(out, REJECTION_not_found, "shipment_id");
    if (shipment->is_delivered)
        return true;
    if (command->delivered_at > context->now_us + SHIP_CLOCKS_APART ||
        command->delivered_at < shipment->shipped_at)
        return decision_refuse(out, REJECTION_bad_field, "delivered_at");
    struct shipment_delivered *event = arena_new(context->arena, struct shipment_delivered);
    struct order_units *lines =
        arena_array(context->arena, shipment->line_count, struct order_units);
    if (event == NULL || lines == NULL)
        return false;
    for (size_t i = 0; i < shipment->line_count; i++)
        lines[i] = (struct order_units){
            .line_no = shipment->lines[i].line_no, .qty = shipment->lines[i].qty};
    event->shipment_id = command->shipment_id;
    event->lines = lines;
    event->lines_count = shipment->line_count;
    event->delivered_at = command->delivered_at;
    event->receipt = command->receipt;
    event->has_receipt = command->has_receipt;
    decision_add(out, EVENT_SHIPMENT_DELIVERED, event);
    return true;
}

/* ---- folds ---- */

static bool dispatch_lines(struct order *order, const struct shipment_dispatched *event)
{
    int64_t amount = 0;
    for (size_t i = 0; i < event->lines_count; i++) {
        const struct order_units_priced *shipped = &event->lines[i];
        size_t at;
        if (!order_find_line(order, shipped->line_no, &at))
            return false;
        struct order_line *line = &order->lines[at];
        if (shipped->qty <= 0 || shipped->qty > line->reserved - line->shipped ||
            !checked_add_i64(amount, shipped->amount, &amount))
            return false;
        line->shipped += shipped->qty;
    }
    return amount == event->amount && amount <= order->total - order->sums.cancelled_amount;
}

enum evolve_result order_on_shipment_dispatched(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    struct order_goods *goods = &order->goods;
    const struct shipment_dispatched *event = body;
    if (event->lines_count == 0 || goods->shipment_count == ORDER_MAX_SHIPMENTS || order->held ||
        find_shipment(order, &event->shipment_id) != NULL || !dispatch_lines(order, event))
        return EVOLVE_CONTRADICTS;
    struct order_shipment *shipments = order_grow(
        goods->shipments,
        goods->shipment_count,
        &goods->shipment_capacity,
        sizeof(*shipments),
        arena);
    if (shipments == NULL)
        return EVOLVE_EXHAUSTED;
    goods->shipments = shipments;
    shipments[goods->shipment_count++] = (struct order_shipment){
        .id = event->shipment_id,
        .carrier = event->carrier,
        .shipped_at = event->shipped_at,
        .lines = event->lines,
        .line_count = event->lines_count};
    return EVOLVE_OK;
}

/* What arrives is what was shipped, line by line. */
static bool deliver_line(
    struct order *order,
    const struct order_units_priced *shipped,
    const struct order_units *arrived)
{
    size_t at;
    if (shipped->line_no != arrived->line_no || shipped->qty != arrived->qty ||
        !order_find_line(order, arrived->line_no, &at))
        return false;
    order->lines[at].delivered += arrived->qty;
    return order->lines[at].delivered <= order->lines[at].shipped;
}

enum evolve_result order_on_shipment_delivered(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct shipment_delivered *event = body;
    struct order_shipment *shipment = find_shipment(order, &event->shipment_id);
    (void)arena;
    if (shipment == NULL || shipment->is_delivered || event->lines_count != shipment->line_count)
        return EVOLVE_CONTRADICTS;
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!deliver_line(order, &shipment->lines[i], &event->lines[i]))
            return EVOLVE_CONTRADICTS;
    }
    shipment->is_delivered = true;
    if (event->delivered_at > order->goods.delivered_at)
        order->goods.delivered_at = event->delivered_at;
    return EVOLVE_OK;
}
