// SPDX-License-Identifier: Apache-2.0
// Deadlines: the last microsecond before each, and the first after it.
#include "support/till.h"

#define MINUTE_US INT64_C(60000000)

static void too_early(struct stage *stage, int64_t now, enum order_deadline deadline)
{
    struct expire_order command = {.deadline = (int64_t)deadline};
    stage->context.now_us = now;
    stage_decide(stage, COMMAND_EXPIRE_ORDER, &command);
    stage_refused(stage, REJECTION_deadline_not_reached, NULL);
}

static void expire(struct stage *stage, int64_t now, enum order_deadline deadline, size_t events)
{
    struct expire_order command = {.deadline = (int64_t)deadline};
    stage->context.now_us = now;
    stage_do(stage, COMMAND_EXPIRE_ORDER, &command, events);
}

static void expires(struct stage *stage, int64_t due, enum order_deadline deadline)
{
    too_early(stage, due - 1, deadline);
    expire(stage, due, deadline, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_ORDER_EXPIRED);
    const struct order_expired *event = stage->decision.events[0].body;
    assert_int_equal(event->deadline, deadline);
    assert_int_equal(event->due_at, due);
    assert_int_equal(event->cancelled_amount, TILL_TOTAL);
    const struct order *order = stage_order(stage);
    assert_int_equal(order->status, ORDER_EXPIRED);
    assert_int_equal(order_due(order), 0);
    assert_int_equal(order->sums.cancelled, 13);
    for (size_t i = 0; i < order->line_count; i++)
        assert_int_equal(order->lines[i].cancelled, order->lines[i].placed.qty);
    expire(stage, due, deadline, 0); /* a timer that fires twice */
}

static void authorize_until(struct stage *stage, uint8_t id, int64_t expires_at, size_t events)
{
    struct record_payment_result result =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, id, id == 1 ? "a1" : "a2", TILL_TOTAL);
    result.has_expires_at = true;
    result.expires_at = expires_at;
    till_record(stage, &result, events);
}

static void an_unpaid_order_expires_when_its_time_is_up(void **state)
{
    expires(*state, STAGE_NOW + 15 * MINUTE_US, DEADLINE_PAYMENT);
}

static void the_tenant_says_how_long(void **state)
{
    struct stage *stage = *state;
    stage->tenant.payment_window_us = 60 * MINUTE_US;
    stage->aggregate.version = 0;
    memset(stage->aggregate.state, 0, sizeof(struct order));
    stage_place(stage);
    expires(stage, STAGE_NOW + 60 * MINUTE_US, DEADLINE_PAYMENT);
}

static void reservations_that_lapse_take_the_order_along(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, STAGE_NOW + 5 * MINUTE_US, 1);
    expires(stage, STAGE_NOW + 5 * MINUTE_US, DEADLINE_RESERVATION);
}

static void reservations_that_do_not_say_last_as_long_as_the_order_may(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    expires(stage, STAGE_NOW + 15 * MINUTE_US, DEADLINE_RESERVATION);
}

static void the_first_authorisation_to_lapse_counts(void **state)
{
    struct stage *stage = *state;
    too_early(stage, INT64_MAX, DEADLINE_AUTHORIZATION); /* there is none */
    authorize_until(stage, 1, STAGE_NOW + 9, 1);
    authorize_until(stage, 2, STAGE_NOW + 7, 1);
    till_void(stage, 2, "v2", TILL_TOTAL, 1);
    expires(stage, STAGE_NOW + 9, DEADLINE_AUTHORIZATION);
}

static void what_is_taken_does_not_lapse(void **state)
{
    struct stage *stage = *state;
    authorize_until(stage, 1, STAGE_NOW + 9, 1);
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    till_authorize(stage, 2, "a2", 100, 1); /* says nothing of when it lapses */
    too_early(stage, INT64_MAX, DEADLINE_AUTHORIZATION);
}

static void open_units_of_before_are_cancelled_once(void **state)
{
    struct stage *stage = *state;
    till_cancel(stage, 1, 1);
    expire(stage, INT64_MAX, DEADLINE_PAYMENT, 1);
    const struct order_expired *event = stage->decision.events[0].body;
    assert_int_equal(event->amount, TILL_TOTAL - 2399);
    assert_int_equal(event->cancelled_amount, TILL_TOTAL);
}

/* ---- once confirmed ---- */

static void a_confirmed_order_does_not_expire(void **state)
{
    struct stage *stage = *state;
    till_confirm(stage);
    expire(stage, INT64_MAX, DEADLINE_PAYMENT, 0);
    expire(stage, INT64_MAX, DEADLINE_RESERVATION, 0);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
}

static void it_is_held_when_what_was_promised_lapses(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    authorize_until(stage, 1, STAGE_NOW + 9, 2);
    till_capture(stage, 1, "c1", TILL_TOTAL - 1, 1);
    too_early(stage, STAGE_NOW + 8, DEADLINE_AUTHORIZATION);
    expire(stage, STAGE_NOW + 9, DEADLINE_AUTHORIZATION, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_ORDER_HELD);
    const struct order_held *event = stage->decision.events[0].body;
    assert_int_equal(event->reason, HOLD_AUTHORIZATION_EXPIRED);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
    expire(stage, STAGE_NOW + 9, DEADLINE_AUTHORIZATION, 0); /* held already */
}

static void it_is_not_held_once_it_is_paid(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    authorize_until(stage, 1, STAGE_NOW + 9, 2);
    authorize_until(stage, 2, STAGE_NOW + 9, 1);
    till_capture(stage, 1, "c1", TILL_TOTAL, 1);
    expire(stage, STAGE_NOW + 9, DEADLINE_AUTHORIZATION, 0);
    till_ship(stage, 1, 1, 1);
    expire(stage, STAGE_NOW + 9, DEADLINE_AUTHORIZATION, 0);
    assert_false(stage_order(stage)->held);
}

static void a_part_shipped_order_is_held_too(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    authorize_until(stage, 1, STAGE_NOW + 9, 2);
    till_ship(stage, 1, 1, 1);
    expire(stage, STAGE_NOW + 9, DEADLINE_AUTHORIZATION, 1);
    assert_true(stage_order(stage)->held);
    assert_int_equal(stage_order(stage)->status, ORDER_PART_SHIPPED);
}

/* Authorised anew: the one that lapsed is of no consequence, and the hold can be released for good. */
static void what_is_authorised_anew_ends_the_matter(void **state)
{
    struct stage *stage = *state;
    const struct release_hold release = {0};
    till_reserve(stage, 0, 1);
    authorize_until(stage, 1, STAGE_NOW + 9, 2);
    expire(stage, STAGE_NOW + 9, DEADLINE_AUTHORIZATION, 1);
    assert_true(stage_order(stage)->held);
    authorize_until(stage, 2, STAGE_NOW + 20, 1);
    stage_do(stage, COMMAND_RELEASE_HOLD, &release, 1);
    expire(stage, STAGE_NOW + 19, DEADLINE_AUTHORIZATION, 0);
    assert_false(stage_order(stage)->held);
    expire(stage, STAGE_NOW + 20, DEADLINE_AUTHORIZATION, 1);
    assert_true(stage_order(stage)->held);
}

/* Before it is confirmed neither: what still holds covers it. */
static void one_that_holds_keeps_the_order(void **state)
{
    struct stage *stage = *state;
    authorize_until(stage, 1, STAGE_NOW + 9, 1);
    authorize_until(stage, 2, STAGE_NOW + 20, 1);
    too_early(stage, STAGE_NOW + 19, DEADLINE_AUTHORIZATION);
    expire(stage, STAGE_NOW + 20, DEADLINE_AUTHORIZATION, 1);
    assert_int_equal(stage_order(stage)->status, ORDER_EXPIRED);
}

/* It is recorded, and to be voided; it confirms nothing. One that holds does. */
static void what_has_lapsed_does_not_confirm(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    authorize_until(stage, 1, STAGE_NOW, 1);
    assert_int_equal(stage_order(stage)->status, ORDER_PLACED);
    assert_int_equal(stage_order(stage)->sums.authorised, TILL_TOTAL);
    authorize_until(stage, 2, STAGE_NOW + 1, 2);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
}

/* Held, and then the last units that were open are cancelled: the hold can still be ended. */
static void a_hold_outlives_the_open_units_and_can_be_released(void **state)
{
    struct stage *stage = *state;
    const struct hold_order hold = {.reason = HOLD_FRAUD};
    const struct release_hold release = {0};
    till_confirm(stage);
    till_ship(stage, 1, 1, 2);
    stage_do(stage, COMMAND_HOLD_ORDER, &hold, 1);
    till_cancel(stage, 2, 1);
    till_cancel(stage, 3, 10);
    assert_int_equal(stage_order(stage)->status, ORDER_SHIPPED);
    assert_true(stage_order(stage)->held);
    stage_do(stage, COMMAND_RELEASE_HOLD, &release, 1);
    assert_false(stage_order(stage)->held);
    assert_int_equal(stage_order(stage)->status, ORDER_SHIPPED);
    stage_decide(stage, COMMAND_RELEASE_HOLD, &release);
    stage_refused(stage, REJECTION_invalid_state, NULL);
}

static void an_expiry_that_does_not_add_up_is_not_folded(void **state)
{
    struct stage *stage = *state;
    struct order_expired wrong = {.amount = TILL_TOTAL - 1, .cancelled_amount = TILL_TOTAL};
    struct event event = {.type = EVENT_ORDER_EXPIRED, .body = &wrong};
    assert_false(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
    assert_true(stage->aggregate.contradicted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_TILL(an_unpaid_order_expires_when_its_time_is_up),
        AT_TILL(the_tenant_says_how_long),
        AT_TILL(reservations_that_lapse_take_the_order_along),
        AT_TILL(reservations_that_do_not_say_last_as_long_as_the_order_may),
        AT_TILL(the_first_authorisation_to_lapse_counts),
        AT_TILL(what_is_taken_does_not_lapse),
        AT_TILL(open_units_of_before_are_cancelled_once),
        AT_TILL(a_confirmed_order_does_not_expire),
        AT_TILL(it_is_held_when_what_was_promised_lapses),
        AT_TILL(it_is_not_held_once_it_is_paid),
        AT_TILL(a_part_shipped_order_is_held_too),
        AT_TILL(what_is_authorised_anew_ends_the_matter),
        AT_TILL(one_that_holds_keeps_the_order),
        AT_TILL(what_has_lapsed_does_not_confirm),
        AT_TILL(a_hold_outlives_the_open_units_and_can_be_released),
        AT_TILL(an_expiry_that_does_not_add_up_is_not_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
