// SPDX-License-Identifier: Apache-2.0
#include "store/tail.h"

#include "pg/row.h"

static const struct db_statement tail_statement = {
    .number = 10,
    .name = "store_tail",
    .sql = "select position, stream_number, category, stream_id, tenant_id, version, type,"
           " schema_version, occurred_at, recorded_at, command_id, payload"
           " from store.events where position > $1::bigint order by position limit $2::integer",
    .expect = DB_ANY_ROWS,
    .columns = 12,
};

static void read_event(const PGresult *result, int row, struct recorded_event *out)
{
    out->position = row_i64(result, row, 0);
    out->stream_number = row_i64(result, row, 1);
    out->stream.category = row_i16(result, row, 2);
    out->stream.id = row_uuid(result, row, 3);
    out->tenant_id = row_i32(result, row, 4);
    out->version = row_i32(result, row, 5);
    out->type = row_bytes(result, row, 6);
    out->schema_version = row_i16(result, row, 7);
    out->occurred_us = row_time(result, row, 8);
    out->recorded_us = row_time(result, row, 9);
    out->command_id = row_uuid(result, row, 10);
    out->payload = row_bytes(result, row, 11);
}

bool store_tail(
    struct db *db,
    int64_t after_position,
    int32_t limit,
    struct arena *arena,
    struct recorded_event **out_events,
    size_t *out_count,
    PGresult **out_result,
    struct error *err)
{
    struct db_params params = {0};
    db_param_i64(&params, after_position);
    db_param_i32(&params, limit);
    AUTO_RESULT result = NULL;
    if (!db_run(db, &tail_statement, &params, &result, err))
        return false;
    size_t count = (size_t)PQntuples(result);
    struct recorded_event *events = arena_array(arena, count, struct recorded_event);
    if (events == NULL)
        return error_set(err, ERROR_fatal, "tail: the batch's memory is used up");
    for (size_t i = 0; i < count; i++) {
        read_event(result, (int)i, &events[i]);
        if (events[i].position != after_position + 1 + (int64_t)i)
            return error_set(
                err,
                ERROR_tampered,
                "log hole at position %lld: events were removed from the store; do not go on,"
                " restore it or ask for help",
                (long long)(after_position + 1 + (int64_t)i));
    }
    *out_events = events;
    *out_count = count;
    *out_result = result;
    result = NULL;
    return true;
}
