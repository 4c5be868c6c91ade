// SPDX-License-Identifier: Apache-2.0
// Batches folded in memory: what becomes a row, what becomes a change, what is added to the sales,
// and what is refused because it contradicts the events before.
#include "aggregate/load.h"
#include "projector/fold.h"
#include "support/stage.h"

#include <stdlib.h>

enum { MOST_EVENTS = 64, MEMORY = 8 << 20 };

/* A log in memory: commands on a stage become recorded events of one stream after another. */
struct log {
    struct stage stage; /* the order being written */
    struct recorded_event events[MOST_EVENTS];
    size_t count;
    int64_t stream;
    struct arena payloads;
    struct fold fold;
};

static int set_up(void **state)
{
    struct log *log = calloc(1, sizeof(*log));
    assert_non_null(log);
    stage_open(&log->stage, CATEGORY_ORDER);
    arena_init(&log->payloads, MEMORY);
    fold_init(&log->fold, MEMORY);
    *state = log;
    return 0;
}

static int tear_down(void **state)
{
    struct log *log = *state;
    fold_release(&log->fold);
    arena_release(&log->payloads);
    stage_close(&log->stage);
    free(log);
    return 0;
}

static struct uuid stream_id_of(int64_t stream)
{
    return (struct uuid){.bytes = {0xab, (uint8_t)stream}};
}

static void record(struct log *log, const struct event *event)
{
    struct new_event encoded;
    struct error err;
    assert_true(log->count < MOST_EVENTS);
    const struct event_place place = {.version = 1, .occurred_us = STAGE_NOW};
    assert_true(aggregate_encode(event, &place, NULL, &log->payloads, &encoded, &err));
    size_t at = log->count++;
    log->events[at] = (struct recorded_event){
        .position = 100 + (int64_t)at,
        .stream_number = log->stream,
        .stream = {.tenant_id = 1, .category = CATEGORY_ORDER, .id = stream_id_of(log->stream)},
        .version = log->stage.aggregate.version,
        .type = encoded.type,
        .schema_version = encoded.schema_version,
        .occurred_us = STAGE_NOW + (int64_t)at,
        .payload = encoded.payload};
}

/* Decides and records each event at the version it has. */
static void act(struct log *log, enum command_type type, const void *body)
{
    stage_decide(&log->stage, type, body);
    stage_accepted(&log->stage, log->stage.decision.event_count);
    struct decision decision = log->stage.decision;
    for (size_t i = 0; i < decision.event_count; i++) {
        assert_true(
            aggregate_evolve(&log->stage.aggregate, &decision.events[i], &log->stage.arena));
        record(log, &decision.events[i]);
    }
}

/* The order of three lines of stage.h: A-1 twice, B-22 once; 2 + 1 + 10 units, 61.06 EUR. */
static void place(struct log *log, int64_t stream)
{
    struct stage_order order;
    log->stream = stream;
    assert_true(aggregate_init(&log->stage.aggregate, CATEGORY_ORDER, &log->stage.arena));
    stage_fill_order(&order);
    act(log, COMMAND_PLACE_ORDER, &order.command);
}

static void cancel_line(struct log *log, int64_t line_no, int64_t qty)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    act(log, COMMAND_CANCEL_LINES, &(struct cancel_lines){.lines = &line, .lines_count = 1});
}

static void cancel_order(struct log *log)
{
    act(log, COMMAND_CANCEL_ORDER, &(struct cancel_order){.reason = 0});
}

/* Folds the events from..count-1 as one batch. */
static bool fold_from(struct log *log, size_t from, struct error *err)
{
    fold_reset(&log->fold);
    for (size_t i = from; i < log->count; i++) {
        if (!fold_add(&log->fold, &log->events[i], err))
            return false;
    }
    return true;
}

static void must_fold_from(struct log *log, size_t from)
{
    struct error err;
    if (!fold_from(log, from, &err))
        fail_msg("%s", err.text);
}

static const struct sales_row *sales_of(const struct log *log, const char *sku)
{
    struct sales_key key = {
        .tenant_id = 1,
        .month = sales_month(STAGE_NOW),
        .sku = slice_of_text(sku),
        .currency = slice_of_text("EUR")};
    return sales_find(&log->fold.sales, &key);
}

/* ---- new orders ---- */

static void test_a_new_order_is_a_row_and_its_sales(void **state)
{
    struct log *log = *state;
    place(log, 5);
    must_fold_from(log, 0);
    assert_int_equal(log->fold.new_orders, 1);
    assert_int_equal(log->fold.new_lines, 3);
    assert_int_equal(log->fold.changed_orders + log->fold.cancelled_orders, 0);
    const struct order_change *order = fold_find(&log->fold, 5);
    assert_non_null(order);
    assert_int_equal(order->units, 13);
    assert_int_equal(order->placed->total, 6106);
    assert_int_equal(order->cancelled_amount, 0);
    assert_int_equal(order->version, 1);
    assert_int_equal(order->position, 100);
    assert_null(order->lines);

    const struct sales_row *lamp = sales_of(log, "A-1");
    assert_int_equal(lamp->orders, 1); /* on two of its lines */
    assert_int_equal(lamp->units, 12);
    assert_int_equal(
        lamp->revenue, order->placed->lines[0].line_total + order->placed->lines[2].line_total);
    assert_int_equal(sales_of(log, "B-22")->orders, 1);
    assert_int_equal(sales_count(&log->fold.sales), 2);
}

static void test_changes_within_the_batch_go_into_the_row(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 3, 4);
    cancel_line(log, 3, 1);
    must_fold_from(log, 0);
    assert_int_equal(log->fold.new_orders, 1);
    assert_int_equal(log->fold.changed_orders, 0);
    const struct order_change *order = fold_find(&log->fold, 5);
    assert_int_equal(order->lines[2].cancelled, 5);
    assert_int_equal(order->lines[2].amount, order->cancelled_amount);
    assert_int_equal(order->lines[0].cancelled, 0);
    assert_false(order->cancelled);
    assert_int_equal(order->version, 3);
    assert_int_equal(order->updated_us, STAGE_NOW + 2);
    assert_int_equal(sales_of(log, "A-1")->cancelled_units, 5);
    assert_int_equal(sales_of(log, "A-1")->cancelled_revenue, order->cancelled_amount);
}

static void test_cancelling_the_order_takes_what_is_open(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 3, 4);
    cancel_order(log);
    must_fold_from(log, 0);
    const struct order_change *order = fold_find(&log->fold, 5);
    assert_true(order->cancelled);
    assert_int_equal(order->cancelled_amount, 6106); /* the shipping too */
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(order->lines[i].cancelled, order->placed->lines[i].qty);
        assert_int_equal(order->lines[i].amount, order->placed->lines[i].line_total);
    }
    const struct sales_row *lamp = sales_of(log, "A-1");
    assert_int_equal(lamp->cancelled_units, lamp->units);
    assert_int_equal(lamp->cancelled_revenue, lamp->revenue);
}

static void test_orders_keep_apart(void **state)
{
    struct log *log = *state;
    place(log, 5);
    place(log, 6);
    cancel_order(log);
    place(log, 7);
    must_fold_from(log, 0);
    assert_int_equal(log->fold.new_orders, 3);
    assert_false(fold_find(&log->fold, 5)->cancelled);
    assert_true(fold_find(&log->fold, 6)->cancelled);
    assert_null(fold_find(&log->fold, 8));
    assert_int_equal(sales_of(log, "A-1")->orders, 3);
    assert_int_equal(log->fold.orders->order_number, 5); /* in order of appearance */
}

/* ---- older orders ---- */

static void test_changes_of_an_older_order_are_summed_up(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 3, 4);
    cancel_line(log, 1, 1);
    cancel_line(log, 3, 2);
    must_fold_from(log, 1);
    assert_int_equal(log->fold.new_orders, 0);
    assert_int_equal(log->fold.changed_orders, 1);
    assert_int_equal(log->fold.changed_lines, 2);
    const struct order_change *order = fold_find(&log->fold, 5);
    assert_null(order->placed);
    assert_int_equal(order->first_version, 2);
    assert_int_equal(order->version, 4);
    assert_int_equal(order->lines[0].line_no, 3);
    assert_int_equal(order->lines[0].cancelled, 6);
    assert_int_equal(order->lines[1].line_no, 1);
    assert_int_equal(order->lines[0].amount + order->lines[1].amount, order->cancelled_amount);
    assert_int_equal(sales_count(&log->fold.sales), 0); /* its articles are not known here */
}

static void test_cancelling_an_older_order_swallows_its_changes(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 3, 4);
    cancel_order(log);
    must_fold_from(log, 1);
    assert_int_equal(log->fold.cancelled_orders, 1);
    assert_int_equal(log->fold.changed_orders, 0);
    assert_int_equal(log->fold.changed_lines, 0);
    const struct order_change *order = fold_find(&log->fold, 5);
    assert_int_equal(order->line_count, 0);
    assert_int_equal(order->cancelled_amount, 6106);
}

static void test_a_batch_leaves_nothing_for_the_next(void **state)
{
    struct log *log = *state;
    place(log, 5);
    must_fold_from(log, 0);
    cancel_line(log, 1, 1);
    must_fold_from(log, 1);
    assert_int_equal(log->fold.events, 1);
    assert_null(fold_find(&log->fold, 5)->placed);
    assert_int_equal(sales_count(&log->fold.sales), 0);
}

static void test_other_categories_count_but_do_nothing(void **state)
{
    struct log *log = *state;
    place(log, 5);
    log->events[0].stream.category = CATEGORY_STOCK;
    log->events[0].type = slice_of_text("StockTeleported"); /* not even read */
    must_fold_from(log, 0);
    assert_int_equal(log->fold.events, 1);
    assert_null(log->fold.orders);
}

/* ---- contradictions ---- */

static void refused(struct log *log, size_t from, enum error_kind kind, const char *text)
{
    struct error err;
    assert_false(fold_from(log, from, &err));
    assert_int_equal(err.kind, kind);
    if (strstr(err.text, text) == NULL)
        fail_msg("refused because: %s", err.text);
}

static void test_a_version_left_out_is_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 1, 1);
    log->events[1].version = 3;
    refused(log, 0, ERROR_tampered, "position 101 (LinesCancelled)");
    log->events[1].version = 1;
    refused(log, 0, ERROR_tampered, "not the next version");
}

static void test_an_order_placed_twice_is_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    place(log, 5);
    log->events[1].version = 2;
    refused(log, 0, ERROR_tampered, "the order exists");
    refused(log, 1, ERROR_tampered, "the order exists");
}

static void test_changes_that_do_not_fit_the_order_are_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    struct order_units_priced line = {.line_no = 9, .qty = 1, .amount = 1};
    struct lines_cancelled body = {
        .lines = &line, .lines_count = 1, .amount = 1, .cancelled_amount = 1};
    log->stage.aggregate.version = 2;
    record(log, &(struct event){.type = EVENT_LINES_CANCELLED, .body = &body});
    refused(log, 0, ERROR_tampered, "no such line");
    line = (struct order_units_priced){.line_no = 1, .qty = 3, .amount = 1};
    log->count--;
    record(log, &(struct event){.type = EVENT_LINES_CANCELLED, .body = &body});
    refused(log, 0, ERROR_tampered, "more is cancelled than is open");
}

static void test_nothing_follows_a_cancellation(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_order(log);
    log->events[log->count] = log->events[log->count - 1];
    log->events[log->count].version = 3;
    log->count++;
    refused(log, 0, ERROR_tampered, "the order is cancelled");
    refused(log, 1, ERROR_tampered, "the order is cancelled");
}

static void test_another_stream_under_the_same_number_is_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 1, 1);
    log->events[1].stream.id = stream_id_of(6);
    refused(log, 0, ERROR_tampered, "not the next version of its stream");
}

static void test_events_of_another_aggregate_are_refused(void **state)
{
    struct log *log = *state;
    place(log, 5);
    struct stock_adjusted body = {
        .sku = slice_of_text("A-1"), .location = slice_of_text("x"), .delta = 1, .on_hand = 1};
    log->stage.aggregate.version = 2;
    record(log, &(struct event){.type = EVENT_STOCK_ADJUSTED, .body = &body});
    refused(log, 0, ERROR_tampered, "does not belong into an order");
}

static void test_unknown_events_name_their_place(void **state)
{
    struct log *log = *state;
    place(log, 5);
    log->events[0].schema_version = 4;
    refused(log, 0, ERROR_invalid, "position 100, OrderPlaced version 4");
    log->events[0].type = slice_of_text("OrderTeleported");
    refused(log, 0, ERROR_invalid, "position 100, OrderTeleported");
}

static void test_exhausted_memory_is_an_error(void **state)
{
    struct log *log = *state;
    place(log, 5);
    place(log, 6);
    cancel_line(log, 1, 1);
    for (size_t memory = 64; memory < 16384; memory += 64) {
        struct fold fold;
        struct error err = {.kind = ERROR_fatal};
        bool ok = true;
        fold_init(&fold, memory);
        for (size_t i = 0; ok && i < log->count; i++)
            ok = fold_add(&fold, &log->events[i], &err);
        fold_release(&fold);
        assert_int_equal(err.kind, ERROR_fatal);
        if (ok)
            return;
    }
    fail_msg("it never fitted");
}

int main(void)
{
#define FOLD_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FOLD_TEST(test_a_new_order_is_a_row_and_its_sales),
        FOLD_TEST(test_changes_within_the_batch_go_into_the_row),
        FOLD_TEST(test_cancelling_the_order_takes_what_is_open),
        FOLD_TEST(test_orders_keep_apart),
        FOLD_TEST(test_changes_of_an_older_order_are_summed_up),
        FOLD_TEST(test_cancelling_an_older_order_swallows_its_changes),
        FOLD_TEST(test_a_batch_leaves_nothing_for_the_next),
        FOLD_TEST(test_other_categories_count_but_do_nothing),
        FOLD_TEST(test_a_version_left_out_is_refused),
        FOLD_TEST(test_an_order_placed_twice_is_refused),
        FOLD_TEST(test_changes_that_do_not_fit_the_order_are_refused),
        FOLD_TEST(test_nothing_follows_a_cancellation),
        FOLD_TEST(test_another_stream_under_the_same_number_is_refused),
        FOLD_TEST(test_events_of_another_aggregate_are_refused),
        FOLD_TEST(test_unknown_events_name_their_place),
        FOLD_TEST(test_exhausted_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
