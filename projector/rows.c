// SPDX-License-Identifier: Apache-2.0
#include "projector/rows.h"

#include "base/banned.h"

const char rows_copy_summary[] =
    "copy read.order_summary (order_number, position, placed_at, updated_at, units, subtotal, tax,"
    " shipping, total, cancelled_amount, order_id, customer_id, tenant_id, line_count,"
    " stream_version, channel, status, currency, ship_country, sealed) from stdin (format binary)";

const char rows_copy_lines[] =
    "copy read.order_lines (order_number, unit_price, line_net, line_tax, line_total,"
    " cancelled_amount, line_no, tenant_id, qty, cancelled, sku, title, seller_id)"
    " from stdin (format binary)";

static const enum array_type summary_types[SUMMARY_COLUMNS] = {
    ARRAY_I64, ARRAY_I64, ARRAY_TIME, ARRAY_TIME, ARRAY_I64,  ARRAY_I64,   ARRAY_I64,
    ARRAY_I64, ARRAY_I64, ARRAY_I64,  ARRAY_UUID, ARRAY_UUID, ARRAY_I32,   ARRAY_I32,
    ARRAY_I32, ARRAY_I16, ARRAY_I16,  ARRAY_TEXT, ARRAY_TEXT, ARRAY_BYTEA,
};

static const enum array_type new_line_types[LINE_COLUMNS] = {
    ARRAY_I64,
    ARRAY_I64,
    ARRAY_I64,
    ARRAY_I64,
    ARRAY_I64,
    ARRAY_I64,
    ARRAY_I32,
    ARRAY_I32,
    ARRAY_I32,
    ARRAY_I32,
    ARRAY_TEXT,
    ARRAY_TEXT,
    ARRAY_TEXT,
};

static const enum array_type order_types[CHANGED_ARRAYS] = {
    [CHANGED_TENANT] = ARRAY_I32,
    [CHANGED_ID] = ARRAY_UUID,
    [CHANGED_NUMBER] = ARRAY_I64,
    [CHANGED_VERSION_BEFORE] = ARRAY_I32,
    [CHANGED_VERSION] = ARRAY_I32,
    [CHANGED_POSITION] = ARRAY_I64,
    [CHANGED_AMOUNT] = ARRAY_I64,
    [CHANGED_UPDATED] = ARRAY_TIME,
};

static const enum array_type line_types[LINE_ARRAYS] = {
    [LINE_ORDER_NUMBER] = ARRAY_I64,
    [LINE_NO] = ARRAY_I32,
    [LINE_UNITS] = ARRAY_I32,
    [LINE_AMOUNT] = ARRAY_I64,
};

static const enum array_type sales_types[SALES_ARRAYS] = {
    [SALES_TENANT] = ARRAY_I32,
    [SALES_MONTH] = ARRAY_I32,
    [SALES_SKU] = ARRAY_TEXT,
    [SALES_CURRENCY] = ARRAY_TEXT,
    [SALES_ORDERS] = ARRAY_I64,
    [SALES_UNITS] = ARRAY_I64,
    [SALES_REVENUE] = ARRAY_I64,
    [SALES_CANCELLED_UNITS] = ARRAY_I64,
    [SALES_CANCELLED_REVENUE] = ARRAY_I64,
};

/* ---- buffers ---- */

static void init_arrays(struct array_buffer *arrays, const enum array_type *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        array_init(&arrays[i], types[i]);
}

static void release_arrays(struct array_buffer *arrays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        array_release(&arrays[i]);
}

static void reset_arrays(struct array_buffer *arrays, size_t count)
{
    for (size_t i = 0; i < count; i++)
        array_reset(&arrays[i]);
}

void rows_init(struct rows *rows)
{
    copy_init(&rows->summary);
    copy_init(&rows->lines);
    init_arrays(rows->small_summary, summary_types, SUMMARY_COLUMNS);
    init_arrays(rows->small_lines, new_line_types, LINE_COLUMNS);
    init_arrays(rows->changed, order_types, CHANGED_ARRAYS);
    init_arrays(rows->changed_lines, line_types, LINE_ARRAYS);
    init_arrays(rows->cancelled, order_types, CHANGED_ARRAYS);
    init_arrays(rows->sales, sales_types, SALES_ARRAYS);
    customer_rows_init(rows->customers);
}

void rows_release(struct rows *rows)
{
    copy_release(&rows->summary);
    copy_release(&rows->lines);
    release_arrays(rows->small_summary, SUMMARY_COLUMNS);
    release_arrays(rows->small_lines, LINE_COLUMNS);
    release_arrays(rows->changed, CHANGED_ARRAYS);
    release_arrays(rows->changed_lines, LINE_ARRAYS);
    release_arrays(rows->cancelled, CHANGED_ARRAYS);
    release_arrays(rows->sales, SALES_ARRAYS);
    release_arrays(rows->customers, CUSTOMER_COLUMNS);
}

static bool out_of_memory(struct error *err)
{
    return error_set(err, ERROR_fatal, "no memory for the rows of a batch");
}

bool rows_params(
    struct array_buffer *arrays, size_t count, struct db_params *params, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct slice bytes;
        if (!array_finish(&arrays[i], &bytes))
            return out_of_memory(err);
        db_param_bytes(params, bytes);
    }
    return true;
}

/* A number that the rules of the domain keep within 32 bits. */
static int32_t small(int64_t number)
{
    CHECK(number >= 0 && number <= INT32_MAX);
    return (int32_t)number;
}

/* ---- where rows go ---- */

/* COPY data, or one array per column. */
struct sink {
    struct copy_buffer *copy; /* NULL: the arrays */
    struct array_buffer *next;
};

static void begin_row(struct sink *sink, struct array_buffer *arrays, int16_t columns)
{
    sink->next = arrays;
    if (sink->copy != NULL)
        copy_row(sink->copy, columns);
}

static void put_i64(struct sink *sink, int64_t value)
{
    if (sink->copy != NULL)
        copy_i64(sink->copy, value);
    else
        array_i64(sink->next++, value);
}

static void put_i32(struct sink *sink, int32_t value)
{
    if (sink->copy != NULL)
        copy_i32(sink->copy, value);
    else
        array_i32(sink->next++, value);
}

static void put_i16(struct sink *sink, int16_t value)
{
    if (sink->copy != NULL)
        copy_i16(sink->copy, value);
    else
        array_i16(sink->next++, value);
}

static void put_time(struct sink *sink, int64_t us)
{
    if (sink->copy != NULL)
        copy_time(sink->copy, us);
    else
        array_time(sink->next++, us);
}

static void put_uuid(struct sink *sink, const struct uuid *id)
{
    if (sink->copy != NULL)
        copy_uuid(sink->copy, id);
    else
        array_uuid(sink->next++, id);
}

static void put_text(struct sink *sink, struct slice text)
{
    if (sink->copy != NULL)
        copy_bytes(sink->copy, text);
    else
        array_bytes(sink->next++, text);
}

static void put_optional(struct sink *sink, bool has, struct slice text)
{
    if (has)
        put_text(sink, text);
    else if (sink->copy != NULL)
        copy_null(sink->copy);
    else
        array_null(sink->next++);
}

/* ---- new orders ---- */

static void write_summary(struct rows *rows, const struct order_change *order)
{
    const struct order_placed *placed = order->placed;
    struct sink sink = {.copy = rows->small ? NULL : &rows->summary};
    begin_row(&sink, rows->small_summary, SUMMARY_COLUMNS);
    put_i64(&sink, order->order_number);
    put_i64(&sink, order->position);
    put_time(&sink, placed->placed_at);
    put_time(&sink, order->updated_us);
    put_i64(&sink, order->units);
    put_i64(&sink, placed->subtotal);
    put_i64(&sink, placed->tax);
    put_i64(&sink, placed->shipping);
    put_i64(&sink, placed->total);
    put_i64(&sink, order->cancelled_amount);
    put_uuid(&sink, &order->order_id);
    put_uuid(&sink, &placed->customer_id);
    put_i32(&sink, order->tenant_id);
    put_i32(&sink, small((int64_t)placed->lines_count));
    put_i32(&sink, small(order->version));
    /* a channel this program does not know is kept as it is, as far as the column goes */
    put_i16(&sink, placed->channel < INT16_MAX ? (int16_t)placed->channel : INT16_MAX);
    put_i16(&sink, order->cancelled ? ORDER_CANCELLED : ORDER_PLACED);
    put_text(&sink, placed->currency);
    put_text(&sink, placed->ship_country);
    put_optional(&sink, order->sealed.size != 0, order->sealed);
}

static void write_line(
    struct rows *rows,
    const struct order_change *order,
    const struct order_placed_line *line,
    const struct line_change *change)
{
    struct sink sink = {.copy = rows->small ? NULL : &rows->lines};
    begin_row(&sink, rows->small_lines, LINE_COLUMNS);
    put_i64(&sink, order->order_number);
    put_i64(&sink, line->unit_price);
    put_i64(&sink, line->line_net);
    put_i64(&sink, line->line_tax);
    put_i64(&sink, line->line_total);
    put_i64(&sink, change->amount);
    put_i32(&sink, small(line->line_no));
    put_i32(&sink, order->tenant_id);
    put_i32(&sink, small(line->qty));
    put_i32(&sink, small(change->cancelled));
    put_text(&sink, line->sku);
    put_optional(&sink, line->has_title, line->title);
    put_optional(&sink, line->has_seller_id, line->seller_id);
}

static void write_new_order(struct rows *rows, const struct order_change *order)
{
    static const struct line_change untouched;
    write_summary(rows, order);
    for (size_t i = 0; i < order->placed->lines_count; i++) {
        const struct line_change *change = order->lines != NULL ? &order->lines[i] : &untouched;
        write_line(rows, order, &order->placed->lines[i], change);
    }
}

/* ---- older orders ---- */

static void
write_change(struct array_buffer arrays[static CHANGED_ARRAYS], const struct order_change *order)
{
    array_i32(&arrays[CHANGED_TENANT], order->tenant_id);
    array_uuid(&arrays[CHANGED_ID], &order->order_id);
    array_i64(&arrays[CHANGED_NUMBER], order->order_number);
    array_i32(&arrays[CHANGED_VERSION_BEFORE], small(order->first_version - 1));
    array_i32(&arrays[CHANGED_VERSION], small(order->version));
    array_i64(&arrays[CHANGED_POSITION], order->position);
    array_i64(&arrays[CHANGED_AMOUNT], order->cancelled_amount);
    array_time(&arrays[CHANGED_UPDATED], order->updated_us);
}

static void write_changed_lines(
    struct array_buffer arrays[static LINE_ARRAYS], const struct order_change *order)
{
    for (size_t i = 0; i < order->line_count; i++) {
        array_i64(&arrays[LINE_ORDER_NUMBER], order->order_number);
        array_i32(&arrays[LINE_NO], small(order->lines[i].line_no));
        array_i32(&arrays[LINE_UNITS], small(order->lines[i].cancelled));
        array_i64(&arrays[LINE_AMOUNT], order->lines[i].amount);
    }
}

/* Changes of older rows bring results back that others wait for: no single round trip there. */
static bool is_small(const struct fold *fold)
{
    return fold->new_lines + fold->new_customers <= SMALL_BATCH_ROWS && fold->changed_orders == 0 &&
           fold->cancelled_orders == 0 && fold->touched_orders == 0 && fold->touched_customers == 0;
}

bool rows_fill(struct rows *rows, const struct fold *fold, struct error *err)
{
    rows->small = is_small(fold);
    copy_reset(&rows->summary);
    copy_reset(&rows->lines);
    reset_arrays(rows->small_summary, SUMMARY_COLUMNS);
    reset_arrays(rows->small_lines, LINE_COLUMNS);
    reset_arrays(rows->changed, CHANGED_ARRAYS);
    reset_arrays(rows->changed_lines, LINE_ARRAYS);
    reset_arrays(rows->cancelled, CHANGED_ARRAYS);
    customer_rows_fill(rows->customers, fold);
    for (const struct order_change *order = fold->orders; order != NULL; order = order->next) {
        if (order->placed != NULL) {
            write_new_order(rows, order);
        } else if (order->cancelled) {
            write_change(rows->cancelled, order);
        } else if (order->changed) {
            write_change(rows->changed, order);
            write_changed_lines(rows->changed_lines, order);
        }
    }
    return !rows->summary.failed && !rows->lines.failed ? true : out_of_memory(err);
}

bool rows_fill_sales(struct rows *rows, const struct fold *fold, struct error *err)
{
    struct array_buffer *arrays = rows->sales;
    reset_arrays(arrays, SALES_ARRAYS);
    for (const struct sales_row *row = fold->sales.rows; row != NULL; row = row->next) {
        if (row->overflow)
            return error_set(err, ERROR_fatal, "the sales of an article do not fit 64 bits");
        array_i32(&arrays[SALES_TENANT], row->key.tenant_id);
        array_i32(&arrays[SALES_MONTH], row->key.month);
        array_bytes(&arrays[SALES_SKU], row->key.sku);
        array_bytes(&arrays[SALES_CURRENCY], row->key.currency);
        array_i64(&arrays[SALES_ORDERS], row->orders);
        array_i64(&arrays[SALES_UNITS], row->units);
        array_i64(&arrays[SALES_REVENUE], row->revenue);
        array_i64(&arrays[SALES_CANCELLED_UNITS], row->cancelled_units);
        array_i64(&arrays[SALES_CANCELLED_REVENUE], row->cancelled_revenue);
    }
    return true;
}
