// SPDX-License-Identifier: Apache-2.0
#include "command/hot.h"

#include "base/banned.h"

enum { SMALL_STATE = 128 * 1024 };

void hot_init(struct hot *hot)
{
    *hot = (struct hot){0};
    for (size_t i = 0; i < HOT_ENTRIES; i++)
        arena_init(&hot->entries[i].arena, HOT_STATE_SIZE);
    recent_init(&hot->recent);
}

void hot_release(struct hot *hot)
{
    for (size_t i = 0; i < HOT_ENTRIES; i++)
        arena_release(&hot->entries[i].arena);
    recent_release(&hot->recent);
    *hot = (struct hot){0};
}

/* What was large goes back to the system. */
static void drop(struct hot_entry *entry)
{
    entry->aggregate.state = NULL;
    entry->used = 0;
    if (entry->arena.used <= SMALL_STATE) {
        arena_reset(&entry->arena);
        return;
    }
    arena_release(&entry->arena);
    arena_init(&entry->arena, HOT_STATE_SIZE);
}

void hot_clear(struct hot *hot)
{
    for (size_t i = 0; i < HOT_ENTRIES; i++)
        drop(&hot->entries[i]);
    recent_clear(&hot->recent);
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

static const struct aggregate *find_state(struct hot *hot, const struct stream_id *stream)
{
    struct hot_entry *entry = find(hot, stream);
    if (entry == NULL)
        return recent_find(&hot->recent, stream);
    entry->used = ++hot->uses;
    return &entry->aggregate;
}

void hot_serve(struct hot *hot, struct round *round)
{
    recent_turn(&hot->recent);
    for (size_t i = 0; i < round->group_count; i++) {
        struct group *group = &round->groups[i];
        if (!group->loads || group->looks_up)
            continue;
        const struct aggregate *state = find_state(hot, &group->stream);
        if (state != NULL)
            round_give_state(round, group, state);
    }
}

/* Forgets what is unused for longest until the rest is within the limit. */
static void shrink(struct hot *hot)
{
    for (;;) {
        size_t size = 0;
        struct hot_entry *oldest = NULL;
        for (size_t i = 0; i < HOT_ENTRIES; i++) {
            struct hot_entry *entry = &hot->entries[i];
            size += entry->arena.used;
            bool is_kept = entry->aggregate.state != NULL;
            if (is_kept && (oldest == NULL || entry->used < oldest->used))
                oldest = entry;
        }
        if (size <= HOT_WHOLE_SIZE)
            return;
        CHECK(oldest != NULL);
        drop(oldest);
    }
}

static void keep(struct hot *hot, const struct group *group)
{
    struct hot_entry *entry = find(hot, &group->stream);
    if (entry == NULL) {
        if (recent_keep(&hot->recent, &group->stream, &group->aggregate) != RECENT_TOO_LARGE)
            return;
        entry = find_room(hot);
    }
    drop(entry);
    if (!aggregate_copy(&group->aggregate, &entry->arena, &entry->aggregate)) {
        drop(entry); /* too large */
        return;
    }
    entry->stream = group->stream;
    entry->used = ++hot->uses;
}

/* Whether the group was decided on a fork that shares with the entry. */
static bool is_fork_of(const struct group *group, const struct hot_entry *entry)
{
    return group->given == &entry->aggregate && aggregate_shares(entry->aggregate.category);
}

/* Whether the group was decided on a fork of an entry, which has taken it over or is gone by now. What
 * is kept with the recent ones is copied as a whole, forks of it too. */
static bool was_hot(const struct hot *hot, const struct group *group)
{
    return group->given != NULL && aggregate_shares(group->aggregate.category) &&
           group->given != recent_find(&hot->recent, &group->stream);
}

/* Joins come first: what is new makes room for itself, and that may be at the cost of an entry that a
 * fork of this round shares with. */
void hot_learn(struct hot *hot, const struct round *round)
{
    for (size_t i = 0; i < round->append_count; i++) {
        const struct group *group = round->appended[i];
        struct hot_entry *entry = find(hot, &group->stream);
        bool ok = round->appends[i].status == APPEND_OK;
        if (!ok)
            recent_drop(&hot->recent, &group->stream);
        if (entry == NULL)
            continue;
        if (ok && is_fork_of(group, entry)) /* not when it has outgrown its room */
            ok = aggregate_join(&entry->aggregate, &group->aggregate, &entry->arena);
        if (!ok)
            drop(entry);
    }
    for (size_t i = 0; i < round->append_count; i++) {
        const struct group *group = round->appended[i];
        if (round->appends[i].status == APPEND_OK && !was_hot(hot, group))
            keep(hot, group);
    }
    shrink(hot);
}
