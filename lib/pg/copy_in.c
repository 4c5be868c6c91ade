// SPDX-License-Identifier: Apache-2.0
// Rows in bulk: COPY … FROM STDIN.
#include "pg/exchange.h"

#include "base/clock.h"

#include <poll.h>

/* Hands all bytes to libpq, in pieces that fit its buffer handling. */
static bool copy_send(struct db *db, struct slice rows, int64_t until_us, struct error *err)
{
    enum { PIECE = 1 << 20 };
    for (size_t at = 0; at < rows.size;) {
        size_t size = rows.size - at < PIECE ? rows.size - at : PIECE;
        const char *piece = (const char *)rows.data + at;
        int taken = PQputCopyData(db->connection, piece, (int)size);
        if (taken < 0)
            return db_lose(db, "copy", PQerrorMessage(db->connection), err);
        if (taken == 1) {
            at += size;
            continue;
        }
        struct pollfd wait = {.fd = PQsocket(db->connection), .events = POLLOUT | POLLIN};
        int64_t left_us = until_us - clock_monotonic_us();
        if (left_us <= 0)
            return db_lose(db, "copy", "no progress within the deadline", err);
        (void)poll(&wait, 1, (int)(left_us / 1000) + 1);
        if (PQflush(db->connection) < 0)
            return db_lose(db, "copy", PQerrorMessage(db->connection), err);
    }
    return true;
}

/* Statements before the COPY, e.g. BEGIN, answer first. True once the server takes rows. */
static bool copy_begin(struct db *db, const char *sql, int64_t until_us, struct error *err)
{
    if (PQsendQuery(db->connection, sql) == 0)
        return db_lose(db, "copy", PQerrorMessage(db->connection), err);
    ExecStatusType status = PGRES_COMMAND_OK;
    while (status == PGRES_COMMAND_OK) {
        PGresult *result;
        if (!db_next_result(db, "copy", until_us, &result, err))
            return false;
        if (result == NULL)
            return error_set(err, ERROR_fatal, "copy: the statement was no COPY FROM STDIN");
        status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_COPY_IN)
            db_fail(db, result, "copy", err);
        PQclear(result);
    }
    struct error ignored;
    if (status == PGRES_COPY_IN)
        return true;
    if (db->connection != NULL && !db_drain(db, "copy", until_us, &ignored))
        *err = ignored;
    return false;
}

static bool copy_end(struct db *db, int64_t until_us, struct error *err)
{
    int ended;
    while ((ended = PQputCopyEnd(db->connection, NULL)) == 0) {
        if (PQflush(db->connection) < 0)
            break;
    }
    if (ended != 1)
        return db_lose(db, "copy", PQerrorMessage(db->connection), err);
    bool ok = true;
    PGresult *result;
    do {
        struct error ignored;
        if (!db_next_result(db, "copy", until_us, &result, ok ? err : &ignored))
            return false;
        if (ok && result != NULL && PQresultStatus(result) != PGRES_COMMAND_OK)
            ok = db_fail(db, result, "copy", err);
        PQclear(result);
    } while (result != NULL && db->connection != NULL);
    return ok;
}

bool db_copy_in(struct db *db, const char *sql, struct slice rows, struct error *err)
{
    if (!db_is_open(db))
        return db_not_connected("copy", err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    return copy_begin(db, sql, until_us, err) && copy_send(db, rows, until_us, err) &&
           copy_end(db, until_us, err);
}
