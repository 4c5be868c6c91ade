// SPDX-License-Identifier: Apache-2.0
#include "command/recent.h"

#include "base/banned.h"

/* What is left of a generation for the commands of one round; a round that keeps more loads it again. */
enum { LEAST_ROOM = RECENT_GENERATION_SIZE / 8, LEAST_PLACES = RECENT_GENERATION_MOST / 8 };

static void forget(struct recent_generation *generation)
{
    arena_reset(&generation->arena);
    generation->count = 0;
    generation->is_open = false;
}

void recent_init(struct recent *recent)
{
    *recent = (struct recent){.state_size = RECENT_STATE_SIZE};
    for (size_t i = 0; i < countof(recent->generations); i++)
        arena_init(&recent->generations[i].arena, RECENT_GENERATION_SIZE);
}

void recent_release(struct recent *recent)
{
    for (size_t i = 0; i < countof(recent->generations); i++)
        arena_release(&recent->generations[i].arena);
    *recent = (struct recent){0};
}

void recent_clear(struct recent *recent)
{
    for (size_t i = 0; i < countof(recent->generations); i++)
        forget(&recent->generations[i]);
}

void recent_turn(struct recent *recent)
{
    const struct recent_generation *young = &recent->generations[recent->young];
    if (young->arena.used <= RECENT_GENERATION_SIZE - LEAST_ROOM &&
        young->count <= RECENT_GENERATION_MOST - LEAST_PLACES)
        return;
    recent->young = 1 - recent->young;
    forget(&recent->generations[recent->young]);
}

static struct recent_state *
find_in(const struct recent_generation *generation, const struct stream_id *stream)
{
    return generation->is_open ? index_find(&generation->index, stream) : NULL;
}

const struct aggregate *recent_find(const struct recent *recent, const struct stream_id *stream)
{
    struct recent_state *state = find_in(&recent->generations[recent->young], stream);
    if (state == NULL)
        state = find_in(&recent->generations[1 - recent->young], stream);
    return state != NULL && state->aggregate.state != NULL ? &state->aggregate : NULL;
}

void recent_drop(struct recent *recent, const struct stream_id *stream)
{
    for (size_t i = 0; i < countof(recent->generations); i++) {
        struct recent_state *state = find_in(&recent->generations[i], stream);
        if (state != NULL)
            state->aggregate.state = NULL;
    }
}

static bool open_generation(struct recent_generation *generation)
{
    if (!generation->is_open)
        generation->is_open = index_init(
            &generation->index, STREAM_KEY_SIZE, RECENT_GENERATION_MOST, &generation->arena);
    return generation->is_open;
}

/* The stream's place in the young generation; NULL: there is no room. */
static struct recent_state *
place_of(struct recent_generation *young, const struct stream_id *stream)
{
    struct recent_state *state = find_in(young, stream);
    if (state != NULL)
        return state;
    state = young->count < RECENT_GENERATION_MOST && open_generation(young)
                ? arena_new(&young->arena, struct recent_state)
                : NULL;
    if (state == NULL)
        return NULL;
    state->stream = *stream;
    *index_at(&young->index, &state->stream) = state;
    young->count++;
    return state;
}

/* Never takes more than a state may have: what does not fit is left behind until the generation goes. */
static bool copy_small(
    const struct recent *recent,
    const struct aggregate *from,
    struct arena *arena,
    struct aggregate *out)
{
    size_t maximum = arena->maximum;
    if (arena->used + recent->state_size < maximum)
        arena->maximum = arena->used + recent->state_size;
    bool copied = aggregate_copy(from, arena, out);
    arena->maximum = maximum;
    return copied;
}

enum recent_result recent_keep(
    struct recent *recent, const struct stream_id *stream, const struct aggregate *aggregate)
{
    struct recent_generation *young = &recent->generations[recent->young];
    struct recent_state *state = place_of(young, stream);
    struct aggregate copy;
    bool has_room =
        state != NULL && young->arena.used + recent->state_size <= RECENT_GENERATION_SIZE;
    bool is_kept = has_room && copy_small(recent, aggregate, &young->arena, &copy);
    recent_drop(recent, stream);
    if (is_kept) {
        state->aggregate = copy;
        return RECENT_KEPT;
    }
    return has_room ? RECENT_TOO_LARGE : RECENT_FULL;
}
