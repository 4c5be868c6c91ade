// SPDX-License-Identifier: Apache-2.0
// Streams with all their events, and what was answered to commands before: one round trip.
#include "store/store.h"

#include "pg/row.h"
#include "store/session.h"

static const struct db_statement streams_statement = {
    .number = 2,
    .name = "store_load_streams",
    .sql = "select g.number, s.stream_number, s.version, e.version, e.type, e.schema_version,"
           " e.occurred_at, e.payload, e.position, e.recorded_at, e.command_id,"
           " case when $5::boolean then e.sealed end"
           " from unnest($1::integer[], $2::smallint[], $3::uuid[], $4::bigint[])"
           "  with ordinality as g (tenant, category, stream, after_version, number)"
           " join store.streams s on s.stream_id = g.stream and s.tenant_id = g.tenant"
           "  and s.category = g.category"
           " left join store.events e on e.stream_number = s.stream_number"
           "  and e.version > g.after_version and e.position > s.after_position"
           " order by g.number, e.version",
    .expect = DB_ANY_ROWS,
    .columns = 12,
};

static const struct db_statement outcomes_statement = {
    .number = 3,
    .name = "store_load_outcomes",
    .sql = "select g.number, c.fingerprint, c.outcome, c.code, c.category, c.stream_id, c.version,"
           " c.event_count, e.position, c.field"
           " from unnest($1::integer[], $2::uuid[]) with ordinality as g (tenant, id, number)"
           " join store.commands c on c.command_id = g.id and c.tenant_id = g.tenant"
           " left join store.streams s on c.event_count > 0 and s.stream_id = c.stream_id"
           "  and s.tenant_id = g.tenant and s.category = c.category"
           " left join store.events e on e.stream_number = s.stream_number"
           "  and e.version = c.version and e.position > s.after_position",
    .expect = DB_ANY_ROWS,
    .columns = 10,
};

struct load_arrays {
    struct array_buffer tenants;
    struct array_buffer command_tenants;
    struct array_buffer categories;
    struct array_buffer streams;
    struct array_buffer after_versions;
    struct array_buffer commands;
};

static void release_arrays(struct load_arrays *arrays)
{
    array_release(&arrays->tenants);
    array_release(&arrays->command_tenants);
    array_release(&arrays->categories);
    array_release(&arrays->streams);
    array_release(&arrays->after_versions);
    array_release(&arrays->commands);
}

static int64_t after_version(const struct load_request *request, size_t stream)
{
    return request->after_versions != NULL ? request->after_versions[stream] : 0;
}

static void fill_arrays(struct load_arrays *arrays, const struct load_request *request)
{
    array_init(&arrays->tenants, ARRAY_I32);
    array_init(&arrays->command_tenants, ARRAY_I32);
    array_init(&arrays->categories, ARRAY_I16);
    array_init(&arrays->streams, ARRAY_UUID);
    array_init(&arrays->after_versions, ARRAY_I64);
    array_init(&arrays->commands, ARRAY_UUID);
    for (size_t i = 0; i < request->stream_count; i++) {
        array_i32(&arrays->tenants, request->streams[i].tenant_id);
        array_i16(&arrays->categories, request->streams[i].category);
        array_uuid(&arrays->streams, &request->streams[i].id);
        array_i64(&arrays->after_versions, after_version(request, i));
    }
    for (size_t i = 0; i < request->command_count; i++) {
        array_i32(&arrays->command_tenants, request->commands[i].tenant_id);
        array_uuid(&arrays->commands, &request->commands[i].id);
    }
}

static bool put_array(struct db_params *params, struct array_buffer *array)
{
    struct slice bytes;
    if (!array_finish(array, &bytes))
        return false;
    db_param_bytes(params, bytes);
    return true;
}

/* Fills the parameters of both statements; the arrays hold the bytes. */
static bool fill_params(
    struct load_arrays *arrays,
    const struct load_request *request,
    struct db_params params[static 2])
{
    fill_arrays(arrays, request);
    params[0].count = 0;
    params[1].count = 0;
    bool ok =
        put_array(&params[0], &arrays->tenants) && put_array(&params[0], &arrays->categories) &&
        put_array(&params[0], &arrays->streams) && put_array(&params[0], &arrays->after_versions) &&
        put_array(&params[1], &arrays->command_tenants) && put_array(&params[1], &arrays->commands);
    if (!ok)
        return false;
    db_param_bool(&params[0], request->with_sealed);
    return true;
}

static bool
copy_text(const PGresult *result, int row, int column, struct arena *arena, struct slice *out)
{
    return arena_copy(arena, row_bytes(result, row, column), out);
}

static bool
read_event(const PGresult *result, int row, struct arena *arena, struct recorded_event *out)
{
    out->stream_number = row_i64(result, row, 1);
    out->version = row_i32(result, row, 3);
    out->schema_version = row_i16(result, row, 5);
    out->occurred_us = row_time(result, row, 6);
    out->position = row_i64(result, row, 8);
    out->recorded_us = row_time(result, row, 9);
    out->command_id = row_uuid(result, row, 10);
    return copy_text(result, row, 4, arena, &out->type) &&
           copy_text(result, row, 7, arena, &out->payload) &&
           copy_text(result, row, 11, arena, &out->sealed);
}

/* Rows row..end-1 are one stream of the request: its events, or one row without an event. */
static bool read_stream(
    const PGresult *result,
    int row,
    int end,
    const struct load_request *request,
    struct arena *arena,
    struct loaded_stream *streams)
{
    size_t at = (size_t)row_i64(result, row, 0) - 1;
    size_t count = row_is_null(result, row, 3) ? 0 : (size_t)(end - row);
    struct recorded_event *events = arena_array(arena, count, struct recorded_event);
    if (events == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        events[i].stream = request->streams[at];
        if (!read_event(result, row + (int)i, arena, &events[i]))
            return false;
    }
    streams[at] = (struct loaded_stream){
        .version = row_i32(result, row, 2), .events = events, .event_count = count};
    return true;
}

/* A stream's events must be its versions after the wanted one: anything else is damage. */
static bool check_dense(const struct loaded_stream *stream, int64_t after, struct error *err)
{
    for (size_t i = 0; i < stream->event_count; i++) {
        if (stream->events[i].version != after + (int64_t)i + 1)
            return error_set(
                err,
                ERROR_tampered,
                "stream %lld: version %lld is missing",
                (long long)stream->events[i].stream_number,
                (long long)after + (long long)i + 1);
    }
    int64_t found = after + (int64_t)stream->event_count;
    if (stream->version != found)
        return error_set(
            err,
            ERROR_tampered,
            "a stream is at version %lld, its events end at %lld",
            (long long)stream->version,
            (long long)found);
    return true;
}

/* A stream that is not there may be one nobody has written yet, but not one that was at a version
 * before. */
static bool
check_streams(const struct load_request *request, struct loaded_stream *streams, struct error *err)
{
    for (size_t i = 0; i < request->stream_count; i++) {
        if (!check_dense(&streams[i], after_version(request, i), err))
            return false;
    }
    return true;
}

static bool read_streams(
    const PGresult *result,
    const struct load_request *request,
    struct arena *arena,
    struct loaded_stream *streams,
    struct error *err)
{
    int rows = PQntuples(result);
    for (int row = 0; row < rows;) {
        int64_t number = row_i64(result, row, 0);
        int end = row + 1;
        while (end < rows && row_i64(result, end, 0) == number)
            end++;
        if (!read_stream(result, row, end, request, arena, streams))
            return error_set(err, ERROR_fatal, "load: the batch's memory is used up");
        row = end;
    }
    return check_streams(request, streams, err);
}

static bool read_outcomes(
    const PGresult *result,
    const struct load_request *request,
    struct arena *arena,
    struct stored_outcome *outcomes,
    struct error *err)
{
    for (int row = 0; row < PQntuples(result); row++) {
        size_t at = (size_t)row_i64(result, row, 0) - 1;
        struct stored_outcome *outcome = &outcomes[at];
        struct slice fingerprint = row_bytes(result, row, 1);
        CHECK(fingerprint.size == STORE_FINGERPRINT_SIZE);
        memcpy(outcome->fingerprint, fingerprint.data, fingerprint.size);
        outcome->known = true;
        outcome->outcome = (enum outcome)row_i16(result, row, 2);
        outcome->stream.tenant_id = request->commands[at].tenant_id;
        outcome->stream.category = row_i16(result, row, 4);
        outcome->stream.id = row_uuid(result, row, 5);
        outcome->version = row_i32(result, row, 6);
        outcome->event_count = row_i16(result, row, 7);
        outcome->position = row_is_null(result, row, 8) ? 0 : row_i64(result, row, 8);
        if (!copy_text(result, row, 3, arena, &outcome->code) ||
            !copy_text(result, row, 9, arena, &outcome->field))
            return error_set(err, ERROR_fatal, "load: the batch's memory is used up");
    }
    return true;
}

/* One round trip. The arrays hold the parameters' bytes. */
static bool
run(struct db *db,
    const struct load_request *request,
    struct load_arrays *arrays,
    PGresult *results[static 2],
    struct error *err)
{
    static const struct db_statement *const statements[2] = {
        &streams_statement, &outcomes_statement};
    struct db_params params[2];
    if (!fill_params(arrays, request, params))
        return error_set(err, ERROR_fatal, "load: out of memory");
    return db_run_pipeline(db, statements, params, results, 2, err);
}

bool store_load(
    struct db *db,
    const struct load_request *request,
    struct arena *arena,
    struct load_result *out,
    struct error *err)
{
    CHECK(request->stream_count <= STORE_MAX_BATCH && request->command_count <= STORE_MAX_BATCH);
    struct load_result loaded = {
        .streams = arena_array(arena, request->stream_count, struct loaded_stream),
        .outcomes = arena_array(arena, request->command_count, struct stored_outcome)};
    if (loaded.streams == NULL || loaded.outcomes == NULL)
        return error_set(err, ERROR_fatal, "load: the batch's memory is used up");
    if (!store_session(db, err))
        return false;
    struct load_arrays arrays;
    PGresult *results[2] = {NULL, NULL};
    bool ok = run(db, request, &arrays, results, err) &&
              read_streams(results[0], request, arena, loaded.streams, err) &&
              read_outcomes(results[1], request, arena, loaded.outcomes, err);
    PQclear(results[0]);
    PQclear(results[1]);
    release_arrays(&arrays);
    if (ok)
        *out = loaded;
    return ok;
}
