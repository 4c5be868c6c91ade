// SPDX-License-Identifier: Apache-2.0
// One call of store.append and the fence behind it, in one round trip on one connection: both run on
// the same server life, so the fence speaks for the append.
#include "store/store.h"

#include "pg/row.h"

/* The array parameters of store.append, in its order. */
enum {
    GROUP_CATEGORY,
    GROUP_STREAM,
    GROUP_BUCKET,
    GROUP_EXPECTED,
    GROUP_EVENTS,
    COMMAND_GROUP,
    COMMAND_ID,
    COMMAND_FINGERPRINT,
    COMMAND_OUTCOME,
    COMMAND_CODE,
    COMMAND_VERSION,
    COMMAND_EVENTS,
    COMMAND_CORRELATION,
    COMMAND_CAUSATION,
    EVENT_COMMAND,
    EVENT_VERSION,
    EVENT_TYPE,
    EVENT_SCHEMA_VERSION,
    EVENT_OCCURRED,
    EVENT_PAYLOAD,
    ARRAY_COUNT,
};

static_assert(ARRAY_COUNT == APPENDER_ARRAYS, "the buffers are the parameters");

static const enum array_type array_types[ARRAY_COUNT] = {
    [GROUP_CATEGORY] = ARRAY_I16,       [GROUP_STREAM] = ARRAY_UUID,
    [GROUP_BUCKET] = ARRAY_I16,         [GROUP_EXPECTED] = ARRAY_I32,
    [GROUP_EVENTS] = ARRAY_I32,         [COMMAND_GROUP] = ARRAY_I32,
    [COMMAND_ID] = ARRAY_UUID,          [COMMAND_FINGERPRINT] = ARRAY_BYTEA,
    [COMMAND_OUTCOME] = ARRAY_I16,      [COMMAND_CODE] = ARRAY_TEXT,
    [COMMAND_VERSION] = ARRAY_I32,      [COMMAND_EVENTS] = ARRAY_I16,
    [COMMAND_CORRELATION] = ARRAY_UUID, [COMMAND_CAUSATION] = ARRAY_UUID,
    [EVENT_COMMAND] = ARRAY_I32,        [EVENT_VERSION] = ARRAY_I32,
    [EVENT_TYPE] = ARRAY_TEXT,          [EVENT_SCHEMA_VERSION] = ARRAY_I16,
    [EVENT_OCCURRED] = ARRAY_TIME,      [EVENT_PAYLOAD] = ARRAY_BYTEA,
};

static const struct db_statement append_statement = {
    .number = 0,
    .name = "store_append",
    .sql = "select group_number, status, version, base from store.append("
           "$1::integer, $2::smallint[], $3::uuid[], $4::smallint[], $5::integer[],"
           "$6::integer[], $7::integer[], $8::uuid[], $9::bytea[], $10::smallint[],"
           "$11::text[], $12::integer[], $13::smallint[], $14::uuid[], $15::uuid[],"
           "$16::integer[], $17::integer[], $18::text[], $19::smallint[],"
           "$20::timestamptz[], $21::bytea[])",
    .expect = DB_ANY_ROWS,
    .columns = 4,
};

static const struct db_statement fence_statement = {
    .number = 1,
    .name = "store_fence",
    .sql = "select store.fence()",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

void appender_init(struct appender *appender)
{
    for (size_t i = 0; i < ARRAY_COUNT; i++)
        array_init(&appender->arrays[i], array_types[i]);
}

void appender_release(struct appender *appender)
{
    for (size_t i = 0; i < ARRAY_COUNT; i++)
        array_release(&appender->arrays[i]);
}

static void put_optional_uuid(struct array_buffer *array, const struct uuid *id)
{
    if (id != NULL)
        array_uuid(array, id);
    else
        array_null(array);
}

static void put_events(
    struct array_buffer *arrays, const struct new_command *command, int32_t number, int64_t version)
{
    for (size_t i = 0; i < command->event_count; i++) {
        const struct new_event *event = &command->events[i];
        array_i32(&arrays[EVENT_COMMAND], number);
        array_i32(&arrays[EVENT_VERSION], (int32_t)(version + 1 + (int64_t)i));
        array_bytes(&arrays[EVENT_TYPE], event->type);
        array_i16(&arrays[EVENT_SCHEMA_VERSION], event->schema_version);
        array_time(&arrays[EVENT_OCCURRED], event->occurred_us);
        array_bytes(&arrays[EVENT_PAYLOAD], event->payload);
    }
}

/* Puts one command; `version` is the stream's before it. Returns the version after it. */
static int64_t put_command(
    struct array_buffer *arrays, const struct new_command *command, int32_t group, int64_t version)
{
    CHECK(command->event_count <= INT16_MAX);
    int64_t after = version + (int64_t)command->event_count;
    array_i32(&arrays[COMMAND_GROUP], group);
    array_uuid(&arrays[COMMAND_ID], &command->id);
    array_bytes(
        &arrays[COMMAND_FINGERPRINT], slice_of(command->fingerprint, STORE_FINGERPRINT_SIZE));
    array_i16(&arrays[COMMAND_OUTCOME], (int16_t)command->outcome);
    if (command->code.size != 0)
        array_bytes(&arrays[COMMAND_CODE], command->code);
    else
        array_null(&arrays[COMMAND_CODE]);
    array_i32(&arrays[COMMAND_VERSION], (int32_t)after);
    array_i16(&arrays[COMMAND_EVENTS], (int16_t)command->event_count);
    put_optional_uuid(&arrays[COMMAND_CORRELATION], command->correlation_id);
    put_optional_uuid(&arrays[COMMAND_CAUSATION], command->causation_id);
    put_events(arrays, command, arrays[COMMAND_ID].count, version);
    return after;
}

static void put_group(struct array_buffer *arrays, const struct append_group *group, int32_t number)
{
    CHECK(group->command_count > 0 && group->expected_version >= 0);
    int64_t version = group->expected_version;
    for (size_t i = 0; i < group->command_count; i++)
        version = put_command(arrays, &group->commands[i], number, version);
    CHECK(version <= INT32_MAX);
    array_i16(&arrays[GROUP_CATEGORY], group->stream.category);
    array_uuid(&arrays[GROUP_STREAM], &group->stream.id);
    array_i16(&arrays[GROUP_BUCKET], stream_bucket(&group->stream));
    array_i32(&arrays[GROUP_EXPECTED], (int32_t)group->expected_version);
    array_i32(&arrays[GROUP_EVENTS], (int32_t)(version - group->expected_version));
}

static bool fill_params(
    struct appender *appender,
    int32_t tenant_id,
    const struct append_group *groups,
    size_t group_count,
    struct db_params *params)
{
    for (size_t i = 0; i < ARRAY_COUNT; i++)
        array_reset(&appender->arrays[i]);
    for (size_t i = 0; i < group_count; i++)
        put_group(appender->arrays, &groups[i], (int32_t)i + 1);
    params->count = 0;
    db_param_i32(params, tenant_id);
    for (size_t i = 0; i < ARRAY_COUNT; i++) {
        struct slice bytes;
        if (!array_finish(&appender->arrays[i], &bytes))
            return false;
        db_param_bytes(params, bytes);
    }
    return true;
}

/* Row 0 is the position before the batch; every other row is a group that was not appended. */
static void read_results(const PGresult *result, struct append_group *groups, size_t group_count)
{
    CHECK(PQntuples(result) >= 1 && row_i32(result, 0, 0) == 0);
    for (size_t i = 0; i < group_count; i++)
        groups[i].status = APPEND_OK;
    for (int row = 1; row < PQntuples(result); row++) {
        int32_t number = row_i32(result, row, 0);
        CHECK(number >= 1 && (size_t)number <= group_count);
        struct append_group *group = &groups[number - 1];
        group->status = row_i16(result, row, 1) == 2 ? APPEND_CONFLICT : APPEND_DUPLICATE;
        group->version = row_i32(result, row, 2);
        group->first_position = 0;
    }
    int64_t position = row_i64(result, 0, 3);
    for (size_t i = 0; i < group_count; i++) {
        if (groups[i].status != APPEND_OK)
            continue;
        int64_t events = 0;
        for (size_t j = 0; j < groups[i].command_count; j++)
            events += (int64_t)groups[i].commands[j].event_count;
        groups[i].version = groups[i].expected_version + events;
        groups[i].first_position = events > 0 ? position + 1 : 0;
        position += events;
    }
}

bool store_append(
    struct appender *appender,
    struct db *db,
    int32_t tenant_id,
    struct append_group *groups,
    size_t group_count,
    struct error *err)
{
    CHECK(group_count > 0 && group_count <= STORE_MAX_BATCH);
    struct db_params params[2];
    params[1].count = 0;
    if (!fill_params(appender, tenant_id, groups, group_count, &params[0]))
        return error_set(err, ERROR_fatal, "append: out of memory");
    const struct db_statement *statements[2] = {&append_statement, &fence_statement};
    PGresult *results[2];
    db->warned = false;
    if (!db_run_pipeline(db, statements, params, results, 2, err)) {
        /* The append may stand without its fence: then its outcome is unknown. */
        if (db->failed_at == 1)
            db_close(db);
        return false;
    }
    bool fenced = !db->warned;
    if (fenced)
        read_results(results[0], groups, group_count);
    PQclear(results[0]);
    PQclear(results[1]);
    if (!fenced) {
        db_close(db);
        return error_set(err, ERROR_transient, "append: the server warned, so nothing is proven");
    }
    return true;
}

bool store_fence(struct db *db, struct error *err)
{
    db->warned = false;
    if (!db_run(db, &fence_statement, NULL, NULL, err))
        return false;
    if (!db->warned)
        return true;
    db_close(db);
    return error_set(err, ERROR_transient, "fence: the server warned, so nothing is proven");
}
