// SPDX-License-Identifier: Apache-2.0
// Layout, in bytes from the beginning of a frame; bodies stand in frames.h.
//
//      0  u32 size of what follows (whole frame less 4)
//      4  u8  protocol version
//      5  u8  type
//      6  u16 zero
//      8  u32 sequence
//     12  body
//
//     a wish                                a leaf
//      0  u8  1 by leaf, 2 allocate          0  u16 tree
//      1  u8  class                          2  u64 number
//      2  tenant, 16
//     18  subject, 16
//     34  leaf, 10
#include "vault/frames.h"

#include "base/banned.h"

enum {
    SIZE_FIELD = 4,
    TYPE_AT = 5,
    ZERO_AT = 6,
    SEQUENCE_AT = 8,
    WISH_BY_LEAF = 1,
    WISH_ALLOCATE = 2,
};

static uint16_t u16_at(const uint8_t *at)
{
    uint16_t big;
    memcpy(&big, at, sizeof(big));
    return __builtin_bswap16(big);
}

static uint32_t u32_at(const uint8_t *at)
{
    uint32_t big;
    memcpy(&big, at, sizeof(big));
    return __builtin_bswap32(big);
}

static uint64_t u64_at(const uint8_t *at)
{
    uint64_t big;
    memcpy(&big, at, sizeof(big));
    return __builtin_bswap64(big);
}

/* ---- frames ---- */

void frame_begin(struct writer *out, enum frame_type type, uint32_t sequence)
{
    writer_u32(out, 0); /* frame_end knows the unfinished frame by it */
    writer_byte(out, FRAME_PROTOCOL);
    writer_byte(out, (uint8_t)type);
    writer_u16(out, 0);
    writer_u32(out, sequence);
}

void frame_end(struct writer *out)
{
    if (out->overflow)
        return;
    size_t at = 0;
    for (uint32_t size; (size = u32_at(out->data + at)) != 0; at += SIZE_FIELD + size)
        CHECK(at + SIZE_FIELD + size + FRAME_HEADER_SIZE <= out->size);
    size_t size = out->size - at;
    CHECK(size >= FRAME_HEADER_SIZE && size <= FRAME_MOST);
    struct writer field = writer_over(out->data + at, SIZE_FIELD);
    writer_u32(&field, (uint32_t)(size - SIZE_FIELD));
}

static bool is_type(uint8_t number)
{
    switch (number) {
#define X(name, value) case value:
        FRAMES(X)
#undef X
        return true;
    default:
        return false;
    }
}

/* Of the header only; the size is known to be possible. */
static bool is_header(const uint8_t *header)
{
    return header[FRAME_VERSION_AT] == FRAME_PROTOCOL && is_type(header[TYPE_AT]) &&
           u16_at(header + ZERO_AT) == 0;
}

int frame_read(struct slice bytes, struct frame *out, size_t *size)
{
    if (bytes.size < SIZE_FIELD)
        return 0;
    uint32_t follows = u32_at(bytes.data);
    if (follows < FRAME_HEADER_SIZE - SIZE_FIELD || follows > FRAME_MOST - SIZE_FIELD)
        return -1;
    if (bytes.size < FRAME_HEADER_SIZE)
        return 0;
    if (!is_header(bytes.data))
        return -1;
    size_t whole = SIZE_FIELD + (size_t)follows;
    if (bytes.size < whole)
        return 0;
    *out = (struct frame){
        .type = (enum frame_type)bytes.data[TYPE_AT],
        .sequence = u32_at(bytes.data + SEQUENCE_AT),
        .body = slice_of(bytes.data + FRAME_HEADER_SIZE, whole - FRAME_HEADER_SIZE)};
    *size = whole;
    return 1;
}

/* ---- fields ---- */

/* NULL when there are fewer: from then on nothing can be read. */
static const uint8_t *take(struct frame_reader *reader, size_t size)
{
    if (reader->short_of || size > reader->rest.size) {
        reader->short_of = true;
        return NULL;
    }
    const uint8_t *at = reader->rest.data;
    reader->rest = slice_of(at + size, reader->rest.size - size);
    return at;
}

uint8_t frame_u8(struct frame_reader *reader)
{
    const uint8_t *at = take(reader, 1);
    return at != NULL ? *at : 0;
}

uint16_t frame_u16(struct frame_reader *reader)
{
    const uint8_t *at = take(reader, sizeof(uint16_t));
    return at != NULL ? u16_at(at) : 0;
}

uint32_t frame_u32(struct frame_reader *reader)
{
    const uint8_t *at = take(reader, sizeof(uint32_t));
    return at != NULL ? u32_at(at) : 0;
}

uint64_t frame_u64(struct frame_reader *reader)
{
    const uint8_t *at = take(reader, sizeof(uint64_t));
    return at != NULL ? u64_at(at) : 0;
}

struct slice frame_bytes(struct frame_reader *reader, size_t size)
{
    const uint8_t *at = take(reader, size);
    return slice_of(at, at != NULL ? size : 0);
}

struct uuid frame_uuid(struct frame_reader *reader)
{
    struct uuid id = {{0}};
    const uint8_t *at = take(reader, sizeof(id.bytes));
    if (at != NULL)
        memcpy(id.bytes, at, sizeof(id.bytes));
    return id;
}

void frame_put_leaf(struct writer *out, struct leaf leaf)
{
    writer_u16(out, leaf.tree);
    writer_u64(out, leaf.number);
}

struct leaf frame_leaf(struct frame_reader *reader)
{
    uint16_t tree = frame_u16(reader);
    uint64_t number = frame_u64(reader);
    return (struct leaf){.tree = tree, .number = number};
}

void frame_put_wish(struct writer *out, const struct lease_wish *wish)
{
    CHECK(wish->class < LEAVES_PER_SUBJECT);
    unsigned flags = (wish->by_leaf ? WISH_BY_LEAF : 0u) | (wish->allocate ? WISH_ALLOCATE : 0u);
    writer_byte(out, (uint8_t)flags);
    writer_byte(out, wish->class);
    writer_bytes(out, wish->tenant.bytes, sizeof(wish->tenant.bytes));
    writer_bytes(out, wish->subject.bytes, sizeof(wish->subject.bytes));
    frame_put_leaf(out, wish->leaf);
}

bool frame_get_wish(struct frame_reader *reader, struct lease_wish *out)
{
    uint8_t flags = frame_u8(reader);
    uint8_t class = frame_u8(reader);
    struct uuid tenant = frame_uuid(reader);
    struct uuid subject = frame_uuid(reader);
    struct leaf leaf = frame_leaf(reader);
    if (reader->short_of || (flags & ~(WISH_BY_LEAF | WISH_ALLOCATE)) != 0 ||
        class >= LEAVES_PER_SUBJECT)
        return false;
    *out = (struct lease_wish){
        .by_leaf = (flags & WISH_BY_LEAF) != 0,
        .allocate = (flags & WISH_ALLOCATE) != 0,
        .class = class,
        .tenant = tenant,
        .subject = subject,
        .leaf = leaf};
    return true;
}

/* ---- roles ---- */

static const char *const role_names[] = {
#define X(name, word) [ROLE_##name] = word,
    VAULT_ROLES(X)
#undef X
};
static_assert(countof(role_names) == ROLE_COUNT, "a word for each role");

const char *vault_role_name(enum vault_role role)
{
    CHECK((size_t)role < countof(role_names));
    return role_names[role];
}

bool vault_role_find(const char *word, enum vault_role *out)
{
    for (size_t i = 0; i < countof(role_names); i++) {
        if (strcmp(role_names[i], word) == 0) {
            *out = (enum vault_role)i;
            return true;
        }
    }
    return false;
}
