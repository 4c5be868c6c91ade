// SPDX-License-Identifier: Apache-2.0
// Batches folded in memory: what becomes a row, what becomes a change, what is added to the sales.
#include "support/fold_log.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
