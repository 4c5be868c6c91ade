// SPDX-License-Identifier: Apache-2.0
// Typed columns of a binary result. A column of another size or an unexpected NULL is a bug in the
// statement and CHECKs. Views live as long as the result.
#ifndef PG_ROW_H
#define PG_ROW_H

#include "base/slice.h"
#include "base/uuid.h"

#include <libpq-fe.h>

bool row_is_null(const PGresult *result, int row, int column);
int16_t row_i16(const PGresult *result, int row, int column);
int32_t row_i32(const PGresult *result, int row, int column);
int64_t row_i64(const PGresult *result, int row, int column);
bool row_bool(const PGresult *result, int row, int column);
struct uuid row_uuid(const PGresult *result, int row, int column);
struct slice row_bytes(const PGresult *result, int row, int column); /* bytea, text; NULL: empty */

/* timestamptz as microseconds since 1970 UTC. */
int64_t row_time(const PGresult *result, int row, int column);

enum { PG_EPOCH_SECONDS = 946684800 }; /* PostgreSQL counts from 2000-01-01 */

#endif
