// SPDX-License-Identifier: Apache-2.0
#include "projector/touch.h"

#include "pg/row.h"
#include "projector/copies.h"
#include "projector/rows.h"

#include "base/banned.h"

static const enum array_type touch_types[TOUCH_ARRAYS] = {
    [TOUCH_TENANT] = ARRAY_I32,
    [TOUCH_ID] = ARRAY_UUID,
    [TOUCH_VERSION_BEFORE] = ARRAY_I32,
    [TOUCH_VERSION] = ARRAY_I32,
    [TOUCH_POSITION] = ARRAY_I64,
    [TOUCH_UPDATED] = ARRAY_TIME,
    [TOUCH_SEALED] = ARRAY_BYTEA,
};

/* A row that is touched, of whichever table. */
struct touched {
    int32_t tenant_id;
    struct uuid id;
    int64_t number; /* of an order, which its row must have; 0: the table has none */
    int64_t version_before;
    int64_t version;
    int64_t position;
    int64_t updated_us;
    struct slice sealed; /* what the batch brought, then what the row is to have */
};

void touch_init(struct touch_arrays *touch)
{
    for (size_t i = 0; i < TOUCH_ARRAYS; i++)
        array_init(&touch->arrays[i], touch_types[i]);
}

void touch_release(struct touch_arrays *touch)
{
    for (size_t i = 0; i < TOUCH_ARRAYS; i++)
        array_release(&touch->arrays[i]);
}

/* All of one table. */
struct touched_table {
    const char *name;
    enum projector_query read;
    enum projector_query write;
    struct touched *rows;
    size_t count;
    struct arena *arena;
};

static void fill(struct touch_arrays *touch, const struct touched_table *table)
{
    struct array_buffer *arrays = touch->arrays;
    for (size_t i = 0; i < TOUCH_ARRAYS; i++)
        array_reset(&arrays[i]);
    for (size_t i = 0; i < table->count; i++) {
        const struct touched *row = &table->rows[i];
        array_i32(&arrays[TOUCH_TENANT], row->tenant_id);
        array_uuid(&arrays[TOUCH_ID], &row->id);
        array_i32(&arrays[TOUCH_VERSION_BEFORE], (int32_t)row->version_before);
        array_i32(&arrays[TOUCH_VERSION], (int32_t)row->version);
        array_i64(&arrays[TOUCH_POSITION], row->position);
        array_time(&arrays[TOUCH_UPDATED], row->updated_us);
        if (row->sealed.size != 0)
            array_bytes(&arrays[TOUCH_SEALED], row->sealed);
        else
            array_null(&arrays[TOUCH_SEALED]);
    }
}

static bool check_found(const struct touched_table *table, size_t found, struct error *err)
{
    if (found == table->count)
        return true;
    return error_set(
        err,
        ERROR_tampered,
        "%zu of %zu changed rows of %s are not as the events before left them: stop, run"
        " order-projector verify, and build the read model anew",
        table->count - found,
        table->count,
        table->name);
}

/* Joins what a row holds with what the batch brought. Columns: place in the arrays, number, sealed. */
static bool join_row(
    struct touched_table *table, const PGresult *result, int at, size_t *found, struct error *err)
{
    struct touched *row = &table->rows[row_i64(result, at, 0) - 1];
    if (row_i64(result, at, 1) != row->number)
        return true;
    struct slice sealed;
    if (!arena_copy(table->arena, row_bytes(result, at, 2), &sealed))
        return fold_exhausted(err);
    (*found)++;
    return copies_join(sealed, row->sealed, table->arena, &row->sealed, err);
}

static bool
read_rows(struct touch_arrays *touch, struct db *db, struct touched_table *table, struct error *err)
{
    struct db_params params = {0};
    AUTO_RESULT result = NULL;
    fill(touch, table);
    if (!rows_params(touch->arrays, TOUCH_VERSION, &params, err) ||
        !db_run(db, projector_statement(table->read), &params, &result, err))
        return false;
    size_t found = 0;
    for (int at = 0; at < PQntuples(result); at++) {
        if (!join_row(table, result, at, &found, err))
            return false;
    }
    return check_found(table, found, err);
}

static bool write_rows(
    struct touch_arrays *touch, struct db *db, struct touched_table *table, struct error *err)
{
    struct db_params params = {0};
    AUTO_RESULT result = NULL;
    fill(touch, table);
    return rows_params(touch->arrays, TOUCH_ARRAYS, &params, err) &&
           db_run(db, projector_statement(table->write), &params, &result, err) &&
           check_found(table, (size_t)PQntuples(result), err);
}

static bool touch_table(
    struct touch_arrays *touch, struct db *db, struct touched_table *table, struct error *err)
{
    return read_rows(touch, db, table, err) && write_rows(touch, db, table, err);
}

bool touch_orders(struct touch_arrays *touch, struct db *db, struct fold *fold, struct error *err)
{
    struct touched_table table = {
        .name = "read.order_summary",
        .read = QUERY_READ_ORDERS,
        .write = QUERY_TOUCH_ORDERS,
        .rows = arena_array(&fold->arena, fold->touched_orders, struct touched),
        .arena = &fold->arena};
    if (table.rows == NULL)
        return fold_exhausted(err);
    for (const struct order_change *order = fold->orders; order != NULL; order = order->next) {
        if (!order->touched)
            continue;
        bool more = order->changed || order->cancelled;
        table.rows[table.count++] = (struct touched){
            .tenant_id = order->tenant_id,
            .id = order->order_id,
            .number = order->order_number,
            .version_before = order->first_version - 1,
            .version = more ? order->first_version - 1 : order->version,
            .position = order->position,
            .updated_us = order->updated_us,
            .sealed = order->sealed};
    }
    CHECK(table.count == fold->touched_orders);
    return touch_table(touch, db, &table, err);
}

bool touch_customers(
    struct touch_arrays *touch, struct db *db, struct fold *fold, struct error *err)
{
    struct touched_table table = {
        .name = "read.customers",
        .read = QUERY_READ_CUSTOMERS,
        .write = QUERY_TOUCH_CUSTOMERS,
        .rows = arena_array(&fold->arena, fold->touched_customers, struct touched),
        .arena = &fold->arena};
    if (table.rows == NULL)
        return fold_exhausted(err);
    for (const struct customer_change *customer = fold->customers; customer != NULL;
         customer = customer->next) {
        if (customer->registered != NULL)
            continue;
        table.rows[table.count++] = (struct touched){
            .tenant_id = customer->tenant_id,
            .id = customer->customer_id,
            .version_before = customer->first_version - 1,
            .version = customer->version,
            .position = customer->position,
            .updated_us = customer->updated_us,
            .sealed = customer->sealed};
    }
    CHECK(table.count == fold->touched_customers);
    return touch_table(touch, db, &table, err);
}
