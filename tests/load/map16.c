// SPDX-License-Identifier: Apache-2.0
#include "load/map16.h"

#include "base/slice.h"

#include <stdlib.h>

#include "base/banned.h"

/* Keys of time-ordered ids begin alike, so both halves are mixed (multiply and fold, as in wyhash). */
static size_t home_of(const struct map16 *map, const struct map16_key *key)
{
    uint64_t low, high;
    memcpy(&low, key->bytes, sizeof(low));
    memcpy(&high, key->bytes + 8, sizeof(high));
    uint64_t mixed = (low ^ UINT64_C(0xa0761d6478bd642f)) * UINT64_C(0xe7037ed1a0b428db);
    mixed ^= mixed >> 32;
    mixed = (mixed ^ high) * UINT64_C(0x8ebc6af09c88c6e3);
    return (size_t)(mixed ^ mixed >> 29) & map->mask;
}

bool map16_init(struct map16 *map, size_t expected, struct error *err)
{
    size_t capacity = 64;
    while (capacity < expected * 2)
        capacity *= 2;
    struct map16_entry *entries = calloc(capacity, sizeof(*entries));
    if (entries == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    *map = (struct map16){.entries = entries, .mask = capacity - 1};
    return true;
}

void map16_release(struct map16 *map)
{
    free(map->entries);
    *map = (struct map16){0};
}

/* The entry that holds the key, or the free one where it belongs. */
static size_t place_of(const struct map16 *map, const struct map16_key *key)
{
    size_t at = home_of(map, key);
    while (map->entries[at].value_plus_one != 0 &&
           memcmp(map->entries[at].key.bytes, key->bytes, sizeof(key->bytes)) != 0)
        at = (at + 1) & map->mask;
    return at;
}

bool map16_find(const struct map16 *map, const struct map16_key *key, uint32_t *out_value)
{
    const struct map16_entry *entry = &map->entries[place_of(map, key)];
    if (entry->value_plus_one == 0)
        return false;
    *out_value = entry->value_plus_one - 1;
    return true;
}

static bool grow(struct map16 *map, struct error *err)
{
    struct map16 larger = {0};
    if (!map16_init(&larger, map->mask + 1, err))
        return false;
    for (size_t i = 0; i <= map->mask; i++) {
        if (map->entries[i].value_plus_one != 0)
            larger.entries[place_of(&larger, &map->entries[i].key)] = map->entries[i];
    }
    larger.count = map->count;
    map16_release(map);
    *map = larger;
    return true;
}

bool map16_put(struct map16 *map, const struct map16_key *key, uint32_t value, struct error *err)
{
    CHECK(value != UINT32_MAX);
    if (map->count * 4 >= (map->mask + 1) * 3 && !grow(map, err))
        return false;
    struct map16_entry *entry = &map->entries[place_of(map, key)];
    map->count += entry->value_plus_one == 0;
    *entry = (struct map16_entry){.key = *key, .value_plus_one = value + 1};
    return true;
}
