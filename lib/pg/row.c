// SPDX-License-Identifier: Apache-2.0
#include "pg/row.h"

bool row_is_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) != 0;
}

/* The bytes of a column that must hold exactly `size` of them. */
static const char *fixed(const PGresult *result, int row, int column, int size)
{
    CHECK(!row_is_null(result, row, column));
    CHECK(PQgetlength(result, row, column) == size);
    return PQgetvalue(result, row, column);
}

int16_t row_i16(const PGresult *result, int row, int column)
{
    uint16_t big;
    memcpy(&big, fixed(result, row, column, 2), sizeof(big));
    return (int16_t)__builtin_bswap16(big);
}

int32_t row_i32(const PGresult *result, int row, int column)
{
    uint32_t big;
    memcpy(&big, fixed(result, row, column, 4), sizeof(big));
    return (int32_t)__builtin_bswap32(big);
}

int64_t row_i64(const PGresult *result, int row, int column)
{
    uint64_t big;
    memcpy(&big, fixed(result, row, column, 8), sizeof(big));
    return (int64_t)__builtin_bswap64(big);
}

bool row_bool(const PGresult *result, int row, int column)
{
    return *fixed(result, row, column, 1) != 0;
}

struct uuid row_uuid(const PGresult *result, int row, int column)
{
    struct uuid id;
    memcpy(id.bytes, fixed(result, row, column, sizeof(id.bytes)), sizeof(id.bytes));
    return id;
}

struct slice row_bytes(const PGresult *result, int row, int column)
{
    if (row_is_null(result, row, column))
        return slice_of(NULL, 0);
    return slice_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

int64_t row_time(const PGresult *result, int row, int column)
{
    return row_i64(result, row, column) + (int64_t)PG_EPOCH_SECONDS * 1000000;
}
