// SPDX-License-Identifier: Apache-2.0
// What the rows of an order and its lines should be.
#include "projector/verify.h"

#include "domain/order.h"

#include "base/banned.h"

static struct summary_row
expect_summary(const struct verify_stream *stream, const struct order *order)
{
    const struct order_sums *sums = &order->sums;
    struct order_facets facets = order_facets_of(sums);
    return (struct summary_row){
        .order_number = stream->number,
        .order_id = stream->id,
        .customer_id = order->customer_id,
        .tenant_id = stream->tenant_id,
        .channel = order->channel,
        .status = order->status,
        .payment = facets.payment,
        .goods = facets.goods,
        .returns = facets.returns,
        .hold_reason = order->held ? (int64_t)order->hold_reason : COLUMN_NULL,
        .currency = order->currency,
        .ship_country = order->ship_country,
        .line_count = (int64_t)order->line_count,
        .units = sums->units,
        .cancelled = sums->cancelled,
        .reserved = sums->reserved,
        .shipped = sums->shipped,
        .delivered = sums->delivered,
        .return_requested = sums->return_requested,
        .returned = sums->returned,
        .subtotal = order->subtotal,
        .discount = order->discount,
        .tax = order->tax,
        .shipping = order->shipping,
        .total = order->total,
        .cancelled_amount = sums->cancelled_amount,
        .authorised = sums->authorised,
        .voided = sums->voided,
        .captured = sums->captured,
        .refunded = sums->refunded,
        .refund_pending = sums->refund_pending,
        .declines = sums->declines,
        .placed_at = order->placed_at,
        .updated_at = stream->occurred_us,
        .stream_version = stream->version,
        .position = stream->position,
        .sealed = stream->sealed};
}

/* The cancelled part of a line is worked out from its units, not summed up from the events. */
static struct line_row expect_line(
    const struct verify_stream *stream, const struct order *order, const struct order_line *line)
{
    const struct order_placed_line *placed = &line->placed;
    return (struct line_row){
        .order_number = stream->number,
        .line_no = placed->line_no,
        .tenant_id = stream->tenant_id,
        .sku = placed->sku,
        .title = placed->has_title ? placed->title : slice_of(NULL, 0),
        .seller_id = placed->has_seller_id ? placed->seller_id : slice_of(NULL, 0),
        .qty = placed->qty,
        .cancelled = line->cancelled,
        .reserved = line->reserved,
        .shipped = line->shipped,
        .delivered = line->delivered,
        .returned = line->returned,
        .unit_price = placed->unit_price,
        .discount = placed->discount,
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

bool verify_order(struct verify *verify, struct error *err)
{
    const struct order *order = verify->stream.aggregate.state;
    struct summary_row summary = expect_summary(&verify->stream, order);
    if (!verify_expect(verify, VERIFY_ORDERS, &summary, err))
        return false;
    for (size_t i = 0; i < order->line_count; i++) {
        struct line_row line = expect_line(&verify->stream, order, &order->lines[i]);
        if (!verify_expect(verify, VERIFY_LINES, &line, err) ||
            !add_sales(verify, order, &line, err))
            return false;
    }
    return true;
}
