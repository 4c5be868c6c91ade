// SPDX-License-Identifier: Apache-2.0
// SQLSTATE decides what a failure means to the caller.
#ifndef PG_SQLSTATE_H
#define PG_SQLSTATE_H

#include "base/error.h"

/* Kind of a five-character SQLSTATE; unknown ones are ERROR_fatal, an empty one (the connection
 * broke) is ERROR_transient. Source: PostgreSQL documentation, appendix A. */
enum error_kind sqlstate_kind(const char *sqlstate);

/* Whether the data of the statement is at fault (class 22, 23, 54): trying again cannot help. */
bool sqlstate_is_data(const char *sqlstate);

#endif
