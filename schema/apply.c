// SPDX-License-Identifier: Apache-2.0
// Applies what is pending: one transaction per file, under a session lock.
#include "schema/migrate.h"

#include "base/clock.h"
#include "pg/row.h"
#include "runtime/retry.h"

#include <string.h>

#include "base/banned.h"

enum { DEADLINE_SECONDS = 24 * 60 * 60 }; /* of one migration */

/* A migration may run long, its files are UTF-8, and an unqualified name must not land in whatever
 * schema the role happens to look at first. */
const char migrate_session_sql[] =
    "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;\n"
    "set client_encoding = 'UTF8'; set search_path = pg_catalog";

const char migrate_table_sql[] =
    "create schema if not exists ops;\n"
    "comment on schema ops is 'Running the service: what was applied, by whom, when.';\n"
    "create table ops.migrations (\n"
    "    number integer primary key check (number > 0),\n"
    "    name text not null,\n"
    "    checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),\n"
    "    applied_at timestamptz not null default now());\n"
    "comment on column ops.migrations.checksum is 'sha256 of the file''s bytes';\n"
    "grant usage on schema ops to public;\n"
    "grant select on ops.migrations to public";

/* Whoever waits for a lock makes everybody queue behind: give up soon, try again later. */
const char migrate_begin_sql[] =
    "begin isolation level read committed read write; set local lock_timeout = '5s'";

static const struct db_statement record_statement = {
    .number = 3,
    .name = "migrations_record",
    .sql =
        "insert into ops.migrations (number, name, checksum) values ($1::int, $2::text, $3::text)",
    .expect = DB_NOTHING,
};

static const struct db_statement lock_statement = {
    .number = 4,
    .name = "migrations_lock",
    .sql = "select pg_try_advisory_lock(" MIGRATE_LOCK ")",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement holder_statement = {
    .number = 5,
    .name = "migrations_lock_holder",
    .sql = "select format('process %s (%s, role %s)', a.pid,"
           " coalesce(nullif(a.application_name, ''), 'unnamed'), a.usename)"
           " from pg_locks l join pg_stat_activity a using (pid)"
           " where l.locktype = 'advisory' and l.granted and l.objsubid = 1"
           " and l.classid::bigint << 32 | l.objid::bigint = " MIGRATE_LOCK
           " and l.database = (select oid from pg_database where datname = current_database())",
    .expect = DB_ANY_ROWS,
    .columns = 1,
};

/* Who holds the lock, for the message; "another process" when it is gone again. */
static void name_holder(struct db *db, char *text, size_t size)
{
    struct error ignored;
    AUTO_RESULT result = NULL;
    (void)snprintf(text, size, "another process");
    if (!db_run(db, &holder_statement, NULL, &result, &ignored) || PQntuples(result) == 0)
        return;
    struct slice holder = row_bytes(result, 0, 0);
    (void)snprintf(text, size, "%.*s", SLICE_FORMAT(holder));
}

/* One runner at a time. The lock is the session's: it goes with the connection. */
static bool lock(struct db *db, int64_t until_us, FILE *report, struct error *err)
{
    struct retry retry = RETRY(50, 1000);
    char holder[200];
    for (;;) {
        AUTO_RESULT result = NULL;
        if (!db_run(db, &lock_statement, NULL, &result, err))
            return false;
        if (row_bool(result, 0, 0))
            return true;
        name_holder(db, holder, sizeof(holder));
        if (retry.attempts == 0)
            (void)fprintf(report, "waiting: %s is changing the schema\n", holder);
        (void)fflush(report);
        if (clock_monotonic_us() >= until_us || !retry_wait(&retry))
            return error_set(err, ERROR_conflict, "the schema is being changed by %s", holder);
    }
}

/* Everything of one file, and its line in the table, or nothing. */
static bool apply_once(struct db *db, const struct migration *row, struct error *err)
{
    struct db_params params = {0};
    db_param_i32(&params, row->number);
    db_param_text(&params, row->name);
    db_param_text(&params, row->checksum);
    if (!db_execute(db, migrate_begin_sql, err) || !db_execute(db, row->file->text, err))
        return false;
    if (PQtransactionStatus(db->connection) != PQTRANS_INTRANS)
        return error_set(
            err,
            ERROR_invalid,
            "the file ends the transaction it runs in: what stands before its COMMIT stays");
    return db_run(db, &record_statement, &params, NULL, err) && db_execute(db, "commit", err);
}

static bool worth_another_try(const struct error *err)
{
    static const char *const codes[] = {"55P03", "40P01"}; /* lock timeout, deadlock */
    for (size_t i = 0; i < countof(codes); i++) {
        if (strcmp(err->code, codes[i]) == 0)
            return true;
    }
    return false;
}

/* The server's whole message, with line and hint: err has room for one line only. */
static void print_details(struct db *db, const struct migration *row)
{
    const char *text = db_is_open(db) ? PQerrorMessage(db->connection) : "";
    if (text[0] != '\0')
        (void)fprintf(stderr, "%s: %s", row->name, text);
}

static bool apply_file(
    struct db *db, const struct migration *row, int64_t until_us, FILE *report, struct error *err)
{
    struct retry retry = RETRY(200, 2000);
    while (!apply_once(db, row, err)) {
        bool again = worth_another_try(err) && clock_monotonic_us() < until_us;
        if (!again)
            print_details(db, row);
        /* An aborted transaction leaves nothing. A lost connection may have committed. */
        bool clean = db_is_open(db) && PQtransactionStatus(db->connection) == PQTRANS_INERROR;
        db_rollback(db);
        if (!again || !retry_wait(&retry))
            return error_prefix(
                err, "%s%s", row->name, clean ? " (nothing of it was applied)" : "");
        (void)fprintf(report, "%s waits for a lock: trying again\n", row->name);
        (void)fflush(report);
    }
    (void)fprintf(report, "applied %s\n", row->name);
    (void)fflush(report);
    return true;
}

static bool ensure_table(struct db *db, const struct migration_list *list, struct error *err)
{
    if (list->has_table)
        return true;
    if (db_execute(db, "begin", err) && db_execute(db, migrate_table_sql, err) &&
        db_execute(db, "commit", err))
        return true;
    db_rollback(db);
    return error_prefix(err, "cannot create ops.migrations");
}

static bool apply_pending(
    struct db *db,
    struct migration_set set,
    int64_t until_us,
    FILE *report,
    size_t *out_applied,
    struct error *err)
{
    static struct migration_list list; /* too large for a stack; one apply per process at a time */
    if (!migrate_compare(db, set, &list, err) || !migrate_allowed(&list, err) ||
        !ensure_table(db, &list, err))
        return false;
    size_t applied = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.rows[i].state != MIGRATION_PENDING)
            continue;
        if (!apply_file(db, &list.rows[i], until_us, report, err))
            return false;
        applied++;
    }
    *out_applied = applied;
    return true;
}

bool migrate_apply(
    struct db *db,
    struct migration_set set,
    int64_t wait_ms,
    FILE *report,
    size_t *out_applied,
    struct error *err)
{
    int64_t until_us = clock_monotonic_us() + wait_ms * 1000;
    db->deadline_us = INT64_C(1000000) * DEADLINE_SECONDS;
    if (!db_execute(db, migrate_session_sql, err) || !lock(db, until_us, report, err))
        return false;
    bool ok = apply_pending(db, set, until_us, report, out_applied, err);
    struct error ignored; /* a lost connection has lost its lock as well */
    (void)!(
        db_is_open(db) && db_execute(db, "select pg_advisory_unlock(" MIGRATE_LOCK ")", &ignored));
    return ok;
}
