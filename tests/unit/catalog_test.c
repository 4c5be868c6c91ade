// SPDX-License-Identifier: Apache-2.0
// The catalogue: the names other services and the store know our messages by.
#include "domain/catalog.h"
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
    };
    assert_int_equal(countof(expected), COMMAND_TYPE_COUNT);
    for (size_t i = 0; i < countof(expected); i++) {
        enum command_type type;
        assert_true(catalog_find_command(slice_of_text(expected[i].ce_type), &type));
        assert_int_equal(type, expected[i].type);
        assert_ptr_equal(command_descriptions[type].message, expected[i].message);
        assert_int_equal(command_descriptions[type].category, expected[i].category);
        assert_int_equal(command_descriptions[type].creates, type == COMMAND_PLACE_ORDER);
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
        assert_int_equal(field->class, CLASS_NONE);
        assert_int_equal(field->name_size, strlen(field->name));
        assert_true(field->offset < message->size);
        if (field->kind == KIND_INT || field->kind == KIND_TEXT)
            assert_true(field->least <= field->greatest);
        if (field->kind == KIND_ENUM)
            assert_true(field->names->count > 0);
        if (field->element != NULL)
            assert_true(field->element->field_count > 0);
    }
}

static void descriptors_are_sound_and_hold_nothing_personal(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++)
        check_fields(command_descriptions[i].message);
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        check_fields(event_descriptions[i].message);
    check_fields(&place_order_line_message);
    check_fields(&place_order_shipping_message);
    check_fields(&cancel_lines_line_message);
    check_fields(&order_placed_line_message);
    check_fields(&lines_cancelled_line_message);
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_by_their_types),
        cmocka_unit_test(events_by_their_stored_names),
        cmocka_unit_test(others_are_not_found),
        cmocka_unit_test(descriptors_are_sound_and_hold_nothing_personal),
        cmocka_unit_test(names_of_enumerations_keep_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
