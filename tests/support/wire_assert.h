// SPDX-License-Identifier: Apache-2.0
// Asserting on faults of wire, and bytes written as string literals.
#ifndef SUPPORT_WIRE_ASSERT_H
#define SUPPORT_WIRE_ASSERT_H

#include "support/cmocka.h"
#include "wire/codec.h"

#include <stdlib.h>

/* A slice over a literal that may hold NULs. */
#define BYTES(literal) slice_of((literal), sizeof(literal) - 1)

/* Whether `fault`, filled in by a call that returned false, has this code and blames this field
 * (NULL: none). */
static inline void assert_fault_is(
    const struct wire_fault *fault, enum wire_fault_code code, const char *field, const char *label)
{
    const char *blamed = fault->field != NULL ? fault->field : "(none)";
    const char *expected = field != NULL ? field : "(none)";
    assert_non_null(fault->reason);
    if (fault->code != code || strcmp(blamed, expected) != 0)
        fail_msg(
            "%s: got %s, field %s, \"%s\"; expected %s, field %s",
            label,
            wire_fault_name(fault->code),
            blamed,
            fault->reason,
            wire_fault_name(code),
            expected);
}

/* A copy in a heap block of exactly that size, so that the address sanitizer sees a read past the
 * end. The caller frees .data. */
static inline struct slice exact_copy(struct slice bytes)
{
    void *copy = malloc(bytes.size != 0 ? bytes.size : 1);
    assert_non_null(copy);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    return slice_of(copy, bytes.size);
}

static inline void free_copy(struct slice copy)
{
    union {
        const void *constant;
        void *plain;
    } data = {.constant = copy.data};
    free(data.plain);
}

/* xorshift64*, for tests that need many repeatable draws. */
static inline uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

#endif
