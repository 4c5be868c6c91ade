// SPDX-License-Identifier: Apache-2.0
// The bytes of every message of the domain, current and of any version ever written: events in the
// stored form, which history is made of; commands in the contract form, which others send, and in
// the stored form, which fingerprints are made of. A message with optional fields is there twice.
#include "domain/catalog.h"
#include "domain/order_messages.h"
#include "domain/stock_messages.h"
#include "golden/golden.h"
#include "support/stage.h"
#include "wire/scan.h"

#include <stdio.h>

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

static const struct cancel_lines_line cancel_lines_lines[] = {{1, 1}, {1000000, 300}};
static const struct cancel_lines cancel_lines_full = {
    .lines = cancel_lines_lines, .lines_count = 2, .reason = 6};
static const struct cancel_order cancel_order_full = {.reason = 3};

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
    .tax = 748,
    .total = 500004488,
    .placed_at = STAGE_NOW,
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

static const struct lines_cancelled_line lines_cancelled_lines[] = {
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
    {"cancel_order_v1", &cancel_order_message, &cancel_order_full},
    {"receive_stock_v1_full", &receive_stock_message, &receive_stock_full},
    {"receive_stock_v1_least", &receive_stock_message, &receive_stock_least},
    {"adjust_stock_v1_full", &adjust_stock_message, &adjust_stock_full},
    {"adjust_stock_v1_least", &adjust_stock_message, &adjust_stock_least},
};

static const struct frozen events[] = {
    {"order_placed_v3_full", &order_placed_message, &order_placed_full},
    {"order_placed_v3_least", &order_placed_message, &order_placed_least},
    {"lines_cancelled_v1", &lines_cancelled_message, &lines_cancelled_full},
    {"order_cancelled_v2", &order_cancelled_message, &order_cancelled_full},
    {"stock_received_v1_full", &stock_received_message, &stock_received_full},
    {"stock_received_v1_least", &stock_received_message, &stock_received_least},
    {"stock_adjusted_v1", &stock_adjusted_message, &stock_adjusted_full},
};

/* Writing gives the frozen bytes, and reading those gives the message. */
static void check(const struct frozen *frozen, enum wire_form form)
{
    uint8_t bytes[4096];
    char file[80];
    struct arena arena;
    struct writer out = writer_over(bytes, sizeof(bytes));
    const char *suffix = form == WIRE_CONTRACT ? "contract" : "stored";
    (void)snprintf(file, sizeof(file), "%s.%s", frozen->file, suffix);
    wire_encode(frozen->message, form, frozen->body, &out);
    assert_false(out.overflow);
    golden_check(file, writer_slice(&out));
    arena_init(&arena, 4 << 20);
    struct slice stored = golden_read(file, &arena);
    const struct wire_limits *limits =
        form == WIRE_CONTRACT ? &wire_command_limits : &wire_event_limits;
    struct wire_fault fault;
    void *body = arena_take(&arena, frozen->message->size);
    assert_non_null(body);
    assert_true(wire_scan(stored, limits, &fault));
    assert_true(wire_decode(frozen->message, form, stored, &arena, body, &fault));
    assert_same_message(frozen->message, body, frozen->body);
    arena_release(&arena);
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

static void events_as_they_are_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(events); i++)
        check(&events[i], WIRE_STORED);
}

static bool is_frozen(const struct message *message, const struct frozen *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].message == message)
            return true;
    }
    return false;
}

static void no_message_is_left_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++)
        assert_true(is_frozen(command_descriptions[i].message, commands, countof(commands)));
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        assert_true(is_frozen(event_descriptions[i].message, events, countof(events)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_as_others_send_them),
        cmocka_unit_test(commands_as_they_are_fingerprinted),
        cmocka_unit_test(events_as_they_are_stored),
        cmocka_unit_test(no_message_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
