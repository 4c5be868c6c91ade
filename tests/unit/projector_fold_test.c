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

static struct order_change *order_of(const struct log *log, int64_t number)
{
    struct stream_change *stream = fold_find(&log->fold, number);
    assert_true(stream != NULL && stream->id.category == CATEGORY_ORDER);
    return (struct order_change *)stream;
}

static const struct stream_list *orders_of(const struct log *log)
{
    return &log->fold.of[CATEGORY_ORDER];
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
    assert_int_equal(orders_of(log)->made, 1);
    assert_int_equal(orders_of(log)->older, 0);
    assert_int_equal(log->fold.new_lines, 3);
    const struct order_change *order = order_of(log, 5);
    assert_int_equal(order->sums.units, 13);
    assert_int_equal(order->sums.total, 6106);
    assert_int_equal(order->sums.cancelled_amount, 0);
    assert_int_equal(order->status, ORDER_PLACED);
    assert_int_equal(order->stream.version, 1);
    assert_int_equal(order->stream.position, 100);
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
    assert_int_equal(orders_of(log)->made, 1);
    assert_int_equal(orders_of(log)->older, 0);
    const struct order_change *order = order_of(log, 5);
    assert_int_equal(order->lines[2].cancelled, 5);
    assert_int_equal(order->lines[2].cancelled_amount, order->sums.cancelled_amount);
    assert_int_equal(order->lines[0].cancelled, 0);
    assert_int_equal(order->status, ORDER_PLACED);
    assert_int_equal(order->stream.version, 3);
    assert_int_equal(order->stream.updated_us, STAGE_NOW + 2);
    assert_int_equal(sales_of(log, "A-1")->cancelled_units, 5);
    assert_int_equal(sales_of(log, "A-1")->cancelled_revenue, order->sums.cancelled_amount);
}

static void assert_all_cancelled(const struct log *log, const struct order_change *order)
{
    assert_int_equal(order->sums.cancelled_amount, 6106); /* the shipping too */
    assert_int_equal(order->sums.cancelled, 13);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(order->lines[i].cancelled, order->lines[i].qty);
        assert_int_equal(order->lines[i].cancelled_amount, order->lines[i].total);
    }
    const struct sales_row *lamp = sales_of(log, "A-1");
    assert_int_equal(lamp->cancelled_units, lamp->units);
    assert_int_equal(lamp->cancelled_revenue, lamp->revenue);
}

static void test_cancelling_the_order_takes_what_is_open(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 3, 4);
    cancel_order(log);
    must_fold_from(log, 0);
    assert_int_equal(order_of(log, 5)->status, ORDER_CANCELLED);
    assert_all_cancelled(log, order_of(log, 5));
}

static void test_an_expired_order_is_cancelled_as_a_whole(void **state)
{
    struct log *log = *state;
    place(log, 5);
    log->stage.context.now_us += INT64_C(86400000000);
    act(log, COMMAND_EXPIRE_ORDER, &(struct expire_order){.deadline = DEADLINE_PAYMENT});
    must_fold_from(log, 0);
    assert_int_equal(order_of(log, 5)->status, ORDER_EXPIRED);
    assert_all_cancelled(log, order_of(log, 5));
}

static void test_orders_keep_apart(void **state)
{
    struct log *log = *state;
    place(log, 5);
    place(log, 6);
    cancel_order(log);
    place(log, 7);
    must_fold_from(log, 0);
    assert_int_equal(orders_of(log)->made, 3);
    assert_int_equal(order_of(log, 5)->status, ORDER_PLACED);
    assert_int_equal(order_of(log, 6)->status, ORDER_CANCELLED);
    assert_null(fold_find(&log->fold, 8));
    assert_int_equal(sales_of(log, "A-1")->orders, 3);
    assert_int_equal(orders_of(log)->first->number, 5); /* in order of appearance */
}

/* ---- a whole life ---- */

static const struct uuid payment_id = {{0x77}};

static void pay(struct log *log, enum payment_operation op, const char *ref, int64_t amount)
{
    const struct record_payment_result body = {
        .payment_id = payment_id,
        .op = op,
        .outcome = PAYMENT_OK,
        .amount = {amount, 2},
        .provider = slice_of_text("bank"),
        .provider_ref = slice_of_text(ref)};
    act(log, COMMAND_RECORD_PAYMENT_RESULT, &body);
}

static void reserve(struct log *log, const char *sku, const char *location, int64_t qty)
{
    const struct record_reservation body = {
        .sku = slice_of_text(sku),
        .has_location = location != NULL,
        .location = slice_of_text(location != NULL ? location : ""),
        .outcome = CLAIM_RESERVED,
        .qty = qty};
    act(log, COMMAND_RECORD_RESERVATION, &body);
}

/* Placed, one unit cancelled, secured, paid, confirmed, held and released. */
static void confirm(struct log *log)
{
    cancel_line(log, 3, 1);
    reserve(log, "A-1", NULL, 11);
    reserve(log, "B-22", "north", 1);
    pay(log, PAYMENT_AUTHORIZE, "a", 6106);
    act(log, COMMAND_HOLD_ORDER, &(struct hold_order){.reason = HOLD_ADDRESS});
    act(log, COMMAND_RELEASE_HOLD, &(struct release_hold){0});
}

static struct order_units two_lines[] = {{.line_no = 1, .qty = 2}, {.line_no = 3, .qty = 4}};

static const struct uuid shipment_id = {{0x55}};

static void ship_and_return(struct log *log)
{
    static const struct uuid return_id = {{0x33}};
    struct return_line back = {.line_no = 3, .qty = 2};
    struct received_line here = {.line_no = 3, .accepted = 1, .rejected = 1};
    act(log,
        COMMAND_SHIP_LINES,
        &(struct ship_lines){
            .shipment_id = shipment_id,
            .carrier = slice_of_text("post"),
            .lines = two_lines,
            .lines_count = 2,
            .shipped_at = STAGE_NOW});
    pay(log, PAYMENT_CAPTURE, "c", 5000);
    act(log,
        COMMAND_RECORD_DELIVERY,
        &(struct record_delivery){.shipment_id = shipment_id, .delivered_at = STAGE_NOW});
    act(log,
        COMMAND_REQUEST_RETURN,
        &(struct request_return){.return_id = return_id, .lines = &back, .lines_count = 1});
    act(log,
        COMMAND_RECEIVE_RETURN,
        &(struct receive_return){.return_id = return_id, .lines = &here, .lines_count = 1});
}

static void assert_life(const struct log *log)
{
    const struct order_change *order = order_of(log, 5);
    assert_int_equal(order->status, ORDER_PART_SHIPPED);
    assert_false(order->held);
    assert_int_equal(order->sums.reserved, 12);
    assert_int_equal(order->sums.shipped, 6);
    assert_int_equal(order->sums.delivered, 6);
    assert_int_equal(order->sums.returned, 2);
    assert_int_equal(order->sums.authorised, 6106);
    assert_int_equal(order->sums.captured, 5000);
    const struct line_state *line = &order->lines[2];
    assert_int_equal(line->cancelled, 1);
    assert_int_equal(line->reserved, 9);
    assert_int_equal(line->shipped, 4);
    assert_int_equal(line->delivered, 4);
    assert_int_equal(order->sums.return_requested, 0);
    assert_int_equal(line->returned, 2);
    assert_int_equal(order->lines[1].reserved, 1);
    assert_int_equal(order->lines[1].shipped, 0);
    struct order_facets facets = order_facets_of(&order->sums);
    assert_int_equal(facets.payment, PAYMENT_FACET_PART_CAPTURED);
    assert_int_equal(facets.goods, GOODS_FACET_PART_DELIVERED);
    assert_int_equal(facets.returns, RETURNS_FACET_PART_RETURNED);
}

static void test_a_whole_life_in_one_batch(void **state)
{
    struct log *log = *state;
    place(log, 5);
    confirm(log);
    must_fold_from(log, 0);
    assert_int_equal(order_of(log, 5)->status, ORDER_CONFIRMED);
    ship_and_return(log);
    must_fold_from(log, 0);
    assert_life(log);
}

/* ---- older orders ---- */

/* What was read of the order's row and its lines: as a batch of all events before left them. */
static void
give_row(struct log *log, const struct order_change *row, const struct line_state *lines)
{
    struct order_change *order = order_of(log, 5);
    struct error err;
    order->placed_us = row->placed_us;
    order->currency = slice_of_text("EUR");
    order->status = row->status;
    order->sums = row->sums;
    order->held = row->held;
    order->hold_reason = row->hold_reason;
    if (order->wants_lines) {
        order->line_count = 3;
        order->lines = arena_array(&log->fold.arena, 3, struct line_state);
        assert_non_null(order->lines);
        for (size_t i = 0; i < 3; i++) {
            order->lines[i] = lines[i];
            order->lines[i].changed = false;
        }
    }
    if (!fold_settle(&log->fold, order, &err))
        fail_msg("%s", err.text);
}

/* Folds up to the event `from` as one batch and the rest as another. */
static void fold_in_two(struct log *log, size_t from)
{
    struct line_state lines[3] = {0};
    size_t count = log->count;
    log->count = from;
    must_fold_from(log, 0);
    log->count = count;
    struct order_change row = *order_of(log, 5);
    for (size_t i = 0; i < 3; i++) {
        const struct order_placed_line *placed = &row.placed->lines[i];
        if (row.lines != NULL)
            lines[i] = row.lines[i];
        lines[i].line_no = placed->line_no;
        lines[i].qty = placed->qty;
        lines[i].total = placed->line_total;
        lines[i].sku = slice_of_text(i == 1 ? "B-22" : "A-1");
    }
    must_fold_from(log, from);
    give_row(log, &row, lines);
}

static void test_an_older_order_comes_to_the_same(void **state)
{
    struct log *log = *state;
    place(log, 5);
    confirm(log);
    ship_and_return(log);
    for (size_t from = 1; from < log->count; from++) {
        fold_in_two(log, from);
        const struct order_change *order = order_of(log, 5);
        assert_null(order->placed);
        assert_int_equal(order->stream.first_version, (int64_t)from + 1);
        assert_int_equal(order->stream.version, (int64_t)log->count);
        if (order->wants_lines)
            assert_life(log);
        else
            assert_int_equal(order->sums.captured, 5000);
    }
}

static void test_only_changed_lines_are_written(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 3, 4);
    cancel_line(log, 3, 2);
    fold_in_two(log, 1);
    const struct order_change *order = order_of(log, 5);
    assert_int_equal(log->fold.lines_wanted, 1);
    assert_false(order->lines[0].changed || order->lines[1].changed);
    assert_true(order->lines[2].changed);
    assert_int_equal(order->lines[2].cancelled, 6);
    assert_int_equal(sales_of(log, "A-1")->cancelled_units, 6);
    assert_int_equal(sales_of(log, "A-1")->units, 0); /* counted by the batch before */
}

static void test_cancelling_an_older_order_counts_what_was_open(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_line(log, 3, 4);
    cancel_order(log);
    fold_in_two(log, 2);
    const struct order_change *order = order_of(log, 5);
    assert_int_equal(order->status, ORDER_CANCELLED);
    assert_int_equal(order->sums.cancelled_amount, 6106);
    assert_int_equal(sales_of(log, "A-1")->cancelled_units, 8);
    assert_int_equal(sales_of(log, "B-22")->cancelled_units, 1);
}

static void test_money_needs_no_lines(void **state)
{
    struct log *log = *state;
    place(log, 5);
    pay(log, PAYMENT_AUTHORIZE, "a", 6106);
    fold_in_two(log, 1);
    assert_false(order_of(log, 5)->wants_lines);
    assert_int_equal(log->fold.lines_wanted, 0);
    assert_int_equal(order_of(log, 5)->sums.authorised, 6106);
    assert_int_equal(sales_count(&log->fold.sales), 0);
}

static void test_a_hold_of_before_stays(void **state)
{
    struct log *log = *state;
    place(log, 5);
    act(log, COMMAND_HOLD_ORDER, &(struct hold_order){.reason = HOLD_FRAUD});
    pay(log, PAYMENT_AUTHORIZE, "a", 6106);
    fold_in_two(log, 2);
    assert_true(order_of(log, 5)->held);
    assert_int_equal(order_of(log, 5)->hold_reason, HOLD_FRAUD);
}

static void test_a_batch_leaves_nothing_for_the_next(void **state)
{
    struct log *log = *state;
    place(log, 5);
    must_fold_from(log, 0);
    cancel_line(log, 1, 1);
    must_fold_from(log, 1);
    assert_int_equal(log->fold.events, 1);
    assert_null(order_of(log, 5)->placed);
    assert_int_equal(sales_count(&log->fold.sales), 0);
}

static void test_categories_without_a_read_model_count_but_do_nothing(void **state)
{
    struct log *log = *state;
    place(log, 5);
    log->events[0].stream.category = CATEGORY_PROMOTION + 1;
    log->events[0].type = slice_of_text("StockTeleported"); /* not even read */
    must_fold_from(log, 0);
    assert_int_equal(log->fold.events, 1);
    assert_null(orders_of(log)->first);
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
    refused(log, 0, ERROR_tampered, "begins once");
    refused(log, 1, ERROR_tampered, "begins once");
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
    refused(log, 0, ERROR_tampered, "more than the line has");
}

static void test_nothing_is_cancelled_twice(void **state)
{
    struct log *log = *state;
    place(log, 5);
    cancel_order(log);
    log->events[log->count] = log->events[log->count - 1];
    log->events[log->count].version = 3;
    log->count++;
    refused(log, 0, ERROR_tampered, "more is cancelled than was ordered");
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
    refused(log, 0, ERROR_tampered, "another kind");
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
        FOLD_TEST(test_an_expired_order_is_cancelled_as_a_whole),
        FOLD_TEST(test_orders_keep_apart),
        FOLD_TEST(test_a_whole_life_in_one_batch),
        FOLD_TEST(test_an_older_order_comes_to_the_same),
        FOLD_TEST(test_only_changed_lines_are_written),
        FOLD_TEST(test_cancelling_an_older_order_counts_what_was_open),
        FOLD_TEST(test_money_needs_no_lines),
        FOLD_TEST(test_a_hold_of_before_stays),
        FOLD_TEST(test_a_batch_leaves_nothing_for_the_next),
        FOLD_TEST(test_categories_without_a_read_model_count_but_do_nothing),
        FOLD_TEST(test_a_version_left_out_is_refused),
        FOLD_TEST(test_an_order_placed_twice_is_refused),
        FOLD_TEST(test_changes_that_do_not_fit_the_order_are_refused),
        FOLD_TEST(test_nothing_is_cancelled_twice),
        FOLD_TEST(test_another_stream_under_the_same_number_is_refused),
        FOLD_TEST(test_events_of_another_aggregate_are_refused),
        FOLD_TEST(test_unknown_events_name_their_place),
        FOLD_TEST(test_exhausted_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
