// SPDX-License-Identifier: Apache-2.0
// Statements whose text is an .sql file compiled in.
#ifndef PG_EMBEDDED_H
#define PG_EMBEDDED_H

#include "base/embedded_sql.h"
#include "pg/db.h"

/* Fills in the statement's text at first use, from the file that bears its name, which is among the
 * `count` files; returns the statement. */
const struct db_statement *
db_embedded(struct db_statement *statement, const struct embedded_sql *files, size_t count);

#endif
