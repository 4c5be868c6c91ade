// SPDX-License-Identifier: Apache-2.0
// The retail file as commands, on small made-up files: the rules of docs/retail-data.md one by one.
#include "domain/order_messages.h"
#include "domain/stock_item.h"
#include "load/retail.h"
#include "support/cmocka.h"
#include "wire/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
#define DAY_1 ",2010-12-01 08:26:00,"
#define DAY_2 ",2010-12-02 09:00:00,"
#define UK ",17850.0,United Kingdom\n"
#define GUEST ",,United Kingdom\n"

static const struct uuid tenant = {{0x5f, 0x0e, 0x6f, 0x4c, 0x6d, 0x0b, 0x5c, 0x1b}};

/* A retail source over a made-up file. */
struct feed {
    char path[64];
    struct run_identity identity;
    struct retail *retail;
    struct outgoing command; /* read last */
    struct error err;
};

static struct feed feed;

static void write_file(const char *rows)
{
    (void)snprintf(feed.path, sizeof(feed.path), "load_retail_test.XXXXXX");
    int fd = mkstemp(feed.path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, HEADER, strlen(HEADER)), strlen(HEADER));
    assert_int_equal(write(fd, rows, strlen(rows)), strlen(rows));
    assert_int_equal(close(fd), 0);
}

static void start(const char *rows, int64_t days, bool gifts)
{
    write_file(rows);
    assert_true(run_identity_init(&feed.identity, &tenant, "t"));
    const struct retail_options options = {.path = feed.path, .most_days = days, .gifts = gifts};
    assert_true(retail_open(&feed.retail, &options, &feed.identity, &feed.err));
}

static int finish(void **state)
{
    (void)state;
    retail_close(feed.retail);
    int removed = feed.path[0] != '\0' ? unlink(feed.path) : 0;
    feed = (struct feed){0};
    return removed;
}

/* The next command, which has this type; its body. */
static const void *next(enum command_type type)
{
    struct command_source source = retail_source(feed.retail);
    bool more;
    assert_true(source.next(source.state, &feed.command, &more, &feed.err));
    assert_true(more);
    assert_int_equal(feed.command.type, type);
    return feed.command.body;
}

static void expect_end(void)
{
    struct command_source source = retail_source(feed.retail);
    struct outgoing command;
    bool more;
    assert_true(source.next(source.state, &command, &more, &feed.err));
    assert_false(more);
}

static void skip_over(enum command_type type, int times)
{
    for (int i = 0; i < times; i++)
        (void)next(type);
}

static int64_t counted(const char *name)
{
    size_t count;
    const struct retail_count *counts = retail_counts(feed.retail, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(counts[i].name, name) == 0)
            return counts[i].count;
    }
    fail_msg("no count %s", name);
    return 0;
}

static void assert_decimal(const struct decimal *decimal, int64_t coefficient, int64_t scale)
{
    assert_int_equal(decimal->coefficient, coefficient);
    assert_int_equal(decimal->scale, scale);
}

/* ---- orders ---- */

static void an_invoice_is_an_order(void **state)
{
    (void)state;
    start(
        "1,85123A,\"MUG, RED\",6" DAY_1 "2.55" UK "1,85123a,,2" DAY_1 "3.5" UK
        "1,85123A,\"MUG, RED\",6" DAY_1 "2.55" UK "1,POST,POSTAGE,2" DAY_1 "18.0" UK,
        0,
        true);
    const struct receive_stock *receipt = next(COMMAND_RECEIVE_STOCK);
    assert_true(slice_is(receipt->sku, "85123A"));
    assert_true(slice_is(receipt->location, "main-t"));
    assert_int_equal(receipt->qty, 1000000);
    struct uuid stock = stock_stream_id(&tenant, receipt->location, receipt->sku);
    assert_true(uuid_equal(&feed.command.stream_id, &stock));
    (void)next(COMMAND_RECEIVE_STOCK); /* 85123a is another code */
    const struct place_order *order = next(COMMAND_PLACE_ORDER);
    assert_null(feed.command.expected);
    assert_int_equal(feed.command.lines, 3);
    assert_int_equal(order->lines_count, 3);
    assert_int_equal(order->lines[2].line_no, 3);
    assert_true(slice_is(order->lines[2].sku, "85123A"));
    assert_true(slice_is(order->lines[0].title, "MUG, RED"));
    assert_false(order->lines[1].has_title);
    assert_decimal(&order->lines[1].unit_price, 35, 1);
    assert_int_equal(order->lines[0].tax_ppm, 200000);
    assert_true(order->has_shipping && slice_is(order->shipping.method, "post"));
    assert_decimal(&order->shipping.amount, 3600, 2);
    assert_decimal(&order->declared_total, 2 * 6 * 255 + 2 * 350 + 3600, 2);
    assert_true(slice_is(order->ship_country, "GB") && slice_is(order->source_ref, "1"));
    assert_int_equal(order->placed_at, INT64_C(1291191960000000));
    expect_end();
}

static void ids_follow_from_run_and_name(void **state)
{
    (void)state;
    start("1,85123A,MUG,6" DAY_1 "2.55" UK, 0, true);
    (void)next(COMMAND_RECEIVE_STOCK);
    const struct place_order *order = next(COMMAND_PLACE_ORDER);
    /* (t, order, 1), (t, command, 1/place), (customer, 17850), each part behind its length */
    static const char order_name[] = "\0\0\0\1t\0\0\0\5order\0\0\0\0011";
    static const char command_name[] = "\0\0\0\1t\0\0\0\7command\0\0\0\0071/place";
    static const char customer_name[] = "\0\0\0\10customer\0\0\0\00517850";
    struct uuid id = uuid_v5(&tenant, slice_of(order_name, sizeof(order_name) - 1));
    assert_true(uuid_equal(&id, &feed.command.stream_id));
    id = uuid_v5(&tenant, slice_of(command_name, sizeof(command_name) - 1));
    assert_true(uuid_equal(&id, &feed.command.command_id));
    id = uuid_v5(&tenant, slice_of(customer_name, sizeof(customer_name) - 1));
    assert_true(uuid_equal(&id, &order->customer_id));
}

static void fees_are_no_goods_and_abroad_is_untaxed(void **state)
{
    (void)state;
    start(
        "1,M,Manual,1" DAY_1 "9.95,,EIRE\n1,22423,CAKESTAND,1" DAY_1 "12.75,,EIRE\n"
        "1,gift_0001_20,,1" DAY_1 "20.0,,EIRE\n2,AMAZONFEE,,1" DAY_1 "5.0" GUEST,
        0,
        true);
    (void)next(COMMAND_RECEIVE_STOCK);
    const struct place_order *order = next(COMMAND_PLACE_ORDER);
    assert_int_equal(order->lines_count, 1);
    assert_int_equal(order->lines[0].tax_ppm, 0);
    assert_true(slice_is(order->ship_country, "IE"));
    assert_false(order->has_shipping);
    assert_decimal(&order->declared_total, 1275, 2);
    expect_end(); /* invoice 2 holds no goods at all */
    assert_int_equal(counted("skipped_M"), 1);
    assert_int_equal(counted("skipped_gift_*"), 1);
    assert_int_equal(counted("skipped_AMAZONFEE"), 1);
    assert_int_equal(counted("invoices_without_product"), 1);
}

static void an_invoice_may_be_split_and_span_two_minutes(void **state)
{
    (void)state;
    start(
        "1,A1,,1,2011-02-01 11:19:00,1.0" UK "2,A1,,1,2011-02-01 11:19:00,1.0" UK
        "1,A1,,1,2011-02-01 11:20:00,1.0" UK "3,A1,,1,2011-02-01 11:23:00,1.0" UK,
        0,
        true);
    (void)next(COMMAND_RECEIVE_STOCK);
    const struct place_order *order = next(COMMAND_PLACE_ORDER);
    assert_true(slice_is(order->source_ref, "1"));
    assert_int_equal(order->lines_count, 2);
    assert_int_equal(order->placed_at, INT64_C(1296559140000000)); /* the first row's */
    order = next(COMMAND_PLACE_ORDER);
    assert_true(slice_is(order->source_ref, "2"));
    assert_int_equal(order->lines_count, 1);
    (void)next(COMMAND_PLACE_ORDER);
    expect_end();
}

static void days_with_data_are_counted(void **state)
{
    (void)state;
    start("1,A1,,1" DAY_1 "1.0" UK "2,A1,,1" DAY_2 "1.0" UK, 1, true);
    (void)next(COMMAND_RECEIVE_STOCK);
    (void)next(COMMAND_PLACE_ORDER);
    expect_end();
    assert_int_equal(counted("rows"), 1);
}

static void a_price_too_precise_is_sent_as_it_is(void **state)
{
    (void)state;
    start("1,PADS,PADS,1" DAY_1 "0.001" UK "C2,PADS,PADS,-1" DAY_2 "0.001" UK, 0, true);
    (void)next(COMMAND_RECEIVE_STOCK);
    const struct place_order *order = next(COMMAND_PLACE_ORDER);
    assert_decimal(&order->lines[0].unit_price, 1, 3);
    assert_decimal(&order->declared_total, 1, 3);
    assert_string_equal(feed.command.expected, "price_precision");
    (void)next(COMMAND_CANCEL_LINES); /* of an order that was refused */
    assert_string_equal(feed.command.expected, "not_found");
}

static void so_is_shipping_too_precise(void **state)
{
    (void)state;
    start("1,A1,,1" DAY_1 "1.0" UK "1,POST,,3" DAY_1 "0.001" UK, 0, true);
    (void)next(COMMAND_RECEIVE_STOCK);
    const struct place_order *order = next(COMMAND_PLACE_ORDER);
    assert_decimal(&order->shipping.amount, 3, 3);
    assert_string_equal(feed.command.expected, "price_precision");
}

static void a_bad_debt_is_malformed_on_purpose(void **state)
{
    (void)state;
    start("A1,B,Adjust bad debt,1" DAY_1 "-11062.06" GUEST, 0, true);
    (void)next(COMMAND_PLACE_ORDER);
    assert_null(feed.command.body);
    assert_string_equal(feed.command.expected, "bad_field");
    struct cursor cursor = cursor_over(feed.command.bytes);
    struct slice text = {0};
    int64_t pairs;
    assert_true(cursor_value(&cursor, CURSOR_MAP, &pairs));
    assert_int_equal(pairs, 9);
    for (int i = 0; i < 4; i++)
        assert_true(cursor_bytes(&cursor, CURSOR_TEXT, &text));
    assert_true(slice_is(text, "adjustment")); /* customer_id, its value, channel, its value */
    expect_end();
}

/* ---- prices of zero ---- */

static const char zero_prices[] = "1,A1,,1" DAY_1 "1.0" UK "1,A2,,1" DAY_1 "0.0" UK
                                  "2,A1,found,5" DAY_1 "0.0" GUEST "3,A2,,1" DAY_1 "0.0" UK;

static void gifts_are_orders_and_found_stock_is_counted(void **state)
{
    (void)state;
    start(zero_prices, 0, true);
    skip_over(COMMAND_RECEIVE_STOCK, 2);
    (void)next(COMMAND_PLACE_ORDER);
    assert_null(feed.command.expected);
    const struct adjust_stock *adjustment = next(COMMAND_ADJUST_STOCK);
    assert_int_equal(adjustment->delta, 5);
    assert_string_equal(stock_adjust_reasons.names[adjustment->reason], "count");
    (void)next(COMMAND_PLACE_ORDER);
    assert_null(feed.command.expected);
    expect_end();
    assert_int_equal(counted("orders_with_a_zero_price"), 2);
}

static void without_gifts_they_are_refused(void **state)
{
    (void)state;
    start(zero_prices, 0, false);
    skip_over(COMMAND_RECEIVE_STOCK, 2);
    (void)next(COMMAND_PLACE_ORDER);
    assert_string_equal(feed.command.expected, "not_permitted");
    (void)next(COMMAND_ADJUST_STOCK);
    assert_null(feed.command.expected);
}

static void write_offs_take_their_reason_from_the_text(void **state)
{
    (void)state;
    start(
        "1,A1,Wet/rusty,-4" DAY_1 "0.0" GUEST "2,A1,?missing,-5" DAY_1 "0.0" GUEST "3,A1,,-6" DAY_1
        "0.0" GUEST,
        0,
        true);
    static const char *const reasons[] = {"damaged", "lost", "other"};
    (void)next(COMMAND_RECEIVE_STOCK);
    for (int i = 0; i < 3; i++) {
        const struct adjust_stock *adjustment = next(COMMAND_ADJUST_STOCK);
        assert_int_equal(adjustment->delta, -4 - i);
        assert_string_equal(stock_adjust_reasons.names[adjustment->reason], reasons[i]);
    }
    expect_end();
}

/* ---- cancellations ---- */

static void
assert_cancelled(const struct cancel_lines *command, size_t at, int64_t line_no, int64_t qty)
{
    assert_int_equal(command->lines[at].line_no, line_no);
    assert_int_equal(command->lines[at].qty, qty);
}

static void a_cancellation_finds_its_purchases(void **state)
{
    (void)state;
    start(
        "1,A1,,5" DAY_1 "1.0" UK "1,A2,,5" DAY_1 "1.0" UK "1,A1,,2" DAY_1 "1.0" UK "2,A1,,3" DAY_1
        "1.0" UK "C3,A1,,-6" DAY_2 "1.0" UK "C3,D,Discount,-1" DAY_2 "1.0" UK,
        0,
        true);
    skip_over(COMMAND_RECEIVE_STOCK, 2);
    (void)next(COMMAND_PLACE_ORDER);
    struct uuid first = feed.command.stream_id;
    (void)next(COMMAND_PLACE_ORDER);
    struct uuid second = feed.command.stream_id;
    const struct cancel_lines *cancel = next(COMMAND_CANCEL_LINES);
    assert_true(uuid_equal(&feed.command.stream_id, &second));
    assert_int_equal(cancel->lines_count, 1);
    assert_cancelled(cancel, 0, 1, 3);
    struct uuid id = feed.command.command_id;
    cancel = next(COMMAND_CANCEL_LINES); /* one per order, newest first */
    assert_true(uuid_equal(&feed.command.stream_id, &first));
    assert_false(uuid_equal(&feed.command.command_id, &id));
    assert_int_equal(cancel->lines_count, 2);
    assert_cancelled(cancel, 0, 3, 2);
    assert_cancelled(cancel, 1, 1, 1);
    assert_null(feed.command.expected);
    expect_end();
    assert_int_equal(counted("skipped_D"), 1);
    assert_int_equal(counted("cancelled_rows_over_several_purchases"), 1);
}

static void what_finds_nothing_is_sent_to_be_refused(void **state)
{
    (void)state;
    start(
        "1,A1,,5" DAY_1 "1.0" UK "C2,A1,,-6" DAY_2 "1.0" UK "C3,A1,,-1" DAY_2 "1.5" UK
        "C4,A1,,-1" DAY_2 "1.0" GUEST,
        0,
        true);
    (void)next(COMMAND_RECEIVE_STOCK);
    (void)next(COMMAND_PLACE_ORDER);
    struct uuid order = feed.command.stream_id;
    const struct cancel_lines *cancel = next(COMMAND_CANCEL_LINES);
    assert_true(uuid_equal(&feed.command.stream_id, &order));
    assert_cancelled(cancel, 0, 1, 6);
    assert_string_equal(feed.command.expected, "quantity_exceeds_open");
    for (int i = 0; i < 2; i++) {
        (void)next(COMMAND_CANCEL_LINES);
        assert_false(uuid_equal(&feed.command.stream_id, &order));
        assert_string_equal(feed.command.expected, "not_found");
    }
    expect_end();
    assert_int_equal(counted("cancelled_rows_too_few_left"), 1);
    assert_int_equal(counted("cancelled_rows_nothing_matched"), 1);
    assert_int_equal(counted("cancelled_rows_no_customer"), 1);
}

/* ---- refusals ---- */

static void refuse_row(const char *row, const char *text)
{
    struct outgoing command;
    bool more;
    start(row, 0, true);
    struct command_source source = retail_source(feed.retail);
    assert_false(source.next(source.state, &command, &more, &feed.err));
    assert_int_equal(feed.err.kind, ERROR_invalid);
    assert_string_equal(feed.err.text, text);
    assert_int_equal(finish(NULL), 0);
}

static void rows_that_are_not_as_expected_are_named(void **state)
{
    (void)state;
    refuse_row("1,A1,,x" DAY_1 "1.0" UK, "line 2: Quantity is not as expected");
    refuse_row("1,A1,,1" DAY_1 "1.0001" UK, "line 2: UnitPrice is not as expected");
    refuse_row("1,A1,,1,2010-13-01 08:26:00,1.0" UK, "line 2: InvoiceDate is not as expected");
    refuse_row("1,A1,,1" DAY_1 "1.0,,Atlantis\n", "line 2: Country is not as expected");
    refuse_row("1,A1,,1" DAY_1 "1.0,-3,EIRE\n", "line 2: CustomerID is not as expected");
    refuse_row("1,A1,,1\n", "line 2: 4 fields, not 8");
    refuse_row("1,A1,,1" DAY_2 "1.0" UK "2,A1,,1" DAY_1 "1.0" UK, "line 3: rows go back in time");
}

static void another_file_is_refused(void **state)
{
    (void)state;
    const struct retail_options options = {.path = "no-such-file.csv"};
    assert_false(retail_open(&feed.retail, &options, &feed.identity, &feed.err));
    assert_int_equal(feed.err.kind, ERROR_not_found);
    assert_null(feed.retail);
}

#define RULE(test) cmocka_unit_test_teardown(test, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(an_invoice_is_an_order),
        RULE(ids_follow_from_run_and_name),
        RULE(fees_are_no_goods_and_abroad_is_untaxed),
        RULE(an_invoice_may_be_split_and_span_two_minutes),
        RULE(days_with_data_are_counted),
        RULE(a_price_too_precise_is_sent_as_it_is),
        RULE(so_is_shipping_too_precise),
        RULE(a_bad_debt_is_malformed_on_purpose),
        RULE(gifts_are_orders_and_found_stock_is_counted),
        RULE(without_gifts_they_are_refused),
        RULE(write_offs_take_their_reason_from_the_text),
        RULE(a_cancellation_finds_its_purchases),
        RULE(what_finds_nothing_is_sent_to_be_refused),
        RULE(rows_that_are_not_as_expected_are_named),
        RULE(another_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
