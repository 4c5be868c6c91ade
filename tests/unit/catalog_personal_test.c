// SPDX-License-Identifier: Apache-2.0
// What of the messages is about a person: in records of a class, and nowhere else.
#include "domain/customer_messages.h"
#include "domain/order_messages.h"
#include "support/each_message.h"

/* Clear text of commands and events: each one was looked at. Whoever adds one says here why nothing in
 * it is about a person. */
static const char *const clear_on_purpose[] = {
    "currency",                                       /* ISO 4217 */
    "ship_country",    "country",                     /* two letters: taxes need them */
    "source_ref",      "ref",          "request_ref", /* numbers of other systems; an '@' is refused */
    "provider",        "provider_ref",                /* payment providers and their numbers */
    "carrier",                                        /* a company */
    "decline_code",    "code",         "reason", /* words of other systems' lists, and codes of promotions */
    "promo_code",      "bill_country", "requested_by", /* a desk or a program of ours; it is in no event */
    "key_fingerprint",                                 /* of a key that is gone */
    "shipping_method", "method",       "sku",          "seller_id",
    "location",        "title",  /* goods and who sells them */
    "region",          "locale", /* tags; other characters are refused */
    "sender",          "box",    /* ciphertext and its key's public half */
};

static bool is_clear_on_purpose(const char *name)
{
    for (size_t i = 0; i < countof(clear_on_purpose); i++) {
        if (strcmp(name, clear_on_purpose[i]) == 0)
            return true;
    }
    return false;
}

static bool is_personal_record(const struct message *message)
{
    static const struct message *const records[] = {
        &postal_address_message,
        &person_contact_message,
        &order_delivery_message,
        &order_note_message,
        &payment_instrument_message,
        &shipment_tracking_message,
        &delivery_receipt_message,
        &customer_contact_message};
    for (size_t i = 0; i < countof(records); i++) {
        if (records[i] == message)
            return true;
    }
    return false;
}

/* In clear messages: text has no class, what has one is a record that is sealed apart. Within personal
 * records everything takes the class of the record. */
static void check_classes(const struct message *message)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        bool is_text = field->kind == KIND_TEXT || field->kind == KIND_BYTES;
        if (is_personal_record(message)) {
            assert_int_equal(field->class, CLASS_INHERITED);
            assert_false(message_is_personal(field));
            continue;
        }
        if (field->class != CLASS_NONE && !message_is_personal(field))
            fail_msg("%s.%s: of a class, but no record", message->name, field->name);
        if (is_text && !is_clear_on_purpose(field->name))
            fail_msg("%s.%s: is nothing in it about a person?", message->name, field->name);
        if (field->element != NULL && is_personal_record(field->element))
            assert_true(message_is_personal(field));
        else
            assert_int_equal(field->class, CLASS_NONE);
    }
}

static void every_text_is_clear_on_purpose_or_in_a_sealed_record(void **state)
{
    (void)state;
    each_message(check_classes);
}

static void check_one_field_per_class(const struct message *message)
{
    unsigned seen = 0;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (!message_is_personal(field))
            continue;
        assert_int_equal(seen & 1u << field->class, 0);
        seen |= 1u << field->class;
        assert_ptr_equal(message_find_personal(message, (enum message_class)field->class), field);
    }
    assert_null(message_find_personal(message, CLASS_NONE));
    assert_null(message_find_personal(message, CLASS_INHERITED));
}

static void a_class_has_one_field_of_a_message_at_most(void **state)
{
    (void)state;
    each_message(check_one_field_per_class);
}

/* An event that lost a class of its command would be a loss nobody notices. */
static void personal_messages_are_those_of_the_catalogue(void **state)
{
    (void)state;
    static const struct {
        const struct message *message;
        enum message_class class;
        const char *field;
    } expected[] = {
        {&place_order_message, CLASS_CONTACT, "contact"},
        {&place_order_message, CLASS_DELIVERY, "delivery"},
        {&place_order_message, CLASS_INVOICE, "bill_to"},
        {&order_placed_message, CLASS_CONTACT, "contact"},
        {&order_placed_message, CLASS_DELIVERY, "delivery"},
        {&order_placed_message, CLASS_INVOICE, "bill_to"},
        {&change_shipping_address_message, CLASS_DELIVERY, "address"},
        {&shipping_address_changed_message, CLASS_DELIVERY, "address"},
        {&register_customer_message, CLASS_CONTACT, "contact"},
        {&customer_registered_message, CLASS_CONTACT, "contact"},
        {&change_contact_message, CLASS_CONTACT, "contact"},
        {&customer_contact_changed_message, CLASS_CONTACT, "contact"},
        {&cancel_order_message, CLASS_CONTACT, "note"},
        {&order_cancelled_message, CLASS_CONTACT, "note"},
        {&record_payment_result_message, CLASS_PAYMENT, "instrument"},
        {&payment_authorized_message, CLASS_PAYMENT, "instrument"},
        {&hold_order_message, CLASS_CONTACT, "note"},
        {&order_held_message, CLASS_CONTACT, "note"},
        {&release_hold_message, CLASS_CONTACT, "note"},
        {&order_released_message, CLASS_CONTACT, "note"},
        {&ship_lines_message, CLASS_DELIVERY, "tracking"},
        {&shipment_dispatched_message, CLASS_DELIVERY, "tracking"},
        {&record_delivery_message, CLASS_DELIVERY, "receipt"},
        {&shipment_delivered_message, CLASS_DELIVERY, "receipt"},
        {&request_return_message, CLASS_CONTACT, "note"},
        {&return_requested_message, CLASS_CONTACT, "note"},
        {&add_note_message, CLASS_CONTACT, "note"},
        {&note_added_message, CLASS_CONTACT, "note"},
    };
    size_t found = 0;
    for (size_t i = 0; i < countof(expected); i++) {
        const struct message_field *field =
            message_find_personal(expected[i].message, expected[i].class);
        assert_non_null(field);
        assert_string_equal(field->name, expected[i].field);
    }
    for (enum command_type type = 0; type < COMMAND_TYPE_COUNT; type++)
        found += command_may_be_personal(type);
    assert_int_equal(found, 12);
    assert_true(command_may_be_personal(COMMAND_PLACE_ORDER));
    assert_false(command_may_be_personal(COMMAND_CANCEL_LINES));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_clear_on_purpose_or_in_a_sealed_record),
        cmocka_unit_test(a_class_has_one_field_of_a_message_at_most),
        cmocka_unit_test(personal_messages_are_those_of_the_catalogue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
