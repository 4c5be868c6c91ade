// SPDX-License-Identifier: Apache-2.0
// Bump allocator for one turn (one batch of commands, one batch of events). Memory is never given
// back piece by piece: arena_reset drops all of it and keeps the blocks for the next turn.
// No destructors. What must not outlive its use (opened personal data) goes into an arena of its own
// and out of it by arena_wipe.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *first;   /* all blocks, in order of use */
    struct arena_block *current; /* the one being filled */
    size_t used;                 /* bytes handed out since the last reset */
    size_t maximum;              /* bytes that may be handed out between two resets */
};

/* maximum: bytes per turn; block memory is taken from the heap on demand. */
void arena_init(struct arena *arena, size_t maximum);
void arena_release(struct arena *arena);

/* Forgets everything handed out. Under ASan the memory is poisoned until it is handed out anew. */
void arena_reset(struct arena *arena);

/* Overwrites everything that was handed out since the last wipe, resets in between included, and
 * forgets it. */
void arena_wipe(struct arena *arena);

/* size bytes, zeroed, aligned for any type; NULL when the maximum or the heap is exhausted.
 * Valid until the next reset. size may be 0. */
MUST_USE void *arena_take(struct arena *arena, size_t size);

/* The same without zeroing, for bytes that are overwritten at once. */
MUST_USE void *arena_take_raw(struct arena *arena, size_t size);

/* count elements of size each; NULL also when the product does not fit. */
MUST_USE void *arena_take_array(struct arena *arena, size_t count, size_t size);

/* Copies the bytes; *out is untouched on failure. */
MUST_USE bool arena_copy(struct arena *arena, struct slice bytes, struct slice *out);

#define arena_new(arena, type) ((type *)arena_take((arena), sizeof(type)))
#define arena_array(arena, count, type) ((type *)arena_take_array((arena), (count), sizeof(type)))

#endif
