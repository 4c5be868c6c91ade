// SPDX-License-Identifier: Apache-2.0
// What is kept in clear names nobody, in each field that could.
#include "domain/clear_text.h"
#include "support/till.h"

#define CARD "4111 1111 1111 1111"
#define CARD_DIGITS "4111111111111111"

/* "": fit. */
static const char *answer(const char *text, enum clear_text kind)
{
    struct decision out = {0};
    bool is_fit = clear_text_check(true, slice_of_text(text), kind, "field", &out);
    assert_int_equal(is_fit, out.rejection == NULL);
    return is_fit ? "" : out.rejection->code;
}

static void each_kind_has_its_rule(void **state)
{
    static const struct {
        const char *text;
        const char *as_code;
        const char *as_name;
        const char *as_reference;
    } cases[] = {
        {"do_not_honor", "", "", ""},
        {"E-51:2.b", "", "", ""},
        {"do not honor", "bad_field", "", ""},
        {"caf\xc3\xa9", "bad_field", "", ""},
        {"a/b", "bad_field", "", ""},
        {"ada@example.org", "bad_field", "bad_field", "bad_field"},
        {"@", "bad_field", "bad_field", "bad_field"},
        {CARD, "pan_detected", "pan_detected", ""},
        {CARD_DIGITS, "pan_detected", "pan_detected", ""},
        {"411111111111111", "", "", ""}, /* not a card's */
    };
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        assert_string_equal(answer(cases[i].text, CLEAR_CODE), cases[i].as_code);
        assert_string_equal(answer(cases[i].text, CLEAR_NAME), cases[i].as_name);
        assert_string_equal(answer(cases[i].text, CLEAR_REFERENCE), cases[i].as_reference);
    }
    struct decision out = {0};
    assert_true(clear_text_check(false, slice_of_text("@"), CLEAR_CODE, "field", &out));
    assert_null(out.rejection);
}

static void an_order_names_nobody(void **state)
{
    static struct stage stage;
    struct stage_order order;
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_fill_order(&order);
    order.command.shipping.method = slice_of_text("to ada@home");
    stage_decide(&stage, COMMAND_PLACE_ORDER, &order.command);
    stage_refused(&stage, REJECTION_bad_field, "method");
    order.command.shipping.method = slice_of_text(CARD);
    stage_decide(&stage, COMMAND_PLACE_ORDER, &order.command);
    stage_refused(&stage, REJECTION_pan_detected, "method");
    order.command.shipping.method = slice_of_text("post, insured");
    order.command.source_ref = slice_of_text("a@b");
    stage_decide(&stage, COMMAND_PLACE_ORDER, &order.command);
    stage_refused(&stage, REJECTION_bad_field, "source_ref");
    order.command.source_ref = slice_of_text(CARD_DIGITS); /* a number may look like one */
    order.command.has_promo = true;
    order.command.promo.code = slice_of_text("ada@example.org");
    stage_decide(&stage, COMMAND_PLACE_ORDER, &order.command);
    stage_refused(&stage, REJECTION_bad_field, "code");
    order.command.has_promo = false;
    stage_do(&stage, COMMAND_PLACE_ORDER, &order.command, 1);
    stage_close(&stage);
}

static void providers_name_nobody(void **state)
{
    struct stage *stage = *state;
    struct record_payment_result result =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_DECLINED, 1, "r1", 100);
    result.has_decline_code = true;
    result.decline_code = slice_of_text("Ada Lovelace has no money");
    till_refused(stage, &result, REJECTION_bad_field, "decline_code");
    result.decline_code = slice_of_text(CARD_DIGITS);
    till_refused(stage, &result, REJECTION_pan_detected, "decline_code");
    result.decline_code = slice_of_text("51");
    result.provider = slice_of_text("pay point");
    till_refused(stage, &result, REJECTION_bad_field, "provider");
    result.provider = slice_of_text("paypoint");
    result.provider_ref = slice_of_text("a@b");
    till_refused(stage, &result, REJECTION_bad_field, "provider_ref");
    result.provider_ref = slice_of_text(CARD_DIGITS);
    till_record(stage, &result, 1);
}

static void warehouses_name_nobody(void **state)
{
    struct stage *stage = *state;
    struct order_units line = {1, 1};
    struct ship_lines ship = {
        .shipment_id = till_id(1), .lines = &line, .lines_count = 1, .shipped_at = STAGE_NOW};
    struct record_reservation refusal = {
        .sku = SLICE_LITERAL("A-1"), .qty = 12, .outcome = 1, .has_code = true};
    refusal.code = slice_of_text("ask ada");
    stage_decide(stage, COMMAND_RECORD_RESERVATION, &refusal);
    stage_refused(stage, REJECTION_bad_field, "code");
    refusal.code = slice_of_text("insufficient_stock");
    stage_do(stage, COMMAND_RECORD_RESERVATION, &refusal, 1);
    till_confirm(stage);
    ship.carrier = slice_of_text("ada@example.org");
    stage_decide(stage, COMMAND_SHIP_LINES, &ship);
    stage_refused(stage, REJECTION_bad_field, "carrier");
    ship.carrier = slice_of_text(CARD);
    stage_decide(stage, COMMAND_SHIP_LINES, &ship);
    stage_refused(stage, REJECTION_pan_detected, "carrier");
    ship.carrier = slice_of_text("Deutsche Post");
    stage_do(stage, COMMAND_SHIP_LINES, &ship, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_rule),
        cmocka_unit_test(an_order_names_nobody),
        AT_TILL(providers_name_nobody),
        AT_TILL(warehouses_name_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
