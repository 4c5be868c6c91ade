// SPDX-License-Identifier: Apache-2.0
// What the calls of db.h are made of: one place that waits for the server, with a deadline, and one
// that sorts its answers. Only for this folder.
#ifndef PG_EXCHANGE_H
#define PG_EXCHANGE_H

#include "pg/db.h"

/* Length of the first line of a server's or libpq's message. */
int db_first_line(const char *text);

/* The connection broke or took too long: closes it, because what it did is unknown. Returns false. */
bool db_lose(struct db *db, const char *what, const char *why, struct error *err);

/* Fills err; returns false. */
bool db_not_connected(const char *what, struct error *err);

/* Flushes, waits, and gives the next result, NULL at the end of a statement. until_us: monotonic. */
MUST_USE bool db_next_result(
    struct db *db, const char *what, int64_t until_us, PGresult **out, struct error *err);

/* Reads to the end of the running statement, throwing results away. */
MUST_USE bool db_drain(struct db *db, const char *what, int64_t until_us, struct error *err);

/* Whether the result has the shape that the statement expects. */
bool db_matches(const PGresult *result, const struct db_statement *statement);

/* Sorts a failed or unexpected result into an error. Returns false. */
bool db_refuse(
    struct db *db, const PGresult *result, const struct db_statement *statement, struct error *err);

/* Prepares the statement unless this connection already has it. */
MUST_USE bool db_prepare(
    struct db *db, const struct db_statement *statement, int64_t until_us, struct error *err);

/* Sends an execution; params may be NULL. */
MUST_USE bool db_send_prepared(
    struct db *db,
    const struct db_statement *statement,
    const struct db_params *params,
    struct error *err);

/* Whether a server of that version (as PQserverVersion) may be used; in_hot_standby as it reports it,
 * NULL: it does not. ERROR_invalid says what to do. */
MUST_USE bool db_judge_server(int version, const char *in_hot_standby, struct error *err);

#endif
