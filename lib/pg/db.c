// SPDX-License-Identifier: Apache-2.0
// One statement at a time.
#include "pg/exchange.h"

#include "base/clock.h"

bool db_run(
    struct db *db,
    const struct db_statement *statement,
    const struct db_params *params,
    PGresult **out,
    struct error *err)
{
    if (!db_is_open(db))
        return db_not_connected(statement->name, err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    if (!db_prepare(db, statement, until_us, err) || !db_send_prepared(db, statement, params, err))
        return false;
    PGresult *result;
    if (!db_next_result(db, statement->name, until_us, &result, err))
        return false;
    bool ok = db_matches(result, statement);
    if (!ok)
        db_refuse(db, result, statement, err);
    struct error ignored;
    if (db->connection != NULL && !db_drain(db, statement->name, until_us, ok ? err : &ignored))
        ok = false;
    if (ok && out != NULL)
        *out = result;
    else
        PQclear(result);
    return ok;
}

bool db_execute(struct db *db, const char *sql, struct error *err)
{
    if (!db_is_open(db))
        return db_not_connected("statement", err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    if (PQsendQuery(db->connection, sql) == 0)
        return db_lose(db, "statement", PQerrorMessage(db->connection), err);
    bool ok = true;
    PGresult *result;
    do {
        struct error ignored;
        if (!db_next_result(db, "statement", until_us, &result, ok ? err : &ignored))
            return false;
        ExecStatusType status = result != NULL ? PQresultStatus(result) : PGRES_COMMAND_OK;
        if (ok && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            ok = db_fail(db, result, "statement", err);
        PQclear(result);
    } while (result != NULL && db->connection != NULL);
    return ok;
}

void db_rollback(struct db *db)
{
    struct error ignored;
    if (db_is_open(db) && !db_execute(db, "rollback", &ignored))
        db_close(db);
}
