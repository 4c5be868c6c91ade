// SPDX-License-Identifier: Apache-2.0
#include "projector/copies.h"
#include "projector/show.h"

#include "base/banned.h"

static const struct db_statement order_statement = {
    .number = 51,
    .name = "show_order",
    .sql = "select order_number, order_id, customer_id, tenant_id, channel, status, currency,"
           " ship_country, line_count, units, subtotal, tax, shipping, total, cancelled_amount,"
           " placed_at, updated_at, stream_version, position, sealed"
           " from read.order_summary where tenant_id = $1::integer and order_id = $2::uuid",
    .expect = DB_ANY_ROWS,
    .columns = 20,
};

static const struct db_statement lines_statement = {
    .number = 52,
    .name = "show_lines",
    .sql = "select order_number, line_no, tenant_id, sku, title, seller_id, qty, cancelled,"
           " unit_price, line_net, line_tax, line_total, cancelled_amount"
           " from read.order_lines where order_number = $1::bigint order by line_no",
    .expect = DB_ANY_ROWS,
    .columns = 13,
};

static const struct db_statement customer_statement = {
    .number = 53,
    .name = "show_customer",
    .sql = "select 0::bigint, customer_id, tenant_id, status, region, locale, registered_at,"
           " updated_at, stream_version, position, sealed"
           " from read.customers where tenant_id = $1::integer and customer_id = $2::uuid",
    .expect = DB_ANY_ROWS,
    .columns = 11,
};

/* The row of the table, or not found; what it says of why depends on the stream. */
static bool read_row(
    struct shown *shown,
    struct db *db,
    const struct db_statement *statement,
    const struct table *table,
    void *out,
    struct error *err)
{
    struct db_params params = {0};
    db_param_i32(&params, shown->stream.tenant_id);
    db_param_uuid(&params, &shown->stream.id);
    if (!db_run(db, statement, &params, &shown->row, err))
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
    columns_read(table, shown->row, 0, out);
    return true;
}

static bool read_lines(struct shown *shown, struct db *db, struct error *err)
{
    struct db_params params = {0};
    db_param_i64(&params, shown->order.order_number);
    if (!db_run(db, &lines_statement, &params, &shown->line_rows, err))
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
    if (!read_row(shown, db, &order_statement, &summary_table, &shown->order, err))
        return false;
    shown->subject = shown->order.customer_id;
    return read_lines(shown, db, err) &&
           copies_read(shown->order.sealed, &shown->arena, &shown->copies, err);
}

static bool read_customer(struct shown *shown, struct db *db, struct error *err)
{
    if (!read_row(shown, db, &customer_statement, &customers_table, &shown->customer, err))
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
