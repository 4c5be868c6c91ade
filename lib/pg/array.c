// SPDX-License-Identifier: Apache-2.0
// Layout (PostgreSQL sources, arrayfuncs.c, array_recv): dimensions, has-null flag, element type,
// then per dimension its length and lower bound, then each element with its length or -1.
#include "pg/array.h"

#include "pg/grow.h"
#include "pg/row.h"

#include <stdlib.h>

enum { HEADER_SIZE = 20 };

void array_init(struct array_buffer *array, enum array_type type)
{
    *array = (struct array_buffer){.type = type};
    array_reset(array);
}

void array_release(struct array_buffer *array)
{
    free(array->out.data);
    array->out = (struct writer){0};
}

void array_reset(struct array_buffer *array)
{
    array->count = 0;
    array->has_null = false;
    array->failed = !grow_writer(&array->out, HEADER_SIZE);
    array->out.size = HEADER_SIZE;
    array->out.overflow = false;
}

/* The place for one element of `size` bytes, its length already written; NULL without memory. */
static uint8_t *element(struct array_buffer *array, size_t size)
{
    if (array->failed || size > INT32_MAX || !grow_writer(&array->out, size + 4)) {
        array->failed = true;
        return NULL;
    }
    array->count++;
    writer_u32(&array->out, (uint32_t)size);
    return writer_reserve(&array->out, size);
}

static void element_u64(struct array_buffer *array, uint64_t value)
{
    uint8_t *at = element(array, 8);
    uint64_t big = __builtin_bswap64(value);
    if (at != NULL)
        memcpy(at, &big, 8);
}

void array_null(struct array_buffer *array)
{
    if (array->failed || !grow_writer(&array->out, 4)) {
        array->failed = true;
        return;
    }
    array->count++;
    array->has_null = true;
    writer_u32(&array->out, UINT32_MAX);
}

void array_i16(struct array_buffer *array, int16_t value)
{
    uint8_t *at = element(array, 2);
    uint16_t big = __builtin_bswap16((uint16_t)value);
    if (at != NULL)
        memcpy(at, &big, 2);
}

void array_i32(struct array_buffer *array, int32_t value)
{
    uint8_t *at = element(array, 4);
    uint32_t big = __builtin_bswap32((uint32_t)value);
    if (at != NULL)
        memcpy(at, &big, 4);
}

void array_i64(struct array_buffer *array, int64_t value)
{
    element_u64(array, (uint64_t)value);
}

void array_uuid(struct array_buffer *array, const struct uuid *id)
{
    array_bytes(array, slice_of(id->bytes, sizeof(id->bytes)));
}

void array_bytes(struct array_buffer *array, struct slice bytes)
{
    uint8_t *at = element(array, bytes.size);
    if (at != NULL && bytes.size != 0)
        memcpy(at, bytes.data, bytes.size);
}

void array_time(struct array_buffer *array, int64_t us)
{
    element_u64(array, (uint64_t)(us - (int64_t)PG_EPOCH_SECONDS * 1000000));
}

bool array_finish(struct array_buffer *array, struct slice *out)
{
    if (array->failed)
        return false;
    CHECK(array->out.data != NULL);
    struct writer header = writer_over(array->out.data, HEADER_SIZE);
    writer_u32(&header, array->count == 0 ? 0 : 1);
    writer_u32(&header, array->has_null);
    writer_u32(&header, (uint32_t)array->type);
    writer_u32(&header, (uint32_t)array->count);
    writer_u32(&header, 1);
    CHECK(!header.overflow && !array->out.overflow);
    /* An empty array has no dimensions and ends after the element type. */
    *out = slice_of(array->out.data, array->count == 0 ? 12 : array->out.size);
    return true;
}
