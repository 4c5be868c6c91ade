// SPDX-License-Identifier: Apache-2.0
// Stored bytes to events: what was written is read, what is not ours or was changed is said.
#include "golden/filled.h"
#include "support/stage.h"
#include "upcast/event_read.h"

struct reading {
    struct arena arena;
    uint8_t bytes[4096];
    struct slice payload;
    struct event event;
    struct error err;
};

static int open_reading(void **state)
{
    static struct reading reading;
    memset(&reading, 0, sizeof(reading));
    arena_init(&reading.arena, 1 << 20);
    *state = &reading;
    return 0;
}

static int close_reading(void **state)
{
    arena_release(&((struct reading *)*state)->arena);
    return 0;
}

static const struct order_placed_line lines[] = {
    {.line_no = 1,
     .sku = SLICE_LITERAL("A-1"),
     .title = SLICE_LITERAL("Lamp"),
     .has_title = true,
     .qty = 2,
     .unit_price = 1999,
     .tax_ppm = 200000,
     .line_net = 3998,
     .line_tax = 800,
     .line_total = 4798}};

static const struct order_placed placed = {
    .customer_id = {{1, 2, 3}},
    .channel = 2,
    .currency = SLICE_LITERAL("EUR"),
    .rounding = 1,
    .ship_country = SLICE_LITERAL("DE"),
    .lines = lines,
    .lines_count = 1,
    .subtotal = 3998,
    .tax = 800,
    .total = 4798,
    .placed_at = STAGE_NOW};

static void store(struct reading *reading, enum event_type type, const void *body)
{
    struct writer out = writer_over(reading->bytes, sizeof(reading->bytes));
    wire_encode(event_descriptions[type].message, WIRE_STORED, body, &out);
    assert_false(out.overflow);
    reading->payload = writer_slice(&out);
}

static bool read_as(struct reading *reading, const char *type, int version)
{
    return event_read(
        slice_of_text(type),
        version,
        reading->payload,
        &reading->arena,
        &reading->event,
        &reading->err);
}

static void an_order_is_read_as_it_was_written(void **state)
{
    struct reading *reading = *state;
    store(reading, EVENT_ORDER_PLACED, &placed);
    assert_true(read_as(reading, "OrderPlaced", 3));
    assert_int_equal(reading->event.type, EVENT_ORDER_PLACED);
    const struct order_placed *event = reading->event.body;
    assert_true(uuid_equal(&event->customer_id, &placed.customer_id));
    assert_int_equal(event->channel, 2);
    assert_int_equal(event->rounding, 1);
    assert_int_equal(event->total, 4798);
    assert_int_equal(event->placed_at, STAGE_NOW);
    assert_false(event->has_source_ref);
    assert_int_equal(event->lines_count, 1);
    assert_true(slice_is(event->lines[0].title, "Lamp") && event->lines[0].has_title);
    assert_false(event->lines[0].has_seller_id);
    assert_in_range(
        (uintptr_t)event->lines[0].sku.data, /* not copied */
        (uintptr_t)reading->bytes,
        (uintptr_t)(reading->bytes + sizeof(reading->bytes)));
}

static void every_current_event_is_read(void **state)
{
    struct reading *reading = *state;
    const struct stock_adjusted adjusted = {
        .sku = SLICE_LITERAL("A"), .location = SLICE_LITERAL("main"), .delta = -1};
    for (enum event_type type = 0; type < EVENT_TYPE_COUNT; type++) {
        const struct message *message = event_descriptions[type].message;
        for (enum filling filling = FILLED_WHOLE; filling <= FILLED_BARE; filling++) {
            store(reading, type, golden_fill(message, filling, &reading->arena));
            assert_true(read_as(reading, message->name, message->version));
            assert_int_equal(reading->event.type, type);
        }
    }
    store(reading, EVENT_STOCK_ADJUSTED, &adjusted);
    assert_true(read_as(reading, "StockAdjusted", 1));
    assert_int_equal(((const struct stock_adjusted *)reading->event.body)->delta, -1);
}

static void newer_and_unknown_events_are_said(void **state)
{
    struct reading *reading = *state;
    static const struct {
        const char *type;
        int version;
    } unknown[] = {
        {"OrderPlaced", 4},
        {"OrderPlaced", 0},
        {"OrderPlaced", -3},
        {"OrderConfirmed", 2},
        {"OrderForgotten", 1},
        {"", 1}};
    store(reading, EVENT_ORDER_PLACED, &placed);
    for (size_t i = 0; i < countof(unknown); i++) {
        assert_false(read_as(reading, unknown[i].type, unknown[i].version));
        assert_int_equal(reading->err.kind, ERROR_invalid);
        assert_non_null(strstr(reading->err.text, unknown[i].type));
        assert_non_null(strstr(reading->err.text, "newer"));
    }
}

/* Values were added by others and are added by newer programs of ours. */
static void unknown_values_of_enumerations_are_kept(void **state)
{
    struct reading *reading = *state;
    struct order_placed newer = placed;
    newer.channel = 99;
    store(reading, EVENT_ORDER_PLACED, &newer);
    assert_true(read_as(reading, "OrderPlaced", 3));
    assert_int_equal(((const struct order_placed *)reading->event.body)->channel, 99);
}

static void cut_bytes_are_tampered_with(void **state)
{
    struct reading *reading = *state;
    store(reading, EVENT_ORDER_PLACED, &placed);
    struct slice whole = reading->payload;
    for (size_t size = 0; size < whole.size; size++) {
        reading->payload = slice_of(whole.data, size);
        assert_false(read_as(reading, "OrderPlaced", 3));
        assert_int_equal(reading->err.kind, ERROR_tampered);
    }
    reading->payload = slice_of(whole.data, whole.size + 1); /* a byte too many */
    assert_false(read_as(reading, "OrderPlaced", 3));
    assert_int_equal(reading->err.kind, ERROR_tampered);
    reading->payload = whole;
    assert_false(read_as(reading, "StockAdjusted", 1)); /* of another type */
    assert_int_equal(reading->err.kind, ERROR_tampered);
    assert_non_null(strstr(reading->err.text, "StockAdjusted.1"));
}

/* Any one changed byte: an event still, or a word about it; never a fault of the program. */
static void changed_bytes_do_no_harm(void **state)
{
    struct reading *reading = *state;
    store(reading, EVENT_ORDER_PLACED, &placed);
    size_t refused = 0;
    for (size_t at = 0; at < reading->payload.size; at++) {
        uint8_t before = reading->bytes[at];
        for (unsigned value = 0; value < 256; value++) {
            reading->bytes[at] = (uint8_t)value;
            arena_reset(&reading->arena);
            if (!read_as(reading, "OrderPlaced", 3)) {
                assert_int_equal(reading->err.kind, ERROR_tampered);
                refused++;
            }
        }
        reading->bytes[at] = before;
    }
    assert_true(refused > 10000);
}

static void an_exhausted_arena_is_not_tampering(void **state)
{
    struct reading *reading = *state;
    store(reading, EVENT_ORDER_PLACED, &placed);
    size_t need = sizeof(struct order_placed) + sizeof(struct order_placed_line);
    for (size_t maximum = 0; maximum < need; maximum += 16) {
        arena_release(&reading->arena);
        arena_init(&reading->arena, maximum);
        assert_false(read_as(reading, "OrderPlaced", 3));
        assert_int_equal(reading->err.kind, ERROR_fatal);
    }
    arena_release(&reading->arena);
    arena_init(&reading->arena, need);
    assert_true(read_as(reading, "OrderPlaced", 3));
}

#define READING(test) cmocka_unit_test_setup_teardown(test, open_reading, close_reading)

int main(void)
{
    const struct CMUnitTest tests[] = {
        READING(an_order_is_read_as_it_was_written),
        READING(every_current_event_is_read),
        READING(newer_and_unknown_events_are_said),
        READING(unknown_values_of_enumerations_are_kept),
        READING(cut_bytes_are_tampered_with),
        READING(changed_bytes_do_no_harm),
        READING(an_exhausted_arena_is_not_tampering),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
