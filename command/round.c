// SPDX-License-Identifier: Apache-2.0
#include "command/round.h"

#include "command/answer.h"
#include "command/index.h"

#include "base/banned.h"

struct building {
    struct index streams;
    struct index ids;
    struct command_key *keys; /* of `ids` */
};

static bool begin(struct round *round, struct building *building, size_t most, struct arena *arena)
{
    *round = (struct round){.arena = arena, .groups = arena_array(arena, most, struct group)};
    building->keys = arena_array(arena, most, struct command_key);
    return round->groups != NULL && building->keys != NULL &&
           index_init(&building->streams, STREAM_KEY_SIZE, most, arena) &&
           index_init(&building->ids, sizeof(struct command_key), most, arena);
}

/* Whether the group can be decided on a stream that does not exist. */
static bool is_speculative(const struct item *item)
{
    return command_descriptions[item->command.type].creates && !item->look_up;
}

static void join(struct round *round, struct building *building, struct item *item)
{
    void **at = index_at(&building->streams, &item->stream);
    if (*at == NULL) {
        *at = &round->groups[round->group_count++];
        *(struct group *)*at = (struct group){.stream = item->stream};
    }
    struct group *group = *at;
    if (group->first == NULL)
        group->loads = !is_speculative(item);
    else
        group->last->next = item;
    group->looks_up = group->looks_up || item->look_up;
    group->loads = group->loads || item->look_up;
    group->first = group->first == NULL ? item : group->first;
    group->last = item;
    group->count++;
    item->next = NULL;
    item->fate = FATE_NONE;
    round->item_count++;
}

bool round_build(
    struct round *round, struct item *items, size_t count, size_t most, struct arena *arena)
{
    struct building building;
    if (!begin(round, &building, most < count ? most : count, arena))
        return false;
    for (size_t i = 0; i < count && round->item_count < most; i++) {
        struct item *item = &items[i];
        if (item->state != ITEM_OPEN)
            continue;
        struct command_key *key = &building.keys[round->item_count];
        *key = item_key(item);
        void **used = index_at(&building.ids, key);
        if (*used != NULL) {
            item->look_up = true;
            continue;
        }
        *used = item;
        join(round, &building, item);
    }
    for (size_t i = 0; i < round->group_count; i++) {
        const struct group *group = &round->groups[i];
        round->loading_groups += group->loads;
        round->loading_items += group->loads ? group->count : 0;
    }
    return true;
}

void round_give_state(struct round *round, struct group *group, const struct aggregate *state)
{
    CHECK(group->loads && !group->looks_up);
    group->loads = false;
    group->given = state;
    round->loading_groups--;
    round->loading_items -= group->count;
}

bool round_wanted(struct round *round, struct load_request *request)
{
    struct stream_id *ids = arena_array(round->arena, round->loading_groups, struct stream_id);
    struct command_key *commands =
        arena_array(round->arena, round->loading_items, struct command_key);
    if (ids == NULL || commands == NULL)
        return false;
    size_t id_count = 0;
    size_t command_count = 0;
    for (size_t i = 0; i < round->group_count; i++) {
        const struct group *group = &round->groups[i];
        if (!group->loads)
            continue;
        ids[id_count++] = group->stream;
        for (const struct item *item = group->first; item != NULL; item = item->next)
            commands[command_count++] = item_key(item);
    }
    request->streams = ids;
    request->stream_count = id_count;
    request->commands = commands;
    request->command_count = command_count;
    return true;
}

void round_loaded(
    struct round *round, const struct loaded_stream *streams, const struct stored_outcome *outcomes)
{
    for (size_t i = 0; i < round->group_count; i++) {
        struct group *group = &round->groups[i];
        if (!group->loads)
            continue;
        group->loaded = streams++;
        group->known = outcomes;
        outcomes += group->count;
    }
}

static void answer_decided(struct group *group, int64_t first_position)
{
    int64_t next_position = first_position;
    for (struct item *item = group->first; item != NULL; item = item->next) {
        if (item->fate != FATE_DECIDED)
            continue;
        next_position += (int64_t)item->event_count;
        item->answer.position = item->event_count > 0 ? next_position - 1 : 0;
        item->state = ITEM_ANSWERED;
    }
}

static void try_again(struct group *group)
{
    for (struct item *item = group->first; item != NULL; item = item->next) {
        if (item->fate != FATE_DECIDED)
            continue;
        item->look_up = true;
        item->attempts++;
        if (item->attempts < ROUND_MOST_ATTEMPTS)
            continue;
        item->answer = answer_refused(ANSWER_UNAVAILABLE, REJECTION_stream_busy);
        item->state = ITEM_ANSWERED;
    }
}

static int64_t newest_position(const struct append_group *append)
{
    if (append->status != APPEND_OK || append->first_position == 0)
        return 0;
    return append->first_position + append->version - append->expected_version - 1;
}

static void answer_found(struct group *group)
{
    for (struct item *item = group->first; item != NULL; item = item->next) {
        if (item->fate == FATE_FOUND)
            item->state = ITEM_ANSWERED;
    }
}

int64_t round_finish(struct round *round)
{
    int64_t newest = 0;
    for (size_t i = 0; i < round->group_count; i++)
        answer_found(&round->groups[i]);
    for (size_t i = 0; i < round->append_count; i++) {
        const struct append_group *append = &round->appends[i];
        int64_t position = newest_position(append);
        newest = position > newest ? position : newest;
        if (append->status == APPEND_OK)
            answer_decided(round->appended[i], append->first_position);
        else
            try_again(round->appended[i]);
    }
    return newest;
}

void round_conflict(struct round *round)
{
    for (size_t i = 0; i < round->append_count; i++)
        try_again(round->appended[i]);
}

void round_look_up(struct round *round)
{
    for (size_t i = 0; i < round->group_count; i++) {
        for (struct item *item = round->groups[i].first; item != NULL; item = item->next)
            item->look_up = true;
    }
}
