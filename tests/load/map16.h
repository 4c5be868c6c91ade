// SPDX-License-Identifier: Apache-2.0
// From keys of 16 bytes to numbers: open addressing, linear probing. Nothing is ever removed.
#ifndef LOAD_MAP16_H
#define LOAD_MAP16_H

#include "base/error.h"

#include <stdint.h>

struct map16_key {
    uint8_t bytes[16];
};

struct map16_entry {
    struct map16_key key;
    uint32_t value_plus_one; /* 0: free */
};

struct map16 {
    struct map16_entry *entries; /* owned */
    size_t mask;                 /* capacity - 1, a power of two - 1 */
    size_t count;
};

/* Room for `expected` keys without growing. */
MUST_USE bool map16_init(struct map16 *map, size_t expected, struct error *err);
void map16_release(struct map16 *map);

/* False when the key is not there. Values are below UINT32_MAX. */
MUST_USE bool map16_find(const struct map16 *map, const struct map16_key *key, uint32_t *out_value);

/* Adds the key or replaces its value; grows when need be. */
MUST_USE bool
map16_put(struct map16 *map, const struct map16_key *key, uint32_t value, struct error *err);

#endif
