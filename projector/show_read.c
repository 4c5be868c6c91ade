// SPDX-License-Identifier: Apache-2.0
#include "projector/copies.h"
#include "projector/show.h"

#include <stdio.h>

#include "base/banned.h"

/* Statements over the columns of a table: "select … from … where …". */
struct shown_table {
    const struct table *table;
    const char *where;
    struct db_statement statement;
    char sql[1280];
};

static struct shown_table orders_shown = {
    .table = &summary_table,
    .where = "tenant_id = $1::integer and order_id = $2::uuid",
    .statement = {.number = 51, .name = "show_order", .expect = DB_ANY_ROWS}};

static struct shown_table lines_shown = {
    .table = &lines_table,
    .where = "order_number = $1::bigint order by line_no",
    .statement = {.number = 52, .name = "show_lines", .expect = DB_ANY_ROWS}};

static struct shown_table customers_shown = {
    .table = &customers_table,
    .where = "tenant_id = $1::integer and customer_id = $2::uuid",
    .statement = {.number = 53, .name = "show_customer", .expect = DB_ANY_ROWS}};

static const struct db_statement *statement_of(struct shown_table *shown)
{
    char select[1024];
    columns_select(shown->table, select, sizeof(select));
    (void)snprintf(shown->sql, sizeof(shown->sql), "%s where %s", select, shown->where);
    shown->statement.sql = shown->sql;
    shown->statement.columns = (int)shown->table->column_count;
    return &shown->statement;
}

/* The row of the table, or not found; what it says of why depends on the stream. */
static bool
read_row(struct shown *shown, struct db *db, struct shown_table *of, void *out, struct error *err)
{
    struct db_params params = {0};
    db_param_i32(&params, shown->stream.tenant_id);
    db_param_uuid(&params, &shown->stream.id);
    if (!db_run(db, statement_of(of), &params, &shown->row, err))
        return false;
    if (PQntuples(shown->row) == 0) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&shown->stream.id, id);
        return error_set(
            err,
            ERROR_not_found,
            "tenant '%s' has no %s %s%s",
            shown->options->tenant,
            category_name((enum category)shown->stream.category),
            id,
            shown->timeline.version != 0
                ? " in its read model yet, although there are events: see order-projector status"
                : "");
    }
    columns_read(of->table, shown->row, 0, out);
    return true;
}

static bool read_lines(struct shown *shown, struct db *db, struct error *err)
{
    struct db_params params = {0};
    db_param_i64(&params, shown->order.order_number);
    if (!db_run(db, statement_of(&lines_shown), &params, &shown->line_rows, err))
        return false;
    shown->line_count = (size_t)PQntuples(shown->line_rows);
    shown->lines = arena_array(&shown->arena, shown->line_count, struct line_row);
    if (shown->lines == NULL)
        return error_set(err, ERROR_fatal, "no memory for the lines");
    for (size_t i = 0; i < shown->line_count; i++)
        columns_read(&lines_table, shown->line_rows, (int)i, &shown->lines[i]);
    return true;
}

static bool read_timeline(struct shown *shown, struct db *db, struct error *err)
{
    const struct load_request request = {
        .streams = &shown->stream, .stream_count = 1, .with_sealed = true};
    struct load_result loaded;
    if (!store_load(db, &request, &shown->arena, &loaded, err))
        return false;
    shown->timeline = loaded.streams[0];
    return true;
}

static bool read_order(struct shown *shown, struct db *db, struct error *err)
{
    if (!read_row(shown, db, &orders_shown, &shown->order, err))
        return false;
    shown->subject = shown->order.customer_id;
    return read_lines(shown, db, err) &&
           copies_read(shown->order.sealed, &shown->arena, &shown->copies, err);
}

static bool read_customer(struct shown *shown, struct db *db, struct error *err)
{
    if (!read_row(shown, db, &customers_shown, &shown->customer, err))
        return false;
    shown->subject = shown->stream.id;
    return copies_read(shown->customer.sealed, &shown->arena, &shown->copies, err);
}

bool show_read(struct shown *shown, struct db *db, struct error *err)
{
    if (!db_execute(db, "begin isolation level repeatable read read only", err) ||
        !read_timeline(shown, db, err))
        return false;
    bool ok = shown->options->customer ? read_customer(shown, db, err) : read_order(shown, db, err);
    return ok && db_execute(db, "commit", err);
}
