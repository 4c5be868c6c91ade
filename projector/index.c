// SPDX-License-Identifier: Apache-2.0
#include "projector/index.h"

#include "base/banned.h"

enum { FIRST_CAPACITY = 64 };

/* The slot of the key, or the free one where it would go. There is always a free one. */
static struct index_slot *
find_slot(const struct index *index, uint64_t hash, index_equal *equal, const void *key)
{
    for (size_t at = (size_t)hash;; at++) {
        struct index_slot *slot = &index->slots[at & (index->capacity - 1)];
        if (slot->item == NULL || (slot->hash == hash && equal != NULL && equal(slot->item, key)))
            return slot;
    }
}

void *index_find(const struct index *index, uint64_t hash, index_equal *equal, const void *key)
{
    return index->slots != NULL ? find_slot(index, hash, equal, key)->item : NULL;
}

/* Twice the room; the old slots stay in the arena until it is reset. */
static bool grow(struct index *index)
{
    struct index larger = *index;
    larger.capacity = index->capacity == 0 ? FIRST_CAPACITY : 2 * index->capacity;
    larger.slots = arena_array(index->arena, larger.capacity, struct index_slot);
    if (larger.slots == NULL)
        return false;
    for (size_t i = 0; i < index->capacity; i++) {
        if (index->slots[i].item != NULL)
            *find_slot(&larger, index->slots[i].hash, NULL, NULL) = index->slots[i];
    }
    *index = larger;
    return true;
}

bool index_add(struct index *index, uint64_t hash, void *item)
{
    CHECK(item != NULL);
    if (2 * (index->count + 1) > index->capacity && !grow(index))
        return false;
    *find_slot(index, hash, NULL, NULL) = (struct index_slot){.hash = hash, .item = item};
    index->count++;
    return true;
}

uint64_t index_hash_bytes(uint64_t seed, struct slice bytes)
{
    uint64_t hash = seed ^ bytes.size;
    size_t at = 0;
    for (; at + 8 <= bytes.size; at += 8) {
        uint64_t word;
        memcpy(&word, bytes.data + at, sizeof(word));
        hash = index_hash_number(hash ^ word);
    }
    uint64_t rest = 0;
    if (at < bytes.size)
        memcpy(&rest, bytes.data + at, bytes.size - at);
    return index_hash_number(hash ^ rest);
}
