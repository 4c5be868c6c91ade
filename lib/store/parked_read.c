// SPDX-License-Identifier: Apache-2.0
// Which streams are parked, and what waits for one of them.
#include "store/parked.h"

#include "pg/row.h"

static const struct db_statement read_statement = {
    .number = 31,
    .name = "parked_read",
    .sql = "select stream_id, tenant_id, category, state, partition, topic = $1::text"
           " from store.parked_streams",
    .expect = DB_ANY_ROWS,
    .columns = 6,
};

static const struct db_statement queue_statement = {
    .number = 28,
    .name = "parked_queue",
    .sql =
        "select sequence, command_id, partition, \"offset\", timestamp_ms, key, headers, value"
        " from (select *, sum(coalesce(octet_length(value), 0)) over (order by sequence) as total,"
        "   row_number() over (order by sequence) as place"
        "  from (select * from store.parked_commands where stream_id = $1::uuid"
        "   and tenant_id = $2::integer and category = $3::smallint"
        "   order by sequence limit $4::integer) head) as sized"
        " where place = 1 or total < $5::bigint order by sequence",
    .expect = DB_ANY_ROWS,
    .columns = 8,
};

enum { QUEUE_BYTES = 4 * 1024 * 1024 };

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_fatal, "parked commands: out of memory");
}

bool parked_read(
    struct db *db,
    const char *topic,
    struct arena *arena,
    struct parked_stream **out,
    size_t *count,
    struct error *err)
{
    struct db_params params = {0};
    PGresult *result;
    db_param_text(&params, topic);
    if (!db_run(db, &read_statement, &params, &result, err))
        return false;
    size_t rows = (size_t)PQntuples(result);
    struct parked_stream *streams = arena_array(arena, rows, struct parked_stream);
    for (size_t i = 0; streams != NULL && i < rows; i++) {
        int row = (int)i;
        streams[i] = (struct parked_stream){
            .stream =
                {.id = row_uuid(result, row, 0),
                 .tenant_id = row_i32(result, row, 1),
                 .category = row_i16(result, row, 2)},
            .state = (enum parked_state)row_i16(result, row, 3),
            .partition = row_i32(result, row, 4),
            .is_ours = row_bool(result, row, 5)};
    }
    PQclear(result);
    if (streams == NULL)
        return no_memory(err);
    *out = streams;
    *count = rows;
    return true;
}

static bool read_entry(
    const PGresult *result,
    int row,
    const struct stream_id *stream,
    struct arena *arena,
    struct parked_entry *out)
{
    *out = (struct parked_entry){
        .sequence = row_i64(result, row, 0),
        .record = {
            .stream = *stream,
            .command_id = row_uuid(result, row, 1),
            .partition = row_i32(result, row, 2),
            .offset = row_i64(result, row, 3),
            .timestamp_ms = row_i64(result, row, 4),
            .is_kept = true}};
    struct parked_record *record = &out->record;
    return arena_copy(arena, row_bytes(result, row, 5), &record->key) &&
           arena_copy(arena, row_bytes(result, row, 6), &record->headers) &&
           (row_is_null(result, row, 7) ||
            arena_copy(arena, row_bytes(result, row, 7), &record->value));
}

bool parked_queue(
    struct db *db,
    const struct stream_id *stream,
    struct arena *arena,
    struct parked_entry **out,
    size_t *count,
    struct error *err)
{
    struct db_params params = {0};
    PGresult *result;
    db_param_uuid(&params, &stream->id);
    db_param_i32(&params, stream->tenant_id);
    db_param_i16(&params, stream->category);
    db_param_i32(&params, PARKED_MOST_ENTRIES);
    db_param_i64(&params, QUEUE_BYTES);
    if (!db_run(db, &queue_statement, &params, &result, err))
        return false;
    size_t rows = (size_t)PQntuples(result);
    struct parked_entry *entries = arena_array(arena, rows, struct parked_entry);
    bool ok = entries != NULL;
    for (size_t i = 0; ok && i < rows; i++)
        ok = read_entry(result, (int)i, stream, arena, &entries[i]);
    PQclear(result);
    if (!ok)
        return no_memory(err);
    *out = entries;
    *count = rows;
    return true;
}
