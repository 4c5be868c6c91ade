// SPDX-License-Identifier: Apache-2.0
#include "projector/older.h"

#include "pg/row.h"
#include "projector/columns.h"
#include "projector/copies.h"

#include "base/banned.h"

bool older_check(enum projector_query query, size_t wanted, size_t found, struct error *err)
{
    if (wanted == found)
        return true;
    return error_set(
        err,
        ERROR_tampered,
        "%zu of %zu changed %s are not in the read model as the events before left them: stop, run"
        " order-projector verify, and build the read model anew",
        wanted - found,
        wanted,
        projector_older_name(query));
}

/* The row's place, counted from 0, among the keys that were asked for. */
static size_t place_of(const PGresult *result, int row)
{
    return (size_t)row_i64(result, row, 0) - 1;
}

/* Joins what the row holds of sealed data with what the batch brought. */
static bool
join_sealed(struct fold *fold, struct stream_change *stream, struct slice of_row, struct error *err)
{
    struct slice older;
    if (stream->sealed.size == 0)
        return true;
    if (!arena_copy(&fold->arena, of_row, &older))
        return fold_exhausted(err);
    return copies_join(older, stream->sealed, &fold->arena, &stream->sealed, err);
}

/* ---- orders ---- */

enum {
    ORDER_NUMBER = 1,
    ORDER_STATUS,
    ORDER_HOLD_REASON,
    ORDER_PLACED_AT,
    ORDER_CURRENCY,
    ORDER_UNITS,
    ORDER_TOTAL,
    ORDER_SUMS,
    ORDER_SEALED = ORDER_SUMS + SUMS_COLUMNS,
};

/* The state before the batch. */
static bool read_order(
    struct fold *fold,
    struct order_change *order,
    const PGresult *result,
    int row,
    struct error *err)
{
    if (!arena_copy(&fold->arena, row_bytes(result, row, ORDER_CURRENCY), &order->currency))
        return fold_exhausted(err);
    order->found = row_i64(result, row, ORDER_NUMBER) == order->stream.number;
    order->status = (enum order_status)row_i16(result, row, ORDER_STATUS);
    order->held = !row_is_null(result, row, ORDER_HOLD_REASON);
    order->hold_reason = order->held ? row_i16(result, row, ORDER_HOLD_REASON) : 0;
    order->placed_us = row_time(result, row, ORDER_PLACED_AT);
    order->sums.units = row_i64(result, row, ORDER_UNITS);
    order->sums.total = row_i64(result, row, ORDER_TOTAL);
    for (int i = 0; i < SUMS_COLUMNS; i++) {
        int64_t sum = columns_integer(result, row, ORDER_SUMS + i);
        memcpy((char *)&order->sums + rows_sums[i].offset, &sum, sizeof(sum));
    }
    return join_sealed(fold, &order->stream, row_bytes(result, row, ORDER_SEALED), err);
}

/* The older orders in the order of their keys; NULL: memory is exhausted. */
static struct order_change **list_orders(struct fold *fold)
{
    size_t count = 0;
    struct order_change **orders =
        arena_array(&fold->arena, fold->of[CATEGORY_ORDER].older + 1, struct order_change *);
    if (orders == NULL)
        return NULL;
    FOLD_EACH(order_change, order, fold, CATEGORY_ORDER)
    {
        if (order->placed == NULL)
            orders[count++] = order;
    }
    return orders;
}

static bool read_orders(struct fold *fold, const PGresult *result, struct error *err)
{
    struct order_change **orders = list_orders(fold);
    size_t found = 0;
    if (orders == NULL)
        return fold_exhausted(err);
    for (int row = 0; row < PQntuples(result); row++) {
        struct order_change *order = orders[place_of(result, row)];
        if (!read_order(fold, order, result, row, err))
            return false;
        found += order->found;
    }
    return older_check(QUERY_UPDATE_ORDERS, fold->of[CATEGORY_ORDER].older, found, err);
}

/* ---- their lines ---- */

enum {
    LINE_ORDER_NUMBER,
    LINE_NO,
    LINE_QTY,
    LINE_TOTAL,
    LINE_SKU,
    LINE_CANCELLED_AMOUNT,
    LINE_CANCELLED,
    LINE_RESERVED,
    LINE_SHIPPED,
    LINE_DELIVERED,
    LINE_RETURNED,
};

static struct order_change *order_of_line(const struct fold *fold, const PGresult *result, int row)
{
    struct stream_change *stream = fold_find(fold, row_i64(result, row, LINE_ORDER_NUMBER));
    CHECK(stream != NULL && stream->id.category == CATEGORY_ORDER);
    return (struct order_change *)stream;
}

static bool read_line(struct fold *fold, struct line_state *line, const PGresult *result, int row)
{
    *line = (struct line_state){
        .line_no = row_i32(result, row, LINE_NO),
        .qty = row_i32(result, row, LINE_QTY),
        .total = row_i64(result, row, LINE_TOTAL),
        .cancelled_amount = row_i64(result, row, LINE_CANCELLED_AMOUNT),
        .cancelled = row_i32(result, row, LINE_CANCELLED),
        .reserved = row_i32(result, row, LINE_RESERVED),
        .shipped = row_i32(result, row, LINE_SHIPPED),
        .delivered = row_i32(result, row, LINE_DELIVERED),
        .returned = row_i32(result, row, LINE_RETURNED)};
    return arena_copy(&fold->arena, row_bytes(result, row, LINE_SKU), &line->sku);
}

/* Twice over the rows: how many lines each order has, then the lines. */
static bool read_lines(struct fold *fold, const PGresult *result, struct error *err)
{
    for (int row = 0; row < PQntuples(result); row++)
        order_of_line(fold, result, row)->line_count++;
    FOLD_EACH(order_change, order, fold, CATEGORY_ORDER)
    {
        if (order->placed != NULL || !order->wants_lines)
            continue;
        order->lines = arena_array(&fold->arena, order->line_count + 1, struct line_state);
        if (order->lines == NULL)
            return fold_exhausted(err);
        order->line_count = 0;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        struct order_change *order = order_of_line(fold, result, row);
        if (!read_line(fold, &order->lines[order->line_count++], result, row))
            return fold_exhausted(err);
    }
    return true;
}

/* ---- customers, reservations ---- */

static bool read_customers(struct fold *fold, const PGresult *result, struct error *err)
{
    size_t count = fold->of[CATEGORY_CUSTOMER].older;
    struct stream_change **streams = arena_array(&fold->arena, count + 1, struct stream_change *);
    if (streams == NULL)
        return fold_exhausted(err);
    size_t at = 0;
    FOLD_EACH(customer_change, customer, fold, CATEGORY_CUSTOMER)
    {
        if (customer->registered == NULL)
            streams[at++] = &customer->stream;
    }
    for (int row = 0; row < PQntuples(result); row++) {
        struct stream_change *stream = streams[place_of(result, row)];
        if (!join_sealed(fold, stream, row_bytes(result, row, 1), err))
            return false;
    }
    return older_check(QUERY_UPDATE_CUSTOMERS, count, (size_t)PQntuples(result), err);
}

static bool read_reservations(struct fold *fold, const PGresult *result, struct error *err)
{
    size_t count = fold->older_reservations;
    struct reservation_change **older =
        arena_array(&fold->arena, count + 1, struct reservation_change *);
    if (older == NULL)
        return fold_exhausted(err);
    size_t at = 0;
    for (struct reservation_change *one = fold->reservations; one != NULL; one = one->next) {
        if (one->is_older)
            older[at++] = one;
    }
    size_t found = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        struct reservation_change *one = older[place_of(result, row)];
        one->qty += row_i64(result, row, 1);
        found += one->qty >= 0;
    }
    return older_check(QUERY_UPDATE_RESERVATIONS, count, found, err);
}

/* ---- all of them ---- */

typedef bool read_function(struct fold *fold, const PGresult *result, struct error *err);

static read_function *const readers[] = {
    [QUERY_READ_ORDERS] = read_orders,
    [QUERY_READ_LINES] = read_lines,
    [QUERY_READ_CUSTOMERS] = read_customers,
    [QUERY_READ_RESERVATIONS] = read_reservations,
};

enum { READERS = countof(readers) };

/* Asks for the rows of all sets that have keys; results of the others stay NULL. */
static bool
ask(struct rows *rows, struct db *db, PGresult *results[static READERS], struct error *err)
{
    const struct db_statement *statements[READERS];
    struct db_params params[READERS];
    PGresult *answers[READERS];
    size_t asked[READERS];
    size_t count = 0;
    for (size_t i = 0; i < READERS; i++) {
        results[i] = NULL;
        if (rows->sets[i].row_count == 0)
            continue;
        if (!rows_params(&rows->sets[i], &params[count], err))
            return false;
        statements[count] = projector_statement((enum projector_query)i);
        asked[count++] = i;
    }
    if (count == 0)
        return true;
    if (!db_run_pipeline(db, statements, params, answers, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        results[asked[i]] = answers[i];
    return true;
}

static bool settle_orders(struct fold *fold, struct error *err)
{
    FOLD_EACH(order_change, order, fold, CATEGORY_ORDER)
    {
        if (order->placed == NULL && !fold_settle(fold, order, err))
            return false;
    }
    return true;
}

bool older_settle(struct rows *rows, struct db *db, struct fold *fold, struct error *err)
{
    PGresult *results[READERS];
    rows_fill_keys(rows, fold);
    bool ok = ask(rows, db, results, err);
    for (size_t i = 0; i < READERS && ok; i++)
        ok = results[i] == NULL || readers[i](fold, results[i], err);
    for (size_t i = 0; i < READERS; i++)
        PQclear(results[i]);
    return ok && settle_orders(fold, err);
}
