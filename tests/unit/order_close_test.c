// SPDX-License-Identifier: Apache-2.0
// The end of an order: everything there, nothing on its way back, nobody owes anybody.
#include "support/till.h"

#define DAY_US (INT64_C(86400) * 1000000)

static const struct close_order close_it = {.has_ref = false};

/* Delivered, and 30 days gone by. Nothing captured yet. */
static int open_delivered(void **state)
{
    int result = till_open(state);
    struct stage *stage = *state;
    till_confirm(stage);
    till_deliver_all(stage);
    stage->context.now_us = STAGE_NOW + 30 * DAY_US + 1;
    return result;
}

static void not_yet(struct stage *stage, enum rejection_code code, const char *text)
{
    stage_decide(stage, COMMAND_CLOSE_ORDER, &close_it);
    stage_refused(stage, code, NULL);
    assert_non_null(strstr(stage->decision.rejection->text, text));
}

static void closes(struct stage *stage)
{
    stage_do(stage, COMMAND_CLOSE_ORDER, &close_it, 1);
    assert_int_equal(stage_order(stage)->status, ORDER_CLOSED);
    stage_do(stage, COMMAND_CLOSE_ORDER, &close_it, 0); /* closed already */
}

static void a_settled_order_closes(void **state)
{
    struct stage *stage = *state;
    struct close_order command = {.has_ref = true, .ref = SLICE_LITERAL("ledger-7")};
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    stage_do(stage, COMMAND_CLOSE_ORDER, &command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_ORDER_CLOSED);
    const struct order_closed *event = stage->decision.events[0].body;
    assert_int_equal(event->closed_at, stage->context.now_us);
    assert_int_equal(event->balance, 0);
    assert_true(slice_is(event->ref, "ledger-7"));
    assert_string_equal(order_shown_status(ORDER_CLOSED, &stage_order(stage)->sums), "delivered");
}

static void a_reference_is_no_address(void **state)
{
    struct stage *stage = *state;
    struct close_order command = {.has_ref = true, .ref = SLICE_LITERAL("ada@example.org")};
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    stage_decide(stage, COMMAND_CLOSE_ORDER, &command);
    stage_refused(stage, REJECTION_bad_field, "ref");
}

static void the_window_for_returns_must_be_over(void **state)
{
    struct stage *stage = *state;
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    stage->context.now_us--;
    not_yet(stage, REJECTION_deadline_not_reached, "deadline");
    stage->tenant.return_window_us = DAY_US;
    stage->context.now_us = STAGE_NOW + DAY_US;
    not_yet(stage, REJECTION_deadline_not_reached, "deadline");
    stage->context.now_us++;
    closes(stage);
}

static void the_last_cent_must_be_there(void **state)
{
    struct stage *stage = *state;
    not_yet(stage, REJECTION_invalid_state, "balance");
    till_capture(stage, 1, "c1", TILL_TOTAL - 1, 1);
    assert_int_equal(order_balance(stage_order(stage)), 1);
    not_yet(stage, REJECTION_invalid_state, "balance");
    till_capture(stage, 1, "c2", 1, 1);
    closes(stage);
}

static void what_was_taken_too_much_must_be_back(void **state)
{
    struct stage *stage = *state;
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    till_capture(stage, 2, "c2", 1, 1);
    assert_int_equal(order_balance(stage_order(stage)), -1);
    not_yet(stage, REJECTION_invalid_state, "balance");
    struct request_refund back = {
        .refund_id = till_id(1),
        .has_goodwill = true,
        .goodwill = {1, 2},
        .reason = REFUND_OVERPAID};
    stage_do(stage, COMMAND_REQUEST_REFUND, &back, 1);
    not_yet(stage, REJECTION_invalid_state, "refund");
    till_settle(stage, 1, "r1", 1);
    closes(stage);
}

static void an_open_return_keeps_it_open(void **state)
{
    struct stage *stage = *state;
    struct return_line line = {.line_no = 3, .qty = 4};
    struct received_line back = {.line_no = 3, .accepted = 4};
    struct request_return announce = {.return_id = till_id(1), .lines = &line, .lines_count = 1};
    struct receive_return receive = {.return_id = till_id(1), .lines = &back, .lines_count = 1};
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    stage->context.now_us = STAGE_NOW;
    stage_do(stage, COMMAND_REQUEST_RETURN, &announce, 1);
    stage->context.now_us = STAGE_NOW + 31 * DAY_US;
    not_yet(stage, REJECTION_invalid_state, "return");
    stage_do(stage, COMMAND_RECEIVE_RETURN, &receive, 1);
    struct order_units units = {3, 4};
    till_refund_line(stage, 1, &units, REFUND_RETURNED, 48);
    not_yet(stage, REJECTION_invalid_state, "refund");
    till_settle(stage, 1, "r1", 48);
    closes(stage);
}

/* Part of the order was never charged, because it was cancelled before it left. */
static void what_was_cancelled_uncharged_needs_no_refund(void **state)
{
    struct stage *stage = *state;
    struct order_units units = {1, 1};
    till_ship(stage, 1, 1, 1);
    till_deliver(stage, 1);
    till_cancel(stage, 1, 1);
    till_cancel(stage, 2, 1);
    till_cancel(stage, 3, 10);
    assert_int_equal(stage_order(stage)->status, ORDER_DELIVERED);
    assert_int_equal(order_due(stage_order(stage)), 2399 + 588);
    till_capture(stage, 1, "c1", 2399 + 588, 1);
    till_return(stage, 1, 1, 1);
    till_refund_line(stage, 1, &units, REFUND_RETURNED, 2399);
    till_settle(stage, 1, "r1", 2399);
    assert_int_equal(order_balance(stage_order(stage)), 0);
    stage->context.now_us = STAGE_NOW + 31 * DAY_US;
    closes(stage);
}

static void only_a_balance_of_zero_is_folded(void **state)
{
    struct stage *stage = *state;
    const struct order_closed right = {.closed_at = STAGE_NOW};
    struct event event = {.type = EVENT_ORDER_CLOSED, .body = &right};
    struct aggregate copy;
    assert_true(aggregate_copy(&stage->aggregate, &stage->arena, &copy));
    assert_false(aggregate_evolve(&copy, &event, &stage->arena));
    assert_true(copy.contradicted);
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    const struct order_closed wrong = {.closed_at = STAGE_NOW, .balance = 1};
    event.body = &wrong;
    assert_true(aggregate_copy(&stage->aggregate, &stage->arena, &copy));
    assert_false(aggregate_evolve(&copy, &event, &stage->arena));
    event.body = &right;
    assert_true(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
}

/* Sums beyond what an amount can hold are as far off as can be said, and never wrap. */
static void balances_do_not_wrap(void **state)
{
    struct stage *stage = *state;
    till_capture(stage, 2, "c2", INT64_MAX - TILL_TOTAL, 1);
    struct request_refund most = {
        .refund_id = till_id(1),
        .has_goodwill = true,
        .goodwill = {INT64_MAX - TILL_TOTAL, 2},
        .reason = REFUND_GOODWILL};
    stage_do(stage, COMMAND_REQUEST_REFUND, &most, 1);
    assert_int_equal(order_balance(stage_order(stage)), INT64_MIN);
    assert_int_equal(order_excess(stage_order(stage)), INT64_MAX - 2 * TILL_TOTAL);
}

#define DELIVERED(test) cmocka_unit_test_setup_teardown(test, open_delivered, till_close)

static int open_confirmed(void **state)
{
    int result = till_open(state);
    till_confirm(*state);
    return result;
}

#define CONFIRMED(test) cmocka_unit_test_setup_teardown(test, open_confirmed, till_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DELIVERED(a_settled_order_closes),
        DELIVERED(a_reference_is_no_address),
        DELIVERED(the_window_for_returns_must_be_over),
        DELIVERED(the_last_cent_must_be_there),
        DELIVERED(what_was_taken_too_much_must_be_back),
        DELIVERED(an_open_return_keeps_it_open),
        CONFIRMED(what_was_cancelled_uncharged_needs_no_refund),
        DELIVERED(only_a_balance_of_zero_is_folded),
        DELIVERED(balances_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
