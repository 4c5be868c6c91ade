// SPDX-License-Identifier: Apache-2.0
// Shipments and deliveries, and what cancelling does beside them.
#include "support/order_stage.h"

static struct stage stage;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    stage_confirm(&stage);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

static void cancel(int64_t line_no, int64_t qty, size_t events)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    struct cancel_lines command = {.lines = &line, .lines_count = 1};
    stage_do(&stage, COMMAND_CANCEL_LINES, &command, events);
}

static void refuse_shipment(
    const struct order_units *lines, size_t count, enum rejection_code code, const char *field)
{
    struct ship_lines command = stage_shipment(&stage, 50, lines, count);
    stage_decide(&stage, COMMAND_SHIP_LINES, &command);
    stage_refused(&stage, code, field);
}

static void units_leave_in_parts(void **state)
{
    (void)state;
    const struct order_units lines[] = {{3, 4}, {1, 1}};
    struct ship_lines command = stage_shipment(&stage, 1, lines, 2);
    command.tracking.number = slice_of_text("JD0146");
    command.has_tracking = true;
    stage_do(&stage, COMMAND_SHIP_LINES, &command, 1);
    const struct shipment_dispatched *event = stage_body(&stage, 0, EVENT_SHIPMENT_DISPATCHED);
    assert_int_equal(event->shipment_id.bytes[0], 1);
    assert_true(slice_is(event->carrier, "dhl"));
    assert_true(slice_is(event->tracking.number, "JD0146"));
    assert_int_equal(event->shipped_at, STAGE_NOW);
    assert_int_equal(event->lines_count, 2);
    assert_int_equal(event->lines[0].line_no, 3);
    assert_int_equal(event->lines[0].amount, 48); /* 4 of 10 of 1.20 */
    assert_int_equal(event->lines[1].amount, 2399);
    assert_int_equal(event->amount, 48 + 2399);
    const struct order *order = stage_order(&stage);
    assert_int_equal(order->status, ORDER_PART_SHIPPED);
    assert_int_equal(order->lines[2].shipped, 4);
    assert_int_equal(order->sums.shipped, 5);
    const struct order_units rest[] = {{1, 1}, {2, 1}, {3, 6}};
    stage_ship(&stage, 2, rest, 3);
    assert_int_equal(order->status, ORDER_SHIPPED);
    assert_int_equal(order->sums.shipped, 13);
}

static void no_more_leaves_than_is_there(void **state)
{
    (void)state;
    const struct order_units many[] = {{1, 3}};
    const struct order_units twice[] = {{1, 1}, {1, 1}};
    const struct order_units unknown[] = {{4, 1}};
    const struct order_units rest[] = {{1, 2}};
    refuse_shipment(many, 1, REJECTION_quantity_exceeds_open, "qty");
    refuse_shipment(twice, 2, REJECTION_duplicate_line, "line_no");
    refuse_shipment(unknown, 1, REJECTION_unknown_line, "line_no");
    refuse_shipment(NULL, 0, REJECTION_bad_field, "lines");
    stage_ship_line(&stage, 1, 1, 1);
    refuse_shipment(rest, 1, REJECTION_quantity_exceeds_open, "qty");
    cancel(1, 1, 1);
    const struct order_units one[] = {{1, 1}};
    refuse_shipment(one, 1, REJECTION_quantity_exceeds_open, "qty");
}

static void what_is_held_stays(void **state)
{
    (void)state;
    struct hold_order hold = {.reason = HOLD_ADDRESS};
    struct release_hold release = {.has_note = false};
    const struct order_units line[] = {{1, 1}};
    stage_ship_line(&stage, 1, 3, 1);
    stage_do(&stage, COMMAND_HOLD_ORDER, &hold, 1);
    refuse_shipment(line, 1, REJECTION_on_hold, NULL);
    const struct order_units again = {3, 1};
    struct ship_lines told_again = stage_shipment(&stage, 1, &again, 1);
    stage_do(&stage, COMMAND_SHIP_LINES, &told_again, 0); /* it has left already */
    stage_do(&stage, COMMAND_RELEASE_HOLD, &release, 1);
    stage_ship_line(&stage, 2, 1, 1);
}

/* ---- the id of a shipment ---- */

static void ship_otherwise(const struct ship_lines *command)
{
    stage_decide(&stage, COMMAND_SHIP_LINES, command);
    stage_refused(&stage, REJECTION_already_exists, "shipment_id");
}

static void a_shipment_told_again_is_the_same(void **state)
{
    (void)state;
    const struct order_units lines[] = {{1, 2}, {2, 1}};
    const struct order_units other_qty[] = {{1, 1}, {2, 1}};
    const struct order_units other_line[] = {{1, 2}, {3, 1}};
    for (enum order_status status = ORDER_PART_SHIPPED; status <= ORDER_CLOSED; status++) {
        struct ship_lines again = stage_shipment(&stage, 1, lines, 2);
        struct ship_lines other = stage_shipment(&stage, 1, lines, 1);
        if (status == ORDER_PART_SHIPPED)
            stage_do(&stage, COMMAND_SHIP_LINES, &again, 1);
        if (status == ORDER_SHIPPED)
            stage_ship_line(&stage, 2, 3, 10);
        if (status == ORDER_DELIVERED) {
            stage_deliver(&stage, 2);
            stage_deliver(&stage, 1);
        }
        if (status == ORDER_CLOSED) {
            struct close_order close = {.has_ref = false};
            stage_pay(&stage, PAYMENT_CAPTURE, 1, STAGE_DUE, 1);
            stage.context.now_us = STAGE_NOW + 31 * STAGE_DAY;
            stage_do(&stage, COMMAND_CLOSE_ORDER, &close, 1);
        }
        assert_int_equal(stage_order(&stage)->status, status);
        stage_do(&stage, COMMAND_SHIP_LINES, &again, 0);
        ship_otherwise(&other);
        other = stage_shipment(&stage, 1, other_qty, 2);
        ship_otherwise(&other);
        other = stage_shipment(&stage, 1, other_line, 2);
        ship_otherwise(&other);
        other = again;
        other.carrier = slice_of_text("ups");
        ship_otherwise(&other);
        other = again;
        other.shipped_at++;
        ship_otherwise(&other);
    }
}

static void there_are_so_many_shipments_at_most(void **state)
{
    (void)state;
    struct stage_order order;
    stage_close(&stage);
    stage_open(&stage, CATEGORY_ORDER);
    stage_fill_order(&order);
    order.lines[0].qty = ORDER_MAX_SHIPMENTS + 1;
    order.lines[0].unit_price = (struct decimal){0, 0};
    order.command.lines_count = 1;
    order.command.has_shipping = false;
    order.command.declared_total = (struct decimal){0, 0};
    stage_do(&stage, COMMAND_PLACE_ORDER, &order.command, 1);
    stage_reserve(
        &stage, "A-1", NULL, ORDER_MAX_SHIPMENTS + 1, 2); /* free: nothing else is missing */
    const struct order_units line = {1, 1};
    for (int i = 0; i <= ORDER_MAX_SHIPMENTS; i++) {
        struct ship_lines command = stage_shipment(&stage, 1, &line, 1);
        command.shipment_id.bytes[14] = (uint8_t)(i >> 8);
        command.shipment_id.bytes[15] = (uint8_t)i;
        if (i < ORDER_MAX_SHIPMENTS) {
            stage_do(&stage, COMMAND_SHIP_LINES, &command, 1);
        } else {
            stage_decide(&stage, COMMAND_SHIP_LINES, &command);
            stage_refused(&stage, REJECTION_invalid_state, "shipment_id");
            assert_string_equal(
                stage.decision.rejection->text, "The order has as many shipments as it may have.");
        }
    }
    assert_int_equal(stage_order(&stage)->goods.shipment_count, ORDER_MAX_SHIPMENTS);
}

/* ---- deliveries ---- */

static void a_delivery_is_of_what_was_shipped(void **state)
{
    (void)state;
    const struct order_units rest[] = {{2, 1}, {3, 10}};
    stage_ship_line(&stage, 1, 1, 2);
    struct record_delivery command = {.shipment_id = stage_id(1), .delivered_at = STAGE_NOW + 5};
    command.receipt.signed_by = slice_of_text("A. Neighbour");
    command.has_receipt = true;
    stage_do(&stage, COMMAND_RECORD_DELIVERY, &command, 1);
    const struct shipment_delivered *event = stage_body(&stage, 0, EVENT_SHIPMENT_DELIVERED);
    assert_int_equal(event->lines_count, 1);
    assert_int_equal(event->lines[0].line_no, 1);
    assert_int_equal(event->lines[0].qty, 2);
    assert_true(slice_is(event->receipt.signed_by, "A. Neighbour"));
    const struct order *order = stage_order(&stage);
    assert_int_equal(order->status, ORDER_PART_SHIPPED);
    assert_int_equal(order->lines[0].delivered, 2);
    assert_int_equal(order->goods.delivered_at, STAGE_NOW + 5);
    stage_do(&stage, COMMAND_RECORD_DELIVERY, &command, 0); /* told again */
    command.shipment_id = stage_id(2);
    stage_decide(&stage, COMMAND_RECORD_DELIVERY, &command);
    stage_refused(&stage, REJECTION_not_found, "shipment_id");
    stage_ship(&stage, 2, rest, 2);
    assert_int_equal(order->status, ORDER_SHIPPED);
    stage_deliver(&stage, 2); /* was there before the first */
    assert_int_equal(order->status, ORDER_DELIVERED);
    assert_int_equal(order->goods.delivered_at, STAGE_NOW + 5);
}

/* ---- cancelling beside shipping ---- */

static void another_shipment_after_the_last_is_told_why(void **state)
{
    (void)state;
    const struct order_units all[] = {{1, 2}, {2, 1}, {3, 10}};
    struct ship_lines command = stage_shipment(&stage, 1, all, 3);
    stage_do(&stage, COMMAND_SHIP_LINES, &command, 1);
    refuse_shipment(all, 1, REJECTION_invalid_state, NULL);
    assert_string_equal(stage.decision.rejection->text, "All open units are shipped.");
    ((struct order *)stage.aggregate.state)->status = ORDER_CLOSED;
    refuse_shipment(all, 1, REJECTION_invalid_state, NULL);
    assert_string_equal(stage.decision.rejection->text, "The order is closed.");
}

#define MINUTES_5 (INT64_C(5) * 60 * 1000000)

/* Clocks differ a little. What is later than that has not happened yet. */
static void nothing_leaves_or_arrives_in_the_future(void **state)
{
    (void)state;
    const struct order_units line = {1, 1};
    struct ship_lines ship = stage_shipment(&stage, 1, &line, 1);
    ship.shipped_at = STAGE_NOW + MINUTES_5 + 1;
    stage_decide(&stage, COMMAND_SHIP_LINES, &ship);
    stage_refused(&stage, REJECTION_bad_field, "shipped_at");
    ship.shipped_at = STAGE_NOW + MINUTES_5;
    stage_do(&stage, COMMAND_SHIP_LINES, &ship, 1);
    struct record_delivery arrives = {.shipment_id = stage_id(1)};
    arrives.delivered_at = STAGE_NOW + MINUTES_5 + 1;
    stage_decide(&stage, COMMAND_RECORD_DELIVERY, &arrives);
    stage_refused(&stage, REJECTION_bad_field, "delivered_at");
    arrives.delivered_at = STAGE_NOW + MINUTES_5 - 1; /* before it left */
    stage_decide(&stage, COMMAND_RECORD_DELIVERY, &arrives);
    stage_refused(&stage, REJECTION_bad_field, "delivered_at");
    arrives.delivered_at = STAGE_NOW + MINUTES_5;
    stage_do(&stage, COMMAND_RECORD_DELIVERY, &arrives, 1);
}

static void the_last_open_units_cancelled_the_order_is_shipped(void **state)
{
    (void)state;
    stage_ship_line(&stage, 1, 1, 1);
    cancel(2, 1, 1);
    cancel(3, 10, 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_PART_SHIPPED);
    const struct order_units both = {1, 2};
    struct cancel_lines too_many = {.lines = &both, .lines_count = 1};
    stage_decide(&stage, COMMAND_CANCEL_LINES, &too_many);
    stage_refused(&stage, REJECTION_quantity_exceeds_open, "qty");
    cancel(1, 1, 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_SHIPPED);
    stage_deliver(&stage, 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_DELIVERED);
}

static void or_delivered_if_all_that_left_has_arrived(void **state)
{
    (void)state;
    stage_ship_line(&stage, 1, 1, 2);
    stage_deliver(&stage, 1);
    cancel(2, 1, 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_PART_SHIPPED);
    cancel(3, 10, 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_DELIVERED);
}

/* Four units of one line that cost 10 cents, halves rounded up, confirmed: 3, 2, 3, 2. */
static void start_four(void)
{
    struct stage_order order;
    struct record_redemption applied = stage_redemption(REDEMPTION_APPLIED);
    stage_close(&stage);
    stage_open(&stage, CATEGORY_ORDER);
    stage.tenant.rounding = ROUNDING_HALF_UP;
    stage_fill_order(&order);
    order.lines[0].qty = 4;
    order.lines[0].unit_price = (struct decimal){3, 2};
    order.lines[0].tax_ppm = 0;
    order.command.lines_count = 1;
    order.command.has_shipping = false;
    order.command.promo =
        (struct place_order_promo){.code = SLICE_LITERAL("SUMMER"), .claimed_discount = {2, 2}};
    order.command.has_promo = true;
    order.command.declared_total = (struct decimal){10, 2};
    stage_do(&stage, COMMAND_PLACE_ORDER, &order.command, 1);
    stage_do(&stage, COMMAND_RECORD_REDEMPTION, &applied, 1);
    stage_reserve(&stage, "A-1", NULL, 4, 1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, 10, 2);
}

/* One unit leaves, or is cancelled; what it costs. */
static int64_t ship_one(uint8_t id)
{
    stage_ship_line(&stage, id, 1, 1);
    return ((const struct shipment_dispatched *)stage.decision.events[0].body)->amount;
}

static int64_t cancel_one(void)
{
    cancel(1, 1, 1);
    return ((const struct lines_cancelled *)stage.decision.events[0].body)->amount;
}

/* Whatever the order of shipping and cancelling, the amounts of a line add up to the line. */
static void amounts_of_a_line_add_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        uint64_t draw = seed;
        int64_t sum = 0;
        start_four();
        for (uint8_t i = 0; i < 4; i++)
            sum += i == 0 || stage_draw_below(&draw, 2) == 0 ? ship_one(i) : cancel_one();
        assert_int_equal(sum, 10);
        assert_int_equal(stage_order(&stage)->status, ORDER_SHIPPED);
    }
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(units_leave_in_parts),
        ON_STAGE(no_more_leaves_than_is_there),
        ON_STAGE(what_is_held_stays),
        ON_STAGE(a_shipment_told_again_is_the_same),
        ON_STAGE(there_are_so_many_shipments_at_most),
        ON_STAGE(a_delivery_is_of_what_was_shipped),
        ON_STAGE(another_shipment_after_the_last_is_told_why),
        ON_STAGE(nothing_leaves_or_arrives_in_the_future),
        ON_STAGE(the_last_open_units_cancelled_the_order_is_shipped),
        ON_STAGE(or_delivered_if_all_that_left_has_arrived),
        ON_STAGE(amounts_of_a_line_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
