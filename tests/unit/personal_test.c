// SPDX-License-Identifier: Apache-2.0
// What is checked of a person's data while it can be read, and what of it goes into an order's event.
#include "domain/personal.h"
#include "golden/golden.h"
#include "support/person.h"
#include "support/stage.h"

static void an_email_has_one_at_and_no_blanks(void **state)
{
    (void)state;
    static const char *const good[] = {"a@b", "ada@example.org", "\xc3\xa4@\xc3\xb6.example"};
    static const char *const bad[] = {
        "",
        "@",
        "a@",
        "@b",
        "ab",
        "abc",
        "a@@b",
        "a@b@c",
        "a b@c",
        "a@b ",
        "@a@",
        "ada.example.org",
        "@bc",
        "ab@"};
    char longest[256];
    memset(longest, 'a', sizeof(longest));
    longest[1] = '@';
    for (size_t i = 0; i < countof(good); i++)
        assert_true(personal_is_email(slice_of_text(good[i])));
    for (size_t i = 0; i < countof(bad); i++) {
        if (personal_is_email(slice_of_text(bad[i])))
            fail_msg("taken for an address: %s", bad[i]);
    }
    assert_true(personal_is_email(slice_of(longest, 254)));
    assert_false(personal_is_email(slice_of(longest, 255)));
}

static void a_country_is_two_capitals(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "D", "DEU", "de", "D1", "D ", "\xc3\x84"};
    assert_true(personal_is_country(slice_of_text("DE")));
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(personal_is_country(slice_of_text(bad[i])));
}

/* Numbers of test cards, which every payment provider publishes. */
static void card_numbers_are_found_in_text(void **state)
{
    (void)state;
    static const char *const cards[] = {
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111  1111 - 1111 1111",
        "pay with 5555555555554444 please",
        "378282246310005",
        "card 3782 822463 10005, 12/27",
        "4222222222222",
        "4111 1111 1111 1111 12/27",
        "no 7, 4111 1111 1111 1111",
        "6304000000000000000",
        "(4111111111111111)",
        "\xe2\x80\x9c"
        "4111111111111111\xe2\x80\x9d",
    };
    static const char *const others[] = {
        "",
        "Ring twice.",
        "4111111111111112",
        "411111111111",
        "4111x1111x1111x1111",
        "4111.1111.1111.1111",
        "41111111111111111111111111",
        "+49 30 1234567",
        "12345 67890",
        "order 573585 of 2010-12-01 08:26",
    };
    for (size_t i = 0; i < countof(cards); i++) {
        if (!personal_has_card_number(slice_of_text(cards[i])))
            fail_msg("not found: %s", cards[i]);
    }
    for (size_t i = 0; i < countof(others); i++) {
        if (personal_has_card_number(slice_of_text(others[i])))
            fail_msg("found: %s", others[i]);
    }
}

/* ---- in an order ---- */

struct ordering {
    struct stage stage;
    struct stage_order order;
};

static int open_ordering(void **state)
{
    static struct ordering ordering;
    stage_open(&ordering.stage, CATEGORY_ORDER);
    ordering.stage.context.subject = SUBJECT_ACTIVE;
    stage_fill_order(&ordering.order);
    ada_orders(&ordering.order.command);
    *state = &ordering;
    return 0;
}

static int close_ordering(void **state)
{
    stage_close(&((struct ordering *)*state)->stage);
    return 0;
}

static const struct order_placed *place(struct ordering *ordering)
{
    stage_decide(&ordering->stage, COMMAND_PLACE_ORDER, &ordering->order.command);
    stage_accepted(&ordering->stage, 1);
    return ordering->stage.decision.events[0].body;
}

static void refuse(struct ordering *ordering, enum rejection_code code, const char *field)
{
    stage_decide(&ordering->stage, COMMAND_PLACE_ORDER, &ordering->order.command);
    stage_refused(&ordering->stage, code, field);
}

static void an_order_carries_its_person(void **state)
{
    struct ordering *ordering = *state;
    const struct place_order *command = &ordering->order.command;
    const struct order_placed *event = place(ordering);
    assert_true(event->has_contact && event->has_delivery && event->has_bill_to);
    assert_same_message(&person_contact_message, &event->contact, &command->contact);
    assert_same_message(&order_delivery_message, &event->delivery, &command->delivery);
}

/* The delivery's address is forgotten first; an invoice needs one for years. */
static void without_a_billing_address_the_contact_is_billed_at_the_delivery(void **state)
{
    struct ordering *ordering = *state;
    struct place_order *command = &ordering->order.command;
    struct postal_address expected = ada_address();
    expected.name = slice_of_text("Ada Lovelace");
    expected.has_name = true;
    assert_same_message(&postal_address_message, &place(ordering)->bill_to, &expected);
    command->delivery.ship_to.name = slice_of_text("Reception");
    command->delivery.ship_to.has_name = true;
    expected.name = slice_of_text("Reception");
    assert_same_message(&postal_address_message, &place(ordering)->bill_to, &expected);
    command->has_contact = false;
    command->delivery.ship_to.has_name = false;
    expected.has_name = false;
    assert_same_message(&postal_address_message, &place(ordering)->bill_to, &expected);
}

static void an_own_billing_address_is_kept(void **state)
{
    struct ordering *ordering = *state;
    struct place_order *command = &ordering->order.command;
    command->bill_to = ada_address();
    command->bill_to.country = slice_of_text("FR"); /* anywhere */
    command->bill_to.name = slice_of_text("Analytical Engines");
    command->bill_to.has_name = true;
    command->has_bill_to = true;
    assert_same_message(&postal_address_message, &place(ordering)->bill_to, &command->bill_to);
    command->has_delivery = false;
    assert_true(place(ordering)->has_bill_to);
}

static void an_order_of_nobody_has_no_invoice_address(void **state)
{
    struct ordering *ordering = *state;
    struct place_order *command = &ordering->order.command;
    command->has_delivery = false;
    assert_true(place(ordering)->has_contact);
    assert_false(place(ordering)->has_bill_to || place(ordering)->has_delivery);
    command->has_contact = false;
    assert_false(place(ordering)->has_contact || place(ordering)->has_bill_to);
}

static void a_bad_person_is_refused_by_field(void **state)
{
    struct ordering *ordering = *state;
    struct place_order *command = &ordering->order.command;
    command->contact.email = slice_of_text("nobody");
    refuse(ordering, REJECTION_bad_field, "email");
    command->contact.has_email = false; /* not there: not looked at */
    command->delivery.note = slice_of_text("4111 1111 1111 1111");
    refuse(ordering, REJECTION_pan_detected, "note");
    assert_int_equal(ordering->stage.decision.rejection->class, REJECTION_CLASS_MALFORMED);
    command->delivery.has_note = false;
    command->delivery.ship_to.country = slice_of_text("FR"); /* taxed as in DE */
    refuse(ordering, REJECTION_bad_field, "ship_to");
    command->delivery.ship_to.country = slice_of_text("DE");
    command->bill_to = ada_address();
    command->bill_to.country = slice_of_text("d1");
    command->has_bill_to = true;
    refuse(ordering, REJECTION_bad_field, "bill_to");
    command->has_bill_to = false;
    (void)place(ordering);
}

static void an_erased_customer_orders_nothing(void **state)
{
    struct ordering *ordering = *state;
    ordering->stage.context.subject = SUBJECT_ERASED;
    refuse(ordering, REJECTION_customer_erased, NULL);
    ordering->stage.context.subject = SUBJECT_ERASING;
    refuse(ordering, REJECTION_erasure_pending, NULL);
}

#define ORDERING(test) cmocka_unit_test_setup_teardown(test, open_ordering, close_ordering)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_email_has_one_at_and_no_blanks),
        cmocka_unit_test(a_country_is_two_capitals),
        cmocka_unit_test(card_numbers_are_found_in_text),
        ORDERING(an_order_carries_its_person),
        ORDERING(without_a_billing_address_the_contact_is_billed_at_the_delivery),
        ORDERING(an_own_billing_address_is_kept),
        ORDERING(an_order_of_nobody_has_no_invoice_address),
        ORDERING(a_bad_person_is_refused_by_field),
        ORDERING(an_erased_customer_orders_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
