// SPDX-License-Identifier: Apache-2.0
// What providers cannot have said, and events of payments that cannot be.
#include "support/till.h"

static void amounts_are_of_the_currency(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 5000);
    result.amount = (struct decimal){1, 3};
    till_refused(stage, &result, REJECTION_price_precision, "amount");
    result.amount = (struct decimal){INT64_MAX / 10, 1};
    till_record(stage, &result, 1);
    result.amount = (struct decimal){INT64_MAX / 10 + 1, 1};
    till_refused(stage, &result, REJECTION_amount_overflow, "amount");
    result.amount = (struct decimal){0, 0};
    till_refused(stage, &result, REJECTION_bad_field, "amount");
    result.amount = (struct decimal){-1, 0};
    till_refused(stage, &result, REJECTION_bad_field, "amount");
    result.amount = (struct decimal){1, 0};
    result.has_currency = true;
    result.currency = slice_of_text("USD");
    till_refused(stage, &result, REJECTION_currency_mismatch, "currency");
}

/* Only an event that was changed can have brought it in. */
static void a_currency_nobody_knows_is_refused(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 5000);
    till_order(stage)->currency = slice_of_text("ZZZ");
    till_refused(stage, &result, REJECTION_unknown_currency, "amount");
}

static void sums_that_do_not_fit_are_refused(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", INT64_MAX - 1, 1);
    struct record_payment_result more = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 2, "a2", 2);
    till_refused(stage, &more, REJECTION_amount_overflow, "amount");
    struct record_payment_result charge = till_result(PAYMENT_CAPTURE, PAYMENT_OK, 2, "c2", 2);
    till_refused(stage, &charge, REJECTION_amount_overflow, "amount");
    till_authorize(stage, 2, "a2", 1, 1);
    till_capture(stage, 1, "c1", INT64_MAX - 1, 1);
    till_capture(stage, 2, "c2", 1, 1);
    assert_int_equal(order_funds(stage_order(stage)), INT64_MAX);
    assert_int_equal(stage_order(stage)->sums.captured, INT64_MAX);
    assert_int_equal(order_balance(stage_order(stage)), TILL_TOTAL - INT64_MAX);
}

static void references_hold_no_address(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "ada@example.org", 5000);
    till_refused(stage, &result, REJECTION_bad_field, "provider_ref");
    result.provider_ref = slice_of_text("a1");
    result.provider = slice_of_text("ada@example.org");
    till_refused(stage, &result, REJECTION_bad_field, "provider");
    result.provider = slice_of_text("paypoint");
    result.has_decline_code = true;
    result.decline_code = slice_of_text("@");
    till_refused(stage, &result, REJECTION_bad_field, "decline_code");
}

/* Providers answer in words of their own, and those are stored in the clear. */
static void a_decline_code_holds_no_card_number(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_DECLINED, 1, "d1", 100);
    result.has_decline_code = true;
    result.decline_code = slice_of_text("card 4111 1111 1111 1111 is blocked");
    till_refused(stage, &result, REJECTION_pan_detected, "decline_code");
    result.decline_code = slice_of_text("4111");
    till_record(stage, &result, 1);
}

static void an_instrument_holds_no_card_number(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 1, "a1", 5000);
    result.has_instrument = true;
    result.instrument = (struct payment_instrument){
        .has_holder = true, .holder = slice_of_text("Ada 4242 4242 4242 4242")};
    till_refused(stage, &result, REJECTION_pan_detected, "holder");
    result.instrument =
        (struct payment_instrument){.has_brand = true, .brand = slice_of_text("4242424242424242")};
    till_refused(stage, &result, REJECTION_pan_detected, "brand");
    result.instrument =
        (struct payment_instrument){.has_last4 = true, .last4 = slice_of_text("42a2")};
    till_refused(stage, &result, REJECTION_bad_field, "last4");
}

static void a_refund_id_belongs_to_refunds(void **state)
{
    struct stage *stage = *state;
    till_confirm(stage);
    struct record_payment_result result = till_result(PAYMENT_REFUND, PAYMENT_OK, 1, "r1", 1);
    till_refused(stage, &result, REJECTION_missing_field, "refund_id");
    result.op = PAYMENT_CAPTURE;
    result.has_refund_id = true;
    till_refused(stage, &result, REJECTION_bad_field, "refund_id");
}

static void a_payment_has_one_provider(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", 5000, 1);
    struct record_payment_result result = till_result(PAYMENT_CAPTURE, PAYMENT_OK, 1, "c1", 1);
    result.provider = slice_of_text("another");
    till_refused(stage, &result, REJECTION_bad_field, "provider");
    result.op = PAYMENT_VOID;
    till_refused(stage, &result, REJECTION_bad_field, "provider");
    result.outcome = PAYMENT_DECLINED;
    till_refused(stage, &result, REJECTION_bad_field, "provider");
}

static void an_order_has_so_many_payments(void **state)
{
    struct stage *stage = *state;
    for (uint8_t i = 0; i < ORDER_MAX_PAYMENTS; i++) {
        char ref[] = {'a', (char)('0' + i), '\0'};
        struct slice kept;
        assert_true(arena_copy(&stage->arena, slice_of_text(ref), &kept));
        struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, i, "", 10);
        result.provider_ref = kept;
        till_record(stage, &result, 1);
    }
    struct record_payment_result result = till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, 99, "a99", 10);
    till_refused(stage, &result, REJECTION_invalid_state, "payment_id");
    result.outcome = PAYMENT_DECLINED;
    till_refused(stage, &result, REJECTION_invalid_state, "payment_id");
    result.payment_id = till_id(0);
    till_record(stage, &result, 1);
}

/* However often a customer has tried in vain: what is paid in the end is recorded. */
static void refusals_alone_do_not_keep_money_out(void **state)
{
    struct stage *stage = *state;
    static const char *const refs[] = {"d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8"};
    for (uint8_t i = 0; i < ORDER_MAX_PAYMENTS; i++) {
        struct record_payment_result declined =
            till_result(PAYMENT_AUTHORIZE, PAYMENT_DECLINED, i, refs[i], 10);
        if (i < ORDER_MAX_PAYMENTS - 1)
            till_record(stage, &declined, 1);
        else
            till_refused(stage, &declined, REJECTION_invalid_state, "payment_id");
    }
    till_capture(stage, ORDER_MAX_PAYMENTS, "c8", 10, 1);
}

static void an_unplaced_or_unconfirmed_order_has_no_refunds(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result = till_refund_result(PAYMENT_OK, 1, "r1", 1);
    till_refused(stage, &result, REJECTION_invalid_state, NULL);
    till_order(stage)->status = ORDER_NONE;
    till_refused(stage, &result, REJECTION_not_found, NULL);
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

static void events_that_cannot_be_are_not_folded(void **state)
{
    struct stage *stage = *state;
    till_authorize(stage, 1, "a1", 5000, 1);
    till_capture(stage, 1, "c1", 3000, 1);
    const struct slice euro = slice_of_text("EUR");
    const struct payment_captured foreign = {
        .payment_id = till_id(1), .amount = 1, .currency = slice_of_text("USD")};
    const struct payment_authorized nothing = {
        .payment_id = till_id(1), .amount = 0, .currency = euro};
    const struct payment_authorized too_much = {
        .payment_id = till_id(1), .amount = INT64_MAX, .currency = euro};
    const struct payment_voided voided = {.payment_id = till_id(1), .amount = 2001};
    const struct payment_voided unknown = {.payment_id = till_id(2), .amount = 1};
    const struct payment_declined skipped = {.payment_id = till_id(1), .attempt = 2};
    const struct payment_declined refund = {
        .payment_id = till_id(1), .op = PAYMENT_REFUND, .attempt = 1};
    const struct refund_settled settled = {
        .refund_id = till_id(1), .payment_id = till_id(1), .amount = 1, .currency = euro};
    contradicts(stage, EVENT_PAYMENT_CAPTURED, &foreign);
    contradicts(stage, EVENT_PAYMENT_AUTHORIZED, &nothing);
    contradicts(stage, EVENT_PAYMENT_AUTHORIZED, &too_much);
    contradicts(stage, EVENT_PAYMENT_VOIDED, &voided);
    contradicts(stage, EVENT_PAYMENT_VOIDED, &unknown);
    contradicts(stage, EVENT_PAYMENT_DECLINED, &skipped);
    contradicts(stage, EVENT_PAYMENT_DECLINED, &refund);
    contradicts(
        stage, EVENT_REFUND_SETTLED, &settled); /* nothing is refunded before confirmation */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_TILL(amounts_are_of_the_currency),
        AT_TILL(a_currency_nobody_knows_is_refused),
        AT_TILL(sums_that_do_not_fit_are_refused),
        AT_TILL(references_hold_no_address),
        AT_TILL(a_decline_code_holds_no_card_number),
        AT_TILL(an_instrument_holds_no_card_number),
        AT_TILL(a_refund_id_belongs_to_refunds),
        AT_TILL(a_payment_has_one_provider),
        AT_TILL(an_order_has_so_many_payments),
        AT_TILL(refusals_alone_do_not_keep_money_out),
        AT_TILL(an_unplaced_or_unconfirmed_order_has_no_refunds),
        AT_TILL(events_that_cannot_be_are_not_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
