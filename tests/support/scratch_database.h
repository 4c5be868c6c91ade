// SPDX-License-Identifier: Apache-2.0
// A database of its own for a test, made and dropped by the administrator that PGUSER names.
#ifndef SUPPORT_SCRATCH_DATABASE_H
#define SUPPORT_SCRATCH_DATABASE_H

#include "pg/db.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct scratch_database {
    char name[64];
    char owner_conninfo[128]; /* as order_schema, who owns it */
};

static inline void scratch_database_admin(const char *sql)
{
    struct db db;
    struct error err;
    if (getenv("PGHOST") == NULL)
        fail_msg("PGHOST is not set: run the tests through ./run test");
    if (!db_open(&db, "dbname=postgres", "test administrator", &err) || !db_execute(&db, sql, &err))
        fail_msg("%s", err.text);
    db_close(&db);
}

static inline void scratch_database_create(struct scratch_database *out)
{
    static unsigned made;
    char sql[160];
    (void)snprintf(out->name, sizeof(out->name), "scratch_%ld_%u", (long)getpid(), ++made);
    (void)snprintf(
        out->owner_conninfo, sizeof(out->owner_conninfo), "dbname=%s user=order_schema", out->name);
    (void)snprintf(sql, sizeof(sql), "create database %s owner order_schema", out->name);
    scratch_database_admin(sql);
}

static inline void scratch_database_drop(const struct scratch_database *database)
{
    char sql[160];
    (void)snprintf(sql, sizeof(sql), "drop database if exists %s with (force)", database->name);
    scratch_database_admin(sql);
}

#endif
