// SPDX-License-Identifier: Apache-2.0
// Whether this server and this schema are what the program was built for: asked once, at the start,
// so that nothing fails half way later.
#include "store/store.h"

#include "pg/row.h"

static const struct db_statement settings_statement = {
    .number = 8,
    .name = "store_check_settings",
    .sql = "select current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on',"
           " (select rolsuper or rolbypassrls from pg_roles where rolname = current_user),"
           " coalesce(to_regclass('ops.migrations') is not null, false)",
    .expect = DB_ONE_ROW,
    .columns = 4,
};

static const struct db_statement schema_statement = {
    .number = 9,
    .name = "store_check_schema",
    .sql = "select coalesce(max(number), 0) from ops.migrations",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static bool check_schema(struct db *db, struct error *err)
{
    PGresult *result;
    if (!db_run(db, &schema_statement, NULL, &result, err))
        return false;
    int32_t found = row_i32(result, 0, 0);
    PQclear(result);
    if (found > STORE_SCHEMA_VERSION)
        return error_set(
            err,
            ERROR_invalid,
            "the database's schema is at %d, newer than this program (%d): install the newer one",
            found,
            STORE_SCHEMA_VERSION);
    if (found < STORE_SCHEMA_VERSION)
        return error_set(
            err,
            ERROR_invalid,
            "the database's schema is at %d, this program needs %d: run order-schema apply",
            found,
            STORE_SCHEMA_VERSION);
    return true;
}

bool store_check(struct db *db, struct error *err)
{
    PGresult *result;
    if (!db_run(db, &settings_statement, NULL, &result, err))
        return false;
    bool fsync = row_bool(result, 0, 0);
    bool full_page_writes = row_bool(result, 0, 1);
    bool superuser = row_bool(result, 0, 2);
    bool applied = row_bool(result, 0, 3);
    PQclear(result);
    if (!fsync || !full_page_writes)
        return error_set(
            err,
            ERROR_invalid,
            "%s is off: an accepted command could be lost in a crash; turn it on",
            fsync ? "full_page_writes" : "fsync");
    if (superuser)
        return error_set(
            err,
            ERROR_invalid,
            "connected as a superuser (or with BYPASSRLS): use the program's own role");
    if (!applied)
        return error_set(
            err, ERROR_invalid, "the schema is not applied: run order-schema apply first");
    return check_schema(db, err);
}
