// SPDX-License-Identifier: Apache-2.0
// An order is confirmed by whichever event was the last to be missing, and by none before. And what a
// promotion has to do with it.
#include "support/order_stage.h"

static struct stage stage;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place_promoted(&stage);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

/* ---- what may be missing ---- */

static void reserve_lamps(size_t events)
{
    stage_reserve(&stage, "A-1", NULL, 12, events);
}

static void reserve_the_other(size_t events)
{
    stage_reserve(&stage, "B-22", "north", 1, events);
}

static void redeem(size_t events)
{
    struct record_redemption command = stage_redemption(REDEMPTION_APPLIED);
    stage_do(&stage, COMMAND_RECORD_REDEMPTION, &command, events);
}

static void authorize(size_t events)
{
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE - 1, events);
}

static void capture_a_cent(size_t events)
{
    stage_pay(&stage, PAYMENT_CAPTURE, 2, 1, events);
}

static void release(size_t events)
{
    struct release_hold command = {.has_note = false};
    stage_do(&stage, COMMAND_RELEASE_HOLD, &command, events);
}

typedef void bring_function(size_t events);
static bring_function *const all[] = {
    reserve_lamps, reserve_the_other, redeem, authorize, capture_a_cent, release};

static void hold(void)
{
    struct hold_order command = {.reason = HOLD_FRAUD};
    stage_do(&stage, COMMAND_HOLD_ORDER, &command, 1);
}

static void whatever_comes_last_confirms(void **state)
{
    (void)state;
    for (size_t last = 0; last < countof(all); last++) {
        stage_close(&stage);
        stage_open(&stage, CATEGORY_ORDER);
        stage_place_promoted(&stage);
        hold();
        for (size_t i = 0; i < countof(all); i++) {
            if (i != last)
                all[i](1);
        }
        assert_int_equal(stage_order(&stage)->status, ORDER_PLACED);
        stage.context.now_us = STAGE_NOW + (int64_t)last;
        all[last](2);
        const struct order_confirmed *event = stage_body(&stage, 1, EVENT_ORDER_CONFIRMED);
        assert_int_equal(event->confirmed_at, STAGE_NOW + (int64_t)last);
        assert_int_equal(event->total, STAGE_DUE);
        assert_int_equal(stage_order(&stage)->status, ORDER_CONFIRMED);
    }
}

/* Less is to be paid, or nothing is to be reserved any more. */
static void cancelled_lines_confirm_too(void **state)
{
    (void)state;
    struct order_units line = {.line_no = 2, .qty = 1};
    struct cancel_lines command = {.lines = &line, .lines_count = 1};
    reserve_lamps(1);
    redeem(1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE - 600, 1);
    stage_do(&stage, COMMAND_CANCEL_LINES, &command, 2);
    const struct order_confirmed *event = stage_body(&stage, 1, EVENT_ORDER_CONFIRMED);
    assert_int_equal(event->total, STAGE_DUE - 600);
}

static void a_cent_short_is_not_enough(void **state)
{
    (void)state;
    struct order_units line = {.line_no = 2, .qty = 1};
    struct cancel_lines command = {.lines = &line, .lines_count = 1};
    reserve_lamps(1);
    redeem(1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE - 601, 1);
    stage_do(&stage, COMMAND_CANCEL_LINES, &command, 1);
    capture_a_cent(2);
}

static void a_void_takes_the_funds_away(void **state)
{
    (void)state;
    reserve_lamps(1);
    redeem(1);
    authorize(1);
    capture_a_cent(1);
    stage_pay(&stage, PAYMENT_VOID, 1, 1, 1);
    reserve_the_other(1);
    assert_int_equal(stage_order(&stage)->status, ORDER_PLACED);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 3, 1, 2);
}

static void what_ends_an_order_does_not_confirm_it(void **state)
{
    (void)state;
    struct order_units lines[] = {{1, 2}, {2, 1}, {3, 10}};
    struct cancel_lines command = {.lines = lines, .lines_count = 3};
    redeem(1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE, 1);
    stage_do(&stage, COMMAND_CANCEL_LINES, &command, 2);
    (void)stage_body(&stage, 1, EVENT_ORDER_CANCELLED);
    assert_int_equal(stage_order(&stage)->status, ORDER_CANCELLED);
}

/* What would be is asked of a copy: the order itself is as before. */
static void asking_changes_nothing(void **state)
{
    (void)state;
    reserve_lamps(1);
    redeem(1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE, 1);
    struct record_reservation command = stage_reservation("B-22", "north", 1);
    for (int i = 0; i < 2; i++) {
        stage_decide(&stage, COMMAND_RECORD_RESERVATION, &command);
        stage_accepted(&stage, 2);
        assert_int_equal(stage_order(&stage)->goods.outstanding, 1);
        assert_int_equal(stage_order(&stage)->lines[1].reserved, 0);
        assert_int_equal(stage_order(&stage)->status, ORDER_PLACED);
    }
}

/* What would be the case is not looked at on a copy of the order while its money is missing: 2,000
 * lines that are cancelled one by one would take 2,000 copies of them. */
static void an_unpaid_order_is_not_copied(void **state)
{
    struct order_units line = {3, 1};
    struct cancel_lines body = {.lines = &line, .lines_count = 1};
    struct command command = {.type = COMMAND_CANCEL_LINES, .body = &body};
    struct arena small;
    (void)state;
    reserve_lamps(1);
    reserve_the_other(1);
    redeem(1);
    arena_init(&small, sizeof(struct order));
    stage.context.arena = &small;
    assert_true(aggregate_decide(&stage.aggregate, &command, &stage.context, &stage.decision));
    stage_accepted(&stage, 1);
    arena_release(&small);
}

static void an_event_that_came_too_early_contradicts(void **state)
{
    (void)state;
    const struct order_confirmed confirmed = {.total = STAGE_DUE};
    const struct event event = {EVENT_ORDER_CONFIRMED, &confirmed};
    assert_false(aggregate_evolve(&stage.aggregate, &event, &stage.arena));
    assert_true(stage.aggregate.contradicted);
}

/* ---- the promotion ---- */

static void decide_redemption(int64_t outcome, const char *code, int64_t cents)
{
    struct record_redemption command = stage_redemption(outcome);
    command.code = slice_of_text(code);
    command.discount = (struct decimal){cents, 2};
    command.has_discount = true;
    stage_decide(&stage, COMMAND_RECORD_REDEMPTION, &command);
}

static void another_promotion_is_unknown(void **state)
{
    (void)state;
    decide_redemption(REDEMPTION_APPLIED, "WINTER", 0);
    stage_refused(&stage, REJECTION_promo_unknown, "code");
    decide_redemption(REDEMPTION_REFUSED, "WINTER", 0);
    stage_refused(&stage, REJECTION_promo_unknown, "code");
    decide_redemption(REDEMPTION_APPLIED, "SUMMER", 1);
    stage_refused(&stage, REJECTION_discount_mismatch, "discount");
    stage_close(&stage);
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    decide_redemption(REDEMPTION_APPLIED, "SUMMER", 0);
    stage_refused(&stage, REJECTION_promo_unknown, "code");
}

/* Promotions know their codes in capitals, customers type them as they like. */
static void codes_are_compared_in_capitals(void **state)
{
    (void)state;
    decide_redemption(REDEMPTION_APPLIED, "sUmmer", 0);
    stage_accepted(&stage, 1);
    assert_true(aggregate_evolve(&stage.aggregate, &stage.decision.events[0], &stage.arena));
    decide_redemption(REDEMPTION_APPLIED, "summer", 0);
    stage_accepted(&stage, 0);
    decide_redemption(REDEMPTION_APPLIED, "summer2", 0);
    stage_refused(&stage, REJECTION_promo_unknown, "code");
}

static void a_promotion_is_applied_once(void **state)
{
    (void)state;
    redeem(1);
    const struct promotion_applied *event = stage_body(&stage, 0, EVENT_PROMOTION_APPLIED);
    assert_int_equal(event->promotion_id.bytes[0], 0x99);
    assert_true(slice_is(event->code, "SUMMER"));
    assert_int_equal(event->discount, 0);
    redeem(0);
    decide_redemption(REDEMPTION_REFUSED, "SUMMER", 0);
    stage_refused(&stage, REJECTION_invalid_state, "outcome");
}

static void a_refused_promotion_keeps_the_order_waiting(void **state)
{
    (void)state;
    struct record_redemption refused = stage_redemption(REDEMPTION_REFUSED);
    refused.reason = slice_of_text("promo_limit");
    refused.has_reason = true;
    stage_do(&stage, COMMAND_RECORD_REDEMPTION, &refused, 1);
    const struct promotion_refused *event = stage_body(&stage, 0, EVENT_PROMOTION_REFUSED);
    assert_true(slice_is(event->reason, "promo_limit"));
    stage_do(&stage, COMMAND_RECORD_REDEMPTION, &refused, 0);
    reserve_lamps(1);
    reserve_the_other(1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE, 1);
    redeem(2); /* somebody gave it to them after all */
}

static void a_promotion_of_a_cancelled_order_is_to_be_released(void **state)
{
    (void)state;
    struct cancel_order cancel = {.reason = 0};
    stage_do(&stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    redeem(1);
    assert_true(stage_order(&stage)->goods.redemption_to_release);
    assert_int_equal(stage_order(&stage)->status, ORDER_CANCELLED);
    redeem(0);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(whatever_comes_last_confirms),
        ON_STAGE(cancelled_lines_confirm_too),
        ON_STAGE(a_cent_short_is_not_enough),
        ON_STAGE(a_void_takes_the_funds_away),
        ON_STAGE(what_ends_an_order_does_not_confirm_it),
        ON_STAGE(asking_changes_nothing),
        ON_STAGE(an_unpaid_order_is_not_copied),
        ON_STAGE(an_event_that_came_too_early_contradicts),
        ON_STAGE(another_promotion_is_unknown),
        ON_STAGE(codes_are_compared_in_capitals),
        ON_STAGE(a_promotion_is_applied_once),
        ON_STAGE(a_refused_promotion_keeps_the_order_waiting),
        ON_STAGE(a_promotion_of_a_cancelled_order_is_to_be_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
