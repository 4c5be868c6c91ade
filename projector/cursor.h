// SPDX-License-Identifier: Apache-2.0
// Reads a long result row by row through a cursor of the server, a page at a time: constant memory
// whatever the length.
#ifndef PROJECTOR_CURSOR_H
#define PROJECTOR_CURSOR_H

#include "pg/db.h"

struct cursor {
    struct db *db;
    const struct db_statement *fetch; /* "fetch N from name" */
    PGresult *page;
    int row; /* the current one, within the page */
};

/* Declares the cursor in the caller's transaction; `declare` is the whole statement. */
MUST_USE bool cursor_open(
    struct cursor *cursor,
    struct db *db,
    const char *declare,
    const struct db_statement *fetch,
    struct error *err);

/* Moves to the next row, the first at first; *got: there is one, in page and row. The page of the
 * row before may be gone then, and with it what pointed into it. */
MUST_USE bool cursor_next(struct cursor *cursor, bool *got, struct error *err);

/* Frees the page; the cursor itself ends with the transaction. */
void cursor_close(struct cursor *cursor);

#endif
