// SPDX-License-Identifier: Apache-2.0
// Several statements in one round trip.
#include "pg/exchange.h"

#include "base/clock.h"

static void clear_results(PGresult **results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        PQclear(results[i]);
        results[i] = NULL;
    }
}

static bool pipeline_send(
    struct db *db,
    const struct db_statement *const *statements,
    const struct db_params *params,
    size_t count,
    struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!db_send_prepared(db, statements[i], &params[i], err))
            return false;
        if (PQpipelineSync(db->connection) == 0)
            return db_lose(db, statements[i]->name, PQerrorMessage(db->connection), err);
    }
    return true;
}

/* Result of one statement, its end, and its sync. */
static bool pipeline_receive(
    struct db *db,
    const struct db_statement *statement,
    int64_t until_us,
    PGresult **out,
    struct error *err)
{
    if (!db_next_result(db, statement->name, until_us, out, err))
        return false;
    PGresult *rest;
    do {
        if (!db_next_result(db, statement->name, until_us, &rest, err))
            return false;
        bool synced = rest != NULL && PQresultStatus(rest) == PGRES_PIPELINE_SYNC;
        PQclear(rest);
        if (synced)
            return true;
    } while (db->connection != NULL);
    return false;
}

bool db_run_pipeline(
    struct db *db,
    const struct db_statement *const *statements,
    const struct db_params *params,
    PGresult **results,
    size_t count,
    struct error *err)
{
    memset(results, 0, count * sizeof(*results));
    db->failed_at = 0;
    if (!db_is_open(db))
        return db_not_connected(statements[0]->name, err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    for (size_t i = 0; i < count; i++) {
        if (!db_prepare(db, statements[i], until_us, err))
            return false;
    }
    if (PQenterPipelineMode(db->connection) == 0)
        return db_lose(db, statements[0]->name, PQerrorMessage(db->connection), err);
    bool received = pipeline_send(db, statements, params, count, err);
    for (size_t i = 0; received && i < count; i++)
        received = pipeline_receive(db, statements[i], until_us, &results[i], err);
    bool ok = received;
    for (size_t i = 0; ok && i < count; i++) {
        ok = db_matches(results[i], statements[i]);
        if (!ok) {
            db->failed_at = i;
            db_refuse(db, results[i], statements[i], err);
        }
    }
    if (db->connection != NULL && PQexitPipelineMode(db->connection) == 0 && ok)
        ok = db_lose(db, statements[0]->name, PQerrorMessage(db->connection), err);
    if (!ok)
        clear_results(results, count);
    return ok;
}
