// SPDX-License-Identifier: Apache-2.0
#include "store/tail.h"

#include "pg/row.h"

/* The head comes with the events, out of one snapshot: without it, newest events that were removed
 * would look like events that are not written yet. The join keeps the order of the inner rows,
 * because there is one head; a sort would copy every payload. What comes is checked anyway. */
static const struct db_statement tail_statement = {
    .number = 10,
    .name = "store_tail",
    .sql = "select h.position, e.position, stream_number, category, stream_id, tenant_id, version,"
           " type, schema_version, occurred_at, recorded_at, command_id, payload, sealed"
           " from store.head h left join ("
           "  select * from store.events where position > $1::bigint"
           "  order by position limit $2::integer) e on true"
           " where h.shard = 0",
    .expect = DB_ANY_ROWS,
    .columns = 14,
};

static void read_event(const PGresult *result, int row, struct recorded_event *out)
{
    out->position = row_i64(result, row, 1);
    out->stream_number = row_i64(result, row, 2);
    out->stream.category = row_i16(result, row, 3);
    out->stream.id = row_uuid(result, row, 4);
    out->stream.tenant_id = row_i32(result, row, 5);
    out->version = row_i32(result, row, 6);
    out->type = row_bytes(result, row, 7);
    out->schema_version = row_i16(result, row, 8);
    out->occurred_us = row_time(result, row, 9);
    out->recorded_us = row_time(result, row, 10);
    out->command_id = row_uuid(result, row, 11);
    out->payload = row_bytes(result, row, 12);
    out->sealed = row_bytes(result, row, 13);
}

static bool hole(int64_t position, struct error *err)
{
    return error_set(
        err,
        ERROR_tampered,
        "log hole at position %lld: events were removed from the store; do not go on, restore it or"
        " ask for help",
        (long long)position);
}

/* A page that is not full ends at the head; a full one ends there or before it. */
static bool
check_end(const struct tail_request *request, const struct tail_page *page, struct error *err)
{
    int64_t last = request->after_position + (int64_t)page->count;
    if (page->head < last)
        return error_set(
            err,
            ERROR_tampered,
            "log diverged at position %lld: the reader is at %lld; the store is an older copy or"
            " was cut off",
            (long long)page->head,
            (long long)last);
    bool full = page->count == (size_t)request->limit;
    return full || page->head == last || hole(last + 1, err);
}

bool store_tail(
    struct db *db,
    const struct tail_request *request,
    struct arena *arena,
    struct tail_page *out,
    struct error *err)
{
    CHECK(request->limit > 0);
    struct db_params params = {0};
    db_param_i64(&params, request->after_position);
    db_param_i32(&params, request->limit);
    AUTO_RESULT result = NULL;
    if (!db_run(db, &tail_statement, &params, &result, err))
        return false;
    if (PQntuples(result) == 0)
        return error_set(err, ERROR_tampered, "the store has lost its head row: restore it");
    struct tail_page page = {.head = row_i64(result, 0, 0)};
    page.count = row_is_null(result, 0, 1) ? 0 : (size_t)PQntuples(result);
    page.events = arena_array(arena, page.count, struct recorded_event);
    if (page.events == NULL)
        return error_set(err, ERROR_fatal, "tail: the batch's memory is used up");
    for (size_t i = 0; i < page.count; i++) {
        int64_t expected = request->after_position + 1 + (int64_t)i;
        read_event(result, (int)i, &page.events[i]);
        if (page.events[i].position != expected)
            return hole(expected, err);
    }
    if (!check_end(request, &page, err))
        return false;
    page.result = result;
    *out = page;
    result = NULL;
    return true;
}
