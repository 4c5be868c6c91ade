// SPDX-License-Identifier: Apache-2.0
// Reads MessagePack one header at a time (msgpack/msgpack spec.md). Bounds-checked, allocates
// nothing, trusts no claim: whoever makes room by a count compares it with a limit first.
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include "base/slice.h"

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

enum cursor_type {
    CURSOR_NIL,
    CURSOR_BOOL,
    CURSOR_INT,
    CURSOR_TEXT,
    CURSOR_BINARY,
    CURSOR_ARRAY,
    CURSOR_MAP,
    CURSOR_OVER_INT64, /* an unsigned integer above INT64_MAX */
    CURSOR_FLOAT,
    CURSOR_EXT,
    CURSOR_RESERVED, /* 0xc1, never used */
};

struct cursor_head {
    enum cursor_type type;
    int64_t value; /* the integer; 0 or 1; bytes of text and binary; elements; pairs of a map */
};

static inline struct cursor cursor_over(struct slice bytes)
{
    return (struct cursor){.at = bytes.data, .end = bytes.data + bytes.size};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* Headers of more than one byte and those without a range of their own. */
MUST_USE bool cursor_long_head(struct cursor *cursor, struct cursor_head *head);

/* Consumes one header. False when the bytes end within it. The body of text and binary comes next:
 * cursor_body. */
MUST_USE static inline bool cursor_head(struct cursor *cursor, struct cursor_head *head)
{
    if (cursor->at == cursor->end)
        return false;
    uint8_t first = *cursor->at;
    if (first >= 0xc0 && first < 0xe0)
        return cursor_long_head(cursor, head);
    cursor->at++;
    if (first < 0x80)
        *head = (struct cursor_head){CURSOR_INT, first};
    else if (first >= 0xe0)
        *head = (struct cursor_head){CURSOR_INT, (int8_t)first};
    else if (first >= 0xa0)
        *head = (struct cursor_head){CURSOR_TEXT, first & 0x1f};
    else
        *head = (struct cursor_head){first < 0x90 ? CURSOR_MAP : CURSOR_ARRAY, first & 0x0f};
    return true;
}

/* Consumes the bytes that a header of text or binary announced. */
MUST_USE static inline bool
cursor_body(struct cursor *cursor, const struct cursor_head *head, struct slice *out)
{
    size_t size = (size_t)head->value;
    if (size > cursor_left(cursor))
        return false;
    *out = slice_of(cursor->at, size);
    cursor->at += size;
    return true;
}

/* One value of a stated type; false when it is another or the bytes end. The cursor's place is then
 * of no use any more. */
MUST_USE static inline bool cursor_value(struct cursor *cursor, enum cursor_type type, int64_t *out)
{
    struct cursor_head head;
    if (!cursor_head(cursor, &head) || head.type != type)
        return false;
    *out = head.value;
    return true;
}

MUST_USE static inline bool
cursor_bytes(struct cursor *cursor, enum cursor_type type, struct slice *out)
{
    struct cursor_head head;
    return cursor_head(cursor, &head) && head.type == type && cursor_body(cursor, &head, out);
}

/* Moves over one value, however nested, of bytes that were scanned. */
void cursor_skip(struct cursor *cursor);

/* Consumes a nil if it comes next. */
static inline bool cursor_take_nil(struct cursor *cursor)
{
    if (cursor->at == cursor->end || *cursor->at != 0xc0)
        return false;
    cursor->at++;
    return true;
}

#endif
