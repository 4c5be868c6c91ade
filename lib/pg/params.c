// SPDX-License-Identifier: Apache-2.0
// Binary parameters of one execution.
#include "pg/db.h"

static void param(struct db_params *params, const void *value, int length, int format)
{
    CHECK(params->count < (int)countof(params->values));
    params->values[params->count] = value;
    params->lengths[params->count] = length;
    params->formats[params->count] = format;
    params->count++;
}

static void param_scalar(struct db_params *params, const void *big, size_t size)
{
    CHECK(params->count < (int)countof(params->values));
    memcpy(params->scalars[params->count], big, size);
    param(params, params->scalars[params->count], (int)size, 1);
}

void db_param_null(struct db_params *params)
{
    param(params, NULL, 0, 1);
}

void db_param_bool(struct db_params *params, bool value)
{
    uint8_t byte = value;
    param_scalar(params, &byte, sizeof(byte));
}

void db_param_i16(struct db_params *params, int16_t value)
{
    uint16_t big = __builtin_bswap16((uint16_t)value);
    param_scalar(params, &big, sizeof(big));
}

void db_param_i32(struct db_params *params, int32_t value)
{
    uint32_t big = __builtin_bswap32((uint32_t)value);
    param_scalar(params, &big, sizeof(big));
}

void db_param_i64(struct db_params *params, int64_t value)
{
    uint64_t big = __builtin_bswap64((uint64_t)value);
    param_scalar(params, &big, sizeof(big));
}

void db_param_bytes(struct db_params *params, struct slice bytes)
{
    CHECK(bytes.size <= INT32_MAX);
    param(params, bytes.size != 0 ? bytes.data : (const uint8_t *)"", (int)bytes.size, 1);
}

void db_param_uuid(struct db_params *params, const struct uuid *id)
{
    param(params, id->bytes, sizeof(id->bytes), 1);
}

void db_param_text(struct db_params *params, const char *text)
{
    param(params, text, (int)strlen(text), 1);
}
