// SPDX-License-Identifier: Apache-2.0
// Opening and closing a connection, and what every session is told first.
#include "pg/exchange.h"

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

void db_close(struct db *db)
{
    if (db->connection != NULL)
        PQfinish(db->connection);
    db->connection = NULL;
    db->prepared = 0;
    db->session_ready = false;
}

bool db_judge_server(int version, const char *in_hot_standby, struct error *err)
{
    if (version < LEAST_SERVER_VERSION)
        return error_set(
            err,
            ERROR_invalid,
            "PostgreSQL %d.%d is too old: version 15 or newer is needed",
            version / 10000,
            version < 100000 ? version / 100 % 100 : version % 10000); /* 9.6 was 90624 */
    if (in_hot_standby != NULL && strcmp(in_hot_standby, "on") == 0)
        return error_set(
            err, ERROR_invalid, "this PostgreSQL server is a standby: connect to the primary");
    return true;
}

static bool check_server(struct db *db, struct error *err)
{
    int version = PQserverVersion(db->connection);
    const char *standby = PQparameterStatus(db->connection, "in_hot_standby");
    return db_judge_server(version, standby, err) &&
           db_execute(
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
        {"too many connections", ERROR_transient}, /* may name a role or a database */
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
        error_set(err, connect_failure_kind(text), "PostgreSQL: %.*s", db_first_line(text), text);
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

bool db_keyed_session(struct db *db, struct error *err)
{
    return db_execute(
        db,
        "set plan_cache_mode = force_generic_plan; set enable_seqscan = off;"
        "set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off;"
        "set jit = off", /* what has to read all of a table would look costly enough to be compiled */
        err);
}
