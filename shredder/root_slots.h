// SPDX-License-Identifier: Apache-2.0
// Two slots of 4,096 bytes, preallocated, for the root key of the current and of the next generation.
// A slot is overwritten in place, and a root in it is valid as a whole or not at all.
//
//     0  magic, vault id 16, generation u64 (big endian), root key or its share 32
//    64  zeros
//  4064  BLAKE2b-256 of all before it: at the very end, so that a write torn anywhere is seen
//
// Provider `file`: both slots in one directory. Provider `split`, because overwriting in place does not
// reach every cell of an SSD: a pair of slots on each of two devices, the root is the xor of the two
// shares, and what is left of one share gives nothing. Both are replaced for each generation, and a root
// is valid when both are.
#ifndef SHREDDER_ROOT_SLOTS_H
#define SHREDDER_ROOT_SLOTS_H

#include "base/error.h"
#include "base/uuid.h"

enum { ROOT_KEY_SIZE = 32, ROOT_SLOT_SIZE = 4096, ROOT_SLOTS = 2, NO_SLOT = -1 };

/* The root of one generation; lives in locked memory. */
struct root {
    struct uuid vault;
    uint64_t generation;
    uint8_t key[ROOT_KEY_SIZE];
};

enum { ROOT_MOST_SHARES = 2 };

/* Locked memory that slots pass through; nothing stays in it after a call. */
struct slot_room {
    uint8_t page[ROOT_SLOT_SIZE];
    struct root seen[ROOT_SLOTS];
    uint8_t rest[ROOT_KEY_SIZE];
};

struct root_slots {
    int directories[ROOT_MOST_SHARES];
    size_t shares; /* 1: provider file, 2: split */
    struct slot_room *room;
};

/* Makes all, with random bytes. */
MUST_USE bool root_slots_create(const struct root_slots *slots, struct error *err);

/* Reads the slot. *valid: it holds a whole root, which *out has then. ERROR_invalid: what it holds is of
 * the other provider. */
MUST_USE bool root_slot_read(
    const struct root_slots *slots, int slot, struct root *out, bool *valid, struct error *err);

/* Durable when it returns true; when not, the slot may hold the root or not. */
MUST_USE bool root_slot_write(
    const struct root_slots *slots, int slot, const struct root *root, struct error *err);

/* Random bytes in place, synced, read back from the device as far as the kernel lets us. */
MUST_USE bool root_slot_scrub(const struct root_slots *slots, int slot, struct error *err);

/* Syncs the names in the directories. */
MUST_USE bool root_slots_sync(const struct root_slots *slots, struct error *err);

#endif
