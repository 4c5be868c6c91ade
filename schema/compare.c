// SPDX-License-Identifier: Apache-2.0
// What this program has beside what the database has, and what must not go on.
#include "schema/migrate.h"

#include "pg/row.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

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

const char *migration_state_name(enum migration_state state)
{
    static const char *const names[] = {"applied", "pending", "changed", "skipped", "unknown"};
    static_assert(countof(names) == MIGRATION_STATE_COUNT, "a name per state");
    CHECK((size_t)state < countof(names));
    return names[state];
}

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
