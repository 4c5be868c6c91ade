// SPDX-License-Identifier: Apache-2.0
// A hash table of pointers in an arena: open addressing, nothing is ever taken out, everything goes
// with the arena. Whoever uses it brings the hash and the comparison.
//
// Not uthash: its memory is the heap's, piece by piece, and gcc's analyzer takes what it hangs
// behind its elements for leaks.
#ifndef PROJECTOR_INDEX_H
#define PROJECTOR_INDEX_H

#include "base/arena.h"

struct index_slot {
    uint64_t hash;
    void *item; /* NULL: free */
};

struct index {
    struct arena *arena;
    struct index_slot *slots; /* NULL when empty */
    size_t capacity;          /* a power of two, or 0 */
    size_t count;
};

/* Whether the item has the key. */
typedef bool index_equal(const void *item, const void *key);

static inline void index_init(struct index *index, struct arena *arena)
{
    *index = (struct index){.arena = arena};
}

/* Forgets everything; call it before the arena is reset. */
static inline void index_reset(struct index *index)
{
    index_init(index, index->arena);
}

/* NULL when there is none. */
void *index_find(const struct index *index, uint64_t hash, index_equal *equal, const void *key);

/* Adds an item whose key is not in yet. False when the arena is exhausted. */
MUST_USE bool index_add(struct index *index, uint64_t hash, void *item);

/* Spreads a number over 64 bits (splitmix64, Steele, Lea, Flood 2014). */
static inline uint64_t index_hash_number(uint64_t number)
{
    number += UINT64_C(0x9e3779b97f4a7c15);
    number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
    return number ^ number >> 31;
}

/* Hash of bytes, chained to what was hashed before. For our own data: no defence against keys that
 * were chosen to collide. */
uint64_t index_hash_bytes(uint64_t seed, struct slice bytes);

#endif
