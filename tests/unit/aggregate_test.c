// SPDX-License-Identifier: Apache-2.0
// Between store and domain: events to stored bytes, streams to states, and what is done about
// streams that contradict themselves.
#include "aggregate/load.h"
#include "support/stage.h"

enum { MOST_EVENTS = 8 };

/* Where an event is does not matter as long as nothing of it is sealed. */
static const struct event_place anywhere = {.version = 1, .occurred_us = STAGE_NOW};

/* A stream as the store would give it back. */
struct stored {
    struct stage stage;
    struct recorded_event events[MOST_EVENTS];
    size_t count;
    struct error err;
};

static int open_stored(void **state)
{
    static struct stored stored;
    stored.count = 0;
    stage_open(&stored.stage, CATEGORY_ORDER);
    *state = &stored;
    return 0;
}

static int close_stored(void **state)
{
    stage_close(&((struct stored *)*state)->stage);
    return 0;
}

static void append(struct stored *stored, const struct event *event)
{
    struct new_event encoded;
    assert_true(
        aggregate_encode(event, &anywhere, NULL, &stored->stage.arena, &encoded, &stored->err));
    stored->events[stored->count] = (struct recorded_event){
        .version = (int64_t)stored->count + 1,
        .type = encoded.type,
        .schema_version = encoded.schema_version,
        .occurred_us = encoded.occurred_us,
        .payload = encoded.payload};
    stored->count++;
}

static void run(struct stored *stored, enum command_type type, const void *body, size_t event_count)
{
    stage_do(&stored->stage, type, body, event_count);
    for (size_t i = 0; i < event_count; i++)
        append(stored, &stored->stage.decision.events[i]);
}

/* Placed, a line cancelled, then the rest of it. */
static void fill(struct stored *stored)
{
    struct stage_order order;
    const struct order_units line = {.line_no = 3, .qty = 3};
    struct cancel_lines lines = {.lines = &line, .lines_count = 1};
    struct cancel_order rest = {.reason = 1};
    stage_fill_order(&order);
    run(stored, COMMAND_PLACE_ORDER, &order.command, 1);
    run(stored, COMMAND_CANCEL_LINES, &lines, 1);
    run(stored, COMMAND_CANCEL_ORDER, &rest, 1);
}

static bool load(struct stored *stored, enum category category, struct aggregate *out)
{
    struct loaded_stream stream = {
        .version = (int64_t)stored->count, .events = stored->events, .event_count = stored->count};
    return aggregate_load(&stream, category, &stored->stage.arena, out, &stored->err);
}

static void no_events_are_no_order(void **state)
{
    struct aggregate aggregate;
    assert_true(load(*state, CATEGORY_ORDER, &aggregate));
    assert_int_equal(aggregate.version, 0);
    assert_int_equal(aggregate.category, CATEGORY_ORDER);
    assert_int_equal(((const struct order *)aggregate.state)->status, ORDER_NONE);
}

static void a_stream_folds_to_its_state(void **state)
{
    struct stored *stored = *state;
    struct aggregate aggregate;
    fill(stored);
    assert_true(load(stored, CATEGORY_ORDER, &aggregate));
    const struct order *order = aggregate.state;
    const struct order *expected = stage_order(&stored->stage);
    assert_int_equal(aggregate.version, 3);
    assert_int_equal(order->status, ORDER_CANCELLED);
    assert_int_equal(order->total, 6106);
    assert_int_equal(order->sums.cancelled_amount, expected->sums.cancelled_amount);
    assert_int_equal(order->lines[2].cancelled, 10);
    assert_true(slice_is(order->lines[1].placed.seller_id, "seller-7"));
}

static void stored_events_carry_name_version_and_time(void **state)
{
    struct stored *stored = *state;
    fill(stored);
    assert_true(slice_is(stored->events[0].type, "OrderPlaced"));
    assert_int_equal(stored->events[0].schema_version, 3);
    assert_int_equal(stored->events[0].occurred_us, STAGE_NOW);
    assert_true(slice_is(stored->events[1].type, "LinesCancelled"));
    assert_int_equal(stored->events[1].schema_version, 1);
    assert_true(slice_is(stored->events[2].type, "OrderCancelled"));
    assert_int_equal(stored->events[2].schema_version, 2);
    assert_in_range(stored->events[0].payload.size, 150, 300);
}

static void fails(struct stored *stored, enum category category, enum error_kind kind)
{
    struct aggregate aggregate = {.version = 77};
    assert_false(load(stored, category, &aggregate));
    assert_int_equal(stored->err.kind, kind);
    assert_int_equal(aggregate.version, 77); /* untouched */
}

static void streams_that_contradict_themselves_are_refused(void **state)
{
    struct stored *stored = *state;
    fill(stored);
    stored->events[1].version = 3; /* a gap */
    fails(stored, CATEGORY_ORDER, ERROR_tampered);
    stored->events[1].version = 1; /* twice */
    fails(stored, CATEGORY_ORDER, ERROR_tampered);
    stored->events[1].version = 2;
    fails(stored, CATEGORY_STOCK, ERROR_tampered); /* of another category */
    struct loaded_stream cut = {.version = 3, .events = stored->events, .event_count = 2};
    struct aggregate aggregate;
    assert_false(
        aggregate_load(&cut, CATEGORY_ORDER, &stored->stage.arena, &aggregate, &stored->err));
    assert_int_equal(stored->err.kind, ERROR_tampered);
    stored->events[1].payload.size--;
    fails(stored, CATEGORY_ORDER, ERROR_tampered);
    stored->events[1].payload.size++;
    stored->events[1].schema_version = 2; /* of a newer program */
    fails(stored, CATEGORY_ORDER, ERROR_invalid);
}

static void an_exhausted_arena_is_fatal(void **state)
{
    struct stored *stored = *state;
    fill(stored);
    size_t failures = 0;
    for (size_t maximum = 0; maximum < 4096; maximum += 32) {
        struct arena small;
        struct aggregate aggregate;
        struct new_event event;
        struct loaded_stream stream = {
            .version = 3, .events = stored->events, .event_count = stored->count};
        arena_init(&small, maximum);
        if (!aggregate_load(&stream, CATEGORY_ORDER, &small, &aggregate, &stored->err)) {
            assert_int_equal(stored->err.kind, ERROR_fatal);
            failures++;
        }
        arena_release(&small);
        arena_init(&small, 4);
        const struct event *last = &stored->stage.decision.events[0];
        assert_false(aggregate_encode(last, &anywhere, NULL, &small, &event, &stored->err));
        assert_int_equal(stored->err.kind, ERROR_fatal);
        arena_release(&small);
    }
    assert_in_range(failures, 10, 120);
}

/* An event of 2,000 lines whose SKU and other texts have `text` bytes each. */
static struct order_placed big_event(struct stage *stage, size_t text)
{
    static uint8_t letters[200];
    memset(letters, 'x', sizeof(letters));
    struct order_placed_line *lines =
        arena_array(&stage->arena, ORDER_MAX_LINES, struct order_placed_line);
    assert_non_null(lines);
    for (size_t i = 0; i < ORDER_MAX_LINES; i++) {
        lines[i].line_no = (int64_t)i + 1;
        lines[i].sku = slice_of(letters, text);
        lines[i].seller_id = slice_of(letters, text);
        lines[i].has_seller_id = true;
        lines[i].title = slice_of(letters, 3 * text);
        lines[i].has_title = true;
        lines[i].qty = 1;
        lines[i].unit_price = 1;
        lines[i].line_net = 1;
        lines[i].line_total = 1;
    }
    return (struct order_placed){
        .currency = SLICE_LITERAL("EUR"),
        .ship_country = SLICE_LITERAL("DE"),
        .lines = lines,
        .lines_count = ORDER_MAX_LINES,
        .subtotal = ORDER_MAX_LINES,
        .total = ORDER_MAX_LINES};
}

static void the_largest_orders_come_back(void **state)
{
    struct stored *stored = *state;
    struct order_placed body = big_event(&stored->stage, 45);
    struct event event = {.type = EVENT_ORDER_PLACED, .body = &body};
    append(stored, &event);
    assert_in_range(stored->events[0].payload.size, 450000, 512 * 1024);
    struct aggregate aggregate;
    assert_true(load(stored, CATEGORY_ORDER, &aggregate));
    assert_int_equal(((const struct order *)aggregate.state)->line_count, ORDER_MAX_LINES);
}

static void events_over_the_limit_are_refused(void **state)
{
    struct stored *stored = *state;
    struct order_placed body = big_event(&stored->stage, 64);
    struct event event = {.type = EVENT_ORDER_PLACED, .body = &body};
    struct new_event encoded = {.schema_version = 77};
    assert_false(
        aggregate_encode(&event, &anywhere, NULL, &stored->stage.arena, &encoded, &stored->err));
    assert_int_equal(stored->err.kind, ERROR_invalid);
    assert_int_equal(encoded.schema_version, 77);
    struct arena small; /* too small for the second try, on the way to the limit */
    arena_init(&small, 10000);
    assert_false(aggregate_encode(&event, &anywhere, NULL, &small, &encoded, &stored->err));
    assert_int_equal(stored->err.kind, ERROR_fatal);
    arena_release(&small);
}

#define STORED(test) cmocka_unit_test_setup_teardown(test, open_stored, close_stored)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORED(no_events_are_no_order),
        STORED(a_stream_folds_to_its_state),
        STORED(stored_events_carry_name_version_and_time),
        STORED(streams_that_contradict_themselves_are_refused),
        STORED(an_exhausted_arena_is_fatal),
        STORED(the_largest_orders_come_back),
        STORED(events_over_the_limit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
