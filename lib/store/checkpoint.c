// SPDX-License-Identifier: Apache-2.0
#include "store/tail.h"

#include "pg/row.h"

#include <stdio.h>

static const struct db_statement take_over_statement = {
    .number = 11,
    .name = "checkpoint_take_over",
    .sql = "insert into projection.checkpoints as c (projection, incarnation, epoch)"
           " select $1::text, incarnation, 1 from store.identity"
           " on conflict (projection, shard) do update"
           " set epoch = c.epoch + 1, updated_at = now()"
           " returning position, epoch, incarnation",
    .expect = DB_ONE_ROW,
    .columns = 3,
};

static const struct db_statement advance_statement = {
    .number = 12,
    .name = "checkpoint_advance",
    .sql = "update projection.checkpoints set position = $5::bigint, updated_at = now()"
           " where projection = $1::text and shard = 0 and position = $2::bigint"
           " and epoch = $3::bigint and incarnation = $4::uuid"
           " returning position",
    .expect = DB_ANY_ROWS,
    .columns = 1,
};

static const struct db_statement read_statement = {
    .number = 13,
    .name = "checkpoint_read",
    .sql = "select position, epoch, incarnation from projection.checkpoints"
           " where projection = $1::text and shard = 0",
    .expect = DB_ANY_ROWS,
    .columns = 3,
};

static const struct db_statement lock_statement = {
    .number = 14,
    .name = "projection_try_lock",
    .sql = "select pg_try_advisory_lock(hashtext('order projection'), hashtext($1::text))",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static void read_row(const PGresult *result, const char *projection, struct checkpoint *out)
{
    (void)snprintf(out->projection, sizeof(out->projection), "%s", projection);
    out->position = row_i64(result, 0, 0);
    out->epoch = row_i64(result, 0, 1);
    out->incarnation = row_uuid(result, 0, 2);
}

/* A failover or an older backup can reuse positions for other events: never go on silently. */
static bool
check_same_history(struct db *db, const struct checkpoint *checkpoint, struct error *err)
{
    struct store_identity identity;
    if (!store_identity(db, &identity, err))
        return false;
    bool same = uuid_equal(&identity.incarnation, &checkpoint->incarnation);
    if (same && identity.head >= checkpoint->position)
        return true;
    return error_set(
        err,
        ERROR_tampered,
        "log diverged at position %lld: the checkpoint of '%s' is %s; restore the read models with"
        " the store, or rebuild them",
        (long long)(same ? identity.head : 0),
        checkpoint->projection,
        same ? "ahead of the store" : "of another store");
}

bool checkpoint_take_over(
    struct db *db, const char *projection, struct checkpoint *out, struct error *err)
{
    struct db_params params = {0};
    db_param_text(&params, projection);
    PGresult *result;
    if (!db_run(db, &take_over_statement, &params, &result, err))
        return false;
    struct checkpoint taken;
    read_row(result, projection, &taken);
    PQclear(result);
    if (!check_same_history(db, &taken, err))
        return false;
    *out = taken;
    return true;
}

bool checkpoint_advance(
    struct db *db, struct checkpoint *checkpoint, int64_t to_position, struct error *err)
{
    struct db_params params = {0};
    db_param_text(&params, checkpoint->projection);
    db_param_i64(&params, checkpoint->position);
    db_param_i64(&params, checkpoint->epoch);
    db_param_uuid(&params, &checkpoint->incarnation);
    db_param_i64(&params, to_position);
    PGresult *result;
    if (!db_run(db, &advance_statement, &params, &result, err))
        return false;
    bool moved = PQntuples(result) == 1;
    PQclear(result);
    if (!moved)
        return error_set(
            err, ERROR_conflict, "projection '%s' was taken over", checkpoint->projection);
    checkpoint->position = to_position;
    return true;
}

bool checkpoint_read(
    struct db *db, const char *projection, struct checkpoint *out, struct error *err)
{
    struct db_params params = {0};
    db_param_text(&params, projection);
    PGresult *result;
    if (!db_run(db, &read_statement, &params, &result, err))
        return false;
    bool found = PQntuples(result) == 1;
    if (found)
        read_row(result, projection, out);
    else
        error_set(err, ERROR_not_found, "projection '%s' has never run", projection);
    PQclear(result);
    return found;
}

bool projection_try_lock(struct db *db, const char *projection, bool *got, struct error *err)
{
    struct db_params params = {0};
    db_param_text(&params, projection);
    PGresult *result;
    if (!db_run(db, &lock_statement, &params, &result, err))
        return false;
    *got = row_bool(result, 0, 0);
    PQclear(result);
    return true;
}
