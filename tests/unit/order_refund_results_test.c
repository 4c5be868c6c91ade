// SPDX-License-Identifier: Apache-2.0
// What became of refunds: settled in parts, failed, told again; and events of refunds that cannot be.
#include "support/till.h"

/* Paid by two payments, and half a lamp of good will asked for: refund 1 of 30.00. */
static int open_refund(void **state)
{
    int result = till_open(state);
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    till_capture(stage, 1, "c1", 2000, 1);
    till_capture(stage, 2, "c2", TILL_TOTAL - 2000, 2);
    struct request_refund command = {
        .refund_id = till_id(1),
        .has_goodwill = true,
        .goodwill = {3000, 2},
        .reason = REFUND_GOODWILL};
    stage_do(stage, COMMAND_REQUEST_REFUND, &command, 1);
    return result;
}

static const struct order_refund *refund(const struct stage *stage)
{
    return &stage_order(stage)->money.refunds[0];
}

static void a_refund_settles_where_the_money_came_from(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_refund_result(PAYMENT_OK, 1, "r1", 2001);
    till_refused(stage, &result, REJECTION_exceeds_captured, "amount"); /* of the payment */
    till_settle(stage, 1, "r1", 2000);
    const struct refund_settled *event = stage->decision.events[0].body;
    assert_int_equal(stage->decision.events[0].type, EVENT_REFUND_SETTLED);
    assert_int_equal(event->amount, 2000);
    assert_true(slice_is(event->provider_ref, "r1"));
    assert_true(slice_is(event->currency, "EUR"));
    assert_int_equal(order_refund_pending(refund(stage)), 1000);
    result = till_refund_result(PAYMENT_OK, 1, "r2", 1001);
    result.payment_id = till_id(2);
    till_refused(stage, &result, REJECTION_exceeds_captured, "amount"); /* of the refund */
    result.amount.coefficient = 1000;
    till_record(stage, &result, 1);
    assert_int_equal(stage_order(stage)->sums.refunded, 3000);
    assert_int_equal(stage_order(stage)->sums.refund_pending, 0);
    result.provider_ref = slice_of_text("r3");
    till_refused(stage, &result, REJECTION_nothing_to_refund, "refund_id");
}

static void unknown_refunds_and_payments_are_refused(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_refund_result(PAYMENT_OK, 2, "r1", 1);
    till_refused(stage, &result, REJECTION_not_found, "refund_id");
    result = till_refund_result(PAYMENT_OK, 1, "r1", 1);
    result.payment_id = till_id(3);
    till_refused(stage, &result, REJECTION_not_found, "payment_id");
    result.payment_id = till_id(2);
    result.provider = slice_of_text("another");
    till_refused(stage, &result, REJECTION_bad_field, "provider");
}

static void what_is_told_again_is_recorded_once(void **state)
{
    struct stage *stage = *state;
    till_settle(stage, 1, "r1", 1000);
    struct record_payment_result result = till_refund_result(PAYMENT_OK, 1, "r1", 1000);
    till_record(stage, &result, 0);
    result.amount.coefficient = 999;
    till_refused(stage, &result, REJECTION_duplicate_provider_ref, "provider_ref");
    result = till_refund_result(PAYMENT_OK, 2, "r1", 1000);
    till_refused(stage, &result, REJECTION_duplicate_provider_ref, "provider_ref");
    struct record_payment_result failed = till_refund_result(PAYMENT_DECLINED, 1, "r2", 2000);
    till_record(stage, &failed, 1);
    till_record(stage, &failed, 0);
    assert_int_equal(stage_order(stage)->sums.refunded, 1000);
    assert_int_equal(stage_order(stage)->sums.refund_pending, 0);
}

/* In pieces: the same piece told again is none more, and the last of them gives the units back. */
static void a_repeated_failure_counts_once(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result failed = till_refund_result(PAYMENT_DECLINED, 1, "f1", 1000);
    till_record(stage, &failed, 1);
    const struct refund_failed *event = stage->decision.events[0].body;
    assert_true(slice_is(event->provider_ref, "f1"));
    assert_true(uuid_equal(&event->payment_id, &failed.payment_id));
    till_record(stage, &failed, 0);
    assert_int_equal(order_refund_pending(refund(stage)), 2000);
    failed.amount.coefficient = 999;
    till_refused(stage, &failed, REJECTION_duplicate_provider_ref, "provider_ref");
    failed.amount.coefficient = 1000;
    failed.provider_ref = slice_of_text("f2");
    till_record(stage, &failed, 1);
    till_record(stage, &failed, 0);
    assert_int_equal(order_credit(stage_order(stage)), 3000);
    failed.provider_ref = slice_of_text("f3");
    till_record(stage, &failed, 1);
    assert_int_equal(order_refund_pending(refund(stage)), 0);
    assert_int_equal(order_credit(stage_order(stage)), 0);
}

/* A failure does not use its reference up: under the same one it may go after all. */
static void what_failed_may_go_under_the_same_reference(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_refund_result(PAYMENT_ERROR, 1, "r1", 3000);
    till_record(stage, &result, 1);
    result.outcome = PAYMENT_OK;
    result.amount.coefficient = 1500;
    till_record(stage, &result, 3); /* the rest of the late one has failed all the same */
    till_record(stage, &result, 0);
    result.outcome = PAYMENT_ERROR;
    result.amount.coefficient = 3000;
    till_record(stage, &result, 0);
    assert_int_equal(stage_order(stage)->sums.refunded, 1500);
}

static void a_failed_refund_can_be_asked_for_anew(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(order_credit(stage_order(stage)), 3000);
    struct record_payment_result failed = till_refund_result(PAYMENT_ERROR, 1, "r1", 3000);
    till_record(stage, &failed, 1);
    const struct refund_failed *event = stage->decision.events[0].body;
    assert_int_equal(stage->decision.events[0].type, EVENT_REFUND_FAILED);
    assert_int_equal(event->amount, 3000);
    assert_true(slice_is(event->code, "error"));
    assert_int_equal(order_credit(stage_order(stage)), 0);
    assert_int_equal(order_balance(stage_order(stage)), 0);
    assert_int_equal(order_refundable(stage_order(stage)), TILL_TOTAL);
}

static void units_of_a_failed_refund_are_free_again(void **state)
{
    struct stage *stage = *state;
    struct order_units line = {3, 3};
    till_cancel(stage, 3, 3);
    till_refund_line(stage, 2, &line, REFUND_CANCELLED, 36);
    struct record_payment_result failed = till_refund_result(PAYMENT_DECLINED, 2, "r1", 36);
    failed.has_decline_code = true;
    failed.decline_code = slice_of_text("account_closed");
    till_record(stage, &failed, 1);
    const struct refund_failed *event = stage->decision.events[0].body;
    assert_true(slice_is(event->code, "account_closed"));
    assert_int_equal(stage_order(stage)->money.lines[2].cancelled, 0);
    till_refund_line(stage, 3, &line, REFUND_CANCELLED, 36);
}

/* What a refund fell short of is owed, and is refunded as what was paid too much. */
static void a_part_that_failed_is_still_owed(void **state)
{
    struct stage *stage = *state;
    till_settle(stage, 1, "r1", 1000);
    struct record_payment_result failed = till_refund_result(PAYMENT_DECLINED, 1, "r2", 2000);
    till_record(stage, &failed, 1);
    assert_int_equal(order_balance(stage_order(stage)), -2000);
    assert_int_equal(order_excess(stage_order(stage)), 2000);
    struct request_refund rest = {
        .refund_id = till_id(2),
        .has_goodwill = true,
        .goodwill = {2000, 2},
        .reason = REFUND_OVERPAID};
    stage_do(stage, COMMAND_REQUEST_REFUND, &rest, 1);
    struct record_payment_result result = till_refund_result(PAYMENT_OK, 2, "r3", 2000);
    result.payment_id = till_id(2);
    till_record(stage, &result, 1);
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

/* Good will that failed but for a cent stays granted; the sum of what was granted has an end. */
static void what_is_granted_does_not_wrap(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = {
        .refund_id = till_id(2),
        .has_goodwill = true,
        .goodwill = {INT64_MAX - 3000, 2},
        .reason = REFUND_GOODWILL};
    till_capture(stage, 3, "c3", INT64_MAX - TILL_TOTAL, 1);
    stage_do(stage, COMMAND_REQUEST_REFUND, &command, 1);
    till_settle(stage, 2, "r1", 1);
    struct record_payment_result failed =
        till_refund_result(PAYMENT_DECLINED, 2, "r2", INT64_MAX - 3001);
    till_record(stage, &failed, 1);
    assert_int_equal(order_credit(stage_order(stage)), INT64_MAX);
    command.refund_id = till_id(3);
    command.goodwill.coefficient = 1;
    stage_decide(stage, COMMAND_REQUEST_REFUND, &command);
    stage_refused(stage, REJECTION_amount_overflow, NULL);
}

static void a_request_is_recorded_once(void **state)
{
    struct stage *stage = *state;
    struct order_units line = {1, 1};
    struct order_units other = {1, 2};
    struct request_refund command = {
        .refund_id = till_id(2),
        .has_lines = true,
        .lines = &line,
        .lines_count = 1,
        .reason = REFUND_CANCELLED};
    till_cancel(stage, 1, 2);
    stage_do(stage, COMMAND_REQUEST_REFUND, &command, 1);
    stage_do(stage, COMMAND_REQUEST_REFUND, &command, 0);
    command.lines = &other;
    stage_decide(stage, COMMAND_REQUEST_REFUND, &command);
    stage_refused(stage, REJECTION_already_exists, "refund_id");
    command.lines = &line;
    command.reason = REFUND_OTHER;
    stage_decide(stage, COMMAND_REQUEST_REFUND, &command);
    stage_refused(stage, REJECTION_already_exists, "refund_id");
    command.reason = REFUND_CANCELLED;
    command.has_goodwill = true;
    command.goodwill = (struct decimal){1, 2};
    stage_decide(stage, COMMAND_REQUEST_REFUND, &command);
    stage_refused(stage, REJECTION_already_exists, "refund_id");
    command.goodwill = (struct decimal){1, 3};
    stage_decide(stage, COMMAND_REQUEST_REFUND, &command);
    stage_refused(stage, REJECTION_price_precision, "goodwill");
}

static void an_order_has_so_many_refunds(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = {
        .has_goodwill = true, .goodwill = {1, 2}, .reason = REFUND_GOODWILL};
    for (int i = 1; i < ORDER_MAX_REFUNDS; i++) {
        command.refund_id = (struct uuid){{0xee, (uint8_t)(i >> 8), (uint8_t)i}};
        stage_do(stage, COMMAND_REQUEST_REFUND, &command, 1);
    }
    assert_int_equal(stage_order(stage)->money.refund_count, ORDER_MAX_REFUNDS);
    command.refund_id = (struct uuid){{0xef}};
    stage_decide(stage, COMMAND_REQUEST_REFUND, &command);
    stage_refused(stage, REJECTION_invalid_state, "refund_id");
}

static void a_copy_of_the_order_knows_its_refunds(void **state)
{
    struct stage *stage = *state;
    struct order_units line = {3, 3};
    till_cancel(stage, 3, 3);
    till_refund_line(stage, 2, &line, REFUND_CANCELLED, 36);
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    struct aggregate copy;
    assert_true(aggregate_copy(&stage->aggregate, &arena, &copy));
    struct aggregate original = stage->aggregate;
    stage->aggregate = copy;
    struct record_payment_result failed = till_refund_result(PAYMENT_DECLINED, 2, "r1", 36);
    till_record(stage, &failed, 1);
    assert_int_equal(stage_order(stage)->money.lines[2].cancelled, 0);
    stage->aggregate = original; /* is untouched */
    assert_int_equal(stage_order(stage)->money.lines[2].cancelled, 3);
    assert_int_equal(order_refund_pending(&stage_order(stage)->money.refunds[1]), 36);
    arena_release(&arena);
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    struct order_units line = {1, 1};
    struct request_refund body = {
        .refund_id = till_id(2),
        .has_lines = true,
        .lines = &line,
        .lines_count = 1,
        .reason = REFUND_CANCELLED};
    struct command command = {.type = COMMAND_REQUEST_REFUND, .body = &body};
    size_t refusals = 0;
    till_cancel(stage, 1, 1);
    for (size_t maximum = 0; maximum < 512; maximum += 8) {
        struct arena small;
        arena_init(&small, maximum);
        stage->context.arena = &small;
        if (aggregate_decide(&stage->aggregate, &command, &stage->context, &stage->decision))
            stage_accepted(stage, 1);
        else
            refusals++;
        arena_release(&small);
    }
    assert_in_range(refusals, 1, 40);
}

/* ---- folding ---- */

static void contradicts(struct stage *stage, enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    struct aggregate aggregate;
    assert_true(aggregate_copy(&stage->aggregate, &stage->arena, &aggregate));
    assert_false(aggregate_evolve(&aggregate, &event, &stage->arena));
    assert_true(aggregate.contradicted);
}

static void requests_that_cannot_be_are_not_folded(void **state)
{
    struct stage *stage = *state;
    const struct order_units_priced units[] = {{1, 1, 2399}};
    const struct order_units_priced dear[] = {{3, 1, 121}};
    const struct refund_requested right = {
        .refund_id = till_id(2),
        .has_lines = true,
        .lines = units,
        .lines_count = 1,
        .amount = 2399,
        .reason = REFUND_CANCELLED};
    contradicts(stage, EVENT_REFUND_REQUESTED, &right); /* nothing is cancelled yet */
    till_cancel(stage, 1, 1);
    till_cancel(stage, 3, 1);
    struct refund_requested wrong = right;
    wrong.refund_id = till_id(1);
    contradicts(stage, EVENT_REFUND_REQUESTED, &wrong); /* known */
    wrong = right;
    wrong.amount = 2400;
    contradicts(stage, EVENT_REFUND_REQUESTED, &wrong); /* does not add up */
    wrong = right;
    wrong.lines = dear;
    wrong.amount = 121;
    contradicts(stage, EVENT_REFUND_REQUESTED, &wrong); /* more than the line */
    wrong = right;
    wrong.shipping = 589;
    wrong.amount = 2399 + 589;
    contradicts(stage, EVENT_REFUND_REQUESTED, &wrong); /* more than the shipping */
    wrong = right;
    wrong.goodwill = TILL_TOTAL;
    wrong.amount = 2399 + TILL_TOTAL;
    contradicts(stage, EVENT_REFUND_REQUESTED, &wrong); /* more than was captured */
    struct event event = {.type = EVENT_REFUND_REQUESTED, .body = &right};
    assert_true(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
}

/* An event says what its units cost, whatever they would cost today. */
static void amounts_of_events_are_taken_as_they_are(void **state)
{
    struct stage *stage = *state;
    const struct order_units_priced units[] = {{1, 1, 2398}};
    const struct refund_requested other = {
        .refund_id = till_id(2),
        .has_lines = true,
        .lines = units,
        .lines_count = 1,
        .amount = 2398,
        .reason = REFUND_CANCELLED};
    struct event event = {.type = EVENT_REFUND_REQUESTED, .body = &other};
    struct record_payment_result failed = till_refund_result(PAYMENT_DECLINED, 1, "r1", 3000);
    till_record(stage, &failed, 1);
    till_cancel(stage, 1, 2);
    assert_true(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
    assert_int_equal(stage_order(stage)->money.lines[0].cancelled_amount, 2398);
    assert_int_equal(order_credit(stage_order(stage)), 0);
    struct order_units rest = {1, 1};
    till_refund_line(stage, 3, &rest, REFUND_CANCELLED, 2400); /* and the line adds up */
}

static void results_that_cannot_be_are_not_folded(void **state)
{
    struct stage *stage = *state;
    const struct refund_settled right = {
        .refund_id = till_id(1),
        .payment_id = till_id(2),
        .amount = 3000,
        .currency = SLICE_LITERAL("EUR")};
    struct refund_settled wrong = right;
    wrong.amount = 3001;
    contradicts(stage, EVENT_REFUND_SETTLED, &wrong);
    wrong = right;
    wrong.payment_id = till_id(1);
    contradicts(stage, EVENT_REFUND_SETTLED, &wrong);
    wrong = right;
    wrong.currency = slice_of_text("USD");
    contradicts(stage, EVENT_REFUND_SETTLED, &wrong);
    wrong = right;
    wrong.refund_id = till_id(9);
    contradicts(stage, EVENT_REFUND_SETTLED, &wrong);
    const struct refund_failed over = {.refund_id = till_id(1), .amount = 3001};
    const struct refund_failed unknown = {.refund_id = till_id(9), .amount = 1};
    contradicts(stage, EVENT_REFUND_FAILED, &over);
    contradicts(stage, EVENT_REFUND_FAILED, &unknown);
    /* Orders of before had refunds that nobody had requested. */
    struct event event = {.type = EVENT_REFUND_SETTLED, .body = &right};
    assert_true(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
    wrong = right;
    wrong.refund_id = till_id(9);
    wrong.amount = 100;
    event.body = &wrong;
    assert_true(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

#define REFUND(test) cmocka_unit_test_setup_teardown(test, open_refund, till_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        REFUND(a_refund_settles_where_the_money_came_from),
        REFUND(unknown_refunds_and_payments_are_refused),
        REFUND(what_is_told_again_is_recorded_once),
        REFUND(a_repeated_failure_counts_once),
        REFUND(what_failed_may_go_under_the_same_reference),
        REFUND(a_failed_refund_can_be_asked_for_anew),
        REFUND(units_of_a_failed_refund_are_free_again),
        REFUND(a_part_that_failed_is_still_owed),
        REFUND(what_is_granted_does_not_wrap),
        REFUND(a_request_is_recorded_once),
        REFUND(an_order_has_so_many_refunds),
        REFUND(a_copy_of_the_order_knows_its_refunds),
        REFUND(an_exhausted_arena_is_said),
        REFUND(requests_that_cannot_be_are_not_folded),
        REFUND(amounts_of_events_are_taken_as_they_are),
        REFUND(results_that_cannot_be_are_not_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
