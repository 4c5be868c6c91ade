// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_sql.h"

#include "pg/db.h"
#include "runtime/signals.h"

#include <stdio.h>

#include "base/banned.h"

enum { DEADLINE_US = 60 * 1000 * 1000, COPY_SIZE = 512 };

/* Tables and materialised views of all schemas but the temporary ones, quoted. The catalogue is among
 * them: what the planner remembers of values (pg_statistic), deleted ones too. Types of it have no
 * binary form. */
static const char tables_sql[] =
    "select format('%I.%I', n.nspname, c.relname),"
    " case when n.nspname = 'pg_catalog' then '' else ' with (format binary)' end from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace"
    " where c.relkind in ('r', 'm') and c.relpersistence <> 't' and n.nspname <> 'pg_toast'"
    " order by 1";

static void take_rows(struct scan *scan, PGconn *connection)
{
    char *row;
    int size;
    uint64_t number = 0;
    while ((size = PQgetCopyData(connection, &row, 0)) > 0) {
        scan_part(scan, LAYER_SQL);
        scan_bytes(scan, LAYER_SQL, slice_of(row, (size_t)size), number++);
        PQfreemem(row);
    }
}

/* A table that may not be read is trouble, and no reason to stop. */
static void scan_copy(struct scan *scan, PGconn *connection, const char *name, const char *sql)
{
    scan->file = name;
    AUTO_RESULT started = PQexec(connection, sql);
    if (PQresultStatus(started) != PGRES_COPY_OUT) {
        const char *state = PQresultErrorField(started, PG_DIAG_SQLSTATE);
        scan_trouble(scan, "cannot be read by SQL (SQLSTATE %s)", state != NULL ? state : "?");
        return;
    }
    take_rows(scan, connection);
    AUTO_RESULT ended = PQgetResult(connection);
    if (PQresultStatus(ended) != PGRES_COMMAND_OK)
        scan_trouble(scan, "was not read to its end by SQL");
    PQclear(PQgetResult(connection));
}

static void scan_tables(struct scan *scan, PGconn *connection, const PGresult *tables)
{
    char sql[COPY_SIZE];
    for (int i = 0; i < PQntuples(tables) && !signals_stop(); i++) {
        const char *name = PQgetvalue(tables, i, 0);
        int size =
            snprintf(sql, sizeof(sql), "copy %s to stdout%s", name, PQgetvalue(tables, i, 1));
        if (size > 0 && (size_t)size < sizeof(sql))
            scan_copy(scan, connection, name, sql);
        progress_update(&scan->progress, scan->layers[LAYER_RAW].bytes, name);
    }
}

bool scan_database(struct scan *scan, const char *conninfo, struct error *err)
{
    struct db db = {.deadline_us = DEADLINE_US};
    if (!db_open(&db, conninfo, "order-shredder scan", err))
        return false;
    AUTO_RESULT tables = PQexec(db.connection, tables_sql);
    bool listed = PQresultStatus(tables) == PGRES_TUPLES_OK;
    if (listed)
        scan_tables(scan, db.connection, tables);
    else
        (void)db_fail(&db, tables, "list of tables", err);
    db_close(&db);
    return listed;
}
