// SPDX-License-Identifier: Apache-2.0
// Orders and their lines against the rows of the read models, as a merge of sorted lists: what only
// one side has is a difference, and of what both have every column is compared.
#include "projector/verify.h"

#include "domain/order.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

static const struct db_statement fetch_summaries = {
    .number = 41,
    .name = "verify_fetch_orders",
    .sql = "fetch 1000 from verify_orders",
    .expect = DB_ANY_ROWS,
    .columns = 20,
};

static const struct db_statement fetch_lines = {
    .number = 42,
    .name = "verify_fetch_lines",
    .sql = "fetch 1000 from verify_lines",
    .expect = DB_ANY_ROWS,
    .columns = 13,
};

static bool next_summary(struct verify *verify, struct error *err)
{
    struct cursor *cursor = &verify->summaries;
    if (!cursor_next(cursor, &verify->has_summary, err))
        return false;
    if (verify->has_summary)
        columns_read(&summary_table, cursor->page, cursor->row, &verify->summary);
    return true;
}

static bool next_line(struct verify *verify, struct error *err)
{
    struct cursor *cursor = &verify->lines;
    if (!cursor_next(cursor, &verify->has_line, err))
        return false;
    if (verify->has_line)
        columns_read(&lines_table, cursor->page, cursor->row, &verify->line);
    return true;
}

bool verify_open_rows(struct verify *verify, struct error *err)
{
    return cursor_open(
               &verify->summaries,
               &verify->db,
               "declare verify_orders no scroll cursor for"
               " select order_number, order_id, customer_id, tenant_id, channel, status, currency,"
               " ship_country, line_count, units, subtotal, tax, shipping, total, cancelled_amount,"
               " placed_at, updated_at, stream_version, position, sealed"
               " from read.order_summary order by order_number",
               &fetch_summaries,
               err) &&
           cursor_open(
               &verify->lines,
               &verify->db,
               "declare verify_lines no scroll cursor for"
               " select order_number, line_no, tenant_id, sku, title, seller_id, qty, cancelled,"
               " unit_price, line_net, line_tax, line_total, cancelled_amount"
               " from read.order_lines order by order_number, line_no",
               &fetch_lines,
               err) &&
           next_summary(verify, err) && next_line(verify, err);
}

/* ---- rows that only one side has ---- */

static void
name_order(char out[static DIFFERENCE_TEXT], const struct uuid *order_id, int64_t order_number)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(order_id, id);
    (void)snprintf(out, DIFFERENCE_TEXT, "order %s (%" PRId64 ")", id, order_number);
}

static void name_line(char out[static DIFFERENCE_TEXT], int64_t order_number, int64_t line_no)
{
    (void)snprintf(out, DIFFERENCE_TEXT, "order %" PRId64 " line %" PRId64, order_number, line_no);
}

/* Rows of orders before `order_number`: no event made them. */
static bool extra_summaries(struct verify *verify, int64_t order_number, struct error *err)
{
    char name[DIFFERENCE_TEXT];
    while (verify->has_summary && verify->summary.order_number < order_number) {
        name_order(name, &verify->summary.order_id, verify->summary.order_number);
        difference_add_row(&verify->differences, summary_table.name, name, false);
        if (!next_summary(verify, err))
            return false;
    }
    return true;
}

static bool line_is_before(const struct verify *verify, int64_t order_number, int64_t line_no)
{
    const struct line_row *line = &verify->line;
    return verify->has_line && (line->order_number < order_number ||
                                (line->order_number == order_number && line->line_no < line_no));
}

static bool
extra_lines(struct verify *verify, int64_t order_number, int64_t line_no, struct error *err)
{
    char name[DIFFERENCE_TEXT];
    while (line_is_before(verify, order_number, line_no)) {
        name_line(name, verify->line.order_number, verify->line.line_no);
        difference_add_row(&verify->differences, lines_table.name, name, false);
        if (!next_line(verify, err))
            return false;
    }
    return true;
}

/* ---- what the rows should be ---- */

static void expect_summary(
    const struct verify_stream *stream, const struct order *order, struct summary_row *out)
{
    *out = (struct summary_row){
        .order_number = stream->number,
        .order_id = stream->id,
        .customer_id = order->customer_id,
        .tenant_id = stream->tenant_id,
        .channel = order->channel,
        .status = order->status,
        .currency = order->currency,
        .ship_country = order->ship_country,
        .line_count = (int64_t)order->line_count,
        .units = order->sums.units,
        .subtotal = order->subtotal,
        .tax = order->tax,
        .shipping = order->shipping,
        .total = order->total,
        .cancelled_amount = order->sums.cancelled_amount,
        .placed_at = order->placed_at,
        .updated_at = stream->occurred_us,
        .stream_version = stream->version,
        .position = stream->position,
        .sealed = stream->sealed};
}

/* The cancelled part of a line is worked out from its units, not summed up from the events. */
static void expect_line(
    const struct verify_stream *stream,
    const struct order *order,
    const struct order_line *line,
    struct line_row *out)
{
    const struct order_placed_line *placed = &line->placed;
    *out = (struct line_row){
        .order_number = stream->number,
        .line_no = placed->line_no,
        .tenant_id = stream->tenant_id,
        .sku = placed->sku,
        .title = placed->has_title ? placed->title : slice_of(NULL, 0),
        .seller_id = placed->has_seller_id ? placed->seller_id : slice_of(NULL, 0),
        .qty = placed->qty,
        .cancelled = line->cancelled,
        .unit_price = placed->unit_price,
        .line_net = placed->line_net,
        .line_tax = placed->line_tax,
        .line_total = placed->line_total,
        .cancelled_amount =
            money_share(placed->line_total, 0, line->cancelled, placed->qty, order->rounding)};
}

static bool add_sales(
    struct verify *verify,
    const struct order *order,
    const struct line_row *line,
    struct error *err)
{
    struct sales_key key = {
        .tenant_id = (int32_t)line->tenant_id,
        .month = sales_month(order->placed_at),
        .sku = line->sku,
        .currency = order->currency};
    struct sales_row *row = sales_row(&verify->sales, &key);
    if (row == NULL)
        return error_set(err, ERROR_fatal, "too many articles and months to compare in memory");
    sales_add_line(row, line->order_number, line->qty, line->line_total);
    sales_add_cancelled(row, line->cancelled, line->cancelled_amount);
    return true;
}

/* ---- comparing ---- */

static bool compare_summary(struct verify *verify, const struct order *order, struct error *err)
{
    struct summary_row expected;
    char name[DIFFERENCE_TEXT];
    expect_summary(&verify->stream, order, &expected);
    verify->counts.orders++;
    if (!extra_summaries(verify, expected.order_number, err))
        return false;
    if (!verify->has_summary || verify->summary.order_number != expected.order_number) {
        name_order(name, &expected.order_id, expected.order_number);
        difference_add_row(&verify->differences, summary_table.name, name, true);
        return true;
    }
    if (!columns_equal(&summary_table, &expected, &verify->summary)) {
        name_order(name, &expected.order_id, expected.order_number);
        columns_compare(&summary_table, &expected, &verify->summary, name, &verify->differences);
    }
    return next_summary(verify, err);
}

static bool compare_line(struct verify *verify, const struct line_row *expected, struct error *err)
{
    char name[DIFFERENCE_TEXT];
    verify->counts.lines++;
    if (!extra_lines(verify, expected->order_number, expected->line_no, err))
        return false;
    if (!verify->has_line || verify->line.order_number != expected->order_number ||
        verify->line.line_no != expected->line_no) {
        name_line(name, expected->order_number, expected->line_no);
        difference_add_row(&verify->differences, lines_table.name, name, true);
        return true;
    }
    if (!columns_equal(&lines_table, expected, &verify->line)) {
        name_line(name, expected->order_number, expected->line_no);
        columns_compare(&lines_table, expected, &verify->line, name, &verify->differences);
    }
    return next_line(verify, err);
}

bool verify_order(struct verify *verify, struct error *err)
{
    const struct order *order = verify->stream.aggregate.state;
    if (!compare_summary(verify, order, err))
        return false;
    for (size_t i = 0; i < order->line_count; i++) {
        struct line_row expected;
        expect_line(&verify->stream, order, &order->lines[i], &expected);
        if (!compare_line(verify, &expected, err) || !add_sales(verify, order, &expected, err))
            return false;
    }
    return true;
}

bool verify_skip_order(struct verify *verify, struct error *err)
{
    int64_t number = verify->stream.number;
    if (!extra_summaries(verify, number, err) || !extra_lines(verify, number, 0, err))
        return false;
    while (verify->has_summary && verify->summary.order_number == number) {
        if (!next_summary(verify, err))
            return false;
    }
    while (verify->has_line && verify->line.order_number == number) {
        if (!next_line(verify, err))
            return false;
    }
    return true;
}

bool verify_rest(struct verify *verify, struct error *err)
{
    return extra_summaries(verify, INT64_MAX, err) && extra_lines(verify, INT64_MAX, 0, err);
}
