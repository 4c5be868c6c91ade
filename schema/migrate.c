// SPDX-License-Identifier: Apache-2.0
// Compares, refuses, applies. One transaction per file, under a session lock.
#include "schema/migrate.h"

#include "base/clock.h"
#include "pg/row.h"
#include "runtime/retry.h"

#include <inttypes.h>
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

static const struct db_statement table_statement = {
    .number = 0,
    .name = "migrations_table",
    .sql = "select to_regclass('ops.migrations') is not null",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static const struct db_statement list_statement = {
    .number = 1,
    .name = "migrations_list",
    .sql = "select number, name, checksum, applied_at from ops.migrations order by number",
    .expect = DB_ANY_ROWS,
    .columns = 4,
};

static const struct db_statement checksum_statement = {
    .number = 2,
    .name = "migrations_checksum",
    .sql = "select encode(sha256($1::bytea), 'hex')",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

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

const char *migration_state_name(enum migration_state state)
{
    static const char *const names[] = {"applied", "pending", "changed", "skipped", "unknown"};
    static_assert(countof(names) == MIGRATION_STATE_COUNT, "a name per state");
    CHECK((size_t)state < countof(names));
    return names[state];
}

/* ---- comparing ---- */

static void copy_text(char *out, size_t size, struct slice text)
{
    (void)snprintf(out, size, "%.*s", SLICE_FORMAT(text));
}

static bool
checksum_of(struct db *db, const struct embedded_sql *file, char *out, struct error *err)
{
    struct db_params params = {0};
    AUTO_RESULT result = NULL;
    db_param_bytes(&params, slice_of(file->text, file->size));
    if (!db_run(db, &checksum_statement, &params, &result, err))
        return false;
    copy_text(out, MIGRATION_CHECKSUM_SIZE, row_bytes(result, 0, 0));
    return true;
}

/* "0003_append.sql" is number 3; anything else is our own mistake. */
static int32_t number_of(const char *name)
{
    CHECK(strspn(name, "0123456789") == 4 && name[4] == '_');
    int32_t number = 0;
    for (int i = 0; i < 4; i++)
        number = number * 10 + (name[i] - '0');
    return number;
}

static bool
list_files(struct db *db, struct migration_set set, struct migration_list *list, struct error *err)
{
    CHECK(set.count <= countof(list->rows));
    for (size_t i = 0; i < set.count; i++) {
        struct migration *row = &list->rows[i];
        const struct embedded_sql *file = &set.files[i];
        CHECK(number_of(file->name) == (int32_t)i + 1 && strlen(file->name) < sizeof(row->name));
        *row = (struct migration){.number = (int32_t)i + 1, .file = file};
        copy_text(row->name, sizeof(row->name), slice_of_text(file->name));
        if (!checksum_of(db, file, row->checksum, err))
            return false;
    }
    list->count = set.count;
    return true;
}

/* The row of an applied migration: the file's, or a new one at the end. */
static struct migration *row_for(struct migration_list *list, size_t files, int32_t number)
{
    if (number >= 1 && (size_t)number <= files)
        return &list->rows[number - 1];
    if (list->count == countof(list->rows))
        return NULL;
    struct migration *row = &list->rows[list->count++];
    *row = (struct migration){.number = number};
    return row;
}

static bool list_applied(struct db *db, struct migration_list *list, struct error *err)
{
    AUTO_RESULT result = NULL;
    if (!db_run(db, &list_statement, NULL, &result, err))
        return false;
    size_t files = list->count;
    for (int i = 0; i < PQntuples(result); i++) {
        struct migration *row = row_for(list, files, row_i32(result, i, 0));
        if (row == NULL)
            return error_set(
                err,
                ERROR_invalid,
                "ops.migrations has more rows than any release of order-schema");
        copy_text(row->applied_name, sizeof(row->applied_name), row_bytes(result, i, 1));
        copy_text(row->applied_checksum, sizeof(row->applied_checksum), row_bytes(result, i, 2));
        row->applied_us = row_time(result, i, 3);
        if (row->file == NULL)
            memcpy(row->name, row->applied_name, sizeof(row->name));
    }
    return true;
}

static enum migration_state state_of(const struct migration *row, int32_t last_applied)
{
    if (row->file == NULL)
        return MIGRATION_UNKNOWN;
    if (row->applied_checksum[0] == '\0')
        return row->number > last_applied ? MIGRATION_PENDING : MIGRATION_SKIPPED;
    bool same = strcmp(row->checksum, row->applied_checksum) == 0 &&
                strcmp(row->name, row->applied_name) == 0;
    return same ? MIGRATION_APPLIED : MIGRATION_CHANGED;
}

bool migrate_compare(
    struct db *db, struct migration_set set, struct migration_list *out, struct error *err)
{
    AUTO_RESULT result = NULL;
    if (!list_files(db, set, out, err) || !db_run(db, &table_statement, NULL, &result, err))
        return false;
    out->has_table = row_bool(result, 0, 0);
    if (out->has_table && !list_applied(db, out, err))
        return false;
    int32_t last = 0;
    for (size_t i = 0; i < out->count; i++) {
        if (out->rows[i].applied_checksum[0] != '\0' && out->rows[i].number > last)
            last = out->rows[i].number;
    }
    for (size_t i = 0; i < out->count; i++)
        out->rows[i].state = state_of(&out->rows[i], last);
    return true;
}

void migrate_describe(const struct migration *row, char *text, size_t size)
{
    switch (row->state) {
    case MIGRATION_APPLIED:
        (void)snprintf(text, size, "%s is applied", row->name);
        return;
    case MIGRATION_PENDING:
        (void)snprintf(text, size, "%s is not applied: run order-schema apply", row->name);
        return;
    case MIGRATION_CHANGED:
        (void)snprintf(
            text,
            size,
            "%s was changed after it was applied (as %s): applied sha256 %s, this program has %s; "
            "restore the file as it was and put the change into a new migration",
            row->name,
            row->applied_name,
            row->applied_checksum,
            row->checksum);
        return;
    case MIGRATION_SKIPPED:
        (void)snprintf(
            text,
            size,
            "%s is not applied although a later migration is: ops.migrations was edited by hand, "
            "or restored in part; restore the database from a backup",
            row->name);
        return;
    case MIGRATION_UNKNOWN:
        (void)snprintf(
            text,
            size,
            "%s (number %" PRId32 ") is applied, but this program does not have it: the database "
            "is newer; install the newer order-schema",
            row->name,
            row->number);
        return;
    case MIGRATION_STATE_COUNT:
        break;
    }
    UNREACHABLE();
}

bool migrate_allowed(const struct migration_list *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct migration *row = &list->rows[i];
        if (row->state == MIGRATION_APPLIED || row->state == MIGRATION_PENDING)
            continue;
        char text[sizeof(err->text)];
        migrate_describe(row, text, sizeof(text));
        return error_set(err, ERROR_invalid, "%s", text);
    }
    return true;
}

/* ---- applying ---- */

/* Who holds the lock, for the message; "another process" when it is gone again. */
static void name_holder(struct db *db, char *text, size_t size)
{
    struct error ignored;
    AUTO_RESULT result = NULL;
    (void)snprintf(text, size, "another process");
    if (db_run(db, &holder_statement, NULL, &result, &ignored) && PQntuples(result) > 0)
        copy_text(text, size, row_bytes(result, 0, 0));
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
