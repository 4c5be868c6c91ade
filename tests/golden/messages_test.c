// SPDX-License-Identifier: Apache-2.0
// The bytes of messages made by hand, current and of any version ever written (catalog_test.c has a sample
// of every message there is): events in the
// stored form, which history is made of; commands in the contract form, which others send, and in
// the stored form, which fingerprints are made of. A message with optional fields is there twice.
// Personal fields are in files of their own: the clear and the personal part of commands, and the
// sections of events, which are what is sealed.
#include "domain/catalog.h"
#include "domain/customer_messages.h"
#include "domain/order_messages.h"
#include "domain/stock_messages.h"
#include "golden/filled.h"
#include "support/stage.h"

static const struct place_order_line command_lines[] = {
    {.line_no = 1,
     .sku = SLICE_LITERAL("85123A"),
     .seller_id = SLICE_LITERAL("seller-7"),
     .has_seller_id = true,
     .location = SLICE_LITERAL("north"),
     .has_location = true,
     .title = SLICE_LITERAL("Lamp \xe2\x80\x9ctall\xe2\x80\x9d"),
     .has_title = true,
     .qty = 2,
     .unit_price = {1999, 2},
     .tax_ppm = 200000,
     .commission_bps = 1500,
     .has_commission_bps = true},
    {.line_no = 1000000,
     .sku = SLICE_LITERAL("b"),
     .qty = 1000000,
     .unit_price = {5, 0},
     .tax_ppm = 0}};

static const struct place_order place_order_full = {
    .customer_id = {{0x01, 0x9c, 0x12, 0x34, 0x56, 0x78, 0x7a, 0xbc, 0x8d, 0xef, 1, 2, 3, 4, 5, 6}},
    .channel = 3,
    .currency = SLICE_LITERAL("EUR"),
    .prices_include_tax = true,
    .ship_country = SLICE_LITERAL("DE"),
    .lines = command_lines,
    .lines_count = 2,
    .shipping = {.method = SLICE_LITERAL("post"), .amount = {490, 2}, .tax_ppm = 200000},
    .has_shipping = true,
    .promo = {.code = SLICE_LITERAL("SPRING26"), .claimed_discount = {10, 0}},
    .has_promo = true,
    .declared_total = {500004488, 2},
    .placed_at = STAGE_NOW,
    .source_ref = SLICE_LITERAL("573585"),
    .has_source_ref = true};

static const struct place_order place_order_least = {
    .currency = SLICE_LITERAL("JPY"),
    .ship_country = SLICE_LITERAL("JP"),
    .lines = command_lines + 1,
    .lines_count = 1,
    .declared_total = {5000000, 0},
    .placed_at = STAGE_NOW};

#define ADDRESS_FULL \
    { \
        .name = SLICE_LITERAL("J\xc3\xbcrgen \xc3\x96zil"), .has_name = true, \
        .line1 = SLICE_LITERAL("Hauptstra\xc3\x9f" \
                               "e 1"), \
        .line2 = SLICE_LITERAL("c/o Lovelace"), .has_line2 = true, \
        .postal_code = SLICE_LITERAL("10115"), .has_postal_code = true, \
        .city = SLICE_LITERAL("Berlin"), .country = SLICE_LITERAL("DE") \
    }
#define ADDRESS_LEAST \
    { \
        .line1 = SLICE_LITERAL("1"), .city = SLICE_LITERAL("X"), .country = SLICE_LITERAL("DE") \
    }
#define PERSON_FULL \
    { \
        .name = SLICE_LITERAL("J\xc3\xbcrgen \xc3\x96zil"), \
        .email = SLICE_LITERAL("juergen@example.org"), .has_email = true, \
        .phone = SLICE_LITERAL("+49 30 1234567"), .has_phone = true \
    }

static const struct postal_address address_full = ADDRESS_FULL;
static const struct postal_address address_least = ADDRESS_LEAST;
static const struct person_contact person_full = PERSON_FULL;
static const struct person_contact person_least = {.name = SLICE_LITERAL("A")};
static const struct order_delivery delivery_full = {
    .ship_to = ADDRESS_FULL, .note = SLICE_LITERAL("Ring twice."), .has_note = true};
static const struct order_delivery delivery_least = {.ship_to = ADDRESS_LEAST};

#define CUSTOMER_FULL \
    { \
        .given_name = SLICE_LITERAL("J\xc3\xbcrgen"), .family_name = SLICE_LITERAL("\xc3\x96zil"), \
        .email = SLICE_LITERAL("juergen@example.org"), .phone = SLICE_LITERAL("+49 30 1234567"), \
        .has_phone = true \
    }
#define CUSTOMER_LEAST \
    { \
        .given_name = SLICE_LITERAL("A"), .email = SLICE_LITERAL("a@b") \
    }
static const struct customer_contact customer_full = CUSTOMER_FULL;
static const struct customer_contact customer_least = CUSTOMER_LEAST;

static const struct place_order place_order_person = {
    .customer_id = {{0x01, 0x9c, 0x12, 0x34, 0x56, 0x78, 0x7a, 0xbc, 0x8d, 0xef, 1, 2, 3, 4, 5, 6}},
    .currency = SLICE_LITERAL("EUR"),
    .ship_country = SLICE_LITERAL("DE"),
    .lines = command_lines + 1,
    .lines_count = 1,
    .declared_total = {5000000, 0},
    .placed_at = STAGE_NOW,
    .contact = PERSON_FULL,
    .has_contact = true,
    .delivery = {.ship_to = ADDRESS_FULL, .note = SLICE_LITERAL("Ring twice."), .has_note = true},
    .has_delivery = true,
    .bill_to = ADDRESS_LEAST,
    .has_bill_to = true};

static const uint8_t box_bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
static const uint8_t sender_bytes[32] = {0xa0, 0xa1, [31] = 0xbf};
#define BOX \
    { \
        .epoch = 1024, .sender = {sender_bytes, sizeof(sender_bytes)}, .box = { \
            box_bytes, \
            sizeof(box_bytes) \
        } \
    }

static const struct place_order place_order_sealed = {
    .currency = SLICE_LITERAL("EUR"),
    .ship_country = SLICE_LITERAL("DE"),
    .lines = command_lines + 1,
    .lines_count = 1,
    .declared_total = {5000000, 0},
    .placed_at = STAGE_NOW,
    .sealed = BOX,
    .has_sealed = true};

static const struct register_customer register_customer_full = {
    .region = SLICE_LITERAL("eu-west"),
    .locale = SLICE_LITERAL("de-DE"),
    .has_locale = true,
    .contact = CUSTOMER_FULL};
static const struct register_customer register_customer_least = {
    .region = SLICE_LITERAL("eu"), .contact = CUSTOMER_LEAST};
static const struct register_customer register_customer_sealed = {
    .region = SLICE_LITERAL("eu"), .sealed = BOX, .has_sealed = true};
static const struct change_contact change_contact_full = {.contact = CUSTOMER_FULL};
static const struct change_contact change_contact_least = {.contact = CUSTOMER_LEAST};
static const struct change_contact change_contact_sealed = {.sealed = BOX, .has_sealed = true};
static const struct change_shipping_address change_address_full = {
    .country = SLICE_LITERAL("DE"), .address = ADDRESS_FULL};
static const struct change_shipping_address change_address_least = {
    .country = SLICE_LITERAL("DE"), .address = ADDRESS_LEAST};
static const struct change_shipping_address change_address_sealed = {
    .country = SLICE_LITERAL("DE"), .sealed = BOX, .has_sealed = true};

static const struct customer_registered customer_registered_full = {
    .region = SLICE_LITERAL("eu-west"), .locale = SLICE_LITERAL("de-DE"), .has_locale = true};
static const struct customer_registered customer_registered_least = {.region = SLICE_LITERAL("eu")};
static const struct customer_contact_changed contact_changed = {.contact = {.email = {NULL, 0}}};
static const struct shipping_address_changed address_changed = {.country = SLICE_LITERAL("DE")};

static const uint8_t envelope_bytes[SEALED_LEAST_ENVELOPE] = {1, 1, [131] = 0xff};
#define ENVELOPE \
    { \
        envelope_bytes, sizeof(envelope_bytes) \
    }
static const struct sealed_part parts[] = {{1, ENVELOPE}, {3, ENVELOPE}};
static const struct sealed_parts sealed_parts_full = {.parts = parts, .parts_count = 2};
static const struct sealed_copy copies[] = {
    {.class = 1,
     .version = 1,
     .event_id = {{0x01, 0x9c, 0x12, 0x34}},
     .event_type = SLICE_LITERAL("OrderPlaced"),
     .schema_version = 3,
     .envelope = ENVELOPE},
    {.class = 2,
     .version = 300,
     .event_id = {{0x01, 0x9c, 0x12, 0x35}},
     .event_type = SLICE_LITERAL("ShippingAddressChanged"),
     .schema_version = 2,
     .envelope = ENVELOPE}};
static const struct sealed_copies sealed_copies_full = {.copies = copies, .copies_count = 2};

static const struct order_units cancel_lines_lines[] = {{1, 1}, {1000000, 300}};
static const struct cancel_lines cancel_lines_full = {
    .lines = cancel_lines_lines, .lines_count = 2, .reason = 6};
static const struct cancel_order cancel_order_least = {.reason = 3};
static const struct cancel_order cancel_order_full = {
    .reason = 6, .note = {.text = SLICE_LITERAL("J\xc3\xbcrgen rang.")}, .has_note = true};

static const struct receive_stock receive_stock_full = {
    .sku = SLICE_LITERAL("85123A"),
    .location = SLICE_LITERAL("north"),
    .has_location = true,
    .qty = STOCK_MAX_QTY,
    .cause = 1,
    .ref = SLICE_LITERAL("PO-1"),
    .has_ref = true};
static const struct receive_stock receive_stock_least = {.sku = SLICE_LITERAL("b"), .qty = 1};
static const struct adjust_stock adjust_stock_full = {
    .sku = SLICE_LITERAL("85123A"),
    .location = SLICE_LITERAL("north"),
    .has_location = true,
    .delta = -STOCK_MAX_QTY,
    .reason = 2};
static const struct adjust_stock adjust_stock_least = {.sku = SLICE_LITERAL("b"), .delta = 1};

static const struct order_placed_line event_lines[] = {
    {.line_no = 1,
     .sku = SLICE_LITERAL("85123A"),
     .seller_id = SLICE_LITERAL("seller-7"),
     .has_seller_id = true,
     .location = SLICE_LITERAL("north"),
     .has_location = true,
     .title = SLICE_LITERAL("Lamp \xe2\x80\x9ctall\xe2\x80\x9d"),
     .has_title = true,
     .qty = 2,
     .unit_price = 1999,
     .tax_ppm = 200000,
     .commission_bps = 1500,
     .has_commission_bps = true,
     .discount = 1000,
     .line_net = 3332,
     .line_tax = 666,
     .line_total = 3998},
    {.line_no = 1000000,
     .sku = SLICE_LITERAL("b"),
     .qty = 1000000,
     .unit_price = 500,
     .line_net = 500000000,
     .line_total = 500000000}};

static const struct order_placed order_placed_full = {
    .customer_id = {{0x01, 0x9c, 0x12, 0x34, 0x56, 0x78, 0x7a, 0xbc, 0x8d, 0xef, 1, 2, 3, 4, 5, 6}},
    .channel = 3,
    .currency = SLICE_LITERAL("EUR"),
    .prices_include_tax = true,
    .rounding = ROUNDING_HALF_UP,
    .ship_country = SLICE_LITERAL("DE"),
    .lines = event_lines,
    .lines_count = 2,
    .shipping_method = SLICE_LITERAL("post"),
    .has_shipping_method = true,
    .shipping = 408,
    .shipping_tax_ppm = 200000,
    .shipping_tax = 82,
    .subtotal = 500003332,
    .promo_code = SLICE_LITERAL("SPRING26"),
    .has_promo_code = true,
    .discount = 1000,
    .tax = 748,
    .total = 500004488,
    .placed_at = STAGE_NOW,
    .complete_by = STAGE_NOW + 900000000,
    .bill_country = SLICE_LITERAL("AT"),
    .has_bill_country = true,
    .source_ref = SLICE_LITERAL("573585"),
    .has_source_ref = true};

static const struct order_placed order_placed_least = {
    .currency = SLICE_LITERAL("JPY"),
    .ship_country = SLICE_LITERAL("JP"),
    .lines = event_lines + 1,
    .lines_count = 1,
    .subtotal = 500000000,
    .total = 500000000,
    .placed_at = STAGE_NOW};

static const struct order_units_priced lines_cancelled_lines[] = {
    {1, 1, 1999}, {1000000, 300, 150000}};
static const struct lines_cancelled lines_cancelled_full = {
    .lines = lines_cancelled_lines,
    .lines_count = 2,
    .reason = 6,
    .amount = 151999,
    .cancelled_amount = 153998};
static const struct order_cancelled order_cancelled_full = {
    .reason = 3, .amount = 499850490, .cancelled_amount = 500004488};

static const struct stock_received stock_received_full = {
    .sku = SLICE_LITERAL("85123A"),
    .location = SLICE_LITERAL("north"),
    .qty = STOCK_MAX_QTY,
    .cause = 1,
    .ref = SLICE_LITERAL("PO-1"),
    .has_ref = true,
    .on_hand = INT64_MAX,
    .reserved = 70000};
static const struct stock_received stock_received_least = {
    .sku = SLICE_LITERAL("b"), .location = SLICE_LITERAL("main"), .qty = 1, .on_hand = 1};
static const struct stock_adjusted stock_adjusted_full = {
    .sku = SLICE_LITERAL("85123A"),
    .location = SLICE_LITERAL("north"),
    .delta = -STOCK_MAX_QTY,
    .reason = 2,
    .on_hand = INT64_C(5000000000),
    .reserved = 70000};

struct frozen {
    const char *file; /* without the form */
    const struct message *message;
    const void *body;
};

static const struct frozen commands[] = {
    {"place_order_v1_full", &place_order_message, &place_order_full},
    {"place_order_v1_least", &place_order_message, &place_order_least},
    {"cancel_lines_v1", &cancel_lines_message, &cancel_lines_full},
    {"receive_stock_v1_full", &receive_stock_message, &receive_stock_full},
    {"receive_stock_v1_least", &receive_stock_message, &receive_stock_least},
    {"adjust_stock_v1_full", &adjust_stock_message, &adjust_stock_full},
    {"adjust_stock_v1_least", &adjust_stock_message, &adjust_stock_least},
};

/* Commands with personal fields, as they are sent: whole, in the two parts, and with a box. */
static const struct frozen personal_commands[] = {
    {"cancel_order_v1_full", &cancel_order_message, &cancel_order_full},
    {"cancel_order_v1_least", &cancel_order_message, &cancel_order_least},
    {"place_order_v1_person", &place_order_message, &place_order_person},
    {"place_order_v1_sealed", &place_order_message, &place_order_sealed},
    {"register_customer_v1_full", &register_customer_message, &register_customer_full},
    {"register_customer_v1_least", &register_customer_message, &register_customer_least},
    {"register_customer_v1_sealed", &register_customer_message, &register_customer_sealed},
    {"change_contact_v1_full", &change_contact_message, &change_contact_full},
    {"change_contact_v1_least", &change_contact_message, &change_contact_least},
    {"change_contact_v1_sealed", &change_contact_message, &change_contact_sealed},
    {"change_shipping_address_v1_full", &change_shipping_address_message, &change_address_full},
    {"change_shipping_address_v1_least", &change_shipping_address_message, &change_address_least},
    {"change_shipping_address_v1_sealed", &change_shipping_address_message, &change_address_sealed},
};

/* What is sealed with events. */
static const struct frozen sections[] = {
    {"postal_address_v1_full", &postal_address_message, &address_full},
    {"postal_address_v1_least", &postal_address_message, &address_least},
    {"person_contact_v1_full", &person_contact_message, &person_full},
    {"person_contact_v1_least", &person_contact_message, &person_least},
    {"order_delivery_v1_full", &order_delivery_message, &delivery_full},
    {"order_delivery_v1_least", &order_delivery_message, &delivery_least},
    {"customer_contact_v1_full", &customer_contact_message, &customer_full},
    {"customer_contact_v1_least", &customer_contact_message, &customer_least},
    {"sealed_parts_v1", &sealed_parts_message, &sealed_parts_full},
    {"sealed_copies_v1", &sealed_copies_message, &sealed_copies_full},
};

static const struct frozen events[] = {
    {"order_placed_v3_full", &order_placed_message, &order_placed_full},
    {"order_placed_v3_least", &order_placed_message, &order_placed_least},
    {"lines_cancelled_v1", &lines_cancelled_message, &lines_cancelled_full},
    {"order_cancelled_v2", &order_cancelled_message, &order_cancelled_full},
    {"stock_received_v1_full", &stock_received_message, &stock_received_full},
    {"stock_received_v1_least", &stock_received_message, &stock_received_least},
    {"stock_adjusted_v1", &stock_adjusted_message, &stock_adjusted_full},
    {"customer_registered_v2_full", &customer_registered_message, &customer_registered_full},
    {"customer_registered_v2_least", &customer_registered_message, &customer_registered_least},
    {"customer_contact_changed_v1", &customer_contact_changed_message, &contact_changed},
    {"shipping_address_changed_v2", &shipping_address_changed_message, &address_changed},
};

static void check(const struct frozen *frozen, enum wire_form form)
{
    golden_check_message(frozen->file, frozen->message, form, frozen->body);
}

static void commands_as_others_send_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(commands); i++)
        check(&commands[i], WIRE_CONTRACT);
}

static void commands_as_they_are_fingerprinted(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(commands); i++)
        check(&commands[i], WIRE_STORED);
}

static bool has_box(const struct message *message, const void *body)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (message_is_box(field) && message_has(body, field))
            return true;
    }
    return false;
}

static void personal_commands_whole_and_in_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(personal_commands); i++) {
        const struct frozen *frozen = &personal_commands[i];
        check(frozen, WIRE_CONTRACT);
        check(frozen, WIRE_CONTRACT_CLEAR);
        check(frozen, WIRE_STORED);
        if (!has_box(frozen->message, frozen->body))
            check(frozen, WIRE_CONTRACT_PERSONAL);
    }
}

static void sections_as_they_are_sealed(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(sections); i++)
        check(&sections[i], WIRE_STORED);
}

static void events_as_they_are_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(events); i++)
        check(&events[i], WIRE_STORED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_as_others_send_them),
        cmocka_unit_test(commands_as_they_are_fingerprinted),
        cmocka_unit_test(personal_commands_whole_and_in_parts),
        cmocka_unit_test(sections_as_they_are_sealed),
        cmocka_unit_test(events_as_they_are_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
