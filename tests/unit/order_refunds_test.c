// SPDX-License-Identifier: Apache-2.0
// Refunds: what can be asked for, in sums that add up to the cent, and what becomes of it.
#include "support/till.h"

/* Of the stage's order, tax included: line 1 2 units 47.98, line 2 1 unit 6.00, line 3 10 units 1.20,
 * shipping 5.88. */

enum { LINE_1 = 4798, LINE_3 = 120, SHIPPING = 588 };

static int open_paid(void **state)
{
    int result = till_open(state);
    till_confirm(*state);
    till_capture(*state, 1, "c1", TILL_TOTAL, 1);
    return result;
}

static int open_delivered(void **state)
{
    int result = open_paid(state);
    till_deliver_all(*state);
    return result;
}

static struct request_refund
request(uint8_t id, const struct order_units *lines, size_t count, int64_t reason)
{
    return (struct request_refund){
        .refund_id = till_id(id),
        .has_lines = count != 0,
        .lines = lines,
        .lines_count = count,
        .reason = reason};
}

static struct request_refund goodwill(uint8_t id, int64_t cents, int64_t reason)
{
    struct request_refund command = request(id, NULL, 0, reason);
    command.has_goodwill = true;
    command.goodwill = (struct decimal){cents, 2};
    return command;
}

static struct request_refund shipping(uint8_t id, int64_t cents)
{
    struct request_refund command = request(id, NULL, 0, REFUND_SHIPPING);
    command.has_shipping = true;
    command.shipping = (struct decimal){cents, 2};
    return command;
}

static void
refused(struct stage *stage, const struct request_refund *command, int code, const char *field)
{
    stage_decide(stage, COMMAND_REQUEST_REFUND, command);
    stage_refused(stage, (enum rejection_code)code, field);
}

static const struct refund_requested *
asked(struct stage *stage, const struct request_refund *command)
{
    stage_do(stage, COMMAND_REQUEST_REFUND, command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_REFUND_REQUESTED);
    return stage->decision.events[0].body;
}

/* ---- units ---- */

static void cancelled_units_are_refunded(void **state)
{
    struct stage *stage = *state;
    struct order_units line = {1, 1};
    struct request_refund command = request(1, &line, 1, REFUND_CANCELLED);
    refused(stage, &command, REJECTION_quantity_exceeds_open, "qty");
    till_cancel(stage, 1, 1);
    assert_int_equal(order_excess(stage_order(stage)), LINE_1 / 2);
    const struct refund_requested *event = asked(stage, &command);
    assert_int_equal(event->amount, LINE_1 / 2);
    assert_int_equal(event->lines_count, 1);
    assert_int_equal(event->lines[0].amount, LINE_1 / 2);
    assert_int_equal(event->shipping, 0);
    assert_int_equal(event->goodwill, 0);
    const struct order *order = stage_order(stage);
    assert_int_equal(order->sums.refund_pending, LINE_1 / 2);
    assert_int_equal(order_credit(order), 0); /* outside of what is due already */
    assert_int_equal(order_refundable(order), TILL_TOTAL - LINE_1 / 2);
    command.refund_id = till_id(2);
    refused(stage, &command, REJECTION_quantity_exceeds_open, "qty");
    till_settle(stage, 1, "r1", LINE_1 / 2);
    assert_int_equal(order->sums.refunded, LINE_1 / 2);
    assert_int_equal(order->sums.refund_pending, 0);
    assert_int_equal(order_balance(order), 0);
}

static void accepted_returns_are_refunded(void **state)
{
    struct stage *stage = *state;
    struct order_units line = {3, 4};
    struct request_refund command = request(1, &line, 1, REFUND_RETURNED);
    refused(stage, &command, REJECTION_quantity_exceeds_open, "qty");
    till_return(stage, 1, 3, 4);
    assert_int_equal(asked(stage, &command)->amount, 48);
    assert_int_equal(order_credit(stage_order(stage)), 48);
    till_settle(stage, 1, "r1", 48);
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

static void rejected_returns_are_not(void **state)
{
    struct stage *stage = *state;
    struct return_line line = {.line_no = 3, .qty = 4};
    struct received_line back = {.line_no = 3, .accepted = 1, .rejected = 3};
    struct request_return announce = {.return_id = till_id(1), .lines = &line, .lines_count = 1};
    struct receive_return receive = {.return_id = till_id(1), .lines = &back, .lines_count = 1};
    stage_do(stage, COMMAND_REQUEST_RETURN, &announce, 1);
    stage_do(stage, COMMAND_RECEIVE_RETURN, &receive, 1);
    struct order_units two = {3, 2};
    struct request_refund command = request(1, &two, 1, REFUND_RETURNED);
    refused(stage, &command, REJECTION_quantity_exceeds_open, "qty");
    struct order_units one = {3, 1};
    command = request(1, &one, 1, REFUND_RETURNED);
    assert_int_equal(asked(stage, &command)->amount, 12);
}

/* A line of 10 units, part cancelled after some had come back and been refunded: whatever the order
 * of it all, the parts come to the line, and nobody owes anybody. */
static void cancelled_and_returned_units_add_up(void **state)
{
    struct stage *stage = *state;
    struct order_units units[] = {{3, 1}, {3, 3}, {3, 2}};
    till_ship(stage, 1, 3, 4);
    till_deliver(stage, 1);
    till_return(stage, 1, 3, 4);
    till_refund_line(stage, 1, &units[0], REFUND_RETURNED, 12);
    till_cancel(stage, 3, 6);
    till_refund_line(stage, 2, &units[1], REFUND_CANCELLED, 36);
    till_refund_line(stage, 3, &units[1], REFUND_RETURNED, 36);
    till_refund_line(stage, 4, &units[2], REFUND_OTHER, 24);
    till_refund_line(stage, 5, &units[0], REFUND_CANCELLED, 12);
    const struct refunded_line *line = &stage_order(stage)->money.lines[2];
    assert_int_equal(line->cancelled, 6);
    assert_int_equal(line->returned, 4);
    assert_int_equal(line->cancelled_amount + line->returned_amount, LINE_3);
    assert_int_equal(line->cancelled_amount, stage_order(stage)->lines[2].cancelled_amount);
    assert_int_equal(order_credit(stage_order(stage)), line->returned_amount);
    for (uint8_t i = 1; i <= 5; i++) {
        const struct order_refund *refund = &stage_order(stage)->money.refunds[i - 1];
        char text[] = {'r', (char)('0' + i), '\0'};
        struct slice ref;
        assert_true(arena_copy(&stage->arena, slice_of_text(text), &ref));
        struct record_payment_result result = till_refund_result(PAYMENT_OK, i, "", refund->amount);
        result.provider_ref = ref;
        till_record(stage, &result, 1);
    }
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

/* 10 units at 23.90, 25 % off, 20 % tax included: 179.25. Units that are rounded one by one would come
 * to 179.20 or 179.30. */
static void place_discounted(struct stage *stage)
{
    const struct place_order_line line = {
        .line_no = 1,
        .sku = SLICE_LITERAL("A-1"),
        .qty = 10,
        .unit_price = {2390, 2},
        .tax_ppm = 200000};
    const struct place_order place = {
        .currency = SLICE_LITERAL("EUR"),
        .prices_include_tax = true,
        .ship_country = SLICE_LITERAL("DE"),
        .lines = &line,
        .lines_count = 1,
        .has_promo = true,
        .promo = {.code = SLICE_LITERAL("QUARTER"), .claimed_discount = {5975, 2}},
        .declared_total = {17925, 2}};
    stage_open(stage, CATEGORY_ORDER);
    stage_do(stage, COMMAND_PLACE_ORDER, &place, 1);
    const struct order_placed *placed = stage->decision.events[0].body;
    assert_int_equal(placed->lines[0].line_net, 14938);
    assert_int_equal(placed->lines[0].line_tax, 2987);
}

static void unit_by_unit_is_the_line(void **state)
{
    static const int64_t expected[] = {1792, 1793, 1793, 1792, 1792, 1793, 1793, 1792, 1792, 1793};
    struct stage stage;
    (void)state;
    place_discounted(&stage);
    struct record_reservation reserve = {.sku = SLICE_LITERAL("A-1"), .qty = 10};
    struct record_redemption redeem = {
        .code = SLICE_LITERAL("QUARTER"), .has_discount = true, .discount = {5975, 2}};
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &reserve, 1);
    stage_do(&stage, COMMAND_RECORD_REDEMPTION, &redeem, 1);
    till_capture(&stage, 1, "c1", 17925, 2);
    till_ship(&stage, 1, 1, 10);
    till_deliver(&stage, 1);
    till_return(&stage, 1, 1, 10);
    struct order_units unit = {1, 1};
    for (size_t i = 0; i < countof(expected); i++)
        till_refund_line(&stage, (uint8_t)i, &unit, REFUND_RETURNED, expected[i]);
    assert_int_equal(order_credit(stage_order(&stage)), 17925);
    assert_int_equal(order_refundable(stage_order(&stage)), 0);
    stage_close(&stage);
}

static void lines_must_be_of_the_order(void **state)
{
    struct stage *stage = *state;
    till_cancel(stage, 1, 2);
    struct order_units unknown = {9, 1};
    struct request_refund command = request(1, &unknown, 1, REFUND_CANCELLED);
    refused(stage, &command, REJECTION_unknown_line, "line_no");
    struct order_units twice[] = {{1, 1}, {1, 1}};
    command = request(1, twice, 2, REFUND_CANCELLED);
    refused(stage, &command, REJECTION_duplicate_line, "line_no");
}

/* ---- shipping, good will ---- */

static void shipping_is_refunded_up_to_what_was_charged(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = shipping(1, SHIPPING + 1);
    refused(stage, &command, REJECTION_exceeds_captured, "shipping");
    assert_string_equal(
        stage->decision.rejection->text,
        "Less shipping was charged, or is left to give back, than asked for.");
    command = shipping(1, 500);
    assert_int_equal(asked(stage, &command)->shipping, 500);
    command = shipping(2, SHIPPING - 500 + 1);
    refused(stage, &command, REJECTION_exceeds_captured, "shipping");
    command = shipping(2, SHIPPING - 500);
    assert_int_equal(asked(stage, &command)->amount, SHIPPING - 500);
    assert_int_equal(order_credit(stage_order(stage)), SHIPPING);
}

static void good_will_is_no_more_than_was_captured(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = goodwill(1, TILL_TOTAL + 1, REFUND_GOODWILL);
    refused(stage, &command, REJECTION_exceeds_captured, NULL);
    command = goodwill(1, TILL_TOTAL - 1, REFUND_GOODWILL);
    assert_int_equal(asked(stage, &command)->goodwill, TILL_TOTAL - 1);
    command = goodwill(2, 2, REFUND_GOODWILL);
    refused(stage, &command, REJECTION_exceeds_captured, NULL); /* what is pending counts */
    command = goodwill(2, 1, REFUND_OTHER);
    (void)asked(stage, &command);
    command = goodwill(3, 1, REFUND_GOODWILL);
    refused(stage, &command, REJECTION_nothing_to_refund, NULL);
}

static void a_refund_of_nothing_is_none(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = request(1, NULL, 0, REFUND_OTHER);
    refused(stage, &command, REJECTION_nothing_to_refund, NULL);
    command.has_lines = true;
    refused(stage, &command, REJECTION_nothing_to_refund, NULL);
    command = goodwill(1, 0, REFUND_GOODWILL);
    refused(stage, &command, REJECTION_nothing_to_refund, NULL);
}

static void amounts_are_of_the_currency(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = goodwill(1, -1, REFUND_GOODWILL);
    refused(stage, &command, REJECTION_bad_field, "goodwill");
    command.goodwill = (struct decimal){1, 3};
    refused(stage, &command, REJECTION_price_precision, "goodwill");
    command.goodwill = (struct decimal){INT64_MAX, 0};
    refused(stage, &command, REJECTION_amount_overflow, "goodwill");
    command = shipping(1, -1);
    refused(stage, &command, REJECTION_bad_field, "shipping");
    command.shipping = (struct decimal){1, 3};
    refused(stage, &command, REJECTION_price_precision, "shipping");
    command = shipping(1, 1);
    command.has_goodwill = true;
    command.goodwill = (struct decimal){INT64_MAX, 2};
    refused(stage, &command, REJECTION_amount_overflow, "goodwill");
}

/* ---- more than due ---- */

static void what_was_paid_too_much_goes_back(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = goodwill(1, 1, REFUND_OVERPAID);
    refused(stage, &command, REJECTION_exceeds_captured, "goodwill");
    till_capture(stage, 2, "c2", 300, 1);
    assert_int_equal(
        order_facets_of(&stage_order(stage)->sums).payment, PAYMENT_FACET_OVER_CAPTURED);
    command = goodwill(1, 301, REFUND_OVERPAID);
    refused(stage, &command, REJECTION_exceeds_captured, "goodwill");
    command = goodwill(1, 300, REFUND_OVERPAID);
    command.has_shipping = true;
    command.shipping = (struct decimal){1, 2};
    refused(stage, &command, REJECTION_bad_field, "shipping");
    struct order_units line = {1, 1};
    struct request_refund lines = request(1, &line, 1, REFUND_OVERPAID);
    refused(stage, &lines, REJECTION_bad_field, "lines");
    command.has_shipping = false;
    (void)asked(stage, &command);
    assert_int_equal(order_credit(stage_order(stage)), 0);
    struct record_payment_result result = till_refund_result(PAYMENT_OK, 1, "r1", 300);
    result.payment_id = till_id(2);
    till_record(stage, &result, 1);
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

static void only_what_came_late_leaves_a_closed_order(void **state)
{
    struct stage *stage = *state;
    till_return(stage, 1, 3, 4);
    struct order_units line = {3, 4};
    till_refund_line(stage, 1, &line, REFUND_RETURNED, 48);
    till_settle(stage, 1, "r1", 48);
    struct close_order close = {.has_ref = false};
    stage->context.now_us += INT64_C(31) * 86400 * 1000000;
    stage_do(stage, COMMAND_CLOSE_ORDER, &close, 1);
    struct request_refund command = goodwill(2, 1, REFUND_OVERPAID);
    refused(stage, &command, REJECTION_exceeds_captured, "goodwill");
    command = goodwill(2, 1, REFUND_GOODWILL);
    refused(stage, &command, REJECTION_invalid_state, NULL);
    till_capture(stage, 2, "c2", 200, 1);
    command = goodwill(2, 1, REFUND_GOODWILL);
    refused(stage, &command, REJECTION_invalid_state, NULL);
    command = shipping(2, 1);
    refused(stage, &command, REJECTION_invalid_state, NULL);
    command = goodwill(2, 201, REFUND_OVERPAID);
    refused(stage, &command, REJECTION_exceeds_captured, "goodwill");
    command = goodwill(2, 200, REFUND_OVERPAID);
    (void)asked(stage, &command);
    assert_int_equal(stage_order(stage)->status, ORDER_CLOSED);
    command = goodwill(3, 1, REFUND_OVERPAID);
    refused(stage, &command, REJECTION_exceeds_captured, "goodwill");
}

static void a_cancelled_order_gives_back_all(void **state)
{
    struct stage *stage = *state;
    struct cancel_order cancel = {.reason = 0};
    stage_do(stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    struct order_units lines[] = {{1, 2}, {2, 1}, {3, 10}};
    struct request_refund command = request(1, lines, 3, REFUND_CANCELLED);
    command.has_shipping = true;
    command.shipping = (struct decimal){SHIPPING, 2};
    assert_int_equal(asked(stage, &command)->amount, TILL_TOTAL);
    assert_int_equal(order_credit(stage_order(stage)), 0);
    till_settle(stage, 1, "r1", TILL_TOTAL);
    const struct order *order = stage_order(stage);
    assert_int_equal(order_facets_of(&order->sums).payment, PAYMENT_FACET_REFUNDED);
    assert_string_equal(order_shown_status(order->status, &order->sums), "refunded");
    assert_int_equal(order_balance(order), 0);
}

#define PAID(test) cmocka_unit_test_setup_teardown(test, open_paid, till_close)
#define DELIVERED(test) cmocka_unit_test_setup_teardown(test, open_delivered, till_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAID(cancelled_units_are_refunded),
        DELIVERED(accepted_returns_are_refunded),
        DELIVERED(rejected_returns_are_not),
        PAID(cancelled_and_returned_units_add_up),
        cmocka_unit_test(unit_by_unit_is_the_line),
        PAID(lines_must_be_of_the_order),
        PAID(shipping_is_refunded_up_to_what_was_charged),
        PAID(good_will_is_no_more_than_was_captured),
        PAID(a_refund_of_nothing_is_none),
        PAID(amounts_are_of_the_currency),
        PAID(what_was_paid_too_much_goes_back),
        DELIVERED(only_what_came_late_leaves_a_closed_order),
        PAID(a_cancelled_order_gives_back_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
