// SPDX-License-Identifier: Apache-2.0
#include "pg/copy.h"

#include "pg/grow.h"
#include "pg/row.h"

#include <stdlib.h>

static const uint8_t copy_header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* 11 + 4 + 4 bytes */

void copy_init(struct copy_buffer *copy)
{
    *copy = (struct copy_buffer){0};
    copy_reset(copy);
}

void copy_release(struct copy_buffer *copy)
{
    free(copy->out.data);
    copy->out = (struct writer){0};
}

void copy_reset(struct copy_buffer *copy)
{
    copy->out.size = 0;
    copy->out.overflow = false;
    copy->rows = 0;
    copy->failed = !grow_writer(&copy->out, sizeof(copy_header));
    if (!copy->failed)
        writer_bytes(&copy->out, copy_header, 19);
}

static bool room(struct copy_buffer *copy, size_t size)
{
    if (copy->failed || !grow_writer(&copy->out, size))
        copy->failed = true;
    return !copy->failed;
}

void copy_row(struct copy_buffer *copy, int16_t columns)
{
    if (!room(copy, 2))
        return;
    writer_u16(&copy->out, (uint16_t)columns);
    copy->rows++;
}

void copy_null(struct copy_buffer *copy)
{
    if (room(copy, 4))
        writer_u32(&copy->out, UINT32_MAX);
}

void copy_i16(struct copy_buffer *copy, int16_t value)
{
    if (!room(copy, 6))
        return;
    writer_u32(&copy->out, 2);
    writer_u16(&copy->out, (uint16_t)value);
}

void copy_i32(struct copy_buffer *copy, int32_t value)
{
    if (!room(copy, 8))
        return;
    writer_u32(&copy->out, 4);
    writer_u32(&copy->out, (uint32_t)value);
}

void copy_i64(struct copy_buffer *copy, int64_t value)
{
    if (!room(copy, 12))
        return;
    writer_u32(&copy->out, 8);
    writer_u64(&copy->out, (uint64_t)value);
}

void copy_bool(struct copy_buffer *copy, bool value)
{
    if (!room(copy, 5))
        return;
    writer_u32(&copy->out, 1);
    writer_byte(&copy->out, value);
}

void copy_uuid(struct copy_buffer *copy, const struct uuid *id)
{
    copy_bytes(copy, slice_of(id->bytes, sizeof(id->bytes)));
}

void copy_bytes(struct copy_buffer *copy, struct slice bytes)
{
    if (bytes.size > INT32_MAX || !room(copy, bytes.size + 4)) {
        copy->failed = true;
        return;
    }
    writer_u32(&copy->out, (uint32_t)bytes.size);
    writer_bytes(&copy->out, bytes.data, bytes.size);
}

void copy_time(struct copy_buffer *copy, int64_t us)
{
    copy_i64(copy, us - (int64_t)PG_EPOCH_SECONDS * 1000000);
}

bool copy_finish(struct copy_buffer *copy, struct slice *out)
{
    if (!room(copy, 2))
        return false;
    writer_u16(&copy->out, UINT16_MAX);
    CHECK(!copy->out.overflow);
    *out = writer_slice(&copy->out);
    return true;
}
