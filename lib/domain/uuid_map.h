// SPDX-License-Identifier: Apache-2.0
// A map from ids to numbers in an arena: open addressing, a byte of each slot's hash apart, so that a
// search rarely looks at keys. All zero is the empty map.
//
// A fork reads through to what it was made of and keeps only what it changed itself: a hundred
// thousand entries cost nothing to whoever changes three of them. What a fork was made of must neither
// change nor go away while the fork is in use.
#ifndef DOMAIN_UUID_MAP_H
#define DOMAIN_UUID_MAP_H

#include "base/arena.h"
#include "base/uuid.h"

struct uuid_value {
    int64_t number;
    union {
        int64_t time_us;
        struct uuid id;
    };
};

struct uuid_slot;

struct uuid_map {
    const struct uuid_map *base; /* of a fork; else NULL */
    uint8_t *marks;              /* one per slot: empty, removed, or 7 bits of the hash */
    struct uuid_slot *slots;
    size_t capacity; /* of slots: 0 or a power of two */
    size_t used;     /* slots that are not empty */
    size_t count;    /* entries of the map, its base's included */
};

/* False: there is no such key. *out is only written when there is. */
MUST_USE bool
uuid_map_find(const struct uuid_map *map, const struct uuid *key, struct uuid_value *out);

/* Adds or replaces. False: the arena is exhausted, and the map as it was. */
MUST_USE bool uuid_map_put(
    struct uuid_map *map,
    const struct uuid *key,
    const struct uuid_value *value,
    struct arena *arena);

/* A key that is not there is none. False: the arena is exhausted, and the map as it was. */
MUST_USE bool uuid_map_remove(struct uuid_map *map, const struct uuid *key, struct arena *arena);

/* O(1). */
struct uuid_map uuid_map_fork(const struct uuid_map *base);

/* `map` becomes what its fork is: O(changes). False: the arena is exhausted; some of the changes may be
 * in `map` then. */
MUST_USE bool uuid_map_join(struct uuid_map *map, const struct uuid_map *fork, struct arena *arena);

/* A map of its own with the same entries. False: the arena is exhausted. */
MUST_USE bool uuid_map_copy(const struct uuid_map *from, struct arena *arena, struct uuid_map *out);

/* All entries, in no order that means anything. The map must not change on the way. */
struct uuid_map_walk {
    const struct uuid_map *map; /* whose entries they are */
    const struct uuid_map *at;  /* the map itself or what it is a fork of */
    size_t next;
    struct uuid key;
    struct uuid_value value;
};

void uuid_map_walk_start(struct uuid_map_walk *walk, const struct uuid_map *map);

/* False: there are no more. Else key and value are the next entry's. */
MUST_USE bool uuid_map_walk_next(struct uuid_map_walk *walk);

#endif
