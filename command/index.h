// SPDX-License-Identifier: Apache-2.0
// Finds things by a key of fixed size, within one round: open addressing in the arena. The hash is
// keyed, because the keys come from outside.
#ifndef COMMAND_INDEX_H
#define COMMAND_INDEX_H

#include "base/arena.h"

struct index_slot {
    const void *key; /* NULL: free */
    void *value;
};

struct index {
    struct index_slot *slots;
    size_t mask;
    size_t key_size;
};

/* Room for `most` keys. False: arena exhausted. */
MUST_USE bool index_init(struct index *index, size_t key_size, size_t most, struct arena *arena);

/* The place of the key's value, NULL in it when the key is new. The key's bytes are not copied and
 * must outlive the index. Valid until the next call. */
void **index_at(struct index *index, const void *key);

/* The key's value, NULL when it has none. Changes nothing. */
void *index_find(const struct index *index, const void *key);

#endif
