// SPDX-License-Identifier: Apache-2.0
// What providers say, recorded: every outcome of every operation, repeated, late.
#include "support/till.h"

static const void *event_at(const struct stage *stage, size_t at, enum event_type type)
{
    assert_true(at < stage->decision.event_count);
    assert_int_equal(stage->decision.events[at].type, type);
    return stage->decision.events[at].body;
}

static const struct order_payment *payment(const struct stage *stage, uint8_t number)
{
    struct uuid id = till_id(number);
    const struct order_payment *found = order_find_payment(&stage_order(stage)->money, &id);
    assert_non_null(found);
    return found;
}

/* ---- authorised ---- */

static void an_authorisation_says_what_it_was(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 5000);
    result.has_currency = true;
    result.currency = slice_of_text("EUR");
    result.has_expires_at = true;
    result.expires_at = STAGE_NOW + 9;
    result.has_instrument = true;
    result.instrument.has_last4 = true;
    result.instrument.last4 = slice_of_text("4242");
    till_record(stage, &result, 1);
    const struct payment_authorized *event = event_at(stage, 0, EVENT_PAYMENT_AUTHORIZED);
    assert_int_equal(event->amount, 5000);
    assert_true(slice_is(event->currency, "EUR"));
    assert_true(slice_is(event->provider, "paypoint"));
    assert_true(slice_is(event->provider_ref, "a1"));
    assert_true(event->has_expires_at);
    assert_int_equal(event->expires_at, STAGE_NOW + 9);
    assert_true(event->has_instrument);
    assert_true(slice_is(event->instrument.last4, "4242"));
    assert_int_equal(payment(stage, 1)->authorised, 5000);
    assert_int_equal(order_funds(stage_order(stage)), 5000);
    assert_int_equal(stage_order(stage)->sums.authorised, 5000);
}

static void the_last_cent_of_the_funds_confirms(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    till_authorize(stage, 1, "a1", TILL_TOTAL - 1, 1);
    assert_int_equal(stage_order(stage)->status, ORDER_PLACED);
    till_authorize(stage, 2, "a2", 1, 2);
    const struct order_confirmed *event = event_at(stage, 1, EVENT_ORDER_CONFIRMED);
    assert_int_equal(event->total, TILL_TOTAL);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
}

static void a_charge_in_one_step_confirms(void **state)
{
    struct stage *stage = *state;
    till_reserve(stage, 0, 1);
    till_capture(stage, 1, "c1", TILL_TOTAL, 2);
    const struct payment_captured *event = event_at(stage, 0, EVENT_PAYMENT_CAPTURED);
    struct uuid id = till_id(1);
    struct uuid capture = uuid_v5(&id, slice_of_text("c1"));
    assert_true(uuid_equal(&event->capture_id, &capture));
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
    assert_int_equal(order_funds(stage_order(stage)), TILL_TOTAL);
}

static void reservations_after_the_money_confirm_too(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", TILL_TOTAL, 1);
    till_reserve(stage, 0, 2);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
}

static void declined_authorisations_are_counted(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_DECLINED, 1, "d1", 5000);
    result.has_decline_code = true;
    result.decline_code = slice_of_text("do_not_honor");
    till_record(stage, &result, 1);
    const struct payment_declined *event = event_at(stage, 0, EVENT_PAYMENT_DECLINED);
    assert_int_equal(event->op, PAYMENT_AUTHORIZE);
    assert_int_equal(event->attempt, 1);
    assert_true(slice_is(event->code, "do_not_honor"));
    result.provider_ref = slice_of_text("d2");
    result.has_decline_code = false;
    till_record(stage, &result, 1);
    event = event_at(stage, 0, EVENT_PAYMENT_DECLINED);
    assert_int_equal(event->attempt, 2);
    assert_false(event->has_code);
    assert_int_equal(stage_order(stage)->sums.declines, 2);
    assert_int_equal(order_funds(stage_order(stage)), 0);
    till_authorize(stage, 1, "a1", 5000, 1);
    assert_int_equal(payment(stage, 1)->authorised, 5000);
}

/* Nobody refused, but no money moved either. */
static void an_error_is_a_refusal_that_says_so(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result =
        till_result(PAYMENT_CAPTURE, PAYMENT_ERROR, 1, "e1", 5000);
    till_record(stage, &result, 1);
    const struct payment_declined *event = event_at(stage, 0, EVENT_PAYMENT_DECLINED);
    assert_int_equal(event->op, PAYMENT_CAPTURE);
    assert_true(slice_is(event->code, "error"));
    result.provider_ref = slice_of_text("e2");
    result.has_decline_code = true;
    result.decline_code = slice_of_text("gateway_timeout");
    till_record(stage, &result, 1);
    event = event_at(stage, 0, EVENT_PAYMENT_DECLINED);
    assert_true(slice_is(event->code, "gateway_timeout"));
    assert_int_equal(stage_order(stage)->sums.declines, 0);
}

/* ---- captured, voided ---- */

/* What a provider has taken is a fact, however much was authorised; it shows until it is given back. */
static void more_may_be_captured_than_was_authorised(void **state)
{
    struct stage *stage = *state;
    till_confirm(stage);
    till_capture(stage, 1, "c1", 6000, 1);
    till_capture(stage, 1, "c2", TILL_TOTAL - 6000 + 1, 1);
    const struct order *order = stage_order(stage);
    assert_int_equal(payment(stage, 1)->captured, TILL_TOTAL + 1);
    assert_int_equal(order_payment_open(payment(stage, 1)), 0);
    assert_int_equal(order_funds(order), TILL_TOTAL + 1);
    assert_int_equal(order_facets_of(&order->sums).payment, PAYMENT_FACET_OVER_CAPTURED);
    assert_int_equal(order_excess(order), 1);
    struct record_payment_result none = till_result(PAYMENT_VOID, PAYMENT_OK, 1, "v1", 1);
    till_refused(stage, &none, REJECTION_insufficient_funds_authorised, "amount");
}

/* Voided here, captured there, both at the same time. */
static void a_capture_may_cross_a_void(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", 5000, 1);
    till_void(stage, 1, "v1", 5000, 1);
    till_capture(stage, 1, "c1", 5000, 1);
    assert_int_equal(order_payment_open(payment(stage, 1)), 0);
    assert_int_equal(order_funds(stage_order(stage)), 5000);
    assert_int_equal(stage_order(stage)->sums.captured, 5000);
}

static void no_more_is_voided_than_is_left(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", 5000, 1);
    till_capture(stage, 1, "c1", 3000, 1);
    struct record_payment_result over = till_result(PAYMENT_VOID, PAYMENT_OK, 1, "v1", 2001);
    till_refused(stage, &over, REJECTION_insufficient_funds_authorised, "amount");
    till_void(stage, 1, "v1", 2000, 1);
    assert_int_equal(order_funds(stage_order(stage)), 3000);
    struct record_payment_result unknown = till_result(PAYMENT_VOID, PAYMENT_OK, 2, "v2", 1);
    till_refused(stage, &unknown, REJECTION_not_found, "payment_id");
}

/* Facts may be told in another order than they happened in. */
static void a_capture_may_be_told_before_its_authorisation(void **state)
{
    struct stage *stage = *state;
    till_capture(stage, 1, "c1", 4000, 1);
    till_authorize(stage, 1, "a1", 3999, 1); /* smaller than what was taken */
    assert_int_equal(order_funds(stage_order(stage)), 4000);
    till_authorize(stage, 1, "a2", 1001, 1);
    assert_int_equal(order_funds(stage_order(stage)), 5000);
    till_void(stage, 1, "v1", 1000, 1);
    assert_int_equal(order_funds(stage_order(stage)), 4000);
}

static void void_says_why(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 100);
    result.has_expires_at = true;
    result.expires_at = STAGE_NOW;
    till_record(stage, &result, 1);
    till_void(stage, 1, "v1", 10, 1);
    const struct payment_voided *event = event_at(stage, 0, EVENT_PAYMENT_VOIDED);
    assert_int_equal(event->cause, VOID_EXPIRED);
    stage->context.now_us--;
    till_void(stage, 1, "v2", 10, 1);
    event = event_at(stage, 0, EVENT_PAYMENT_VOIDED);
    assert_int_equal(event->cause, VOID_CANCELLED);
    till_authorize(stage, 2, "a2", TILL_TOTAL, 1);
    till_void(stage, 1, "v3", 10, 1);
    event = event_at(stage, 0, EVENT_PAYMENT_VOIDED);
    assert_int_equal(event->cause, VOID_REPLACED);
    till_order(stage)->status = ORDER_CANCELLED;
    till_void(stage, 1, "v4", 10, 1);
    event = event_at(stage, 0, EVENT_PAYMENT_VOIDED);
    assert_int_equal(event->cause, VOID_CANCELLED);
    till_order(stage)->status = ORDER_EXPIRED;
    till_void(stage, 1, "v5", 10, 1);
    event = event_at(stage, 0, EVENT_PAYMENT_VOIDED);
    assert_int_equal(event->cause, VOID_EXPIRED);
}

static void a_confirmed_order_without_funds_is_held(void **state)
{
    struct stage *stage = *state;
    till_confirm(stage);
    till_authorize(stage, 2, "a2", 100, 1);
    till_void(stage, 1, "v1", 100, 1);
    assert_false(stage_order(stage)->held);
    till_void(stage, 1, "v2", 1, 2);
    const struct order_held *event = event_at(stage, 1, EVENT_ORDER_HELD);
    assert_int_equal(event->reason, HOLD_UNDERFUNDED);
    assert_true(stage_order(stage)->held);
    till_void(stage, 1, "v3", 1, 1); /* held already */
    struct order_units line = {.line_no = 1, .qty = 1};
    struct ship_lines ship = {.carrier = SLICE_LITERAL("cart"), .lines = &line, .lines_count = 1};
    stage_decide(stage, COMMAND_SHIP_LINES, &ship);
    stage_refused(stage, REJECTION_on_hold, NULL);
}

/* Part of it has left already: whoever runs the shop holds it, or captures what is left. */
static void an_order_on_its_way_is_not_held(void **state)
{
    struct stage *stage = *state;
    till_confirm(stage);
    till_ship(stage, 1, 1, 1);
    assert_int_equal(stage_order(stage)->status, ORDER_PART_SHIPPED);
    till_void(stage, 1, "v1", TILL_TOTAL, 1);
    assert_false(stage_order(stage)->held);
    assert_true(order_funds(stage_order(stage)) < order_due(stage_order(stage)));
}

static void an_order_that_is_not_confirmed_is_not_held(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", 5000, 1);
    till_void(stage, 1, "v1", 5000, 1);
    assert_false(stage_order(stage)->held);
    assert_int_equal(order_facets_of(&stage_order(stage)->sums).payment, PAYMENT_FACET_VOIDED);
}

/* ---- late ---- */

static void facts_of_an_order_that_is_over_are_recorded(void **state)
{
    struct stage *stage = *state;
    struct cancel_order cancel = {.reason = 0};
    till_authorize(stage, 1, "a1", 5000, 1);
    stage_do(stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    till_authorize(stage, 2, "a2", 700, 1);
    till_capture(stage, 1, "c1", 5000, 1);
    till_void(stage, 2, "v2", 700, 1);
    const struct order *order = stage_order(stage);
    assert_int_equal(order->status, ORDER_CANCELLED);
    assert_int_equal(order->sums.captured, 5000);
    assert_int_equal(order_facets_of(&order->sums).payment, PAYMENT_FACET_OVER_CAPTURED);
    struct record_payment_result declined =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_DECLINED, 3, "d3", 1);
    till_record(stage, &declined, 0);
    declined.op = PAYMENT_CAPTURE;
    till_record(stage, &declined, 1);
}

/* ---- told again ---- */

static void the_same_result_is_recorded_once(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 5000);
    till_record(stage, &result, 1);
    till_record(stage, &result, 0);
    struct record_payment_result other = result;
    other.amount.coefficient++;
    till_refused(stage, &other, REJECTION_duplicate_provider_ref, "provider_ref");
    other = result;
    other.payment_id = till_id(2);
    till_refused(stage, &other, REJECTION_duplicate_provider_ref, "provider_ref");
    other = result;
    other.outcome = PAYMENT_DECLINED;
    till_refused(stage, &other, REJECTION_duplicate_provider_ref, "provider_ref");
    other = result;
    other.op = PAYMENT_CAPTURE; /* a reference is unique for its operation */
    till_record(stage, &other, 1);
    struct record_payment_result declined =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_DECLINED, 1, "d1", 5000);
    till_record(stage, &declined, 1);
    till_record(stage, &declined, 0);
    assert_int_equal(stage_order(stage)->sums.declines, 1);
}

/* A capture that timed out, and one that was tried again: the money moved in the end. */
static void what_was_refused_may_succeed_under_the_same_reference(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", TILL_TOTAL, 1);
    struct record_payment_result result = till_result(PAYMENT_CAPTURE, PAYMENT_ERROR, 1, "c1", 500);
    till_record(stage, &result, 1);
    struct record_payment_result other = result;
    other.payment_id = till_id(2);
    till_refused(stage, &other, REJECTION_duplicate_provider_ref, "provider_ref");
    till_capture(stage, 1, "c1", 500, 1);
    till_capture(stage, 1, "c1", 500, 0);
    till_record(stage, &result, 0); /* the refusal, told again late */
    till_refused(stage, &other, REJECTION_duplicate_provider_ref, "provider_ref");
    result.outcome = PAYMENT_OK;
    result.amount.coefficient = 501;
    till_refused(stage, &result, REJECTION_duplicate_provider_ref, "provider_ref");
    assert_int_equal(stage_order(stage)->sums.captured, 500);
}

/* What is known of results is part of the state, and so of its copy. */
static void a_copy_of_the_order_knows_its_results(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", 5000, 1);
    till_capture(stage, 1, "c1", 5000, 1);
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    struct aggregate copy;
    assert_true(aggregate_copy(&stage->aggregate, &arena, &copy));
    stage->aggregate = copy;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 5000);
    till_record(stage, &result, 0);
    result.amount.coefficient++;
    till_refused(stage, &result, REJECTION_duplicate_provider_ref, "provider_ref");
    assert_int_equal(order_funds(stage_order(stage)), 5000);
    arena_release(&arena);
}

/* ---- persons that are gone ---- */

static void a_fact_about_somebody_erased_is_recorded_without_them(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 5000);
    result.has_instrument = true;
    result.instrument.has_last4 = true;
    result.instrument.last4 = slice_of_text("4242");
    static const enum subject_state gone[] = {SUBJECT_ERASED, SUBJECT_ERASING};
    for (size_t i = 0; i < countof(gone); i++) {
        stage->context.subject = gone[i];
        stage_decide(stage, COMMAND_RECORD_PAYMENT_RESULT, &result);
        stage_accepted(stage, 1);
        const struct payment_authorized *event = event_at(stage, 0, EVENT_PAYMENT_AUTHORIZED);
        assert_false(event->has_instrument);
        assert_int_equal(event->instrument.last4.size, 0);
        assert_int_equal(event->amount, 5000);
    }
    assert_true(result.has_instrument); /* the command itself is untouched */
    struct add_note note = {.note.text = SLICE_LITERAL("rang twice")};
    stage->context.subject = SUBJECT_ERASED;
    stage_decide(stage, COMMAND_ADD_NOTE, &note);
    stage_refused(stage, REJECTION_customer_erased, NULL);
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    till_confirm(stage);
    struct record_payment_result result = till_result(PAYMENT_VOID, PAYMENT_OK, 1, "v1", 1);
    struct command command = {.type = COMMAND_RECORD_PAYMENT_RESULT, .body = &result};
    size_t refusals = 0;
    for (size_t maximum = 0; maximum < 512; maximum += 8) {
        struct arena small;
        arena_init(&small, maximum);
        stage->context.arena = &small;
        if (aggregate_decide(&stage->aggregate, &command, &stage->context, &stage->decision))
            stage_accepted(stage, 2);
        else
            refusals++;
        arena_release(&small);
    }
    assert_in_range(refusals, 1, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_TILL(an_authorisation_says_what_it_was),
        AT_TILL(the_last_cent_of_the_funds_confirms),
        AT_TILL(a_charge_in_one_step_confirms),
        AT_TILL(reservations_after_the_money_confirm_too),
        AT_TILL(declined_authorisations_are_counted),
        AT_TILL(an_error_is_a_refusal_that_says_so),
        AT_TILL(more_may_be_captured_than_was_authorised),
        AT_TILL(a_capture_may_cross_a_void),
        AT_TILL(no_more_is_voided_than_is_left),
        AT_TILL(a_capture_may_be_told_before_its_authorisation),
        AT_TILL(void_says_why),
        AT_TILL(a_confirmed_order_without_funds_is_held),
        AT_TILL(an_order_on_its_way_is_not_held),
        AT_TILL(an_order_that_is_not_confirmed_is_not_held),
        AT_TILL(facts_of_an_order_that_is_over_are_recorded),
        AT_TILL(the_same_result_is_recorded_once),
        AT_TILL(what_was_refused_may_succeed_under_the_same_reference),
        AT_TILL(a_copy_of_the_order_knows_its_results),
        AT_TILL(a_fact_about_somebody_erased_is_recorded_without_them),
        AT_TILL(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
