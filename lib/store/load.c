// SPDX-License-Identifier: Apache-2.0
// Streams with all their events, and what was answered to commands before: one round trip.
#include "store/store.h"

#include "pg/row.h"
#include "store/session.h"

static const struct db_statement streams_statement = {
    .number = 2,
    .name = "store_load_streams",
    .sql = "select g.number, s.stream_number, s.version, e.version, e.type, e.schema_version,"
           " e.occurred_at, e.payload"
           " from unnest($2::smallint[], $3::uuid[]) with ordinality"
           "  as g (category, stream, number)"
           " join store.streams s on s.stream_id = g.stream and s.tenant_id = $1"
           "  and s.category = g.category"
           " join store.events e on e.stream_number = s.stream_number"
           "  and e.position > s.after_position"
           " order by g.number, e.version",
    .expect = DB_ANY_ROWS,
    .columns = 8,
};

static const struct db_statement outcomes_statement = {
    .number = 3,
    .name = "store_load_outcomes",
    .sql = "select g.number, c.fingerprint, c.outcome, c.code, c.category, c.stream_id, c.version,"
           " c.event_count, e.position"
           " from unnest($2::uuid[]) with ordinality as g (id, number)"
           " join store.commands c on c.command_id = g.id and c.tenant_id = $1"
           " left join store.streams s on c.event_count > 0 and s.stream_id = c.stream_id"
           "  and s.tenant_id = $1 and s.category = c.category"
           " left join store.events e on e.stream_number = s.stream_number"
           "  and e.version = c.version and e.position > s.after_position",
    .expect = DB_ANY_ROWS,
    .columns = 9,
};

struct load_arrays {
    struct array_buffer categories;
    struct array_buffer streams;
    struct array_buffer commands;
};

static void release_arrays(struct load_arrays *arrays)
{
    array_release(&arrays->categories);
    array_release(&arrays->streams);
    array_release(&arrays->commands);
}

/* Fills the parameters of both statements; the arrays hold the bytes. */
static bool fill_params(
    struct load_arrays *arrays,
    int32_t tenant_id,
    struct slice streams,
    struct slice command_ids,
    struct db_params params[static 2])
{
    array_init(&arrays->categories, ARRAY_I16);
    array_init(&arrays->streams, ARRAY_UUID);
    array_init(&arrays->commands, ARRAY_UUID);
    for (size_t at = 0; at < streams.size; at += sizeof(struct stream_id)) {
        struct stream_id stream;
        memcpy(&stream, streams.data + at, sizeof(stream));
        array_i16(&arrays->categories, stream.category);
        array_uuid(&arrays->streams, &stream.id);
    }
    for (size_t at = 0; at < command_ids.size; at += sizeof(struct uuid)) {
        struct uuid id;
        memcpy(&id, command_ids.data + at, sizeof(id));
        array_uuid(&arrays->commands, &id);
    }
    struct slice categories, ids, commands;
    if (!array_finish(&arrays->categories, &categories) || !array_finish(&arrays->streams, &ids) ||
        !array_finish(&arrays->commands, &commands))
        return false;
    params[0].count = 0;
    db_param_i32(&params[0], tenant_id);
    db_param_bytes(&params[0], categories);
    db_param_bytes(&params[0], ids);
    params[1].count = 0;
    db_param_i32(&params[1], tenant_id);
    db_param_bytes(&params[1], commands);
    return true;
}

static bool
copy_text(const PGresult *result, int row, int column, struct arena *arena, struct slice *out)
{
    return arena_copy(arena, row_bytes(result, row, column), out);
}

/* Rows row..end-1 are the events of one stream. */
static bool read_stream(
    const PGresult *result, int row, int end, struct arena *arena, struct loaded_stream *out)
{
    size_t count = (size_t)(end - row);
    struct recorded_event *events = arena_array(arena, count, struct recorded_event);
    if (events == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        int at = row + (int)i;
        events[i].stream_number = row_i64(result, at, 1);
        events[i].version = row_i32(result, at, 3);
        events[i].schema_version = row_i16(result, at, 5);
        events[i].occurred_us = row_time(result, at, 6);
        if (!copy_text(result, at, 4, arena, &events[i].type) ||
            !copy_text(result, at, 7, arena, &events[i].payload))
            return false;
    }
    out->version = row_i32(result, row, 2);
    out->events = events;
    out->event_count = count;
    return true;
}

/* A stream's events must be its versions 1..n: anything else is damage. */
static bool check_dense(const struct loaded_stream *stream, struct error *err)
{
    for (size_t i = 0; i < stream->event_count; i++) {
        if (stream->events[i].version != (int64_t)i + 1)
            return error_set(
                err,
                ERROR_tampered,
                "stream %lld: version %zu is missing",
                (long long)stream->events[i].stream_number,
                i + 1);
    }
    if (stream->version != (int64_t)stream->event_count)
        return error_set(
            err,
            ERROR_tampered,
            "stream %lld: %zu events found, its version is %lld",
            (long long)stream->events[0].stream_number,
            stream->event_count,
            (long long)stream->version);
    return true;
}

static bool read_streams(
    const PGresult *result, struct arena *arena, struct loaded_stream *streams, struct error *err)
{
    int rows = PQntuples(result);
    for (int row = 0; row < rows;) {
        int64_t number = row_i64(result, row, 0);
        int end = row + 1;
        while (end < rows && row_i64(result, end, 0) == number)
            end++;
        struct loaded_stream *stream = &streams[number - 1];
        if (!read_stream(result, row, end, arena, stream))
            return error_set(err, ERROR_fatal, "load: the batch's memory is used up");
        if (!check_dense(stream, err))
            return false;
        row = end;
    }
    return true;
}

static bool read_outcomes(
    const PGresult *result, struct arena *arena, struct stored_outcome *outcomes, struct error *err)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct stored_outcome *outcome = &outcomes[row_i64(result, row, 0) - 1];
        struct slice fingerprint = row_bytes(result, row, 1);
        CHECK(fingerprint.size == STORE_FINGERPRINT_SIZE);
        memcpy(outcome->fingerprint, fingerprint.data, fingerprint.size);
        outcome->known = true;
        outcome->outcome = (enum outcome)row_i16(result, row, 2);
        outcome->stream.category = row_i16(result, row, 4);
        outcome->stream.id = row_uuid(result, row, 5);
        outcome->version = row_i32(result, row, 6);
        outcome->event_count = row_i16(result, row, 7);
        outcome->position = row_is_null(result, row, 8) ? 0 : row_i64(result, row, 8);
        if (!copy_text(result, row, 3, arena, &outcome->code))
            return error_set(err, ERROR_fatal, "load: the batch's memory is used up");
    }
    return true;
}

bool store_load(
    struct db *db,
    int32_t tenant_id,
    struct slice streams,
    struct slice command_ids,
    struct arena *arena,
    struct loaded_stream **out_streams,
    struct stored_outcome **out_outcomes,
    struct error *err)
{
    size_t stream_count = streams.size / sizeof(struct stream_id);
    size_t command_count = command_ids.size / sizeof(struct uuid);
    CHECK(stream_count <= STORE_MAX_BATCH && command_count <= STORE_MAX_BATCH);
    struct loaded_stream *loaded = arena_array(arena, stream_count, struct loaded_stream);
    struct stored_outcome *outcomes = arena_array(arena, command_count, struct stored_outcome);
    if (loaded == NULL || outcomes == NULL)
        return error_set(err, ERROR_fatal, "load: the batch's memory is used up");

    struct load_arrays arrays;
    struct db_params params[2];
    const struct db_statement *statements[2] = {&streams_statement, &outcomes_statement};
    PGresult *results[2] = {NULL, NULL};
    if (!store_session(db, err))
        return false;
    bool ok = fill_params(&arrays, tenant_id, streams, command_ids, params);
    if (!ok)
        error_set(err, ERROR_fatal, "load: out of memory");
    ok = ok && db_run_pipeline(db, statements, params, results, 2, err) &&
         read_streams(results[0], arena, loaded, err) &&
         read_outcomes(results[1], arena, outcomes, err);
    PQclear(results[0]);
    PQclear(results[1]);
    release_arrays(&arrays);
    if (ok) {
        *out_streams = loaded;
        *out_outcomes = outcomes;
    }
    return ok;
}
