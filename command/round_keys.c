// SPDX-License-Identifier: Apache-2.0
#include "command/round_keys.h"

#include "aggregate/load.h"

#include "base/banned.h"

/* What a group wants: the same classes for each person it may be about. */
struct group_wish {
    uint8_t classes;
    bool exists; /* the stream; then it is about one person */
};

static struct group_wish look_at(const struct group *group)
{
    struct group_wish wish = {.exists = group->aggregate.version > 0};
    size_t number = 0;
    for (const struct item *item = group->first; item != NULL; item = item->next) {
        if (round_decides(group, item, number++))
            wish.classes |= item->classes;
    }
    return wish;
}

/* Where tenant and subject lie side by side in subject_keys. */
enum { SUBJECT_KEY_SIZE = 2 * sizeof(struct uuid) };

static_assert(
    offsetof(struct subject_keys, subject) ==
        offsetof(struct subject_keys, tenant) + sizeof(struct uuid),
    "they are one key");

static void add_subject(
    struct round_keys *keys, const struct uuid *tenant, const struct uuid *subject, uint8_t classes)
{
    struct subject_keys *room = &keys->subjects[keys->count];
    room->tenant = *tenant;
    room->subject = *subject;
    void **at = index_at(&keys->by_subject, &room->tenant);
    if (*at == NULL) {
        *at = room;
        keys->count++;
    }
    ((struct subject_keys *)*at)->classes |= classes;
}

static void add_group(struct round_keys *keys, const struct group *group)
{
    struct uuid subject;
    struct group_wish wish = look_at(group);
    size_t number = 0;
    for (const struct item *item = group->first; item != NULL; item = item->next) {
        bool names = wish.exists || command_descriptions[item->command.type].creates;
        if (round_decides(group, item, number++) && wish.classes != 0 && names &&
            aggregate_subject(&group->aggregate, &group->stream, &item->command, &subject))
            add_subject(keys, &item->settings->tenant, &subject, wish.classes);
    }
}

static size_t count_leaves(const struct round_keys *keys)
{
    size_t leaves = 0;
    for (size_t i = 0; i < keys->count; i++)
        leaves += (size_t)__builtin_popcount(keys->subjects[i].classes);
    return leaves;
}

/* Calls `take` for each leaf that is wanted, in the order of the wishes: one of each person first, all
 * the others behind them. Whoever has no leaves yet gets them with the first, and the broker writes that
 * down once per frame of wishes: so there are few frames that must wait for its disk. */
static void each_leaf(
    struct round_keys *keys,
    void (*take)(
        struct round_keys *keys, struct subject_keys *subject, uint8_t leaf, void *context),
    void *context)
{
    for (size_t i = 0; i < keys->count; i++) {
        struct subject_keys *subject = &keys->subjects[i];
        take(keys, subject, (uint8_t)__builtin_ctz(subject->classes), context);
    }
    for (size_t i = 0; i < keys->count; i++) {
        struct subject_keys *subject = &keys->subjects[i];
        unsigned rest = subject->classes & (subject->classes - 1u);
        for (; rest != 0; rest &= rest - 1)
            take(keys, subject, (uint8_t)__builtin_ctz(rest), context);
    }
}

static void
add_wish(struct round_keys *keys, struct subject_keys *subject, uint8_t leaf, void *context)
{
    (void)context;
    keys->wishes[keys->wish_count++] = (struct lease_wish){
        .allocate = true, .class = leaf, .tenant = subject->tenant, .subject = subject->subject};
}

static bool list_wishes(struct round_keys *keys, struct arena *arena)
{
    keys->wishes = arena_array(arena, count_leaves(keys), struct lease_wish);
    if (keys->wishes == NULL)
        return false;
    each_leaf(keys, add_wish, NULL);
    return true;
}

/* How many people the round can be about at most. */
static size_t most_subjects(const struct round *round)
{
    size_t most = 0;
    for (size_t i = 0; i < round->group_count; i++)
        most += look_at(&round->groups[i]).classes != 0 ? round->groups[i].count : 0;
    return most;
}

bool round_keys_wish(const struct round *round, struct round_keys *out)
{
    struct arena *arena = round->arena;
    size_t most = most_subjects(round);
    struct round_keys keys = {.fence = -1};
    if (most != 0) {
        /* One more than there can be: the room a subject is looked up from. */
        keys.subjects = arena_array(arena, most + 1, struct subject_keys);
        if (keys.subjects == NULL ||
            !index_init(&keys.by_subject, SUBJECT_KEY_SIZE, most + 1, arena))
            return false;
    }
    for (size_t i = 0; i < round->group_count && most != 0; i++)
        add_group(&keys, &round->groups[i]);
    if (!list_wishes(&keys, arena))
        return false;
    *out = keys;
    return true;
}

static void
take_answer(struct round_keys *keys, struct subject_keys *subject, uint8_t leaf, void *next)
{
    (void)keys;
    const struct lease **answer = next;
    subject->leases[leaf] = *(*answer)++;
}

void round_keys_grant(struct round_keys *keys, const struct lease *answers, int64_t fence)
{
    const struct lease *next = answers;
    each_leaf(keys, take_answer, &next);
    CHECK(next == answers + keys->wish_count);
    keys->fence = fence;
}

const struct subject_keys *round_keys_find(
    const struct round_keys *keys, const struct uuid *tenant, const struct uuid *subject)
{
    struct uuid key[2] = {*tenant, *subject};
    return keys->count == 0 ? NULL : index_find(&keys->by_subject, key);
}

bool round_keys_state(
    const struct subject_keys *keys, uint8_t classes, enum subject_state *out, struct error *err)
{
    enum subject_state state = SUBJECT_ACTIVE;
    bool stuck = false;
    for (uint8_t leaf = 0; leaf < LEAVES_PER_SUBJECT; leaf++) {
        if ((classes >> leaf & 1) == 0)
            continue;
        switch (keys->leases[leaf].state) {
        case KEY_LIVE:
            break;
        case KEY_ERASED:
            state = SUBJECT_ERASED;
            break;
        case KEY_ERASING:
            state = state == SUBJECT_ERASED ? SUBJECT_ERASED : SUBJECT_ERASING;
            break;
        case KEY_RESTRICTED:
        case KEY_UNKNOWN:
            stuck = true;
            break;
        }
    }
    if (stuck && state == SUBJECT_ACTIVE)
        return error_set(err, ERROR_fatal, "the key broker gives no key for a living person");
    *out = state;
    return true;
}
