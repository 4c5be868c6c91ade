// SPDX-License-Identifier: Apache-2.0
// A read-only view of bytes, and a bounded writer. Neither owns what it points at.
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include "base/check.h"

#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *data; /* may be NULL when size is 0 */
    size_t size;
};

static inline struct slice slice_of(const void *data, size_t size)
{
    return (struct slice){.data = data, .size = size};
}

/* View of a NUL-terminated string, without the NUL. */
static inline struct slice slice_of_text(const char *text)
{
    return slice_of(text, strlen(text));
}

/* For string literals in tables. */
#define SLICE_LITERAL(text) \
    { \
        .data = (const uint8_t *)(text), .size = sizeof(text) - 1 \
    }

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_equal(a, slice_of_text(text));
}

/* memcmp order, shorter first on a tie. */
int slice_compare(struct slice a, struct slice b);

/* For "%.*s": precision and pointer. */
#define SLICE_FORMAT(s) \
    (int)(s).size, (const char *)((s).size != 0 ? (s).data : (const uint8_t *)"")

/* Appends to a buffer of fixed capacity. The first write that does not fit sets `overflow` and
 * writes nothing, as does every later one: check once at the end. */
struct writer {
    uint8_t *data;
    size_t capacity;
    size_t size;
    bool overflow;
};

static inline struct writer writer_over(void *data, size_t capacity)
{
    return (struct writer){.data = data, .capacity = capacity};
}

static inline struct slice writer_slice(const struct writer *w)
{
    return slice_of(w->data, w->size);
}

/* Makes room for size bytes and returns where they go, or NULL on overflow. */
static inline uint8_t *writer_reserve(struct writer *w, size_t size)
{
    if (w->overflow || size > w->capacity - w->size) {
        w->overflow = true;
        return NULL;
    }
    uint8_t *at = w->data + w->size;
    w->size += size;
    return at;
}

static inline void writer_bytes(struct writer *w, const void *data, size_t size)
{
    uint8_t *at = writer_reserve(w, size);
    if (at != NULL && size != 0)
        memcpy(at, data, size);
}

static inline void writer_byte(struct writer *w, uint8_t byte)
{
    writer_bytes(w, &byte, 1);
}

/* Big-endian, the order of MessagePack and of PostgreSQL's binary formats. */
static inline void writer_u16(struct writer *w, uint16_t value)
{
    uint8_t *at = writer_reserve(w, 2);
    if (at != NULL) {
        at[0] = (uint8_t)(value >> 8);
        at[1] = (uint8_t)value;
    }
}

static inline void writer_u32(struct writer *w, uint32_t value)
{
    uint32_t big = __builtin_bswap32(value);
    writer_bytes(w, &big, sizeof(big));
}

static inline void writer_u64(struct writer *w, uint64_t value)
{
    uint64_t big = __builtin_bswap64(value);
    writer_bytes(w, &big, sizeof(big));
}

#endif
