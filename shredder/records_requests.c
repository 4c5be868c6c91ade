// SPDX-License-Identifier: Apache-2.0
// The durable memory of the erasure engine.
#include "shredder/records_requests.h"

#include "pg/array.h"
#include "pg/row.h"
#include "shredder/statements.h"

#include <stdlib.h>

#include "base/banned.h"

static const struct db_statement raise_statement = {
    .number = 37,
    .name = "shredder_raise_fence",
    .sql = "select erasure.raise_fence()",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

bool records_add_request(
    struct records *records,
    const struct erase_request *request,
    int32_t tenant_id,
    const char *actor,
    int64_t *added,
    struct error *err)
{
    struct array_buffer subjects;
    struct db_params params = {0};
    PGresult *result = NULL;
    struct slice ids;
    array_init(&subjects, ARRAY_UUID);
    for (size_t i = 0; i < request->count; i++)
        array_uuid(&subjects, &request->subjects[i]);
    bool ok = array_finish(&subjects, &ids);
    if (ok) {
        db_param_uuid(&params, &request->id);
        db_param_i32(&params, tenant_id);
        db_param_i16(&params, request->classes);
        db_param_bytes(&params, ids);
        db_param_text(&params, actor);
        ok = db_run(&records->db, shredder_statement(QUERY_ADD_REQUEST), &params, &result, err);
    } else {
        (void)error_set(err, ERROR_fatal, "no memory for a request");
    }
    array_release(&subjects);
    if (!ok)
        return false;
    int64_t others = row_i64(result, 0, 1);
    *added = row_i64(result, 0, 0);
    PQclear(result);
    return others == 0 ||
           error_set(
               err, ERROR_invalid, "the request id is that of another request: nothing was done");
}

bool records_open_requests(
    struct records *records, struct erase_item **out, size_t *count, struct error *err)
{
    PGresult *result;
    if (!db_run(&records->db, shredder_statement(QUERY_OPEN_REQUESTS), NULL, &result, err))
        return false;
    size_t rows = (size_t)PQntuples(result);
    struct erase_item *items = calloc(rows + 1, sizeof(*items));
    for (size_t i = 0; items != NULL && i < rows; i++)
        items[i] = (struct erase_item){
            .request = row_uuid(result, (int)i, 0),
            .subject = row_uuid(result, (int)i, 1),
            .tenant_id = row_i32(result, (int)i, 2),
            .classes = (uint8_t)row_i16(result, (int)i, 3),
            .state = (uint8_t)row_i16(result, (int)i, 4)};
    PQclear(result);
    if (items == NULL)
        return error_set(err, ERROR_fatal, "no memory for %zu open erasures", rows);
    *out = items;
    *count = rows;
    return true;
}

/* ---- steps ---- */

static bool
item_params(struct array_buffer *arrays, size_t count, struct db_params *params, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct slice bytes;
        if (!array_finish(&arrays[i], &bytes))
            return error_set(err, ERROR_fatal, "no memory for a batch of erasures");
        db_param_bytes(params, bytes);
    }
    return true;
}

static bool
fence_subjects(struct db *db, const struct erase_item *items, size_t count, struct error *err)
{
    struct array_buffer arrays[3];
    struct db_params params = {0};
    array_init(&arrays[0], ARRAY_UUID);
    array_init(&arrays[1], ARRAY_I32);
    array_init(&arrays[2], ARRAY_I16);
    for (size_t i = 0; i < count; i++) {
        array_uuid(&arrays[0], &items[i].subject);
        array_i32(&arrays[1], items[i].tenant_id);
        array_i16(&arrays[2], items[i].classes);
    }
    bool ok = item_params(arrays, countof(arrays), &params, err) &&
              db_run(db, shredder_statement(QUERY_FENCE_SUBJECTS), &params, NULL, err);
    for (size_t i = 0; i < countof(arrays); i++)
        array_release(&arrays[i]);
    return ok;
}

static void optional_i64(struct db_params *params, int64_t value)
{
    if (value == NOT_KNOWN)
        db_param_null(params);
    else
        db_param_i64(params, value);
}

static void optional_i32(struct db_params *params, int32_t value)
{
    if (value == NOT_KNOWN)
        db_param_null(params);
    else
        db_param_i32(params, value);
}

bool records_advance(
    struct records *records,
    const struct erase_item *items,
    size_t count,
    const struct erase_step *step,
    struct error *err)
{
    struct array_buffer arrays[2];
    struct db_params params = {0};
    array_init(&arrays[0], ARRAY_UUID);
    array_init(&arrays[1], ARRAY_UUID);
    for (size_t i = 0; i < count; i++) {
        array_uuid(&arrays[0], &items[i].request);
        array_uuid(&arrays[1], &items[i].subject);
    }
    bool ok = item_params(arrays, countof(arrays), &params, err);
    if (ok) {
        db_param_i16(&params, (int16_t)step->state);
        optional_i64(&params, step->fence);
        optional_i32(&params, step->acked);
        optional_i32(&params, step->expired);
        optional_i64(&params, step->generation);
        optional_i64(&params, step->epoch);
        ok = db_run(&records->db, shredder_statement(QUERY_ADVANCE), &params, NULL, err);
    }
    for (size_t i = 0; i < countof(arrays); i++)
        array_release(&arrays[i]);
    return ok;
}

static bool raise_fence(struct db *db, int64_t *fence, struct error *err)
{
    PGresult *result;
    if (!db_run(db, &raise_statement, NULL, &result, err))
        return false;
    *fence = row_i64(result, 0, 0);
    PQclear(result);
    return true;
}

/* The fence comes last, because every append of sealed data waits while it is held: for the commit
 * only, not for the rows of a large batch. */
bool records_fence(
    struct records *records,
    const struct erase_item *items,
    size_t count,
    int64_t *fence,
    struct error *err)
{
    struct db *db = &records->db;
    const struct erase_step fenced = ERASE_STEP(ERASE_FENCED);
    int64_t raised;
    if (!db_execute(db, "begin", err))
        return false;
    if (fence_subjects(db, items, count, err) &&
        records_advance(records, items, count, &fenced, err) && raise_fence(db, &raised, err) &&
        db_execute(db, "commit", err)) {
        *fence = raised;
        return true;
    }
    db_rollback(db);
    return false;
}

/* ---- looking ---- */

bool records_finish(
    struct records *records,
    uint64_t oldest_epoch,
    uint64_t generation,
    int64_t *finished,
    int64_t *open,
    struct error *err)
{
    struct db_params params = {0};
    PGresult *result;
    db_param_i64(&params, (int64_t)oldest_epoch);
    db_param_i64(&params, (int64_t)generation);
    if (!db_run(&records->db, shredder_statement(QUERY_FINISH), &params, &result, err))
        return false;
    *finished = row_i64(result, 0, 0);
    *open = row_i64(result, 0, 1);
    PQclear(result);
    return true;
}

bool records_request_state(
    struct records *records,
    const struct uuid *request,
    struct request_state *out,
    struct error *err)
{
    struct db_params params = {0};
    PGresult *result;
    db_param_uuid(&params, request);
    if (!db_run(&records->db, shredder_statement(QUERY_REQUEST_STATE), &params, &result, err))
        return false;
    *out = (struct request_state){
        .state = (enum erase_state)row_i16(result, 0, 0),
        .generation = (uint64_t)row_i64(result, 0, 1),
        .acked = row_i32(result, 0, 2),
        .expired = row_i32(result, 0, 3),
        .subjects = row_i64(result, 0, 4)};
    PQclear(result);
    return true;
}
