// SPDX-License-Identifier: Apache-2.0
#include "store/parked.h"

#include "pg/row.h"
#include "store/claim_arrays.h"

static const struct db_statement park_statement = {
    .number = 30,
    .name = "parked_park",
    .sql = "select store.park($1::integer[], $2::bigint[], $3::uuid, $4::integer, $5::smallint,"
           " $6::uuid, $7::uuid, $8::text, $9::integer, $10::bigint, $11::text, $12::smallint,"
           " $13::boolean, $14::bigint, $15::bytea, $16::bytea, $17::bytea)",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement divert_statement = {
    .number = 29,
    .name = "parked_divert",
    .sql =
        "select number, incident, attempts from store.divert($1::integer[], $2::bigint[],"
        " $3::text, $4::integer[], $5::smallint[], $6::uuid[], $7::uuid[], $8::integer[],"
        " $9::bigint[], $10::bigint[], $11::bytea[], $12::bytea[], $13::bytea[], $14::boolean[])",
    .expect = DB_ANY_ROWS,
    .columns = 3,
};

static const struct db_statement settle_statement = {
    .number = 27,
    .name = "parked_settle",
    .sql = "select store.settle_parked($1::integer[], $2::bigint[], $3::integer, $4::smallint,"
           " $5::uuid, $6::bigint[])",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement begin_statement = {
    .number = 25,
    .name = "parked_begin",
    .sql = "select store.begin_parked($1::integer[], $2::bigint[], $3::integer, $4::smallint,"
           " $5::uuid)",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement repark_statement = {
    .number = 24,
    .name = "parked_repark",
    .sql = "select store.repark_interrupted($1::integer[], $2::bigint[], $3::text, $4::integer[])",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement attempt_statement = {
    .number = 26,
    .name = "parked_attempt",
    .sql = "update store.claims c set attempt_offset = $3::bigint,"
           " attempts = case when c.attempt_offset = $3::bigint then c.attempts + 1 else 1 end"
           " where c.claim = $1::integer and c.epoch = $2::bigint returning c.attempts",
    .expect = DB_ANY_ROWS,
    .columns = 1,
};

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_fatal, "parked commands: out of memory");
}

/* What was said to be durable must be, or the caller is told that nobody knows. */
static bool run_durably(
    struct db *db,
    const struct db_statement *statement,
    const struct db_params *params,
    PGresult **out,
    struct error *err)
{
    db->warned = false;
    if (!db_run(db, statement, params, out, err))
        return false;
    if (!db->warned)
        return true;
    PQclear(*out);
    *out = NULL;
    db_close(db);
    return error_set(err, ERROR_transient, "parking: the server warned, so nothing is proven");
}

/* ---- parking ---- */

bool parked_park(
    struct db *db,
    const struct parked_owner *owner,
    const struct parked_fault *fault,
    struct error *err)
{
    const struct parked_record *record = &fault->record;
    struct claim_arrays claims;
    struct db_params params = {0};
    PGresult *result = NULL;
    bool ok = claim_arrays_add(&claims, owner->claims, owner->claim_count, &params);
    if (ok) {
        db_param_uuid(&params, &fault->incident);
        db_param_i32(&params, record->stream.tenant_id);
        db_param_i16(&params, record->stream.category);
        db_param_uuid(&params, &record->stream.id);
        db_param_uuid(&params, &record->command_id);
        db_param_text(&params, owner->topic);
        db_param_i32(&params, record->partition);
        db_param_i64(&params, record->offset);
        db_param_text(&params, fault->code);
        db_param_i16(&params, (int16_t)fault->attempts);
        db_param_bool(&params, record->is_kept);
        db_param_i64(&params, record->timestamp_ms);
        db_param_bytes(&params, record->key);
        db_param_bytes(&params, record->headers);
        if (record->value.data != NULL && record->is_kept)
            db_param_bytes(&params, record->value);
        else
            db_param_null(&params);
        ok = run_durably(db, &park_statement, &params, &result, err);
    } else {
        (void)no_memory(err);
    }
    PQclear(result);
    claim_arrays_release(&claims);
    return ok;
}

/* ---- diverting ---- */

/* The columns of the records, in the order of store.divert. */
enum {
    COLUMN_TENANT,
    COLUMN_CATEGORY,
    COLUMN_STREAM,
    COLUMN_COMMAND,
    COLUMN_PARTITION,
    COLUMN_OFFSET,
    COLUMN_TIMESTAMP,
    COLUMN_KEY,
    COLUMN_HEADERS,
    COLUMN_VALUE,
    COLUMN_KEPT,
    COLUMN_COUNT,
};

static const enum array_type column_types[COLUMN_COUNT] = {
    [COLUMN_TENANT] = ARRAY_I32,
    [COLUMN_CATEGORY] = ARRAY_I16,
    [COLUMN_STREAM] = ARRAY_UUID,
    [COLUMN_COMMAND] = ARRAY_UUID,
    [COLUMN_PARTITION] = ARRAY_I32,
    [COLUMN_OFFSET] = ARRAY_I64,
    [COLUMN_TIMESTAMP] = ARRAY_I64,
    [COLUMN_KEY] = ARRAY_BYTEA,
    [COLUMN_HEADERS] = ARRAY_BYTEA,
    [COLUMN_VALUE] = ARRAY_BYTEA,
    [COLUMN_KEPT] = ARRAY_BOOL,
};

static void add_record(struct array_buffer *columns, const struct parked_record *record)
{
    bool has_value = record->is_kept && record->value.data != NULL;
    array_i32(&columns[COLUMN_TENANT], record->stream.tenant_id);
    array_i16(&columns[COLUMN_CATEGORY], record->stream.category);
    array_uuid(&columns[COLUMN_STREAM], &record->stream.id);
    array_uuid(&columns[COLUMN_COMMAND], &record->command_id);
    array_i32(&columns[COLUMN_PARTITION], record->partition);
    array_i64(&columns[COLUMN_OFFSET], record->offset);
    array_i64(&columns[COLUMN_TIMESTAMP], record->timestamp_ms);
    array_bytes(&columns[COLUMN_KEY], record->key);
    array_bytes(&columns[COLUMN_HEADERS], record->headers);
    if (has_value)
        array_bytes(&columns[COLUMN_VALUE], record->value);
    else
        array_null(&columns[COLUMN_VALUE]);
    array_bytes(&columns[COLUMN_KEPT], slice_of(record->is_kept ? "\1" : "\0", 1));
}

static bool add_columns(
    struct array_buffer *columns,
    const struct parked_record *records,
    size_t count,
    struct db_params *params)
{
    for (size_t i = 0; i < count; i++)
        add_record(columns, &records[i]);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        struct slice bytes;
        if (!array_finish(&columns[i], &bytes))
            return false;
        db_param_bytes(params, bytes);
    }
    return true;
}

static void read_known(const PGresult *result, struct parked_known *out, size_t count)
{
    memset(out, 0, count * sizeof(*out));
    for (int row = 0; row < PQntuples(result); row++) {
        size_t at = (size_t)row_i32(result, row, 0) - 1;
        CHECK(at < count);
        out[at] = (struct parked_known){
            .is_fault = true,
            .incident = row_uuid(result, row, 1),
            .attempts = row_i16(result, row, 2)};
    }
}

bool parked_divert(
    struct db *db,
    const struct parked_owner *owner,
    const struct parked_record *records,
    size_t count,
    struct parked_known *out,
    struct error *err)
{
    struct array_buffer columns[COLUMN_COUNT];
    struct claim_arrays claims;
    struct db_params params = {0};
    PGresult *result = NULL;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        array_init(&columns[i], column_types[i]);
    bool ok = claim_arrays_add(&claims, owner->claims, owner->claim_count, &params);
    db_param_text(&params, owner->topic);
    ok = (ok && add_columns(columns, records, count, &params)) || no_memory(err);
    ok = ok && run_durably(db, &divert_statement, &params, &result, err);
    if (ok)
        read_known(result, out, count);
    PQclear(result);
    claim_arrays_release(&claims);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        array_release(&columns[i]);
    return ok;
}

/* ---- a released queue, attempts ---- */

static void add_stream(struct db_params *params, const struct stream_id *stream)
{
    db_param_i32(params, stream->tenant_id);
    db_param_i16(params, stream->category);
    db_param_uuid(params, &stream->id);
}

bool parked_begin(
    struct db *db,
    const struct parked_owner *owner,
    const struct stream_id *stream,
    bool *begun,
    struct error *err)
{
    struct claim_arrays claims;
    struct db_params params = {0};
    PGresult *result = NULL;
    bool ok =
        claim_arrays_add(&claims, owner->claims, owner->claim_count, &params) || no_memory(err);
    add_stream(&params, stream);
    ok = ok && run_durably(db, &begin_statement, &params, &result, err);
    if (ok)
        *begun = row_bool(result, 0, 0);
    PQclear(result);
    claim_arrays_release(&claims);
    return ok;
}

bool parked_settle(
    struct db *db,
    const struct parked_owner *owner,
    const struct parked_done *done,
    bool *gone,
    struct error *err)
{
    struct array_buffer array;
    struct claim_arrays claims;
    struct db_params params = {0};
    PGresult *result = NULL;
    struct slice bytes;
    array_init(&array, ARRAY_I64);
    for (size_t i = 0; i < done->count; i++)
        array_i64(&array, done->sequences[i]);
    bool ok = claim_arrays_add(&claims, owner->claims, owner->claim_count, &params) &&
              array_finish(&array, &bytes);
    if (ok) {
        add_stream(&params, &done->stream);
        db_param_bytes(&params, bytes);
        ok = run_durably(db, &settle_statement, &params, &result, err);
    } else {
        (void)no_memory(err);
    }
    if (ok)
        *gone = row_bool(result, 0, 0);
    PQclear(result);
    claim_arrays_release(&claims);
    array_release(&array);
    return ok;
}

bool parked_repark(
    struct db *db,
    const struct parked_owner *owner,
    const int32_t *partitions,
    int64_t *count,
    struct error *err)
{
    struct array_buffer array;
    struct claim_arrays claims;
    struct db_params params = {0};
    PGresult *result = NULL;
    struct slice bytes;
    array_init(&array, ARRAY_I32);
    for (size_t i = 0; i < owner->claim_count; i++)
        array_i32(&array, partitions[i]);
    bool ok = claim_arrays_add(&claims, owner->claims, owner->claim_count, &params) &&
              array_finish(&array, &bytes);
    if (ok) {
        db_param_text(&params, owner->topic);
        db_param_bytes(&params, bytes);
        ok = run_durably(db, &repark_statement, &params, &result, err);
    } else {
        (void)no_memory(err);
    }
    if (ok)
        *count = row_i64(result, 0, 0);
    PQclear(result);
    claim_arrays_release(&claims);
    array_release(&array);
    return ok;
}

bool parked_attempt(
    struct db *db, const struct claim *claim, int64_t offset, int *attempts, struct error *err)
{
    struct db_params params = {0};
    PGresult *result;
    db_param_i32(&params, claim->number);
    db_param_i64(&params, claim->epoch);
    db_param_i64(&params, offset);
    if (!db_run(db, &attempt_statement, &params, &result, err))
        return false;
    bool held = PQntuples(result) == 1;
    if (held)
        *attempts = row_i32(result, 0, 0);
    PQclear(result);
    if (held)
        return true;
    (void)error_set(err, ERROR_conflict, "the partition was claimed by somebody else");
    memcpy(err->code, STORE_CLAIM_LOST, sizeof(STORE_CLAIM_LOST));
    return false;
}
