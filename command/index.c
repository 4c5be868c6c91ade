// SPDX-License-Identifier: Apache-2.0
#include "command/index.h"

#include <sodium.h>

#include "base/banned.h"

static uint64_t hash(const void *key, size_t size)
{
    static unsigned char secret[crypto_shorthash_KEYBYTES];
    static bool seeded;
    uint8_t bytes[crypto_shorthash_BYTES];
    uint64_t value;
    static_assert(sizeof(bytes) == sizeof(value), "one word");
    if (!seeded) {
        crypto_shorthash_keygen(secret);
        seeded = true;
    }
    (void)crypto_shorthash(bytes, key, size, secret);
    memcpy(&value, bytes, sizeof(value));
    return value;
}

bool index_init(struct index *index, size_t key_size, size_t most, struct arena *arena)
{
    size_t capacity = 16;
    while (capacity < 2 * most)
        capacity *= 2;
    struct index_slot *slots = arena_array(arena, capacity, struct index_slot);
    if (slots == NULL)
        return false;
    *index = (struct index){.slots = slots, .mask = capacity - 1, .key_size = key_size};
    return true;
}

/* Where the key is, or would be. */
static size_t slot_of(const struct index *index, const void *key)
{
    size_t at = (size_t)hash(key, index->key_size) & index->mask;
    while (index->slots[at].key != NULL && memcmp(index->slots[at].key, key, index->key_size) != 0)
        at = (at + 1) & index->mask;
    return at;
}

void *index_find(const struct index *index, const void *key)
{
    return index->slots[slot_of(index, key)].value;
}

void **index_at(struct index *index, const void *key)
{
    size_t at = slot_of(index, key);
    if (index->slots[at].key == NULL)
        index->slots[at].key = key;
    return &index->slots[at].value;
}
