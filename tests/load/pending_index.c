// SPDX-License-Identifier: Apache-2.0
// The index of pending commands by id.
#include "load/pending.h"

#include <stdlib.h>

#include "base/banned.h"

enum { SLOT_BITS = 21, SLOT_MASK = (1 << SLOT_BITS) - 1 };

_Static_assert((int)PENDING_MOST < (int)SLOT_MASK, "a slot's number + 1 fits into an entry");

/* Multiply and fold, as in wyhash: ids of one time begin alike. */
uint64_t pending_hash(const struct uuid *id)
{
    uint64_t low, high;
    memcpy(&low, id->bytes, sizeof(low));
    memcpy(&high, id->bytes + sizeof(low), sizeof(high));
    uint64_t mixed = (low ^ UINT64_C(0xa0761d6478bd642f)) * UINT64_C(0xe7037ed1a0b428db);
    mixed = (mixed ^ mixed >> 32 ^ high) * UINT64_C(0x8ebc6af09c88c6e3);
    return mixed ^ mixed >> 29;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) & ~(uint32_t)SLOT_MASK;
}

static int32_t slot_of(uint32_t entry)
{
    return (int32_t)(entry & SLOT_MASK) - 1;
}

bool pending_index_init(struct pending *pending, struct error *err)
{
    size_t capacity = 64;
    while (capacity < pending->slot_count * 2)
        capacity *= 2;
    pending->by_id = (struct pending_index){
        .entries = calloc(capacity, sizeof(*pending->by_id.entries)), .mask = capacity - 1};
    return pending->by_id.entries != NULL || error_set(err, ERROR_fatal, "out of memory");
}

/* The entry of the id, or the free one where it belongs. */
static size_t place_of(const struct pending *pending, const struct uuid *id)
{
    const struct pending_index *index = &pending->by_id;
    uint64_t hash = pending_hash(id);
    size_t at = (size_t)hash & index->mask;
    for (; index->entries[at] != 0; at = (at + 1) & index->mask) {
        uint32_t entry = index->entries[at];
        if ((entry & ~(uint32_t)SLOT_MASK) == tag_of(hash) &&
            uuid_equal(&pending->slots[slot_of(entry)].id, id))
            break;
    }
    return at;
}

int32_t pending_index_find(const struct pending *pending, const struct uuid *id)
{
    return slot_of(pending->by_id.entries[place_of(pending, id)]);
}

void pending_index_add(struct pending *pending, int32_t slot)
{
    const struct uuid *id = &pending->slots[slot].id;
    size_t at = place_of(pending, id);
    CHECK(pending->by_id.entries[at] == 0);
    pending->by_id.entries[at] = tag_of(pending_hash(id)) | (uint32_t)(slot + 1);
}

void pending_index_remove(struct pending *pending, int32_t slot)
{
    struct pending_index *index = &pending->by_id;
    size_t hole = place_of(pending, &pending->slots[slot].id);
    CHECK(slot_of(index->entries[hole]) == slot);
    /* Knuth, The Art of Computer Programming 6.4, algorithm R: later entries of the run move up
     * unless that would put them before their home. */
    for (size_t at = (hole + 1) & index->mask; index->entries[at] != 0;
         at = (at + 1) & index->mask) {
        size_t home =
            (size_t)pending_hash(&pending->slots[slot_of(index->entries[at])].id) & index->mask;
        if (((at - home) & index->mask) < ((at - hole) & index->mask))
            continue;
        index->entries[hole] = index->entries[at];
        hole = at;
    }
    index->entries[hole] = 0;
}
