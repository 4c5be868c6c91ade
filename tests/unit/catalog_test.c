// SPDX-License-Identifier: Apache-2.0
// The catalogue: the names other services and the store know our messages by.
#include "domain/catalog.h"
#include "domain/customer_messages.h"
#include "domain/order_messages.h"
#include "domain/promotion_messages.h"
#include "domain/stock_messages.h"
#include "support/each_message.h"

// clang-format off

/* As the catalogue of the domain numbers them. */
static const struct {
    const char *ce_type;
    enum command_type type;
    const struct message *message;
    enum category category;
} commands[] = {
    {"order.command.place-order.v1", COMMAND_PLACE_ORDER, &place_order_message, CATEGORY_ORDER},
    {"order.command.record-reservation.v1", COMMAND_RECORD_RESERVATION, &record_reservation_message, CATEGORY_ORDER},
    {"order.command.record-redemption.v1", COMMAND_RECORD_REDEMPTION, &record_redemption_message, CATEGORY_ORDER},
    {"order.command.record-payment-result.v1", COMMAND_RECORD_PAYMENT_RESULT, &record_payment_result_message, CATEGORY_ORDER},
    {"order.command.hold-order.v1", COMMAND_HOLD_ORDER, &hold_order_message, CATEGORY_ORDER},
    {"order.command.release-hold.v1", COMMAND_RELEASE_HOLD, &release_hold_message, CATEGORY_ORDER},
    {"order.command.change-shipping-address.v1", COMMAND_CHANGE_SHIPPING_ADDRESS, &change_shipping_address_message, CATEGORY_ORDER},
    {"order.command.cancel-lines.v1", COMMAND_CANCEL_LINES, &cancel_lines_message, CATEGORY_ORDER},
    {"order.command.cancel-order.v1", COMMAND_CANCEL_ORDER, &cancel_order_message, CATEGORY_ORDER},
    {"order.command.expire-order.v1", COMMAND_EXPIRE_ORDER, &expire_order_message, CATEGORY_ORDER},
    {"order.command.ship-lines.v1", COMMAND_SHIP_LINES, &ship_lines_message, CATEGORY_ORDER},
    {"order.command.record-delivery.v1", COMMAND_RECORD_DELIVERY, &record_delivery_message, CATEGORY_ORDER},
    {"order.command.request-return.v1", COMMAND_REQUEST_RETURN, &request_return_message, CATEGORY_ORDER},
    {"order.command.receive-return.v1", COMMAND_RECEIVE_RETURN, &receive_return_message, CATEGORY_ORDER},
    {"order.command.request-refund.v1", COMMAND_REQUEST_REFUND, &request_refund_message, CATEGORY_ORDER},
    {"order.command.add-note.v1", COMMAND_ADD_NOTE, &add_note_message, CATEGORY_ORDER},
    {"order.command.close-order.v1", COMMAND_CLOSE_ORDER, &close_order_message, CATEGORY_ORDER},
    {"stock.command.receive-stock.v1", COMMAND_RECEIVE_STOCK, &receive_stock_message, CATEGORY_STOCK},
    {"stock.command.adjust-stock.v1", COMMAND_ADJUST_STOCK, &adjust_stock_message, CATEGORY_STOCK},
    {"stock.command.reserve-stock.v1", COMMAND_RESERVE_STOCK, &reserve_stock_message, CATEGORY_STOCK},
    {"stock.command.release-reservation.v1", COMMAND_RELEASE_RESERVATION, &release_reservation_message, CATEGORY_STOCK},
    {"stock.command.commit-reservation.v1", COMMAND_COMMIT_RESERVATION, &commit_reservation_message, CATEGORY_STOCK},
    {"promotion.command.define-promotion.v1", COMMAND_DEFINE_PROMOTION, &define_promotion_message, CATEGORY_PROMOTION},
    {"promotion.command.redeem-promotion.v1", COMMAND_REDEEM_PROMOTION, &redeem_promotion_message, CATEGORY_PROMOTION},
    {"promotion.command.release-redemption.v1", COMMAND_RELEASE_REDEMPTION, &release_redemption_message, CATEGORY_PROMOTION},
    {"promotion.command.deactivate-promotion.v1", COMMAND_DEACTIVATE_PROMOTION, &deactivate_promotion_message, CATEGORY_PROMOTION},
    {"customer.command.register-customer.v1", COMMAND_REGISTER_CUSTOMER, &register_customer_message, CATEGORY_CUSTOMER},
    {"customer.command.change-contact.v1", COMMAND_CHANGE_CONTACT, &change_contact_message, CATEGORY_CUSTOMER},
    {"customer.command.request-erasure.v1", COMMAND_REQUEST_ERASURE, &request_erasure_message, CATEGORY_CUSTOMER},
    {"customer.command.confirm-erasure.v1", COMMAND_CONFIRM_ERASURE, &confirm_erasure_message, CATEGORY_CUSTOMER},
};

static const struct {
    const char *name;
    int version;
    enum event_type type;
    const struct message *message;
    enum category category;
} events[] = {
    {"OrderPlaced", 3, EVENT_ORDER_PLACED, &order_placed_message, CATEGORY_ORDER},
    {"LineReserved", 1, EVENT_LINE_RESERVED, &line_reserved_message, CATEGORY_ORDER},
    {"LineReservationRefused", 1, EVENT_LINE_RESERVATION_REFUSED, &line_reservation_refused_message, CATEGORY_ORDER},
    {"PromotionApplied", 1, EVENT_PROMOTION_APPLIED, &promotion_applied_message, CATEGORY_ORDER},
    {"PromotionRefused", 1, EVENT_PROMOTION_REFUSED, &promotion_refused_message, CATEGORY_ORDER},
    {"OrderConfirmed", 1, EVENT_ORDER_CONFIRMED, &order_confirmed_message, CATEGORY_ORDER},
    {"PaymentAuthorized", 1, EVENT_PAYMENT_AUTHORIZED, &payment_authorized_message, CATEGORY_ORDER},
    {"PaymentDeclined", 1, EVENT_PAYMENT_DECLINED, &payment_declined_message, CATEGORY_ORDER},
    {"PaymentCaptured", 1, EVENT_PAYMENT_CAPTURED, &payment_captured_message, CATEGORY_ORDER},
    {"PaymentVoided", 1, EVENT_PAYMENT_VOIDED, &payment_voided_message, CATEGORY_ORDER},
    {"OrderHeld", 1, EVENT_ORDER_HELD, &order_held_message, CATEGORY_ORDER},
    {"OrderReleased", 1, EVENT_ORDER_RELEASED, &order_released_message, CATEGORY_ORDER},
    {"ShippingAddressChanged", 2, EVENT_SHIPPING_ADDRESS_CHANGED, &shipping_address_changed_message, CATEGORY_ORDER},
    {"LinesCancelled", 1, EVENT_LINES_CANCELLED, &lines_cancelled_message, CATEGORY_ORDER},
    {"OrderCancelled", 2, EVENT_ORDER_CANCELLED, &order_cancelled_message, CATEGORY_ORDER},
    {"OrderExpired", 1, EVENT_ORDER_EXPIRED, &order_expired_message, CATEGORY_ORDER},
    {"ShipmentDispatched", 2, EVENT_SHIPMENT_DISPATCHED, &shipment_dispatched_message, CATEGORY_ORDER},
    {"ShipmentDelivered", 1, EVENT_SHIPMENT_DELIVERED, &shipment_delivered_message, CATEGORY_ORDER},
    {"ReturnRequested", 1, EVENT_RETURN_REQUESTED, &return_requested_message, CATEGORY_ORDER},
    {"ReturnReceived", 1, EVENT_RETURN_RECEIVED, &return_received_message, CATEGORY_ORDER},
    {"RefundRequested", 1, EVENT_REFUND_REQUESTED, &refund_requested_message, CATEGORY_ORDER},
    {"RefundSettled", 2, EVENT_REFUND_SETTLED, &refund_settled_message, CATEGORY_ORDER},
    {"RefundFailed", 1, EVENT_REFUND_FAILED, &refund_failed_message, CATEGORY_ORDER},
    {"NoteAdded", 1, EVENT_NOTE_ADDED, &note_added_message, CATEGORY_ORDER},
    {"OrderClosed", 1, EVENT_ORDER_CLOSED, &order_closed_message, CATEGORY_ORDER},
    {"StockReceived", 1, EVENT_STOCK_RECEIVED, &stock_received_message, CATEGORY_STOCK},
    {"StockAdjusted", 1, EVENT_STOCK_ADJUSTED, &stock_adjusted_message, CATEGORY_STOCK},
    {"StockReserved", 2, EVENT_STOCK_RESERVED, &stock_reserved_message, CATEGORY_STOCK},
    {"ReservationReleased", 1, EVENT_RESERVATION_RELEASED, &reservation_released_message, CATEGORY_STOCK},
    {"ReservationCommitted", 1, EVENT_RESERVATION_COMMITTED, &reservation_committed_message, CATEGORY_STOCK},
    {"PromotionDefined", 1, EVENT_PROMOTION_DEFINED, &promotion_defined_message, CATEGORY_PROMOTION},
    {"PromotionRedeemed", 1, EVENT_PROMOTION_REDEEMED, &promotion_redeemed_message, CATEGORY_PROMOTION},
    {"RedemptionReleased", 1, EVENT_REDEMPTION_RELEASED, &redemption_released_message, CATEGORY_PROMOTION},
    {"PromotionDeactivated", 1, EVENT_PROMOTION_DEACTIVATED, &promotion_deactivated_message, CATEGORY_PROMOTION},
    {"CustomerRegistered", 2, EVENT_CUSTOMER_REGISTERED, &customer_registered_message, CATEGORY_CUSTOMER},
    {"CustomerContactChanged", 1, EVENT_CUSTOMER_CONTACT_CHANGED, &customer_contact_changed_message, CATEGORY_CUSTOMER},
    {"ErasureRequested", 1, EVENT_ERASURE_REQUESTED, &erasure_requested_message, CATEGORY_CUSTOMER},
    {"CustomerErased", 1, EVENT_CUSTOMER_ERASED, &customer_erased_message, CATEGORY_CUSTOMER},
};

// clang-format on

static void commands_by_their_types(void **state)
{
    (void)state;
    assert_int_equal(countof(commands), COMMAND_TYPE_COUNT);
    for (size_t i = 0; i < countof(commands); i++) {
        enum command_type type;
        assert_true(catalog_find_command(slice_of_text(commands[i].ce_type), &type));
        assert_int_equal(type, commands[i].type);
        assert_ptr_equal(command_descriptions[type].message, commands[i].message);
        assert_int_equal(command_descriptions[type].category, commands[i].category);
    }
}

/* What begins a stream, what has happened whoever likes it, and what not everybody may say. */
static void some_commands_are_special(void **state)
{
    (void)state;
    for (enum command_type type = 0; type < COMMAND_TYPE_COUNT; type++) {
        const struct command_description *command = &command_descriptions[type];
        assert_int_equal(
            command->creates,
            type == COMMAND_PLACE_ORDER || type == COMMAND_REGISTER_CUSTOMER ||
                type == COMMAND_DEFINE_PROMOTION);
        assert_int_equal(
            command->is_fact,
            type == COMMAND_RECORD_PAYMENT_RESULT || type == COMMAND_SHIP_LINES ||
                type == COMMAND_RECORD_DELIVERY);
        assert_int_equal(command->is_restricted, type == COMMAND_CONFIRM_ERASURE);
    }
}

/* It is recorded of people who are gone too, without what is personal of it. */
static void what_is_personal_of_a_fact_is_optional(void **state)
{
    (void)state;
    for (size_t type = 0; type < COMMAND_TYPE_COUNT; type++) {
        const struct message *message = command_descriptions[type].message;
        for (size_t i = 0; command_descriptions[type].is_fact && i < message->field_count; i++) {
            const struct message_field *field = &message->fields[i];
            assert_true(!message_is_personal(field) || field->has_offset != NO_OFFSET);
        }
    }
}

static void events_by_their_stored_names(void **state)
{
    (void)state;
    assert_int_equal(countof(events), EVENT_TYPE_COUNT);
    for (size_t i = 0; i < countof(events); i++) {
        enum event_type type;
        assert_true(catalog_find_event(slice_of_text(events[i].name), events[i].version, &type));
        assert_int_equal(type, events[i].type);
        assert_ptr_equal(event_descriptions[type].message, events[i].message);
        assert_int_equal(event_descriptions[type].category, events[i].category);
    }
}

static void others_are_not_found(void **state)
{
    (void)state;
    static const char *const unknown[] = {
        "",
        "order.command.place-order",
        "order.command.place-order.v2",
        "order.command.place-order.v11",
        "ORDER.COMMAND.PLACE-ORDER.V1"};
    enum command_type command;
    for (size_t i = 0; i < countof(unknown); i++)
        assert_false(catalog_find_command(slice_of_text(unknown[i]), &command));
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

static void descriptors_are_sound(void **state)
{
    (void)state;
    each_message(check_fields);
}

/* Stored numbers are for ever: a reordered list would rename history. New names come last. */
static void names_of_enumerations_keep_their_numbers(void **state)
{
    (void)state;
    static const struct {
        const struct message_enum *names;
        const char *expected;
    } lists[] = {
        {&order_channels, "web store phone marketplace"},
        {&order_cancel_reasons, "customer declined fraud inventory promotion staff other"},
        {&order_roundings, "half_even half_up"},
        {&order_claim_outcomes, "reserved refused"},
        {&order_promotion_outcomes, "applied refused"},
        {&payment_operations, "authorize capture void refund"},
        {&payment_outcomes, "ok declined error"},
        {&payment_void_causes, "cancelled expired replaced"},
        {&order_hold_reasons,
         "fraud address manual capture_failed underfunded authorization_expired"},
        {&order_deadlines, "reservation payment authorization"},
        {&order_return_reasons, "damaged wrong_item not_as_described too_late unwanted other"},
        {&order_refund_reasons, "cancelled returned shipping goodwill overpaid other"},
        {&order_note_visibilities, "internal customer"},
        {&stock_causes, "purchase return"},
        {&stock_adjust_reasons, "damaged lost count other"},
        {&stock_release_causes, "cancelled expired lines_cancelled"},
        {&promotion_kinds, "percent_bps fixed"},
        {&promotion_release_causes, "cancelled expired refused"},
        {&promotion_deactivate_reasons, "ended abuse mistake other"},
        {&customer_legal_bases, "gdpr_article_17 consent_withdrawn contract_ended other"},
        {&customer_retention_bases, "invoice legal_claim authority other"},
        {&customer_classes, "contact delivery invoice payment"},
    };
    for (size_t i = 0; i < countof(lists); i++) {
        char found[200];
        struct writer out = writer_over(found, sizeof(found));
        for (size_t j = 0; j < lists[i].names->count; j++) {
            writer_bytes(&out, " ", j > 0);
            writer_bytes(&out, lists[i].names->names[j], strlen(lists[i].names->names[j]));
        }
        writer_byte(&out, '\0');
        assert_false(out.overflow);
        assert_string_equal(found, lists[i].expected);
    }
    assert_string_equal(order_roundings.names[ROUNDING_HALF_UP], "half_up");
    assert_int_equal(CLASS_CONTACT, 1);
    assert_int_equal(CLASS_PAYMENT, 4);
}

static void categories_keep_their_numbers(void **state)
{
    (void)state;
    static const char *const names[] = {NULL, "order", "stock", "customer", "promotion"};
    for (enum category category = CATEGORY_ORDER; category <= CATEGORY_PROMOTION; category++)
        assert_string_equal(category_name(category), names[category]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_by_their_types),
        cmocka_unit_test(some_commands_are_special),
        cmocka_unit_test(what_is_personal_of_a_fact_is_optional),
        cmocka_unit_test(events_by_their_stored_names),
        cmocka_unit_test(others_are_not_found),
        cmocka_unit_test(descriptors_are_sound),
        cmocka_unit_test(names_of_enumerations_keep_their_numbers),
        cmocka_unit_test(categories_keep_their_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
