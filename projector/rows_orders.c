// SPDX-License-Identifier: Apache-2.0
// Rows of orders and their lines: new ones whole, of older ones what changes.
#include "projector/rows.h"

#include "base/banned.h"

#define NEW_ORDER_COLUMNS \
    "(order_number, position, placed_at, updated_at, units, subtotal, discount, tax, shipping," \
    " total, cancelled_amount, authorised, voided, captured, refunded, refund_pending, reserved," \
    " cancelled, shipped, delivered, return_requested, returned, declines, order_id," \
    " customer_id, tenant_id, line_count, stream_version, channel, status, payment, goods," \
    " returns, hold_reason, currency, ship_country, sealed)"

const char rows_copy_orders[] =
    "copy read.order_summary " NEW_ORDER_COLUMNS " from stdin (format binary)";

const char rows_copy_lines[] =
    "copy read.order_lines (order_number, unit_price, discount, line_net, line_tax, line_total,"
    " line_no, tenant_id, qty, sku, title, seller_id, cancelled_amount, cancelled, reserved,"
    " shipped, delivered, returned) from stdin (format binary)";

#define SUM(member, wide) \
    { \
        .offset = offsetof(struct order_sums, member), .is_wide = (wide) \
    }

const struct sums_column rows_sums[SUMS_COLUMNS] = {
    SUM(cancelled_amount, true),
    SUM(authorised, true),
    SUM(voided, true),
    SUM(captured, true),
    SUM(refunded, true),
    SUM(refund_pending, true),
    SUM(reserved,
        true), /* late reservations count too: more than units, if it comes to the worst */
    SUM(cancelled, false),
    SUM(shipped, false),
    SUM(delivered, false),
    SUM(return_requested, false),
    SUM(returned, false),
    SUM(declines, false),
};

static void put_sums(struct row_sink *sink, const struct order_sums *sums)
{
    for (size_t i = 0; i < SUMS_COLUMNS; i++) {
        int64_t sum;
        memcpy(&sum, (const char *)sums + rows_sums[i].offset, sizeof(sum));
        if (rows_sums[i].is_wide)
            put_i64(sink, sum);
        else
            put_i32(sink, sum);
    }
}

/* status, payment, goods, returns, hold_reason */
static void put_standing(struct row_sink *sink, const struct order_change *order)
{
    struct order_facets facets = order_facets_of(&order->sums);
    put_i16(sink, order->status);
    put_i16(sink, facets.payment);
    put_i16(sink, facets.goods);
    put_i16(sink, facets.returns);
    if (order->held)
        put_i16(sink, order->hold_reason);
    else
        put_null(sink);
}

/* ---- new orders ---- */

static void put_new_order(struct rows *rows, const struct order_change *order)
{
    const struct order_placed *placed = order->placed;
    const struct stream_change *stream = &order->stream;
    struct row_sink sink = rows_begin(rows, QUERY_INSERT_ORDERS);
    put_i64(&sink, stream->number);
    put_i64(&sink, stream->position);
    put_time(&sink, placed->placed_at);
    put_time(&sink, stream->updated_us);
    put_i64(&sink, order->sums.units);
    put_i64(&sink, placed->subtotal);
    put_i64(&sink, placed->discount);
    put_i64(&sink, placed->tax);
    put_i64(&sink, placed->shipping);
    put_i64(&sink, placed->total);
    put_sums(&sink, &order->sums);
    put_uuid(&sink, &stream->id.id);
    put_uuid(&sink, &placed->customer_id);
    put_i32(&sink, stream->id.tenant_id);
    put_i32(&sink, (int64_t)placed->lines_count);
    put_i32(&sink, stream->version);
    put_i16(&sink, placed->channel); /* one this program does not know is kept as it is */
    put_standing(&sink, order);
    put_bytes(&sink, placed->currency);
    put_bytes(&sink, placed->ship_country);
    put_optional(&sink, stream->sealed.size != 0, stream->sealed);
}

/* cancelled_amount, then units */
static void put_line_state(struct row_sink *sink, const struct line_state *state)
{
    put_i64(sink, state->cancelled_amount);
    put_i32(sink, state->cancelled);
    put_i32(sink, state->reserved);
    put_i32(sink, state->shipped);
    put_i32(sink, state->delivered);
    put_i32(sink, state->returned);
}

static void put_new_lines(struct rows *rows, const struct order_change *order)
{
    static const struct line_state untouched;
    for (size_t i = 0; i < order->placed->lines_count; i++) {
        const struct order_placed_line *line = &order->placed->lines[i];
        struct row_sink sink = rows_begin(rows, QUERY_INSERT_LINES);
        put_i64(&sink, order->stream.number);
        put_i64(&sink, line->unit_price);
        put_i64(&sink, line->discount);
        put_i64(&sink, line->line_net);
        put_i64(&sink, line->line_tax);
        put_i64(&sink, line->line_total);
        put_i32(&sink, line->line_no);
        put_i32(&sink, order->stream.id.tenant_id);
        put_i32(&sink, line->qty);
        put_bytes(&sink, line->sku);
        put_optional(&sink, line->has_title, line->title);
        put_optional(&sink, line->has_seller_id, line->seller_id);
        put_line_state(&sink, order->lines != NULL ? &order->lines[i] : &untouched);
    }
}

/* ---- older orders ---- */

static void put_older_order(struct rows *rows, const struct order_change *order)
{
    struct row_sink sink = rows_begin(rows, QUERY_UPDATE_ORDERS);
    put_moved(&sink, &order->stream);
    put_sums(&sink, &order->sums);
    put_standing(&sink, order);
    put_optional(&sink, order->stream.sealed.size != 0, order->stream.sealed);
}

static void put_older_lines(struct rows *rows, const struct order_change *order)
{
    for (size_t i = 0; i < order->line_count; i++) {
        const struct line_state *line = &order->lines[i];
        if (!line->changed)
            continue;
        struct row_sink sink = rows_begin(rows, QUERY_UPDATE_LINES);
        put_i64(&sink, order->stream.number);
        put_i32(&sink, line->line_no);
        put_line_state(&sink, line);
    }
}

void rows_fill_orders(struct rows *rows, const struct fold *fold)
{
    FOLD_EACH(order_change, order, fold, CATEGORY_ORDER)
    {
        if (order->placed != NULL) {
            put_new_order(rows, order);
            put_new_lines(rows, order);
        } else {
            put_older_order(rows, order);
            put_older_lines(rows, order);
        }
    }
}
