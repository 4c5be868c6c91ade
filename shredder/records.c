// SPDX-License-Identifier: Apache-2.0
// Connection, tenants, and the vault that belongs to the database.
#include "shredder/records.h"

#include "base/clock.h"
#include "pg/row.h"
#include "runtime/retry.h"
#include "shredder/statements.h"
#include "store/store.h"

#include "base/banned.h"

enum {
    DEADLINE_US = 20 * 1000 * 1000, /* loading a million subjects goes by pages */
    LOCK_WAIT_US = 5 * 1000 * 1000, /* the server may not have noticed yet that we died */
};

static const struct db_statement lock_statement = {
    .number = 32,
    .name = "shredder_lock",
    .sql = "select pg_try_advisory_lock(7233912846)",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement tenants_statement = {
    .number = 33,
    .name = "shredder_tenants",
    .sql = "select tenant_id, tenant from store.tenants order by tenant_id",
    .expect = DB_ANY_ROWS,
    .columns = 2,
};

static const struct db_statement vault_statement = {
    .number = 34,
    .name = "shredder_vault",
    .sql = "select vault_id, generation, reserved, ledger, epoch, epoch_at, lease_seconds"
           " from erasure.vault_state",
    .expect = DB_ANY_ROWS,
    .columns = 7,
};

/* ---- connection ---- */

static bool take_lock(struct db *db, struct error *err)
{
    struct retry retry = RETRY(20, 500);
    int64_t until_us = clock_monotonic_us() + LOCK_WAIT_US;
    for (;;) {
        PGresult *result;
        if (!db_run(db, &lock_statement, NULL, &result, err))
            return false;
        bool got = row_bool(result, 0, 0);
        PQclear(result);
        if (got)
            return true;
        if (clock_monotonic_us() > until_us || !retry_wait(&retry))
            return error_set(
                err, ERROR_conflict, "another order-shredder serves this database already");
    }
}

static bool read_tenants(struct records *records, struct error *err)
{
    PGresult *result;
    if (!db_run(&records->db, &tenants_statement, NULL, &result, err))
        return false;
    int count = PQntuples(result);
    bool fits = count <= TENANTS_MOST;
    records->tenant_count = fits ? (size_t)count : 0;
    for (int i = 0; fits && i < count; i++)
        records->tenants[i] =
            (struct tenant_row){.id = row_i32(result, i, 0), .uuid = row_uuid(result, i, 1)};
    PQclear(result);
    if (!fits)
        return error_set(err, ERROR_invalid, "more than %d tenants", TENANTS_MOST);
    return true;
}

bool records_open(struct records *records, struct error *err)
{
    struct db *db = &records->db;
    if (!db_open(db, records->conninfo, "order-shredder", err))
        return false;
    db->deadline_us = DEADLINE_US;
    if (store_check(db, err) && db_execute(db, "set synchronous_commit = on", err) &&
        take_lock(db, err) && read_tenants(records, err))
        return true;
    db_close(db);
    return false;
}

void records_close(struct records *records)
{
    db_close(&records->db);
}

/* ---- tenants ---- */

bool records_known_tenant(const struct records *records, const struct uuid *tenant, int32_t *out)
{
    for (size_t i = 0; i < records->tenant_count; i++) {
        if (uuid_equal(&records->tenants[i].uuid, tenant)) {
            *out = records->tenants[i].id;
            return true;
        }
    }
    return false;
}

bool records_tenant(
    struct records *records, const struct uuid *tenant, int32_t *out, struct error *err)
{
    if (records_known_tenant(records, tenant, out))
        return true;
    if (!read_tenants(records, err))
        return false;
    return records_known_tenant(records, tenant, out) ||
           error_set(err, ERROR_not_found, "the database has no such tenant");
}

const struct uuid *records_tenant_uuid(const struct records *records, int32_t tenant_id)
{
    for (size_t i = 0; i < records->tenant_count; i++) {
        if (records->tenants[i].id == tenant_id)
            return &records->tenants[i].uuid;
    }
    return NULL;
}

/* ---- the vault that belongs to this database ---- */

bool records_vault(struct records *records, struct vault_row *out, bool *found, struct error *err)
{
    PGresult *result;
    if (!db_run(&records->db, &vault_statement, NULL, &result, err))
        return false;
    *found = PQntuples(result) == 1;
    if (*found)
        *out = (struct vault_row){
            .vault_id = row_uuid(result, 0, 0),
            .generation = row_i64(result, 0, 1),
            .reserved = row_i64(result, 0, 2),
            .ledger = row_i64(result, 0, 3),
            .epoch = row_i64(result, 0, 4),
            .epoch_us = row_time(result, 0, 5),
            .lease_seconds = row_i32(result, 0, 6)};
    PQclear(result);
    return true;
}

bool records_set_vault(struct records *records, const struct vault_row *row, struct error *err)
{
    struct db_params params = {0};
    db_param_uuid(&params, &row->vault_id);
    db_param_i64(&params, row->generation);
    db_param_i64(&params, row->reserved);
    db_param_i64(&params, row->ledger);
    db_param_i64(&params, row->epoch);
    db_param_i64(&params, row->epoch_us - (int64_t)PG_EPOCH_SECONDS * 1000000);
    db_param_i32(&params, row->lease_seconds);
    return db_run(&records->db, shredder_statement(QUERY_SET_VAULT), &params, NULL, err);
}
