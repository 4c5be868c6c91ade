// SPDX-License-Identifier: Apache-2.0
// Refunds that were recorded as failed, and went after all: the money has moved, so it is recorded.
#include "support/till.h"

/* Delivered and paid by payment 1. Two of the lamps of line 1 came back. */
static int open_returned(void **state)
{
    int result = till_open(state);
    struct stage *stage = *state;
    till_confirm(stage);
    till_deliver_all(stage);
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    till_return(stage, 1, 1, 2);
    return result;
}

static const struct order_units lamps = {1, 2};

/* Refund 1, of both lamps: 47.98. */
static void refund_lamps(struct stage *stage, uint8_t id)
{
    till_refund_line(stage, id, &lamps, REFUND_RETURNED, 4798);
}

static void fail_refund(struct stage *stage, uint8_t id, const char *ref, int64_t cents)
{
    struct record_payment_result failed = till_refund_result(PAYMENT_ERROR, id, ref, cents);
    till_record(stage, &failed, 1);
}

/* Told late: so many events. */
static void succeed(struct stage *stage, uint8_t id, const char *ref, int64_t cents, size_t events)
{
    struct record_payment_result late = till_refund_result(PAYMENT_OK, id, ref, cents);
    till_record(stage, &late, events);
}

static void refuse(
    struct stage *stage,
    uint8_t id,
    const char *ref,
    int64_t cents,
    enum rejection_code code,
    const char *field)
{
    struct record_payment_result late = till_refund_result(PAYMENT_OK, id, ref, cents);
    till_refused(stage, &late, code, field);
}

static const void *event_at(const struct stage *stage, size_t at, enum event_type type)
{
    assert_int_equal(stage->decision.events[at].type, type);
    return stage->decision.events[at].body;
}

static void money_that_moved_is_recorded(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 4798);
    assert_int_equal(order_balance(stage_order(stage)), 0);
    succeed(stage, 1, "r2", 4798, 2);
    const struct refund_requested *requested = event_at(stage, 0, EVENT_REFUND_REQUESTED);
    const struct refund_settled *settled = event_at(stage, 1, EVENT_REFUND_SETTLED);
    assert_true(uuid_equal(&requested->refund_id, &settled->refund_id));
    assert_int_equal(requested->lines_count, 1);
    assert_int_equal(requested->lines[0].qty, 2);
    assert_int_equal(requested->reason, REFUND_RETURNED);
    assert_int_equal(settled->amount, 4798);
    assert_true(slice_is(settled->provider_ref, "r2"));
    const struct order *order = stage_order(stage);
    assert_int_equal(order->sums.refunded, 4798);
    assert_int_equal(order->sums.refund_pending, 0);
    assert_int_equal(order_credit(order), 4798);
    assert_int_equal(order_balance(order), 0);
}

static void units_that_were_paid_back_late_are_not_paid_back_again(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 4798);
    succeed(stage, 1, "r2", 4798, 2);
    struct request_refund again = {
        .refund_id = till_id(2),
        .has_lines = true,
        .lines = &lamps,
        .lines_count = 1,
        .reason = REFUND_RETURNED};
    stage_decide(stage, COMMAND_REQUEST_REFUND, &again);
    stage_refused(stage, REJECTION_quantity_exceeds_open, "qty");
}

static void what_is_told_late_is_told_once(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 4798);
    succeed(stage, 1, "r2", 4798, 2);
    succeed(stage, 1, "r2", 4798, 0);
    refuse(stage, 1, "r2", 4797, REJECTION_duplicate_provider_ref, "provider_ref");
    refuse(stage, 1, "r3", 4798, REJECTION_nothing_to_refund, "refund_id");
    struct record_payment_result failed = till_refund_result(PAYMENT_ERROR, 1, "r4", 4798);
    till_record(stage, &failed, 0);
    assert_int_equal(stage_order(stage)->sums.refunded, 4798);
}

static void no_more_goes_late_than_had_failed(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 4798);
    refuse(stage, 1, "r2", 4799, REJECTION_exceeds_captured, "amount");
    struct record_payment_result late = till_refund_result(PAYMENT_OK, 1, "r2", 4798);
    late.payment_id = till_id(2);
    till_refused(stage, &late, REJECTION_not_found, "payment_id");
}

/* As if the success had been told first: what is missing is owed. */
static void a_part_that_went_leaves_the_rest_owed(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 4798);
    succeed(stage, 1, "r2", 4000, 3);
    const struct refund_failed *failed = event_at(stage, 2, EVENT_REFUND_FAILED);
    assert_int_equal(failed->amount, 798);
    assert_false(failed->has_code);
    assert_int_equal(order_excess(stage_order(stage)), 798);
    succeed(stage, 1, "r3", 798, 2); /* and that goes too */
    assert_int_equal(stage_order(stage)->sums.refunded, 4798);
    assert_int_equal(order_balance(stage_order(stage)), 0);
    refuse(stage, 1, "r4", 1, REJECTION_nothing_to_refund, "refund_id");
}

/* One of two parts had failed: its credit stands, the money is no second one. */
static void a_part_that_failed_goes_after_all(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 3000);
    succeed(stage, 1, "r2", 1798, 1);
    assert_int_equal(order_balance(stage_order(stage)), -3000);
    succeed(stage, 1, "r3", 3000, 2);
    const struct refund_requested *requested = event_at(stage, 0, EVENT_REFUND_REQUESTED);
    assert_int_equal(requested->reason, REFUND_OVERPAID);
    assert_int_equal(order_balance(stage_order(stage)), 0);
    assert_int_equal(order_credit(stage_order(stage)), 4798);
}

/* The other part is still on its way, and is what comes next. */
static void a_part_on_its_way_stays_pending(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 3000);
    succeed(stage, 1, "r2", 3000, 2);
    assert_int_equal(stage_order(stage)->sums.refund_pending, 1798);
    succeed(stage, 1, "r3", 1798, 1);
    assert_int_equal(stage_order(stage)->sums.refund_pending, 0);
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

/* Meanwhile the unit was requested anew; that fails because the first refund of it has gone. */
static void the_second_try_fails_because_the_first_went(void **state)
{
    struct stage *stage = *state;
    struct order_units unit = {2, 1};
    till_return(stage, 2, 2, 1);
    till_refund_line(stage, 1, &unit, REFUND_RETURNED, 600);
    fail_refund(stage, 1, "r1", 600);
    till_refund_line(stage, 2, &unit, REFUND_RETURNED, 600);
    succeed(stage, 1, "r2", 600, 2);
    const struct refund_requested *requested = event_at(stage, 0, EVENT_REFUND_REQUESTED);
    assert_int_equal(requested->lines_count, 0);
    assert_int_equal(requested->goodwill, 600);
    fail_refund(stage, 2, "r3", 600);
    assert_int_equal(stage_order(stage)->sums.refunded, 600);
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

/* As much as was captured is on its way already: that has to be settled first, or to fail. */
static void no_more_goes_late_than_is_refundable(void **state)
{
    struct stage *stage = *state;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 4798);
    refund_lamps(stage, 2);
    refuse(stage, 1, "r2", 4798, REJECTION_exceeds_captured, "amount");
    fail_refund(stage, 2, "r3", 4798);
    succeed(stage, 1, "r2", 4798, 2);
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

/* Nobody owes anybody; then good will that had failed goes. */
static void a_closed_order_records_it_too(void **state)
{
    struct stage *stage = *state;
    struct request_refund command = {
        .refund_id = till_id(1),
        .has_goodwill = true,
        .goodwill = {500, 2},
        .reason = REFUND_GOODWILL};
    struct close_order close = {.has_ref = false};
    stage_do(stage, COMMAND_REQUEST_REFUND, &command, 1);
    fail_refund(stage, 1, "r1", 500);
    stage->context.now_us = STAGE_NOW + INT64_C(31) * 86400 * 1000000;
    stage_do(stage, COMMAND_CLOSE_ORDER, &close, 1);
    succeed(stage, 1, "r2", 500, 2);
    assert_int_equal(stage_order(stage)->status, ORDER_CLOSED);
    assert_int_equal(stage_order(stage)->sums.refunded, 500);
    assert_int_equal(order_balance(stage_order(stage)), 0);
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    size_t refusals = 0;
    refund_lamps(stage, 1);
    fail_refund(stage, 1, "r1", 4798);
    struct record_payment_result late = till_refund_result(PAYMENT_OK, 1, "r2", 4000);
    struct command command = {.type = COMMAND_RECORD_PAYMENT_RESULT, .body = &late};
    for (size_t maximum = 0; maximum < 1024; maximum += 8) {
        struct arena small;
        arena_init(&small, maximum);
        stage->context.arena = &small;
        if (aggregate_decide(&stage->aggregate, &command, &stage->context, &stage->decision))
            stage_accepted(stage, 3);
        else
            refusals++;
        arena_release(&small);
    }
    assert_in_range(refusals, 1, 100);
}

#define RETURNED(test) cmocka_unit_test_setup_teardown(test, open_returned, till_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RETURNED(money_that_moved_is_recorded),
        RETURNED(units_that_were_paid_back_late_are_not_paid_back_again),
        RETURNED(what_is_told_late_is_told_once),
        RETURNED(no_more_goes_late_than_had_failed),
        RETURNED(a_part_that_went_leaves_the_rest_owed),
        RETURNED(a_part_that_failed_goes_after_all),
        RETURNED(a_part_on_its_way_stays_pending),
        RETURNED(the_second_try_fails_because_the_first_went),
        RETURNED(no_more_goes_late_than_is_refundable),
        RETURNED(a_closed_order_records_it_too),
        RETURNED(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
