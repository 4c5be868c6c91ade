// SPDX-License-Identifier: Apache-2.0
// An .sql file compiled in (cmake/EmbedSql.cmake). The text ends with a NUL that `size` leaves out.
#ifndef BASE_EMBEDDED_SQL_H
#define BASE_EMBEDDED_SQL_H

#include <stddef.h>

struct embedded_sql {
    const char *name; /* file name, e.g. "0001_store.sql" */
    const char *text;
    size_t size;
};

#endif
