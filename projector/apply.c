// SPDX-License-Identifier: Apache-2.0
// The checkpoint moves first: a worker that was replaced fails there, before it has written a row,
// and one that was not holds the checkpoint's row until the end. Whatever collides after that is
// damage, not a race. Because the checkpoint moves by compare-and-swap in the rows' transaction,
// every event is applied exactly once and plain COPY is right.
//
// The commit is synchronous on purpose. WAL is flushed in order, so a row becomes visible only
// after the flush that covers the events it was made of: nobody is ever shown an order that a crash
// could take back.
#include "projector/apply.h"

#include "base/clock.h"
#include "pg/row.h"
#include "pg/sqlstate.h"
#include "projector/statements.h"

#include <inttypes.h>

#include "base/banned.h"

void applier_init(struct applier *applier)
{
    *applier = (struct applier){0};
    rows_init(&applier->rows);
    touch_init(&applier->touch);
}

void applier_release(struct applier *applier)
{
    rows_release(&applier->rows);
    touch_release(&applier->touch);
}

bool apply_prepare(struct db *db, struct error *err)
{
    return db_execute(db, "set synchronous_commit = on", err) && db_keyed_session(db, err);
}

/* ---- new orders ---- */

static bool copy_rows(struct db *db, struct copy_buffer *copy, const char *sql, struct error *err)
{
    struct slice bytes;
    if (!copy_finish(copy, &bytes))
        return error_set(err, ERROR_fatal, "no memory for the rows of a batch");
    return db_copy_in(db, sql, bytes, err);
}

static bool write_new(struct db *db, struct rows *rows, struct error *err)
{
    return copy_rows(db, &rows->summary, rows_copy_summary, err) &&
           copy_rows(db, &rows->lines, rows_copy_lines, err);
}

/* ---- older orders ---- */

enum { COLUMN_ORDER, COLUMN_PLACED_AT, COLUMN_CURRENCY, COLUMN_SKU, COLUMN_UNITS, COLUMN_AMOUNT };

/* Notes the orders that were found; their rows have no article. */
static size_t note_orders(struct fold *fold, const PGresult *result)
{
    size_t found = 0;
    for (int row = 0; row < PQntuples(result); row++) {
        if (row_is_null(result, row, COLUMN_PLACED_AT))
            continue;
        struct order_change *order = fold_find(fold, row_i64(result, row, COLUMN_ORDER));
        CHECK(order != NULL && !order->found);
        order->found = true;
        order->placed_us = row_time(result, row, COLUMN_PLACED_AT);
        order->currency = row_bytes(result, row, COLUMN_CURRENCY);
        found++;
    }
    return found;
}

/* Adds the changed lines to the sales; lines of an order that was not found do not count. */
static bool note_lines(struct fold *fold, const PGresult *result, size_t *found, struct error *err)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct order_change *order = fold_find(fold, row_i64(result, row, COLUMN_ORDER));
        if (row_is_null(result, row, COLUMN_SKU) || order == NULL || !order->found)
            continue;
        struct sales_key key = {
            .tenant_id = order->tenant_id,
            .month = sales_month(order->placed_us),
            .sku = row_bytes(result, row, COLUMN_SKU),
            .currency = order->currency};
        int64_t units = row_i32(result, row, COLUMN_UNITS);
        if (!fold_add_cancelled(fold, &key, units, row_i64(result, row, COLUMN_AMOUNT)))
            return error_set(err, ERROR_fatal, "the memory of a batch is used up");
        (*found)++;
    }
    return true;
}

static bool lacks(const char *what, size_t wanted, size_t found, struct error *err)
{
    return error_set(
        err,
        ERROR_tampered,
        "%zu of %zu changed %s are not in the read model as the events before left them: stop, run"
        " order-projector verify, and build the read model anew",
        wanted - found,
        wanted,
        what);
}

static bool change_lines(struct db *db, struct rows *rows, struct fold *fold, struct error *err)
{
    struct db_params params = {0};
    AUTO_RESULT result = NULL;
    if (!rows_params(rows->changed, CHANGED_ARRAYS, &params, err) ||
        !rows_params(rows->changed_lines, LINE_ARRAYS, &params, err) ||
        !db_run(db, projector_statement(QUERY_CANCEL_LINES), &params, &result, err))
        return false;
    size_t orders = note_orders(fold, result);
    if (orders != fold->changed_orders)
        return lacks("orders", fold->changed_orders, orders, err);
    size_t lines = 0;
    if (!note_lines(fold, result, &lines, err))
        return false;
    return lines == fold->changed_lines || lacks("lines", fold->changed_lines, lines, err);
}

static bool cancel_orders(struct db *db, struct rows *rows, struct fold *fold, struct error *err)
{
    struct db_params params = {0};
    AUTO_RESULT result = NULL;
    if (!rows_params(rows->cancelled, CHANGED_ARRAYS, &params, err))
        return false;
    db_param_i16(&params, ORDER_CANCELLED);
    if (!db_run(db, projector_statement(QUERY_CANCEL_ORDERS), &params, &result, err))
        return false;
    size_t orders = note_orders(fold, result);
    if (orders != fold->cancelled_orders)
        return lacks("orders", fold->cancelled_orders, orders, err);
    size_t lines = 0; /* those that had open units: as many as there are */
    return note_lines(fold, result, &lines, err);
}

/* ---- the transaction ---- */

static bool write_sales(struct db *db, struct rows *rows, struct fold *fold, struct error *err)
{
    struct db_params params = {0};
    return rows_fill_sales(rows, fold, err) &&
           rows_params(rows->sales, SALES_ARRAYS, &params, err) &&
           db_run(db, projector_statement(QUERY_ADD_SALES), &params, NULL, err);
}

/* Statements that go in one round trip, with their parameters. */
struct train {
    enum { TRAIN_MOST = 5 } most;
    const struct db_statement *statements[TRAIN_MOST];
    struct db_params params[TRAIN_MOST];
    size_t count;
};

static bool couple(
    struct train *train,
    const struct db_statement *statement,
    struct array_buffer *arrays,
    size_t array_count,
    struct error *err)
{
    struct db_params *params = &train->params[train->count];
    train->statements[train->count++] = statement;
    params->count = 0;
    return rows_params(arrays, array_count, params, err);
}

/* What there is to write of a small batch. */
static bool load_train(struct train *train, struct rows *rows, struct fold *fold, struct error *err)
{
    static const struct db_statement commit = {
        .number = 38, .name = "projector_commit", .sql = "commit", .expect = DB_NOTHING};
    train->count = 0;
    if (fold->new_orders != 0 &&
        (!couple(
             train,
             projector_statement(QUERY_INSERT_ORDERS),
             rows->small_summary,
             SUMMARY_COLUMNS,
             err) ||
         !couple(
             train, projector_statement(QUERY_INSERT_LINES), rows->small_lines, LINE_COLUMNS, err)))
        return false;
    if (fold->new_customers != 0 && !couple(
                                        train,
                                        projector_statement(QUERY_INSERT_CUSTOMERS),
                                        rows->customers,
                                        CUSTOMER_COLUMNS,
                                        err))
        return false;
    if (sales_count(&fold->sales) != 0 &&
        (!rows_fill_sales(rows, fold, err) ||
         !couple(train, projector_statement(QUERY_ADD_SALES), rows->sales, SALES_ARRAYS, err)))
        return false;
    return couple(train, &commit, NULL, 0, err);
}

/* A batch of few new rows: everything that is left, the commit too, in one round trip. When one
 * statement fails, so do those behind it, and the commit rolls back. */
static bool write_small(struct db *db, struct rows *rows, struct fold *fold, struct error *err)
{
    struct train train;
    PGresult *results[TRAIN_MOST];
    if (!load_train(&train, rows, fold, err) ||
        !db_run_pipeline(db, train.statements, train.params, results, train.count, err))
        return false;
    for (size_t i = 0; i < train.count; i++)
        PQclear(results[i]);
    return true;
}

static bool insert_customers(struct db *db, struct rows *rows, struct error *err)
{
    struct db_params params = {0};
    return rows_params(rows->customers, CUSTOMER_COLUMNS, &params, err) &&
           db_run(db, projector_statement(QUERY_INSERT_CUSTOMERS), &params, NULL, err);
}

/* Only what there is to do: each statement is a round trip. Rows that are touched come before they are
 * changed otherwise, which moves them on. */
static bool
write_large(struct applier *applier, struct db *db, struct fold *fold, struct error *err)
{
    struct rows *rows = &applier->rows;
    if (fold->new_orders != 0 && !write_new(db, rows, err))
        return false;
    if (fold->new_customers != 0 && !insert_customers(db, rows, err))
        return false;
    if (fold->touched_orders != 0 && !touch_orders(&applier->touch, db, fold, err))
        return false;
    if (fold->touched_customers != 0 && !touch_customers(&applier->touch, db, fold, err))
        return false;
    if (fold->changed_orders != 0 && !change_lines(db, rows, fold, err))
        return false;
    if (fold->cancelled_orders != 0 && !cancel_orders(db, rows, fold, err))
        return false;
    return sales_count(&fold->sales) == 0 || write_sales(db, rows, fold, err);
}

/* The checkpoint is ours by now: a row that exists already or does not pass the table's rules was
 * not put there by another worker. */
static bool refused(struct error *err)
{
    if (!sqlstate_is_data(err->code))
        return false;
    err->kind = ERROR_tampered;
    return error_prefix(err, "the read model contradicts the events");
}

static bool write_transaction(
    struct applier *applier,
    struct db *db,
    struct fold *fold,
    struct checkpoint *moved,
    struct error *err)
{
    int64_t began_us = clock_monotonic_us();
    if (!db_execute(db, "begin", err) ||
        !checkpoint_advance(db, moved, moved->position + (int64_t)fold->events, err))
        return false;
    bool small = applier->rows.small;
    if (small ? !write_small(db, &applier->rows, fold, err) : !write_large(applier, db, fold, err))
        return refused(err);
    int64_t wrote_us = clock_monotonic_us();
    if (!small && !db_execute(db, "commit", err))
        return false;
    applier->write_us += wrote_us - began_us;
    applier->commit_us += clock_monotonic_us() - wrote_us;
    return true;
}

bool apply_batch(
    struct applier *applier,
    struct db *db,
    struct fold *fold,
    struct checkpoint *checkpoint,
    struct error *err)
{
    int64_t began_us = clock_monotonic_us();
    int64_t first = checkpoint->position + 1;
    int64_t last = checkpoint->position + (int64_t)fold->events;
    struct checkpoint moved = *checkpoint;
    if (!rows_fill(&applier->rows, fold, err))
        return false;
    applier->encode_us += clock_monotonic_us() - began_us;
    if (fold->orders == NULL &&
        fold->customers == NULL) { /* other categories: the checkpoint alone */
        if (!checkpoint_advance(db, &moved, last, err))
            return false;
    } else if (!write_transaction(applier, db, fold, &moved, err)) {
        db_rollback(db);
        return error_prefix(err, "events %" PRId64 " to %" PRId64, first, last);
    }
    *checkpoint = moved;
    return true;
}
