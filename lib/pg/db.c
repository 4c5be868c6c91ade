// SPDX-License-Identifier: Apache-2.0
// The connection is non-blocking; every call waits in one place (wait_ready) with its deadline.
#include "pg/db.h"

#include "base/clock.h"
#include "pg/sqlstate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum {
    DEFAULT_DEADLINE_US = 60 * 1000000,
    LEAST_SERVER_VERSION = 150000,
};

/* Cancelling a wait for a synchronous standby is a success with a WARNING: whoever relies on the
 * flush must look at `warned`. */
static void note_notice(void *context, const PGresult *notice)
{
    struct db *db = context;
    const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (severity != NULL && strcmp(severity, "WARNING") == 0)
        db->warned = true;
}

/* First line of a server's or libpq's message, without the final newline. */
static int first_line(const char *text)
{
    return (int)strcspn(text, "\n");
}

bool db_fail(struct db *db, const PGresult *result, const char *what, struct error *err)
{
    const char *state = result != NULL ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *text = result != NULL ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (text == NULL)
        text = db->connection != NULL ? PQerrorMessage(db->connection) : "not connected";
    error_set(err, sqlstate_kind(state), "%s: %.*s", what, first_line(text), text);
    if (state != NULL)
        (void)snprintf(err->code, sizeof(err->code), "%s", state);
    if (db->connection != NULL && PQstatus(db->connection) != CONNECTION_OK) {
        err->kind = ERROR_transient;
        db_close(db);
    }
    return false;
}

void db_close(struct db *db)
{
    if (db->connection != NULL)
        PQfinish(db->connection);
    db->connection = NULL;
    db->prepared = 0;
    db->session_ready = false;
}

/* The connection broke or took too long: close it, because what it did is unknown. */
static bool lose(struct db *db, const char *what, const char *why, struct error *err)
{
    error_set(err, ERROR_transient, "%s: %.*s", what, first_line(why), why);
    db_close(db);
    return false;
}

/* Flushes, then waits until a result can be read without blocking. */
static bool wait_ready(struct db *db, const char *what, int64_t until_us, struct error *err)
{
    PGconn *connection = db->connection;
    for (;;) {
        int unsent = PQflush(connection);
        if (unsent < 0)
            return lose(db, what, PQerrorMessage(connection), err);
        if (unsent == 0 && !PQisBusy(connection))
            return true;
        int64_t left_us = until_us - clock_monotonic_us();
        if (left_us <= 0)
            return lose(db, what, "no answer within the deadline", err);
        struct pollfd wait = {
            .fd = PQsocket(connection),
            .events = (short)(POLLIN | (unsent != 0 ? POLLOUT : 0)),
        };
        int ready = poll(&wait, 1, (int)(left_us / 1000) + 1);
        if (ready < 0 && errno != EINTR)
            return lose(db, what, "poll failed", err);
        if (ready > 0 && (wait.revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
            PQconsumeInput(connection) == 0)
            return lose(db, what, PQerrorMessage(connection), err);
    }
}

/* The next result, NULL at the end of a statement. */
static bool
next_result(struct db *db, const char *what, int64_t until_us, PGresult **out, struct error *err)
{
    if (!wait_ready(db, what, until_us, err))
        return false;
    *out = PQgetResult(db->connection);
    if (*out == NULL && PQstatus(db->connection) != CONNECTION_OK)
        return lose(db, what, PQerrorMessage(db->connection), err);
    return true;
}

/* Reads to the end of the running statement, throwing results away. */
static bool drain(struct db *db, const char *what, int64_t until_us, struct error *err)
{
    PGresult *result;
    do {
        if (!next_result(db, what, until_us, &result, err))
            return false;
        PQclear(result);
    } while (result != NULL);
    return true;
}

static bool matches(const PGresult *result, const struct db_statement *statement)
{
    ExecStatusType status = PQresultStatus(result);
    if (statement->expect == DB_NOTHING)
        return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    return status == PGRES_TUPLES_OK && PQnfields(result) == statement->columns &&
           (statement->expect == DB_ANY_ROWS || PQntuples(result) == 1);
}

/* Sorts a failed or unexpected result into an error. */
static bool refuse(
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

/* ---- opening ---- */

static bool check_server(struct db *db, struct error *err)
{
    int version = PQserverVersion(db->connection);
    if (version < LEAST_SERVER_VERSION)
        return error_set(
            err,
            ERROR_invalid,
            "PostgreSQL %d.%d is too old: version 15 or newer is needed",
            version / 10000,
            version % 10000);
    const char *standby = PQparameterStatus(db->connection, "in_hot_standby");
    if (standby != NULL && strcmp(standby, "on") == 0)
        return error_set(
            err, ERROR_invalid, "this PostgreSQL server is a standby: connect to the primary");
    return db_execute(
        db,
        "set lock_timeout = '10s'; set statement_timeout = '50s';"
        "set idle_in_transaction_session_timeout = '30s'",
        err);
}

/* libpq gives no SQLSTATE for a failed connection attempt, so the text has to decide what can never
 * work by trying again. */
static enum error_kind connect_failure_kind(const char *text)
{
    static const struct {
        const char *part;
        enum error_kind kind;
    } rows[] = {
        {"authentication failed", ERROR_denied},
        {"no password supplied", ERROR_denied},
        {"no pg_hba.conf entry", ERROR_denied},
        {"is not permitted to log in", ERROR_denied},
        {"role \"", ERROR_denied},
        {"database \"", ERROR_not_found},
        {"invalid connection option", ERROR_invalid},
        {"missing \"=\"", ERROR_invalid},
        {"invalid port", ERROR_invalid},
        {"invalid URI", ERROR_invalid},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        if (strstr(text, rows[i].part) != NULL)
            return rows[i].kind;
    }
    return ERROR_transient;
}

bool db_open(struct db *db, const char *conninfo, const char *application_name, struct error *err)
{
    /* conninfo comes last and wins; PG* variables fill what nobody says. */
    static const char *const names[] = {
        "application_name",
        "connect_timeout",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        "dbname",
        NULL,
    };
    const char *const values[] = {
        application_name, "10", "10", "5", "3", "20000", conninfo != NULL ? conninfo : "", NULL};
    static uint64_t opened;
    *db = (struct db){.deadline_us = DEFAULT_DEADLINE_US, .serial = ++opened};
    db->connection = PQconnectdbParams(names, values, 1);
    if (db->connection == NULL)
        return error_set(err, ERROR_fatal, "PostgreSQL: out of memory");
    if (PQstatus(db->connection) != CONNECTION_OK) {
        const char *text = PQerrorMessage(db->connection);
        error_set(err, connect_failure_kind(text), "PostgreSQL: %.*s", first_line(text), text);
        db_close(db);
        return false;
    }
    PQsetNoticeReceiver(db->connection, note_notice, db);
    if (PQsetnonblocking(db->connection, 1) != 0 || !check_server(db, err)) {
        if (PQstatus(db->connection) != CONNECTION_OK)
            error_set(err, ERROR_transient, "PostgreSQL: connection lost while opening");
        db_close(db);
        return false;
    }
    return true;
}

/* ---- parameters ---- */

static void param(struct db_params *params, const void *value, int length, int format)
{
    CHECK(params->count < (int)countof(params->values));
    params->values[params->count] = value;
    params->lengths[params->count] = length;
    params->formats[params->count] = format;
    params->count++;
}

static void param_scalar(struct db_params *params, const void *big, size_t size)
{
    CHECK(params->count < (int)countof(params->values));
    memcpy(params->scalars[params->count], big, size);
    param(params, params->scalars[params->count], (int)size, 1);
}

void db_param_null(struct db_params *params)
{
    param(params, NULL, 0, 1);
}

void db_param_i16(struct db_params *params, int16_t value)
{
    uint16_t big = __builtin_bswap16((uint16_t)value);
    param_scalar(params, &big, sizeof(big));
}

void db_param_i32(struct db_params *params, int32_t value)
{
    uint32_t big = __builtin_bswap32((uint32_t)value);
    param_scalar(params, &big, sizeof(big));
}

void db_param_i64(struct db_params *params, int64_t value)
{
    uint64_t big = __builtin_bswap64((uint64_t)value);
    param_scalar(params, &big, sizeof(big));
}

void db_param_bytes(struct db_params *params, struct slice bytes)
{
    CHECK(bytes.size <= INT32_MAX);
    param(params, bytes.size != 0 ? bytes.data : (const uint8_t *)"", (int)bytes.size, 1);
}

void db_param_uuid(struct db_params *params, const struct uuid *id)
{
    param(params, id->bytes, sizeof(id->bytes), 1);
}

void db_param_text(struct db_params *params, const char *text)
{
    param(params, text, (int)strlen(text), 1);
}

/* ---- running ---- */

static bool
prepare(struct db *db, const struct db_statement *statement, int64_t until_us, struct error *err)
{
    CHECK(statement->number < 64);
    uint64_t bit = UINT64_C(1) << statement->number;
    if ((db->prepared & bit) != 0)
        return true;
    if (PQsendPrepare(db->connection, statement->name, statement->sql, 0, NULL) == 0)
        return lose(db, statement->name, PQerrorMessage(db->connection), err);
    PGresult *result;
    if (!next_result(db, statement->name, until_us, &result, err))
        return false;
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok)
        db_fail(db, result, statement->name, err);
    PQclear(result);
    struct error ignored;
    if (db->connection != NULL && !drain(db, statement->name, until_us, ok ? err : &ignored))
        return false;
    if (ok)
        db->prepared |= bit;
    return ok;
}

static bool send_prepared(
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
        return lose(db, statement->name, PQerrorMessage(db->connection), err);
    return true;
}

static bool not_connected(const char *what, struct error *err)
{
    return error_set(err, ERROR_transient, "%s: not connected to PostgreSQL", what);
}

bool db_run(
    struct db *db,
    const struct db_statement *statement,
    const struct db_params *params,
    PGresult **out,
    struct error *err)
{
    if (!db_is_open(db))
        return not_connected(statement->name, err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    if (!prepare(db, statement, until_us, err) || !send_prepared(db, statement, params, err))
        return false;
    PGresult *result;
    if (!next_result(db, statement->name, until_us, &result, err))
        return false;
    bool ok = matches(result, statement);
    if (!ok)
        refuse(db, result, statement, err);
    struct error ignored;
    if (db->connection != NULL && !drain(db, statement->name, until_us, ok ? err : &ignored))
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
        return not_connected("statement", err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    if (PQsendQuery(db->connection, sql) == 0)
        return lose(db, "statement", PQerrorMessage(db->connection), err);
    bool ok = true;
    PGresult *result;
    do {
        struct error ignored;
        if (!next_result(db, "statement", until_us, &result, ok ? err : &ignored))
            return false;
        ExecStatusType status = result != NULL ? PQresultStatus(result) : PGRES_COMMAND_OK;
        if (ok && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
            ok = db_fail(db, result, "statement", err);
        PQclear(result);
    } while (result != NULL && db->connection != NULL);
    return ok;
}

bool db_keyed_session(struct db *db, struct error *err)
{
    return db_execute(
        db,
        "set plan_cache_mode = force_generic_plan; set enable_seqscan = off;"
        "set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off",
        err);
}

void db_rollback(struct db *db)
{
    struct error ignored;
    if (db_is_open(db) && !db_execute(db, "rollback", &ignored))
        db_close(db);
}

/* ---- pipeline ---- */

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
        if (!send_prepared(db, statements[i], &params[i], err))
            return false;
        if (PQpipelineSync(db->connection) == 0)
            return lose(db, statements[i]->name, PQerrorMessage(db->connection), err);
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
    if (!next_result(db, statement->name, until_us, out, err))
        return false;
    PGresult *rest;
    do {
        if (!next_result(db, statement->name, until_us, &rest, err))
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
        return not_connected(statements[0]->name, err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    for (size_t i = 0; i < count; i++) {
        if (!prepare(db, statements[i], until_us, err))
            return false;
    }
    if (PQenterPipelineMode(db->connection) == 0)
        return lose(db, statements[0]->name, PQerrorMessage(db->connection), err);
    bool received = pipeline_send(db, statements, params, count, err);
    for (size_t i = 0; received && i < count; i++)
        received = pipeline_receive(db, statements[i], until_us, &results[i], err);
    bool ok = received;
    for (size_t i = 0; ok && i < count; i++) {
        ok = matches(results[i], statements[i]);
        if (!ok) {
            db->failed_at = i;
            refuse(db, results[i], statements[i], err);
        }
    }
    if (db->connection != NULL && PQexitPipelineMode(db->connection) == 0 && ok)
        ok = lose(db, statements[0]->name, PQerrorMessage(db->connection), err);
    if (!ok)
        clear_results(results, count);
    return ok;
}

/* ---- copy ---- */

/* Hands all bytes to libpq, in pieces that fit its buffer handling. */
static bool copy_send(struct db *db, struct slice rows, int64_t until_us, struct error *err)
{
    enum { PIECE = 1 << 20 };
    for (size_t at = 0; at < rows.size;) {
        size_t size = rows.size - at < PIECE ? rows.size - at : PIECE;
        const char *piece = (const char *)rows.data + at;
        int taken = PQputCopyData(db->connection, piece, (int)size);
        if (taken < 0)
            return lose(db, "copy", PQerrorMessage(db->connection), err);
        if (taken == 1) {
            at += size;
            continue;
        }
        struct pollfd wait = {.fd = PQsocket(db->connection), .events = POLLOUT | POLLIN};
        int64_t left_us = until_us - clock_monotonic_us();
        if (left_us <= 0)
            return lose(db, "copy", "no progress within the deadline", err);
        (void)poll(&wait, 1, (int)(left_us / 1000) + 1);
        if (PQflush(db->connection) < 0)
            return lose(db, "copy", PQerrorMessage(db->connection), err);
    }
    return true;
}

bool db_copy_in(struct db *db, const char *sql, struct slice rows, struct error *err)
{
    if (!db_is_open(db))
        return not_connected("copy", err);
    int64_t until_us = clock_monotonic_us() + db->deadline_us;
    if (PQsendQuery(db->connection, sql) == 0)
        return lose(db, "copy", PQerrorMessage(db->connection), err);
    PGresult *result;
    do { /* statements before the COPY, e.g. BEGIN, answer first */
        if (!next_result(db, "copy", until_us, &result, err))
            return false;
        if (result == NULL)
            return error_set(err, ERROR_fatal, "copy: the statement was no COPY FROM STDIN");
        ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COPY_IN && status != PGRES_COMMAND_OK) {
            db_fail(db, result, "copy", err);
            PQclear(result);
            struct error ignored;
            (void)!(db->connection != NULL && drain(db, "copy", until_us, &ignored));
            return false;
        }
        PQclear(result);
        if (status == PGRES_COPY_IN)
            break;
    } while (true);
    if (!copy_send(db, rows, until_us, err))
        return false;
    int ended;
    while ((ended = PQputCopyEnd(db->connection, NULL)) == 0) {
        if (PQflush(db->connection) < 0)
            break;
    }
    if (ended != 1)
        return lose(db, "copy", PQerrorMessage(db->connection), err);
    bool ok = true;
    do {
        struct error ignored;
        if (!next_result(db, "copy", until_us, &result, ok ? err : &ignored))
            return false;
        if (ok && result != NULL && PQresultStatus(result) != PGRES_COMMAND_OK)
            ok = db_fail(db, result, "copy", err);
        PQclear(result);
    } while (result != NULL && db->connection != NULL);
    return ok;
}
