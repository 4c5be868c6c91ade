// SPDX-License-Identifier: Apache-2.0
#include "store/append_params.h"

#include "store/digest.h"

#include <stdlib.h>

/* The array parameters of store.append, in its order. */
enum {
    GROUP_TENANT,
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
    COMMAND_FIELD,
    COMMAND_VERSION,
    COMMAND_EVENTS,
    COMMAND_CORRELATION,
    COMMAND_CAUSATION,
    COMMAND_ACTOR,
    COMMAND_TRACE,
    EVENT_COMMAND,
    EVENT_VERSION,
    EVENT_TYPE,
    EVENT_SCHEMA_VERSION,
    EVENT_OCCURRED,
    EVENT_PAYLOAD,
    EVENT_SEALED,
    CLAIM_NUMBER,
    CLAIM_EPOCH,
    CLAIM_OFFSET,
    ARRAY_COUNT,
};

static_assert((int)ARRAY_COUNT == (int)APPENDER_ARRAYS, "the buffers are the parameters");

static const enum array_type array_types[ARRAY_COUNT] = {
    [GROUP_TENANT] = ARRAY_I32,          [COMMAND_ACTOR] = ARRAY_TEXT,
    [COMMAND_TRACE] = ARRAY_BYTEA,       [GROUP_CATEGORY] = ARRAY_I16,
    [GROUP_STREAM] = ARRAY_UUID,         [GROUP_BUCKET] = ARRAY_I16,
    [GROUP_EXPECTED] = ARRAY_I32,        [GROUP_EVENTS] = ARRAY_I32,
    [COMMAND_GROUP] = ARRAY_I32,         [COMMAND_ID] = ARRAY_UUID,
    [COMMAND_FINGERPRINT] = ARRAY_BYTEA, [COMMAND_OUTCOME] = ARRAY_I16,
    [COMMAND_CODE] = ARRAY_TEXT,         [COMMAND_FIELD] = ARRAY_TEXT,
    [COMMAND_VERSION] = ARRAY_I32,       [COMMAND_EVENTS] = ARRAY_I16,
    [COMMAND_CORRELATION] = ARRAY_UUID,  [COMMAND_CAUSATION] = ARRAY_UUID,
    [EVENT_COMMAND] = ARRAY_I32,         [EVENT_VERSION] = ARRAY_I32,
    [EVENT_TYPE] = ARRAY_TEXT,           [EVENT_SCHEMA_VERSION] = ARRAY_I16,
    [EVENT_OCCURRED] = ARRAY_TIME,       [EVENT_PAYLOAD] = ARRAY_BYTEA,
    [EVENT_SEALED] = ARRAY_BYTEA,        [CLAIM_NUMBER] = ARRAY_I32,
    [CLAIM_EPOCH] = ARRAY_I64,           [CLAIM_OFFSET] = ARRAY_I64,
};

void appender_init(struct appender *appender)
{
    *appender = (struct appender){0};
    for (size_t i = 0; i < ARRAY_COUNT; i++)
        array_init(&appender->arrays[i], array_types[i]);
}

void appender_release(struct appender *appender)
{
    for (size_t i = 0; i < ARRAY_COUNT; i++)
        array_release(&appender->arrays[i]);
    free(appender->groups);
    free(appender->commands);
}

static bool grow_places(struct append_place **places, size_t *capacity, size_t wanted)
{
    if (wanted <= *capacity)
        return true;
    struct append_place *grown = realloc(*places, wanted * sizeof(*grown));
    if (grown == NULL)
        return false;
    *places = grown;
    *capacity = wanted;
    return true;
}

static int compare_places(const void *left, const void *right)
{
    const struct append_place *a = left;
    const struct append_place *b = right;
    int order = memcmp(a->id.bytes, b->id.bytes, sizeof(a->id.bytes));
    if (order == 0)
        order = (a->tenant_id > b->tenant_id) - (a->tenant_id < b->tenant_id);
    return order != 0 ? order : (a->category > b->category) - (a->category < b->category);
}

static int64_t group_event_count(const struct append_group *group)
{
    int64_t events = 0;
    for (size_t i = 0; i < group->command_count; i++)
        events += (int64_t)group->commands[i].event_count;
    return events;
}

/* Lists groups and commands and sorts both by their ids. */
static bool
sort_places(struct appender *appender, struct append_group *const *groups, size_t group_count)
{
    size_t command_count = 0;
    for (size_t i = 0; i < group_count; i++)
        command_count += groups[i]->command_count;
    if (!grow_places(&appender->groups, &appender->group_capacity, group_count) ||
        !grow_places(&appender->commands, &appender->command_capacity, command_count))
        return false;
    uint32_t flat = 0;
    for (size_t i = 0; i < group_count; i++) {
        CHECK(groups[i]->command_count > 0 && groups[i]->expected_version >= 0);
        appender->groups[i] = (struct append_place){
            .id = groups[i]->stream.id,
            .tenant_id = groups[i]->stream.tenant_id,
            .category = groups[i]->stream.category,
            .group = (uint32_t)i,
        };
        for (size_t j = 0; j < groups[i]->command_count; j++) {
            appender->commands[flat] = (struct append_place){
                .id = groups[i]->commands[j].id,
                .tenant_id = groups[i]->stream.tenant_id,
                .group = (uint32_t)i,
                .command = (uint32_t)j,
                .flat = flat,
            };
            flat++;
        }
    }
    qsort(appender->groups, group_count, sizeof(struct append_place), compare_places);
    qsort(appender->commands, command_count, sizeof(struct append_place), compare_places);
    return true;
}

static void put_group(struct array_buffer *arrays, const struct append_group *group)
{
    int64_t events = group_event_count(group);
    CHECK(group->expected_version + events <= INT32_MAX);
    array_i32(&arrays[GROUP_TENANT], group->stream.tenant_id);
    array_i16(&arrays[GROUP_CATEGORY], group->stream.category);
    array_uuid(&arrays[GROUP_STREAM], &group->stream.id);
    array_i16(&arrays[GROUP_BUCKET], stream_bucket(&group->stream));
    array_i32(&arrays[GROUP_EXPECTED], (int32_t)group->expected_version);
    array_i32(&arrays[GROUP_EVENTS], (int32_t)events);
}

static void put_optional_bytes(struct array_buffer *array, struct slice bytes)
{
    if (bytes.size != 0)
        array_bytes(array, bytes);
    else
        array_null(array);
}

static void put_optional_uuid(struct array_buffer *array, const struct uuid *id)
{
    if (id != NULL)
        array_uuid(array, id);
    else
        array_null(array);
}

/* version_after: of the stream, once this command's events are in. */
static void put_command(
    struct array_buffer *arrays,
    const struct new_command *command,
    int32_t group_number,
    int64_t version_after)
{
    CHECK(command->event_count <= INT16_MAX);
    CHECK(command->trace.size == 0 || command->trace.size == STORE_TRACE_SIZE);
    array_i32(&arrays[COMMAND_GROUP], group_number);
    array_uuid(&arrays[COMMAND_ID], &command->id);
    array_bytes(
        &arrays[COMMAND_FINGERPRINT], slice_of(command->fingerprint, STORE_FINGERPRINT_SIZE));
    array_i16(&arrays[COMMAND_OUTCOME], (int16_t)command->outcome);
    put_optional_bytes(&arrays[COMMAND_CODE], command->code);
    put_optional_bytes(&arrays[COMMAND_FIELD], command->field);
    array_i32(&arrays[COMMAND_VERSION], (int32_t)version_after);
    array_i16(&arrays[COMMAND_EVENTS], (int16_t)command->event_count);
    put_optional_uuid(&arrays[COMMAND_CORRELATION], command->correlation_id);
    put_optional_uuid(&arrays[COMMAND_CAUSATION], command->causation_id);
    put_optional_bytes(&arrays[COMMAND_ACTOR], command->actor);
    put_optional_bytes(&arrays[COMMAND_TRACE], command->trace);
}

static void put_event(
    struct array_buffer *arrays,
    const struct new_event *event,
    int32_t command_number,
    int64_t version)
{
    array_i32(&arrays[EVENT_COMMAND], command_number);
    array_i32(&arrays[EVENT_VERSION], (int32_t)version);
    array_bytes(&arrays[EVENT_TYPE], event->type);
    array_i16(&arrays[EVENT_SCHEMA_VERSION], event->schema_version);
    array_time(&arrays[EVENT_OCCURRED], event->occurred_us);
    array_bytes(&arrays[EVENT_PAYLOAD], event->payload);
    put_optional_bytes(&arrays[EVENT_SEALED], event->sealed);
}

static void put_group_events(
    struct array_buffer *arrays,
    struct batch_digest *digest,
    const struct append_group *group,
    const uint32_t *command_numbers)
{
    int64_t version = group->expected_version;
    for (size_t i = 0; i < group->command_count; i++) {
        const struct new_command *command = &group->commands[i];
        for (size_t j = 0; j < command->event_count; j++) {
            version++;
            batch_digest_add(digest, &group->stream, version, &command->id, &command->events[j]);
            put_event(arrays, &command->events[j], (int32_t)command_numbers[i], version);
        }
    }
}

static void put_claims(struct array_buffer *arrays, const struct append_batch *batch)
{
    for (size_t i = 0; i < batch->claim_count; i++) {
        const struct append_claim *claim = &batch->claims[i];
        CHECK(i == 0 || claim->number > claim[-1].number);
        array_i32(&arrays[CLAIM_NUMBER], claim->number);
        array_i64(&arrays[CLAIM_EPOCH], claim->epoch);
        array_i64(&arrays[CLAIM_OFFSET], claim->newest_offset);
    }
}

/* Whoever seals knows a fence; without one, an erasure could be overtaken. */
static void
check_fence(const struct append_batch *batch, struct append_group *const *groups, size_t count)
{
    for (size_t i = 0; i < count && batch->erasure_fence < 0; i++) {
        for (size_t j = 0; j < groups[i]->command_count; j++) {
            const struct new_command *command = &groups[i]->commands[j];
            for (size_t k = 0; k < command->event_count; k++)
                CHECK(command->events[k].sealed.size == 0);
        }
    }
}

/* Sends groups and commands in sorted order, events in the caller's. */
static void put_all(
    struct appender *appender,
    struct append_group *const *groups,
    size_t group_count,
    size_t command_count)
{
    uint32_t group_numbers[STORE_MAX_BATCH];
    uint32_t command_numbers[STORE_MAX_BATCH];
    for (size_t i = 0; i < group_count; i++) {
        group_numbers[appender->groups[i].group] = (uint32_t)i + 1;
        put_group(appender->arrays, groups[appender->groups[i].group]);
    }
    for (size_t i = 0; i < command_count; i++) {
        const struct append_place *place = &appender->commands[i];
        const struct append_group *group = groups[place->group];
        int64_t version = group->expected_version;
        for (size_t j = 0; j <= place->command; j++)
            version += (int64_t)group->commands[j].event_count;
        command_numbers[place->flat] = (uint32_t)i + 1;
        put_command(
            appender->arrays,
            &group->commands[place->command],
            (int32_t)group_numbers[place->group],
            version);
    }
    struct batch_digest digest;
    batch_digest_begin(&digest);
    size_t flat = 0;
    for (size_t i = 0; i < group_count; i++) {
        put_group_events(appender->arrays, &digest, groups[i], command_numbers + flat);
        flat += groups[i]->command_count;
    }
    batch_digest_end(&digest, appender->batch_digest);
}

bool append_params(
    struct appender *appender,
    const struct append_batch *batch,
    struct append_group *const *groups,
    size_t group_count,
    struct db_params *params)
{
    size_t command_count = 0;
    for (size_t i = 0; i < group_count; i++)
        command_count += groups[i]->command_count;
    CHECK(group_count > 0 && command_count <= STORE_MAX_BATCH);
    check_fence(batch, groups, group_count);
    if (!sort_places(appender, groups, group_count))
        return false;
    for (size_t i = 0; i < ARRAY_COUNT; i++)
        array_reset(&appender->arrays[i]);
    put_all(appender, groups, group_count, command_count);
    put_claims(appender->arrays, batch);
    params->count = 0;
    db_param_i64(params, appender->head);
    db_param_bytes(params, slice_of(appender->batch_digest, sizeof(appender->batch_digest)));
    for (size_t i = 0; i < ARRAY_COUNT; i++) {
        struct slice bytes;
        if (!array_finish(&appender->arrays[i], &bytes))
            return false;
        if (i == CLAIM_NUMBER)
            db_param_i64(params, batch->erasure_fence);
        db_param_bytes(params, bytes);
    }
    return true;
}

/* The tenant of each command is found by its group. */
static void put_array(struct db_params *params, struct array_buffer *array)
{
    struct slice bytes;
    CHECK(array_finish(array, &bytes));
    db_param_bytes(params, bytes);
}

void append_check_params(struct appender *appender, struct db_params *params)
{
    struct array_buffer *arrays = appender->arrays;
    params[0].count = 0;
    put_array(&params[0], &arrays[GROUP_TENANT]);
    put_array(&params[0], &arrays[GROUP_CATEGORY]);
    put_array(&params[0], &arrays[GROUP_STREAM]);
    params[1].count = 0;
    put_array(&params[1], &arrays[GROUP_TENANT]);
    put_array(&params[1], &arrays[COMMAND_GROUP]);
    put_array(&params[1], &arrays[COMMAND_ID]);
}
