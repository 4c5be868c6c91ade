// SPDX-License-Identifier: Apache-2.0
#include "command/parked_headers.h"

#include "base/banned.h"

enum { LENGTH_SIZE = 4 };

static bool is_kept(struct slice name)
{
    return envelope_is_signed(name) || slice_is(name, "order_mac");
}

static size_t packed_size(const struct header *header)
{
    return 2 * LENGTH_SIZE + header->name.size + header->value.size;
}

static void pack_part(struct writer *out, struct slice part)
{
    writer_u32(out, (uint32_t)part.size);
    writer_bytes(out, part.data, part.size);
}

bool parked_headers_pack(
    const struct header *headers, size_t count, struct arena *arena, struct slice *out)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += is_kept(headers[i].name) ? packed_size(&headers[i]) : 0;
    uint8_t *bytes = arena_take_raw(arena, size);
    if (bytes == NULL)
        return false;
    struct writer writer = writer_over(bytes, size);
    for (size_t i = 0; i < count; i++) {
        if (!is_kept(headers[i].name))
            continue;
        pack_part(&writer, headers[i].name);
        pack_part(&writer, headers[i].value);
    }
    CHECK(!writer.overflow);
    *out = writer_slice(&writer);
    return true;
}

/* The next part of what is left. */
static bool take_part(struct slice *left, struct slice *out)
{
    uint32_t big;
    if (left->size < LENGTH_SIZE)
        return false;
    memcpy(&big, left->data, sizeof(big));
    size_t size = __builtin_bswap32(big);
    if (size > left->size - LENGTH_SIZE)
        return false;
    *out = slice_of(left->data + LENGTH_SIZE, size);
    *left = slice_of(out->data + size, left->size - LENGTH_SIZE - size);
    return true;
}

/* How many headers there are; false: the bytes are something else. */
static bool count_headers(struct slice left, size_t *out)
{
    struct slice part;
    size_t count = 0;
    while (left.size > 0) {
        if (!take_part(&left, &part) || !take_part(&left, &part))
            return false;
        count++;
    }
    *out = count;
    return true;
}

bool parked_headers_unpack(
    struct slice bytes, struct arena *arena, const struct header **out, size_t *count)
{
    size_t found;
    if (!count_headers(bytes, &found))
        return false;
    struct header *headers = arena_array(arena, found, struct header);
    if (headers == NULL)
        return false;
    struct slice left = bytes;
    for (size_t i = 0; i < found; i++)
        CHECK(take_part(&left, &headers[i].name) && take_part(&left, &headers[i].value));
    *out = headers;
    *count = found;
    return true;
}
