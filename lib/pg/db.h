// SPDX-License-Identifier: Apache-2.0
// One PostgreSQL connection: connect, run named statements with a deadline, sort failures by
// SQLSTATE. Binary parameters and results throughout.
#ifndef PG_DB_H
#define PG_DB_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"
#include "base/uuid.h"

#include <libpq-fe.h>

struct db {
    PGconn *connection;
    int64_t deadline_us; /* how long one call may take */
    bool warned;         /* a WARNING arrived since the flag was last cleared */
    size_t failed_at;    /* which statement of the last failed pipeline failed first */
    bool session_ready;  /* for who sets the session up: false on every new connection */
    uint64_t serial;     /* differs from connection to connection of a process, never 0 */
    uint64_t prepared;   /* bit n: statement number n is prepared on this connection */
};

/* Opens a connection; conninfo as libpq takes it (PG* environment applies), application_name says
 * which program. Refuses servers below 15 and standbys. ERROR_transient when the server cannot be
 * reached or is starting, ERROR_denied for a wrong password or role, ERROR_invalid otherwise. */
MUST_USE bool
db_open(struct db *db, const char *conninfo, const char *application_name, struct error *err);

/* Closes; safe on a closed or zeroed db. */
void db_close(struct db *db);

static inline bool db_is_open(const struct db *db)
{
    return db->connection != NULL && PQstatus(db->connection) == CONNECTION_OK;
}

DEFINE_CLEANUP(PGresult *, result_cleanup, PQclear)
#define AUTO_RESULT CLEANUP(result_cleanup) PGresult *

/* What a statement is expected to bring back. */
enum db_expect {
    DB_NOTHING, /* a command: no rows */
    DB_ONE_ROW, /* exactly one */
    DB_ANY_ROWS,
};

/* A statement with a name: prepared on first use on each connection. Keep these static; `number`
 * must be unique among the statements of a connection: 0..31 belong to lib/store, 32..63 to the
 * program. */
struct db_statement {
    unsigned number;
    const char *name;
    const char *sql;
    enum db_expect expect;
    int columns; /* expected columns of the result */
};

/* Binary parameters for one execution. The bytes are not copied: they must live until the call
 * returns. At most 40. */
struct db_params {
    int count;
    const char *values[40];
    int lengths[40];
    int formats[40];
    uint8_t scalars[40][8]; /* room for the integers */
};

void db_param_null(struct db_params *params);
void db_param_bool(struct db_params *params, bool value);
void db_param_i16(struct db_params *params, int16_t value);
void db_param_i32(struct db_params *params, int32_t value);
void db_param_i64(struct db_params *params, int64_t value);
void db_param_bytes(struct db_params *params, struct slice bytes); /* any binary format */
void db_param_uuid(struct db_params *params, const struct uuid *id);
void db_param_text(struct db_params *params, const char *text);

/* Runs the statement; *out is the caller's to PQclear, also NULL to throw it away. Fails with the
 * kind of the SQLSTATE (pg/sqlstate.h); ERROR_transient and a closed connection when the server
 * went away or the deadline passed: the outcome is then unknown. */
MUST_USE bool db_run(
    struct db *db,
    const struct db_statement *statement,
    const struct db_params *params,
    PGresult **out,
    struct error *err);

/* Unprepared SQL without parameters or rows, possibly several statements (DDL, BEGIN, COMMIT). */
MUST_USE bool db_execute(struct db *db, const char *sql, struct error *err);

/* Several prepared statements in one round trip, each its own transaction (pipeline mode with a
 * sync after each): a later one runs even when an earlier one failed. results[i] as db_run's out.
 * On failure all results are NULL, err tells of the first failure, and db->failed_at which
 * statement it was. */
MUST_USE bool db_run_pipeline(
    struct db *db,
    const struct db_statement *const *statements,
    const struct db_params *params,
    PGresult **results,
    size_t count,
    struct error *err);

/* For a session that only looks rows up by key and writes: plans are made once and follow indexes.
 * A plan that was made while a table was nearly empty would otherwise read all of it, batch after
 * batch, once it has grown. */
MUST_USE bool db_keyed_session(struct db *db, struct error *err);

/* Ends a transaction that went wrong; closes the connection when even that fails. */
void db_rollback(struct db *db);

/* COPY … FROM STDIN (FORMAT binary): `sql` names table and columns, `rows` holds the complete
 * binary COPY data (header, tuples, trailer; see pg/copy.h). Inside the caller's transaction. */
MUST_USE bool db_copy_in(struct db *db, const char *sql, struct slice rows, struct error *err);

/* Fills err from a failed result or from the connection. Returns false. */
bool db_fail(struct db *db, const PGresult *result, const char *what, struct error *err);

#endif
