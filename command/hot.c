// SPDX-License-Identifier: Apache-2.0
#include "command/hot.h"

#include "base/banned.h"

void hot_init(struct hot *hot)
{
    *hot = (struct hot){0};
    for (size_t i = 0; i < HOT_ENTRIES; i++)
        arena_init(&hot->entries[i].arena, HOT_STATE_SIZE);
}

void hot_release(struct hot *hot)
{
    for (size_t i = 0; i < HOT_ENTRIES; i++)
        arena_release(&hot->entries[i].arena);
    *hot = (struct hot){0};
}

static void drop(struct hot_entry *entry)
{
    entry->aggregate.state = NULL;
    entry->used = 0;
    arena_reset(&entry->arena);
}

void hot_clear(struct hot *hot)
{
    for (size_t i = 0; i < HOT_ENTRIES; i++)
        drop(&hot->entries[i]);
}

static struct hot_entry *find(struct hot *hot, const struct stream_id *stream)
{
    for (size_t i = 0; i < HOT_ENTRIES; i++) {
        struct hot_entry *entry = &hot->entries[i];
        if (entry->aggregate.state != NULL && stream_equal(&entry->stream, stream))
            return entry;
    }
    return NULL;
}

/* A free entry, or the one unused for longest. */
static struct hot_entry *find_room(struct hot *hot)
{
    struct hot_entry *oldest = &hot->entries[0];
    for (size_t i = 1; i < HOT_ENTRIES; i++) {
        if (hot->entries[i].used < oldest->used)
            oldest = &hot->entries[i];
    }
    return oldest;
}

void hot_serve(struct hot *hot, struct round *round)
{
    for (size_t i = 0; i < round->group_count; i++) {
        struct group *group = &round->groups[i];
        if (!group->loads || group->looks_up)
            continue;
        struct hot_entry *entry = find(hot, &group->stream);
        if (entry == NULL)
            continue;
        entry->used = ++hot->uses;
        round_give_state(round, group, &entry->aggregate);
    }
}

static void keep(struct hot *hot, const struct group *group)
{
    struct hot_entry *entry = find(hot, &group->stream);
    if (group->aggregate.version < HOT_LEAST_VERSION)
        return;
    if (entry == NULL)
        entry = find_room(hot);
    drop(entry);
    if (!aggregate_copy(&group->aggregate, &entry->arena, &entry->aggregate)) {
        drop(entry); /* too large */
        return;
    }
    entry->stream = group->stream;
    entry->used = ++hot->uses;
}

void hot_learn(struct hot *hot, const struct round *round)
{
    for (size_t i = 0; i < round->append_count; i++) {
        const struct group *group = round->appended[i];
        struct hot_entry *entry = find(hot, &group->stream);
        if (round->appends[i].status == APPEND_OK)
            keep(hot, group);
        else if (entry != NULL)
            drop(entry);
    }
}
