// SPDX-License-Identifier: Apache-2.0
// Migrations: numbered SQL files, each applied once, in order, in a transaction of its own. What was
// applied stands in ops.migrations with its checksum.
//
// compare.c, apply.c and plan.c; what people see is in main.c. Which files there are is given by the
// caller.
#ifndef SCHEMA_MIGRATE_H
#define SCHEMA_MIGRATE_H

#include "base/embedded_sql.h"
#include "pg/db.h"

#include <stdio.h>

/* Files named NNNN_word.sql, numbered 1, 2, 3 … without a gap. */
struct migration_set {
    const struct embedded_sql *files;
    size_t count;
};

enum migration_state {
    MIGRATION_APPLIED,
    MIGRATION_PENDING, /* newer than everything applied */
    MIGRATION_CHANGED, /* applied with another name or text */
    MIGRATION_SKIPPED, /* not applied although a later one is */
    MIGRATION_UNKNOWN, /* applied, and this program does not have it */
    MIGRATION_STATE_COUNT
};

enum {
    MIGRATION_CHECKSUM_SIZE = 65, /* sha256 in hex with its NUL */
    MIGRATION_NAME_SIZE = 96,
    MIGRATION_MOST = 512,
};

struct migration {
    int32_t number;
    enum migration_state state;
    char name[MIGRATION_NAME_SIZE];
    const struct embedded_sql *file;                /* NULL: unknown here */
    char checksum[MIGRATION_CHECKSUM_SIZE];         /* of the file; empty: unknown here */
    char applied_name[MIGRATION_NAME_SIZE];         /* empty: not applied */
    char applied_checksum[MIGRATION_CHECKSUM_SIZE]; /* empty: not applied */
    int64_t applied_us;                             /* since 1970 */
};

/* What this program has beside what the database has, by number. */
struct migration_list {
    struct migration rows[MIGRATION_MOST];
    size_t count;
    bool has_table; /* ops.migrations exists */
};

const char *migration_state_name(enum migration_state state);

/* Reads and compares; changes nothing. The set must keep its promise, else CHECK. */
MUST_USE bool migrate_compare(
    struct db *db, struct migration_set set, struct migration_list *out, struct error *err);

/* False when nothing may be applied: a changed, a skipped or an unknown migration. err names it and
 * says the remedy. */
MUST_USE bool migrate_allowed(const struct migration_list *list, struct error *err);

/* Says in one line what is wrong with a row that is neither applied nor pending, or pending. */
void migrate_describe(const struct migration *row, char *text, size_t size);

/* Applies what is pending and says each file on `report`. Waits up to wait_ms, in all, for another
 * runner and for locks; ERROR_conflict names the process that holds the lock. A file that fails
 * leaves nothing behind; the files before it stay. The server's own words about a failure (line,
 * hint) go to stderr. *out_applied counts. */
MUST_USE bool migrate_apply(
    struct db *db,
    struct migration_set set,
    int64_t wait_ms,
    FILE *report,
    size_t *out_applied,
    struct error *err);

/* The SQL that migrate_apply would run, complete for psql; nothing when there is nothing to do. */
void plan_print(FILE *out, const struct migration_list *list);

/* Statements that apply and plan share. */
extern const char migrate_session_sql[];
extern const char migrate_table_sql[];
extern const char migrate_begin_sql[];

#define MIGRATE_LOCK "8030591472428672108" /* "orderddl" as a number */

#endif
