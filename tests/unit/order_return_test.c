// SPDX-License-Identifier: Apache-2.0
// Returns: announced once, within the window, received once.
#include "support/order_stage.h"

static struct stage stage;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    stage_confirm(&stage);
    stage_fulfil(&stage, ORDER_DELIVERED);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

static struct request_return request(uint8_t id, const struct return_line *lines, size_t count)
{
    return (struct request_return){.return_id = stage_id(id), .lines = lines, .lines_count = count};
}

static void refuse_request(
    const struct return_line *lines, size_t count, enum rejection_code code, const char *field)
{
    struct request_return command = request(90, lines, count);
    stage_decide(&stage, COMMAND_REQUEST_RETURN, &command);
    stage_refused(&stage, code, field);
}

static struct receive_return receipt(uint8_t id, const struct received_line *lines, size_t count)
{
    return (struct receive_return){.return_id = stage_id(id), .lines = lines, .lines_count = count};
}

static void refuse_receipt(
    const struct received_line *lines, size_t count, enum rejection_code code, const char *field)
{
    struct receive_return command = receipt(1, lines, count);
    stage_decide(&stage, COMMAND_RECEIVE_RETURN, &command);
    stage_refused(&stage, code, field);
}

/* ---- announcing ---- */

static void units_that_were_delivered_can_come_back(void **state)
{
    (void)state;
    static const struct return_line lines[] = {{3, 4, 0}, {1, 1, 2}};
    struct request_return command = request(1, lines, 2);
    command.note.text = slice_of_text("too large");
    command.has_note = true;
    stage_do(&stage, COMMAND_REQUEST_RETURN, &command, 1);
    const struct return_requested *event = stage_body(&stage, 0, EVENT_RETURN_REQUESTED);
    assert_int_equal(event->return_id.bytes[0], 1);
    assert_int_equal(event->lines_count, 2);
    assert_int_equal(event->lines[0].line_no, 3);
    assert_int_equal(event->lines[1].reason, 2);
    assert_true(slice_is(event->note.text, "too large"));
    const struct order *order = stage_order(&stage);
    assert_int_equal(order->lines[2].return_requested, 4);
    assert_int_equal(order->sums.return_requested, 5);
    assert_int_equal(order->status, ORDER_DELIVERED);
}

static void no_more_than_was_delivered(void **state)
{
    (void)state;
    const struct return_line many[] = {{1, 3, 0}};
    const struct return_line twice[] = {{1, 1, 0}, {1, 1, 0}};
    const struct return_line unknown[] = {{9, 1, 0}};
    const struct return_line two[] = {{1, 2, 0}};
    refuse_request(many, 1, REJECTION_quantity_exceeds_open, "qty");
    refuse_request(twice, 2, REJECTION_duplicate_line, "line_no");
    refuse_request(unknown, 1, REJECTION_unknown_line, "line_no");
    refuse_request(NULL, 0, REJECTION_bad_field, "lines");
    stage_announce(&stage, 1, 1, 1);
    refuse_request(two, 1, REJECTION_quantity_exceeds_open, "qty");
    stage_take_back(&stage, 1, 1, 1);
    refuse_request(two, 1, REJECTION_quantity_exceeds_open, "qty");
}

static void a_card_number_is_no_note(void **state)
{
    (void)state;
    static const struct return_line line = {1, 1, 0};
    struct request_return command = request(1, &line, 1);
    command.note.text = slice_of_text("refund to 4111 1111 1111 1111");
    command.has_note = true;
    stage_decide(&stage, COMMAND_REQUEST_RETURN, &command);
    stage_refused(&stage, REJECTION_pan_detected, "note");
}

static void the_window_closes(void **state)
{
    (void)state;
    const struct return_line line[] = {{1, 1, 0}};
    stage.context.now_us = STAGE_NOW + 30 * STAGE_DAY;
    stage_announce(&stage, 1, 1, 1);
    stage.context.now_us++;
    refuse_request(line, 1, REJECTION_window_closed, NULL);
    stage.tenant.return_window_us = 31 * STAGE_DAY;
    stage_announce(&stage, 2, 1, 1);
    stage.tenant.return_window_us = STAGE_DAY;
    const struct return_line again = {1, 1, 0};
    struct request_return same = request(2, &again, 1);
    stage_do(&stage, COMMAND_REQUEST_RETURN, &same, 0); /* was in time when it was told first */
}

/* The last delivery counts: nobody has to send back in parts. */
static void the_window_is_of_the_newest_delivery(void **state)
{
    (void)state;
    stage_close(&stage);
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    stage_confirm(&stage);
    stage_fulfil(&stage, ORDER_SHIPPED);
    struct record_delivery late = {
        .shipment_id = stage_id(STAGE_SECOND_SHIPMENT), .delivered_at = STAGE_NOW + STAGE_DAY};
    stage_deliver(&stage, STAGE_FIRST_SHIPMENT);
    stage.context.now_us = STAGE_NOW + STAGE_DAY;
    stage_do(&stage, COMMAND_RECORD_DELIVERY, &late, 1);
    stage.context.now_us = STAGE_NOW + 31 * STAGE_DAY;
    stage_announce(&stage, 1, 1, 1);
}

static void a_return_told_again_is_the_same(void **state)
{
    (void)state;
    static const struct return_line lines[] = {{1, 1, 0}, {3, 2, 1}};
    static const struct return_line others[][2] = {
        {{2, 1, 0}, {3, 2, 1}}, {{1, 2, 0}, {3, 2, 1}}, {{1, 1, 0}, {3, 2, 2}}};
    struct request_return command = request(1, lines, 2);
    stage_do(&stage, COMMAND_REQUEST_RETURN, &command, 1);
    stage_do(&stage, COMMAND_REQUEST_RETURN, &command, 0);
    for (size_t i = 0; i <= countof(others); i++) {
        struct request_return other =
            i < countof(others) ? request(1, others[i], 2) : request(1, lines, 1);
        stage_decide(&stage, COMMAND_REQUEST_RETURN, &other);
        stage_refused(&stage, REJECTION_already_exists, "return_id");
    }
}

/* ---- receiving ---- */

static void what_comes_back_is_counted(void **state)
{
    (void)state;
    static const struct return_line lines[] = {{1, 2, 0}, {3, 10, 0}};
    static const struct received_line received[] = {{1, 1, 1, 1}, {3, 6, 1, 5}};
    struct request_return announced = request(1, lines, 2);
    struct receive_return command = receipt(1, received, 2);
    stage_do(&stage, COMMAND_REQUEST_RETURN, &announced, 1);
    stage_do(&stage, COMMAND_RECEIVE_RETURN, &command, 1);
    const struct return_received *event = stage_body(&stage, 0, EVENT_RETURN_RECEIVED);
    assert_int_equal(event->lines_count, 2);
    assert_int_equal(event->lines[1].restock, 5);
    assert_int_equal(event->missing, 3);
    const struct order *order = stage_order(&stage);
    assert_int_equal(order->lines[0].returned, 2);
    assert_int_equal(order->lines[0].accepted, 1);
    assert_int_equal(order->lines[2].returned, 7);
    assert_int_equal(order->lines[2].accepted, 6);
    assert_int_equal(order->lines[2].return_requested, 0);
    assert_int_equal(order->sums.returned, 9);
    assert_int_equal(order->sums.return_requested, 0); /* nothing is expected any more */
    stage_announce(&stage, 2, 3, 3);                   /* what was missing may be announced anew */
}

static void no_more_than_was_announced(void **state)
{
    (void)state;
    static const struct received_line too_many[] = {{1, 1, 2, 0}};
    static const struct received_line other_line[] = {{3, 1, 0, 0}};
    static const struct received_line unknown[] = {{7, 1, 0, 0}};
    static const struct received_line twice[] = {{1, 1, 0, 0}, {1, 1, 0, 0}};
    static const struct received_line restocked[] = {{1, 1, 1, 2}};
    refuse_receipt(too_many, 1, REJECTION_not_found, "return_id");
    stage_announce(&stage, 1, 1, 2);
    refuse_receipt(too_many, 1, REJECTION_quantity_exceeds_open, "accepted");
    refuse_receipt(other_line, 1, REJECTION_unknown_line, "line_no");
    refuse_receipt(unknown, 1, REJECTION_unknown_line, "line_no");
    refuse_receipt(twice, 2, REJECTION_duplicate_line, "line_no");
    refuse_receipt(restocked, 1, REJECTION_quantity_exceeds_open, "restock");
    refuse_receipt(NULL, 0, REJECTION_bad_field, "lines");
    assert_int_equal(stage_order(&stage)->sums.returned, 0);
}

static void a_return_comes_once(void **state)
{
    (void)state;
    static const struct received_line received[] = {{1, 1, 0, 1}};
    static const struct received_line others[] = {{1, 0, 1, 0}, {1, 1, 0, 0}, {1, 1, 1, 1}};
    stage_announce(&stage, 1, 1, 2);
    struct receive_return command = receipt(1, received, 1);
    stage_do(&stage, COMMAND_RECEIVE_RETURN, &command, 1);
    stage_do(&stage, COMMAND_RECEIVE_RETURN, &command, 0);
    for (size_t i = 0; i < countof(others); i++)
        refuse_receipt(&others[i], 1, REJECTION_already_exists, "return_id");
    assert_int_equal(stage_order(&stage)->sums.returned, 1);
}

static void a_closed_order_knows_its_returns(void **state)
{
    (void)state;
    static const struct received_line received[] = {{1, 0, 1, 0}};
    static const struct return_line announced[] = {{1, 1, 0}};
    struct close_order close = {.has_ref = false};
    stage_announce(&stage, 1, 1, 1);
    struct receive_return command = receipt(1, received, 1);
    stage_do(&stage, COMMAND_RECEIVE_RETURN, &command, 1);
    stage_pay(&stage, PAYMENT_CAPTURE, 1, STAGE_DUE, 1);
    stage.context.now_us = STAGE_NOW + 31 * STAGE_DAY;
    stage_do(&stage, COMMAND_CLOSE_ORDER, &close, 1);
    stage_do(&stage, COMMAND_RECEIVE_RETURN, &command, 0);
    struct request_return again = request(1, announced, 1);
    stage_do(&stage, COMMAND_REQUEST_RETURN, &again, 0);
    command.return_id = stage_id(2);
    stage_decide(&stage, COMMAND_RECEIVE_RETURN, &command);
    stage_refused(&stage, REJECTION_invalid_state, NULL);
}

/* ---- what is stored may have been changed ---- */

static void contradicts(enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    struct aggregate aggregate;
    assert_true(aggregate_copy(&stage.aggregate, &stage.arena, &aggregate));
    assert_false(aggregate_evolve(&aggregate, &event, &stage.arena));
    assert_true(aggregate.contradicted);
}

static void changed_events_contradict(void **state)
{
    (void)state;
    static const struct return_line too_many[] = {{1, 3, 0}};
    static const struct return_line none[] = {{1, 0, 0}};
    static const struct return_line good[] = {{1, 1, 0}};
    struct return_requested announced = {.return_id = stage_id(1), .lines_count = 1};
    announced.lines = too_many;
    contradicts(EVENT_RETURN_REQUESTED, &announced);
    announced.lines = none;
    contradicts(EVENT_RETURN_REQUESTED, &announced);
    announced.lines_count = 0;
    contradicts(EVENT_RETURN_REQUESTED, &announced);
    static const struct received_line back[] = {{1, 1, 0, 0}};
    static const struct received_line more[] = {{1, 1, 1, 0}};
    static const struct received_line other[] = {{3, 1, 0, 0}};
    struct return_received received = {.return_id = stage_id(1), .lines = back, .lines_count = 1};
    contradicts(EVENT_RETURN_RECEIVED, &received); /* was not announced */
    stage_announce(&stage, 1, 1, 1);
    announced.lines = good;
    announced.lines_count = 1;
    contradicts(EVENT_RETURN_REQUESTED, &announced); /* was announced before */
    received.missing = 1;
    contradicts(EVENT_RETURN_RECEIVED, &received);
    received.missing = 0;
    received.lines = more;
    contradicts(EVENT_RETURN_RECEIVED, &received);
    received.lines = other;
    contradicts(EVENT_RETURN_RECEIVED, &received);
    stage_take_back(&stage, 1, 1, 1);
    received.lines = back;
    contradicts(EVENT_RETURN_RECEIVED, &received); /* it has come */
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(units_that_were_delivered_can_come_back),
        ON_STAGE(no_more_than_was_delivered),
        ON_STAGE(a_card_number_is_no_note),
        ON_STAGE(the_window_closes),
        ON_STAGE(the_window_is_of_the_newest_delivery),
        ON_STAGE(a_return_told_again_is_the_same),
        ON_STAGE(what_comes_back_is_counted),
        ON_STAGE(no_more_than_was_announced),
        ON_STAGE(a_return_comes_once),
        ON_STAGE(a_closed_order_knows_its_returns),
        ON_STAGE(changed_events_contradict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
