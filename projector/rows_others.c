// SPDX-License-Identifier: Apache-2.0
// Rows of customers, stock, promotions and sales, and the keys of older rows.
#include "projector/rows.h"

#include "base/banned.h"

/* ---- customers ---- */

static void put_new_customer(struct rows *rows, const struct customer_change *customer)
{
    const struct customer_registered *registered = customer->registered;
    const struct stream_change *stream = &customer->stream;
    struct row_sink sink = rows_begin(rows, QUERY_INSERT_CUSTOMERS);
    put_i64(&sink, stream->position);
    put_time(&sink, customer->registered_us);
    put_time(&sink, stream->updated_us);
    put_uuid(&sink, &stream->id.id);
    put_i32(&sink, stream->id.tenant_id);
    put_i32(&sink, stream->version);
    put_i16(&sink, customer->status);
    put_bytes(&sink, registered->region);
    put_optional(&sink, registered->has_locale, registered->locale);
    put_optional(&sink, stream->sealed.size != 0, stream->sealed);
}

static void put_older_customer(struct rows *rows, const struct customer_change *customer)
{
    struct row_sink sink = rows_begin(rows, QUERY_UPDATE_CUSTOMERS);
    put_moved(&sink, &customer->stream);
    if (customer->status != CUSTOMER_NONE)
        put_i16(&sink, customer->status);
    else
        put_null(&sink);
    put_optional(&sink, customer->stream.sealed.size != 0, customer->stream.sealed);
}

static void fill_customers(struct rows *rows, const struct fold *fold)
{
    FOLD_EACH(customer_change, customer, fold, CATEGORY_CUSTOMER)
    {
        if (customer->registered != NULL)
            put_new_customer(rows, customer);
        else
            put_older_customer(rows, customer);
    }
}

/* ---- stock ---- */

static void fill_stock(struct rows *rows, const struct fold *fold)
{
    FOLD_EACH(stock_change, item, fold, CATEGORY_STOCK)
    {
        struct row_sink sink = rows_begin(rows, QUERY_PUT_STOCK);
        put_i64(&sink, item->stream.number);
        put_i64(&sink, item->stream.position);
        put_time(&sink, item->stream.updated_us);
        put_i64(&sink, item->on_hand);
        put_i64(&sink, item->reserved);
        put_i32(&sink, item->stream.id.tenant_id);
        put_bytes(&sink, item->location);
        put_bytes(&sink, item->sku);
    }
}

/* Of a new one that is closed already nothing is left. */
static void put_reservation(struct rows *rows, const struct reservation_change *reservation)
{
    const struct stream_change *item = &reservation->item->stream;
    if (!reservation->is_older && reservation->qty == 0)
        return;
    struct row_sink sink = rows_begin(
        rows, reservation->is_older ? QUERY_UPDATE_RESERVATIONS : QUERY_INSERT_RESERVATIONS);
    put_i64(&sink, item->number);
    put_uuid(&sink, &reservation->order_id);
    put_i64(&sink, reservation->qty);
    put_i64(&sink, reservation->position);
    if (reservation->has_expires)
        put_time(&sink, reservation->expires_us);
    else
        put_null(&sink);
    put_i32(&sink, item->id.tenant_id);
}

/* ---- promotions ---- */

static void put_new_promotion(struct rows *rows, const struct promotion_change *promotion)
{
    const struct promotion_defined *defined = promotion->defined;
    const struct stream_change *stream = &promotion->stream;
    struct row_sink sink = rows_begin(rows, QUERY_INSERT_PROMOTIONS);
    put_i64(&sink, stream->number);
    put_i64(&sink, stream->position);
    put_time(&sink, defined->valid_from);
    put_time(&sink, defined->valid_until);
    put_time(&sink, stream->updated_us);
    defined->has_amount ? put_i64(&sink, defined->amount) : put_null(&sink);
    put_i64(&sink, defined->min_purchase);
    put_i32(&sink, stream->id.tenant_id);
    put_i32(&sink, stream->version);
    defined->has_bps ? put_i32(&sink, defined->bps) : put_null(&sink);
    defined->has_max_uses ? put_i32(&sink, defined->max_uses) : put_null(&sink);
    put_i32(&sink, defined->per_customer);
    put_i32(&sink, promotion->uses);
    put_i16(&sink, defined->kind);
    put_i16(&sink, !promotion->is_deactivated);
    put_bytes(&sink, defined->code);
    put_optional(&sink, defined->has_currency, defined->currency);
    put_optional(&sink, defined->has_seller_id, defined->seller_id);
}

static void put_older_promotion(struct rows *rows, const struct promotion_change *promotion)
{
    const struct stream_change *stream = &promotion->stream;
    struct row_sink sink = rows_begin(rows, QUERY_UPDATE_PROMOTIONS);
    put_i64(&sink, stream->number);
    put_i32(&sink, stream->first_version - 1);
    put_i32(&sink, stream->version);
    put_i64(&sink, stream->position);
    put_time(&sink, stream->updated_us);
    put_i32(&sink, promotion->uses);
    put_i16(&sink, !promotion->is_deactivated);
}

static void put_discounts(struct rows *rows, const struct promotion_change *promotion)
{
    for (const struct discount_change *one = promotion->discounts; one != NULL; one = one->next) {
        struct row_sink sink = rows_begin(rows, QUERY_ADD_DISCOUNTS);
        put_i64(&sink, one->redemptions);
        put_i64(&sink, one->discount);
        put_i64(&sink, promotion->stream.number);
        put_i32(&sink, promotion->stream.id.tenant_id);
        put_bytes(&sink, one->currency);
    }
}

static void fill_promotions(struct rows *rows, const struct fold *fold)
{
    FOLD_EACH(promotion_change, promotion, fold, CATEGORY_PROMOTION)
    {
        if (promotion->defined != NULL)
            put_new_promotion(rows, promotion);
        else
            put_older_promotion(rows, promotion);
        put_discounts(rows, promotion);
    }
}

/* ---- sales ---- */

/* In no particular order: whoever writes them holds the checkpoint's row, so nobody else locks
 * theirs. */
static void fill_sales(struct rows *rows, const struct fold *fold)
{
    for (const struct sales_row *row = fold->sales.rows; row != NULL; row = row->next) {
        struct row_sink sink = rows_begin(rows, QUERY_ADD_SALES);
        put_i32(&sink, row->key.tenant_id);
        array_i32(sink.next++, row->key.month); /* before 1970 it is less than 0 */
        put_bytes(&sink, row->key.sku);
        put_bytes(&sink, row->key.currency);
        put_i64(&sink, row->orders);
        put_i64(&sink, row->units);
        put_i64(&sink, row->revenue);
        put_i64(&sink, row->cancelled_units);
        put_i64(&sink, row->cancelled_revenue);
    }
}

void rows_fill_others(struct rows *rows, const struct fold *fold)
{
    const struct reservation_change *reservation = fold->reservations;
    fill_customers(rows, fold);
    fill_stock(rows, fold);
    for (; reservation != NULL; reservation = reservation->next)
        put_reservation(rows, reservation);
    fill_promotions(rows, fold);
    fill_sales(rows, fold);
}

/* ---- keys of older rows ---- */

static void put_key(struct rows *rows, enum projector_query query, const struct stream_change *of)
{
    struct row_sink sink = rows_begin(rows, query);
    put_i32(&sink, of->id.tenant_id);
    put_uuid(&sink, &of->id.id);
    put_i32(&sink, of->first_version - 1);
    put_i16(&sink, of->sealed.size != 0);
}

void rows_fill_keys(struct rows *rows, const struct fold *fold)
{
    FOLD_EACH(order_change, order, fold, CATEGORY_ORDER)
    {
        if (order->placed != NULL)
            continue;
        put_key(rows, QUERY_READ_ORDERS, &order->stream);
        if (order->wants_lines) {
            struct row_sink sink = rows_begin(rows, QUERY_READ_LINES);
            put_i64(&sink, order->stream.number);
        }
    }
    FOLD_EACH(customer_change, customer, fold, CATEGORY_CUSTOMER)
    {
        if (customer->registered == NULL)
            put_key(rows, QUERY_READ_CUSTOMERS, &customer->stream);
    }
    const struct reservation_change *one = fold->reservations;
    for (; one != NULL; one = one->next) {
        if (!one->is_older)
            continue;
        struct row_sink sink = rows_begin(rows, QUERY_READ_RESERVATIONS);
        put_i64(&sink, one->item->stream.number);
        put_uuid(&sink, &one->order_id);
    }
}
