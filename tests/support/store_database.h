// SPDX-License-Identifier: Apache-2.0
// A database of its own for a test with the schema applied, by the real order-schema.
#ifndef SUPPORT_STORE_DATABASE_H
#define SUPPORT_STORE_DATABASE_H

#include "support/scratch_database.h"

#include <spawn.h>
#include <sys/wait.h>

struct store_database {
    struct scratch_database scratch;
    char conninfo[4][160]; /* by enum store_role */
};

enum store_role {
    STORE_ADMIN,
    STORE_OWNER,
    STORE_COMMAND,
    STORE_PROJECTOR,
};

/* Runs a program of ours to its end; its arguments are NULL-terminated, the first its name. */
static inline void store_database_run(const char *program, const char *const *arguments)
{
    extern char **environ;
    char *copies[16] = {NULL};
    for (size_t i = 0; arguments[i] != NULL; i++) {
        assert_true(i + 1 < countof(copies));
        copies[i] = strdup(arguments[i]);
        assert_non_null(copies[i]);
    }
    char path[4096];
    const char *folder = getenv("ORDER_BIN");
    if (folder == NULL)
        fail_msg("ORDER_BIN is not set: run the tests through ./run test");
    (void)snprintf(path, sizeof(path), "%s/%s", folder, program);
    pid_t pid;
    int status = -1;
    assert_int_equal(posix_spawn(&pid, path, NULL, NULL, copies, environ), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    for (size_t i = 0; copies[i] != NULL; i++)
        free(copies[i]);
    if (status != 0)
        fail_msg("%s ended with status %d", program, status);
}

static inline void store_database_create(struct store_database *out)
{
    static const char *const roles[] = {
        "order_admin", "order_schema", "order_command", "order_projector"};
    scratch_database_create(&out->scratch);
    for (size_t i = 0; i < countof(roles); i++)
        (void)snprintf(
            out->conninfo[i],
            sizeof(out->conninfo[i]),
            "dbname=%s user=%s",
            out->scratch.name,
            roles[i]);
    store_database_run(
        "order-schema",
        (const char *const[]){
            "order-schema", "apply", "--database", out->conninfo[STORE_OWNER], NULL});
}

static inline void store_database_drop(const struct store_database *database)
{
    scratch_database_drop(&database->scratch);
}

/* Opens a connection in a role, or fails the test. */
static inline void
store_database_open(const struct store_database *database, enum store_role role, struct db *out)
{
    struct error err;
    if (!db_open(out, database->conninfo[role], "test", &err))
        fail_msg("%s", err.text);
}

/* Runs SQL as the administrator, or fails the test. */
static inline void store_database_sql(const struct store_database *database, const char *sql)
{
    struct db db;
    struct error err;
    store_database_open(database, STORE_ADMIN, &db);
    if (!db_execute(&db, sql, &err))
        fail_msg("%s: %s", sql, err.text);
    db_close(&db);
}

/* The one number that a query gives. */
static inline int64_t store_database_number(const struct store_database *database, const char *sql)
{
    struct db db;
    store_database_open(database, STORE_ADMIN, &db);
    PGresult *result = PQexec(db.connection, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail_msg("%s: %s", sql, PQerrorMessage(db.connection));
    int64_t value = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    db_close(&db);
    return value;
}

#endif
