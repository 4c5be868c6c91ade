// SPDX-License-Identifier: Apache-2.0
// Which history this is, who its tenants are, and telling listeners that it grew.
#include "store/store.h"

#include "pg/row.h"

#include <inttypes.h>
#include <stdio.h>

static const struct db_statement identity_statement = {
    .number = 4,
    .name = "store_identity",
    .sql = "select i.incarnation, h.position from store.identity i, store.head h where h.shard = 0",
    .expect = DB_ONE_ROW,
    .columns = 2,
};

static const struct db_statement tenant_statement = {
    .number = 5,
    .name = "store_find_tenant",
    .sql = "select tenant_id, tenant from store.tenants where name = $1::text",
    .expect = DB_ANY_ROWS,
    .columns = 2,
};

static const struct db_statement notify_statement = {
    .number = 6,
    .name = "store_notify",
    .sql = "select pg_notify('" STORE_CHANNEL "', $1::text)",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement partitions_statement = {
    .number = 7,
    .name = "store_ensure_partitions",
    .sql = "select store.ensure_partitions()",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

bool store_identity(struct db *db, struct store_identity *out, struct error *err)
{
    PGresult *result;
    if (!db_run(db, &identity_statement, NULL, &result, err))
        return false;
    out->incarnation = row_uuid(result, 0, 0);
    out->head = row_i64(result, 0, 1);
    PQclear(result);
    return true;
}

bool store_find_tenant(
    struct db *db, const char *name, int32_t *out_id, struct uuid *tenant, struct error *err)
{
    struct db_params params = {0};
    db_param_text(&params, name);
    PGresult *result;
    if (!db_run(db, &tenant_statement, &params, &result, err))
        return false;
    bool found = PQntuples(result) == 1;
    if (found) {
        *out_id = row_i32(result, 0, 0);
        *tenant = row_uuid(result, 0, 1);
    } else {
        error_set(
            err,
            ERROR_not_found,
            "tenant '%s' does not exist: as the owner of the schema, insert into store.tenants"
            " (tenant, name) values (gen_random_uuid(), '…')",
            name);
    }
    PQclear(result);
    return found;
}

bool store_notify(struct db *db, int64_t position, struct error *err)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, position);
    struct db_params params = {0};
    db_param_text(&params, text);
    return db_run(db, &notify_statement, &params, NULL, err);
}

bool store_ensure_partitions(struct db *db, int64_t *left, struct error *err)
{
    PGresult *result;
    if (!db_run(db, &partitions_statement, NULL, &result, err))
        return false;
    *left = row_i64(result, 0, 0);
    PQclear(result);
    return true;
}
