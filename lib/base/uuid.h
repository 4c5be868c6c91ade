// SPDX-License-Identifier: Apache-2.0
// UUIDs as 16 bytes: text form, name-based version 5, time-ordered version 7 (RFC 9562).
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/slice.h"

struct uuid {
    uint8_t bytes[16];
};

enum { UUID_TEXT_SIZE = 37 };

/* Lower-case text with its NUL. */
void uuid_format(const struct uuid *id, char out[static UUID_TEXT_SIZE]);

/* 36 characters, either case, any version. */
MUST_USE bool uuid_parse(struct slice text, struct uuid *out);

/* Version 5 in namespace `space` over the name bytes (RFC 9562 section 5.5). */
struct uuid uuid_v5(const struct uuid *space, struct slice name);

/* Version 7 from milliseconds since 1970 and 10 random bytes of the caller's. */
struct uuid uuid_v7(int64_t unix_ms, const uint8_t random[static 10]);

static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

#endif
