// SPDX-License-Identifier: Apache-2.0
#include "pg/exchange.h"

#include "base/clock.h"
#include "pg/sqlstate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

int db_first_line(const char *text)
{
    return (int)strcspn(text, "\n");
}

bool db_fail(struct db *db, const PGresult *result, const char *what, struct error *err)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (text == NULL)
        text = db->connection != NULL ? PQerrorMessage(db->connection) : "not connected";
    error_set(err, sqlstate_kind(state), "%s: %.*s", what, db_first_line(text), text);
    if (state != NULL)
        (void)snprintf(err->code, sizeof(err->code), "%s", state);
    if (db->connection != NULL && PQstatus(db->connection) != CONNECTION_OK) {
        err->kind = ERROR_transient;
        db_close(db);
    }
    return false;
}

bool db_lose(struct db *db, const char *what, const char *why, struct error *err)
{
    error_set(err, ERROR_transient, "%s: %.*s", what, db_first_line(why), why);
    db_close(db);
    return false;
}

bool db_not_connected(const char *what, struct error *err)
{
    return error_set(err, ERROR_transient, "%s: not connected to PostgreSQL", what);
}

/* Flushes, then waits until a result can be read without blocking. What is there already is read, however
 * late it is: a process that was stopped for a while finds its answer, maybe in several pieces. */
static bool wait_ready(struct db *db, const char *what, int64_t until_us, struct error *err)
{
    PGconn *connection = db->connection;
    for (;;) {
        int unsent = PQflush(connection);
        if (unsent < 0)
            return db_lose(db, what, PQerrorMessage(connection), err);
        if (unsent == 0 && !PQisBusy(connection))
            return true;
        int64_t left_us = until_us - clock_monotonic_us();
        struct pollfd wait = {
            .fd = PQsocket(connection),
            .events = (short)(POLLIN | (unsent != 0 ? POLLOUT : 0)),
        };
        int ready = poll(&wait, 1, left_us > 0 ? (int)(left_us / 1000) + 1 : 0);
        if (ready == 0 && left_us <= 0)
            return db_lose(db, what, "no answer within the deadline", err);
        if (ready < 0 && errno != EINTR)
            return db_lose(db, what, "poll failed", err);
        if (ready > 0 && (wait.revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
            PQconsumeInput(connection) == 0)
            return db_lose(db, what, PQerrorMessage(connection), err);
    }
}

bool db_next_result(
    struct db *db, const char *what, int64_t until_us, PGresult **out, struct error *err)
{
    if (!wait_ready(db, what, until_us, err))
        return false;
    *out = PQgetResult(db->connection);
    if (*out == NULL && PQstatus(db->connection) != CONNECTION_OK)
        return db_lose(db, what, PQerrorMessage(db->connection), err);
    return true;
}

bool db_drain(struct db *db, const char *what, int64_t until_us, struct error *err)
{
    PGresult *result;
    do {
        if (!db_next_result(db, what, until_us, &result, err))
            return false;
        PQclear(result);
    } while (result != NULL);
    return true;
}

bool db_matches(const PGresult *result, const struct db_statement *statement)
{
    ExecStatusType status = PQresultStatus(result);
    if (statement->expect == DB_NOTHING)
        return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    return status == PGRES_TUPLES_OK && PQnfields(result) == statement->columns &&
           (statement->expect == DB_ANY_ROWS || PQntuples(result) == 1);
}

bool db_refuse(
    struct db *db, const PGresult *result, const struct db_statement *statement, struct error *err)
{
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
        return error_set(
            err,
            ERROR_not_found,
            "%s: %d rows of %d columns, expected %s of %d",
            statement->name,
            PQntuples(result),
            PQnfields(result),
            statement->expect == DB_ONE_ROW ? "one" : "rows",
            statement->columns);
    return db_fail(db, result, statement->name, err);
}

bool db_prepare(
    struct db *db, const struct db_statement *statement, int64_t until_us, struct error *err)
{
    CHECK(statement->number < 64);
    uint64_t bit = UINT64_C(1) << statement->number;
    if ((db->prepared & bit) != 0)
        return true;
    if (PQsendPrepare(db->connection, statement->name, statement->sql, 0, NULL) == 0)
        return db_lose(db, statement->name, PQerrorMessage(db->connection), err);
    PGresult *result;
    if (!db_next_result(db, statement->name, until_us, &result, err))
        return false;
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok)
        db_fail(db, result, statement->name, err);
    PQclear(result);
    struct error ignored;
    if (db->connection != NULL && !db_drain(db, statement->name, until_us, ok ? err : &ignored))
        return false;
    if (ok)
        db->prepared |= bit;
    return ok;
}

bool db_send_prepared(
    struct db *db,
    const struct db_statement *statement,
    const struct db_params *params,
    struct error *err)
{
    static const struct db_params none;
    const struct db_params *given = params != NULL ? params : &none;
    if (PQsendQueryPrepared(
            db->connection,
            statement->name,
            given->count,
            given->values,
            given->lengths,
            given->formats,
            1) == 0)
        return db_lose(db, statement->name, PQerrorMessage(db->connection), err);
    return true;
}
