// SPDX-License-Identifier: Apache-2.0
// The catalogue: the names other services and the store know our messages by.
#include "domain/catalog.h"
#include "domain/customer_messages.h"
#include "domain/order_messages.h"
#include "domain/stock_messages.h"
#include "support/cmocka.h"

static void commands_by_their_types(void **state)
{
    (void)state;
    static const struct {
        const char *ce_type;
        enum command_type type;
        const struct message *message;
        enum category category;
    } expected[] = {
        {"order.command.place-order.v1", COMMAND_PLACE_ORDER, &place_order_message, CATEGORY_ORDER},
        {"order.command.cancel-lines.v1",
         COMMAND_CANCEL_LINES,
         &cancel_lines_message,
         CATEGORY_ORDER},
        {"order.command.cancel-order.v1",
         COMMAND_CANCEL_ORDER,
         &cancel_order_message,
         CATEGORY_ORDER},
        {"stock.command.receive-stock.v1",
         COMMAND_RECEIVE_STOCK,
         &receive_stock_message,
         CATEGORY_STOCK},
        {"stock.command.adjust-stock.v1",
         COMMAND_ADJUST_STOCK,
         &adjust_stock_message,
         CATEGORY_STOCK},
        {"order.command.change-shipping-address.v1",
         COMMAND_CHANGE_SHIPPING_ADDRESS,
         &change_shipping_address_message,
         CATEGORY_ORDER},
        {"customer.command.register-customer.v1",
         COMMAND_REGISTER_CUSTOMER,
         &register_customer_message,
         CATEGORY_CUSTOMER},
        {"customer.command.change-contact.v1",
         COMMAND_CHANGE_CONTACT,
         &change_contact_message,
         CATEGORY_CUSTOMER},
    };
    assert_int_equal(countof(expected), COMMAND_TYPE_COUNT);
    for (size_t i = 0; i < countof(expected); i++) {
        enum command_type type;
        assert_true(catalog_find_command(slice_of_text(expected[i].ce_type), &type));
        assert_int_equal(type, expected[i].type);
        assert_ptr_equal(command_descriptions[type].message, expected[i].message);
        assert_int_equal(command_descriptions[type].category, expected[i].category);
        assert_int_equal(
            command_descriptions[type].creates,
            type == COMMAND_PLACE_ORDER || type == COMMAND_REGISTER_CUSTOMER);
    }
}

static void events_by_their_stored_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int version;
        enum event_type type;
        const struct message *message;
        enum category category;
    } expected[] = {
        {"OrderPlaced", 3, EVENT_ORDER_PLACED, &order_placed_message, CATEGORY_ORDER},
        {"LinesCancelled", 1, EVENT_LINES_CANCELLED, &lines_cancelled_message, CATEGORY_ORDER},
        {"OrderCancelled", 2, EVENT_ORDER_CANCELLED, &order_cancelled_message, CATEGORY_ORDER},
        {"StockReceived", 1, EVENT_STOCK_RECEIVED, &stock_received_message, CATEGORY_STOCK},
        {"StockAdjusted", 1, EVENT_STOCK_ADJUSTED, &stock_adjusted_message, CATEGORY_STOCK},
        {"ShippingAddressChanged",
         2,
         EVENT_SHIPPING_ADDRESS_CHANGED,
         &shipping_address_changed_message,
         CATEGORY_ORDER},
        {"CustomerRegistered",
         2,
         EVENT_CUSTOMER_REGISTERED,
         &customer_registered_message,
         CATEGORY_CUSTOMER},
        {"CustomerContactChanged",
         1,
         EVENT_CUSTOMER_CONTACT_CHANGED,
         &customer_contact_changed_message,
         CATEGORY_CUSTOMER},
    };
    assert_int_equal(countof(expected), EVENT_TYPE_COUNT);
    for (size_t i = 0; i < countof(expected); i++) {
        enum event_type type;
        assert_true(
            catalog_find_event(slice_of_text(expected[i].name), expected[i].version, &type));
        assert_int_equal(type, expected[i].type);
        assert_ptr_equal(event_descriptions[type].message, expected[i].message);
        assert_int_equal(event_descriptions[type].category, expected[i].category);
    }
}

static void others_are_not_found(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "",
        "order.command.place-order",
        "order.command.place-order.v2",
        "order.command.place-order.v11",
        "ORDER.COMMAND.PLACE-ORDER.V1"};
    enum command_type command;
    for (size_t i = 0; i < countof(commands); i++)
        assert_false(catalog_find_command(slice_of_text(commands[i]), &command));
    enum event_type event;
    assert_false(catalog_find_event(slice_of_text("OrderPlaced"), 2, &event));
    assert_false(catalog_find_event(slice_of_text("OrderPlaced"), 4, &event));
    assert_false(catalog_find_event(slice_of_text("OrderPlace"), 3, &event));
    assert_false(catalog_find_event(slice_of_text("OrderPlacedX"), 3, &event));
    assert_false(catalog_find_event(slice_of(NULL, 0), 3, &event));
    assert_false(catalog_find_event(slice_of("OrderPlaced\0", 12), 3, &event));
}

static void check_fields(const struct message *message)
{
    assert_true(message->field_count > 0);
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        assert_int_equal(field->name_size, strlen(field->name));
        assert_true(field->offset < message->size);
        if (field->kind == KIND_INT || field->kind == KIND_TEXT || field->kind == KIND_BYTES)
            assert_true(field->least <= field->greatest);
        if (field->kind == KIND_ENUM)
            assert_true(field->names->count > 0);
        if (field->element != NULL)
            assert_true(field->element->field_count > 0);
    }
}

/* Every message that a message of the catalogue holds, itself first. */
static void each_message(void (*check)(const struct message *message))
{
    const struct message *found[64];
    size_t count = 0;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++)
        found[count++] = command_descriptions[i].message;
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        found[count++] = event_descriptions[i].message;
    for (size_t at = 0; at < count; at++) {
        check(found[at]);
        for (size_t i = 0; i < found[at]->field_count; i++) {
            const struct message *element = found[at]->fields[i].element;
            size_t known = 0;
            while (known < count && found[known] != element)
                known++;
            assert_true(element == NULL || known < count || count < countof(found));
            if (element != NULL && known == count)
                found[count++] = element;
        }
    }
}

static void descriptors_are_sound(void **state)
{
    (void)state;
    each_message(check_fields);
}

/* ---- what is personal ---- */

/* Clear text of commands and events: each one was looked at. Whoever adds one says here why nothing in
 * it is about a person. */
static const char *const clear_on_purpose[] = {
    "currency", /* ISO 4217 */
    "ship_country",
    "country", /* two letters: taxes need them */
    "source_ref",
    "ref", /* numbers of other systems; an '@' is refused */
    "shipping_method",
    "method",
    "sku",
    "seller_id",
    "location",
    "title", /* goods and who sells them */
    "region",
    "locale", /* tags; other characters are refused */
    "sender",
    "box", /* ciphertext and its key's public half */
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
    return message == &postal_address_message || message == &person_contact_message ||
           message == &order_delivery_message || message == &customer_contact_message;
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
    assert_int_equal(found, 4);
    assert_true(command_may_be_personal(COMMAND_PLACE_ORDER));
    assert_false(command_may_be_personal(COMMAND_CANCEL_ORDER));
}

/* Stored numbers are for ever: a reordered list would rename history. */
static void names_of_enumerations_keep_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(order_channels.names[0], "web");
    assert_string_equal(order_channels.names[3], "marketplace");
    assert_string_equal(order_roundings.names[ROUNDING_HALF_EVEN], "half_even");
    assert_string_equal(order_roundings.names[ROUNDING_HALF_UP], "half_up");
    assert_string_equal(order_cancel_reasons.names[0], "customer");
    assert_string_equal(order_cancel_reasons.names[3], "inventory");
    assert_string_equal(order_cancel_reasons.names[6], "other");
    assert_string_equal(stock_causes.names[1], "return");
    assert_string_equal(stock_adjust_reasons.names[2], "count");
    assert_string_equal(category_name(CATEGORY_ORDER), "order");
    assert_string_equal(category_name(CATEGORY_STOCK), "stock");
    assert_int_equal(CATEGORY_ORDER, 1);
    assert_int_equal(CATEGORY_STOCK, 2);
    assert_string_equal(category_name(CATEGORY_CUSTOMER), "customer");
    assert_int_equal(CATEGORY_CUSTOMER, 3);
    assert_int_equal(CLASS_CONTACT, 1);
    assert_int_equal(CLASS_PAYMENT, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_by_their_types),
        cmocka_unit_test(events_by_their_stored_names),
        cmocka_unit_test(others_are_not_found),
        cmocka_unit_test(descriptors_are_sound),
        cmocka_unit_test(every_text_is_clear_on_purpose_or_in_a_sealed_record),
        cmocka_unit_test(a_class_has_one_field_of_a_message_at_most),
        cmocka_unit_test(personal_messages_are_those_of_the_catalogue),
        cmocka_unit_test(names_of_enumerations_keep_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
