// SPDX-License-Identifier: Apache-2.0
#include "domain/uuid_map.h"

#include "base/banned.h"

struct uuid_slot {
    struct uuid key;
    struct uuid_value value;
};

enum {
    LEAST_CAPACITY = 16,
    MARK_EMPTY = 0,
    MARK_REMOVED = 1, /* in forks only: the base's entry of this key does not count */
    MARK_FULL = 0x80, /* and 7 bits of the hash */
};

/* Full when four of five slots are used: a search that fails looks at 13 marks then. */
static size_t room_of(size_t capacity)
{
    return capacity - (capacity + 4) / 5;
}

/* Mixes as splitmix64 does. Ids that differ in a few bits are spread; who makes ids up to collide slows
 * down nobody's item but the one they go to. */
static uint64_t hash_of(const struct uuid *key)
{
    uint64_t halves[2];
    memcpy(halves, key->bytes, sizeof(halves));
    uint64_t z = halves[0] * UINT64_C(0x9e3779b97f4a7c15) ^ halves[1];
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint8_t mark_of(uint64_t hash)
{
    return (uint8_t)(MARK_FULL | hash >> 57);
}

static size_t mask_of(const struct uuid_map *map)
{
    return map->capacity - 1;
}

/* The slot of the key, removed or not, or the empty one where it would be. capacity > 0. */
static size_t slot_of(const struct uuid_map *map, const struct uuid *key, uint64_t hash)
{
    uint8_t mark = mark_of(hash);
    size_t at = (size_t)hash & mask_of(map);
    while (map->marks[at] != MARK_EMPTY) {
        bool may_be = map->marks[at] == mark || map->marks[at] == MARK_REMOVED;
        if (may_be && uuid_equal(&map->slots[at].key, key))
            break;
        at = (at + 1) & mask_of(map);
    }
    return at;
}

bool uuid_map_find(const struct uuid_map *map, const struct uuid *key, struct uuid_value *out)
{
    uint64_t hash = hash_of(key);
    for (; map != NULL; map = map->base) {
        if (map->used == 0)
            continue;
        size_t at = slot_of(map, key, hash);
        if (map->marks[at] == MARK_REMOVED)
            return false;
        if (map->marks[at] == MARK_EMPTY)
            continue;
        *out = map->slots[at].value;
        return true;
    }
    return false;
}

/* An empty table of so many slots. */
static bool make_table(struct uuid_map *map, size_t capacity, struct arena *arena)
{
    uint8_t *marks = arena_array(arena, capacity, uint8_t);
    size_t size;
    if (marks == NULL || __builtin_mul_overflow(capacity, sizeof(*map->slots), &size))
        return false;
    struct uuid_slot *slots = arena_take_raw(arena, size);
    if (slots == NULL)
        return false;
    map->marks = marks;
    map->slots = slots;
    map->capacity = capacity;
    map->used = 0;
    return true;
}

/* The old table stays in the arena: all of them together are smaller than the new one. */
static bool make_room(struct uuid_map *map, struct arena *arena)
{
    if (map->used < room_of(map->capacity))
        return true;
    struct uuid_map old = *map;
    if (!make_table(map, old.capacity == 0 ? LEAST_CAPACITY : 2 * old.capacity, arena))
        return false;
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.marks[i] == MARK_EMPTY)
            continue;
        const struct uuid *key = &old.slots[i].key;
        size_t at = slot_of(map, key, hash_of(key));
        map->marks[at] = old.marks[i];
        map->slots[at] = old.slots[i];
        map->used++;
    }
    return true;
}

/* Sets a slot of the map's own table, whatever its base says. */
static bool
set(struct uuid_map *map, const struct uuid_slot *entry, uint8_t mark, struct arena *arena)
{
    if (!make_room(map, arena))
        return false;
    size_t at = slot_of(map, &entry->key, hash_of(&entry->key));
    map->used += map->marks[at] == MARK_EMPTY;
    map->marks[at] = mark;
    map->slots[at] = *entry;
    return true;
}

bool uuid_map_put(
    struct uuid_map *map,
    const struct uuid *key,
    const struct uuid_value *value,
    struct arena *arena)
{
    struct uuid_value before;
    bool is_new = !uuid_map_find(map, key, &before);
    const struct uuid_slot entry = {.key = *key, .value = *value};
    if (!set(map, &entry, mark_of(hash_of(key)), arena))
        return false;
    map->count += is_new;
    return true;
}

/* Closes the gap: entries that follow it move up unless they are before their place then. So tables
 * without a base need no marks of removal, and do not fill up with them. */
static void close_gap(struct uuid_map *map, size_t gap)
{
    size_t mask = mask_of(map);
    for (size_t at = (gap + 1) & mask; map->marks[at] != MARK_EMPTY; at = (at + 1) & mask) {
        size_t home = (size_t)hash_of(&map->slots[at].key) & mask;
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        map->marks[gap] = map->marks[at];
        map->slots[gap] = map->slots[at];
        gap = at;
    }
    map->marks[gap] = MARK_EMPTY;
    map->used--;
}

bool uuid_map_remove(struct uuid_map *map, const struct uuid *key, struct arena *arena)
{
    struct uuid_value before;
    if (!uuid_map_find(map, key, &before))
        return true;
    if (map->base == NULL) {
        close_gap(map, slot_of(map, key, hash_of(key)));
    } else {
        const struct uuid_slot entry = {.key = *key};
        if (!set(map, &entry, MARK_REMOVED, arena))
            return false;
    }
    map->count--;
    return true;
}

struct uuid_map uuid_map_fork(const struct uuid_map *base)
{
    return (struct uuid_map){.base = base, .count = base->count};
}

bool uuid_map_join(struct uuid_map *map, const struct uuid_map *fork, struct arena *arena)
{
    CHECK(fork->base == map);
    size_t count = fork->count;
    for (size_t i = 0; i < fork->capacity; i++) {
        const struct uuid_slot *slot = &fork->slots[i];
        bool ok = true;
        if (fork->marks[i] == MARK_REMOVED)
            ok = uuid_map_remove(map, &slot->key, arena);
        else if (fork->marks[i] != MARK_EMPTY)
            ok = uuid_map_put(map, &slot->key, &slot->value, arena);
        if (!ok)
            return false;
    }
    CHECK(map->count == count);
    return true;
}

bool uuid_map_copy(const struct uuid_map *from, struct arena *arena, struct uuid_map *out)
{
    struct uuid_map copy = {0};
    struct uuid_map_walk walk;
    size_t capacity = LEAST_CAPACITY;
    while (room_of(capacity) < from->count)
        capacity *= 2;
    if (from->count != 0 && !make_table(&copy, capacity, arena))
        return false;
    uuid_map_walk_start(&walk, from);
    while (uuid_map_walk_next(&walk)) {
        if (!uuid_map_put(&copy, &walk.key, &walk.value, arena))
            return false;
    }
    *out = copy;
    return true;
}

void uuid_map_walk_start(struct uuid_map_walk *walk, const struct uuid_map *map)
{
    *walk = (struct uuid_map_walk){.map = map, .at = map};
}

/* Whether a map between the one that is walked and the one that is looked at says something else. */
static bool is_hidden(const struct uuid_map_walk *walk, const struct uuid *key, uint64_t hash)
{
    for (const struct uuid_map *map = walk->map; map != walk->at; map = map->base) {
        if (map->used != 0 && map->marks[slot_of(map, key, hash)] != MARK_EMPTY)
            return true;
    }
    return false;
}

bool uuid_map_walk_next(struct uuid_map_walk *walk)
{
    for (; walk->at != NULL; walk->at = walk->at->base, walk->next = 0) {
        const struct uuid_map *map = walk->at;
        while (walk->next < map->capacity) {
            size_t at = walk->next++;
            const struct uuid_slot *slot = &map->slots[at];
            if ((map->marks[at] & MARK_FULL) == 0 ||
                is_hidden(walk, &slot->key, hash_of(&slot->key)))
                continue;
            walk->key = slot->key;
            walk->value = slot->value;
            return true;
        }
    }
    return false;
}
