// SPDX-License-Identifier: Apache-2.0
// One attempt at the open commands of a batch: which of them take part, grouped by stream in the
// order of arrival, and what each group is decided on. Pure; everything lives in the round's arena.
//
// A group whose first command creates its stream is decided on nothing, without asking the store:
// the append is the guard. Every other group is loaded first, together with the ids of its commands,
// unless somebody kept its state, which is speculation as well.
#ifndef COMMAND_ROUND_H
#define COMMAND_ROUND_H

#include "command/item.h"
#include "domain/aggregates.h"

enum { ROUND_MOST_ATTEMPTS = 8 };

struct group {
    struct stream_id stream;
    struct item *first;
    struct item *last;
    size_t count;
    bool looks_up;                      /* an id of it may be stored already */
    bool loads;                         /* state and ids come from the store */
    const struct aggregate *given;      /* the state, when somebody kept it; else NULL */
    const struct loaded_stream *loaded; /* of the store, when it loads */
    const struct stored_outcome *known; /* one per item of the group, when it loads */
    /* The state, as far as it was decided; it holds once the append does. */
    struct aggregate aggregate;
    int64_t sealed_count; /* events with sealed parts among those decided */
    bool is_folded;       /* `aggregate` is made: only when something is to be decided on it */
};

struct round_keys;

struct round {
    struct arena *arena;
    struct group *groups;
    size_t group_count;
    size_t item_count;
    size_t loading_groups;
    size_t loading_items;
    /* What is to be appended; appended[i] is the group behind appends[i]. */
    struct append_group *appends;
    struct group **appended;
    size_t append_count;
    size_t found_count; /* answers of before: they need a fence when nothing is appended */
    const struct round_keys *keys; /* of personal data; NULL: there are none */
    int64_t sealed_count;          /* of all groups */
};

/* Takes open items in order, at most `most`. An id that is already in this round waits for the next
 * one, where its answer can be looked up. False: arena exhausted. */
MUST_USE bool round_build(
    struct round *round, struct item *items, size_t count, size_t most, struct arena *arena);

/* Decides a group that would load on this state instead. It must hold until the round is decided. */
void round_give_state(struct round *round, struct group *group, const struct aggregate *state);

/* Whether the item, the group's `number`th, is to be decided: not answered before, not refused. Once
 * the group's results are there. */
static inline bool round_decides(const struct group *group, const struct item *item, size_t number)
{
    return !item->is_refused && !(group->loads && group->known[number].known);
}

/* What store_load is asked for the groups that load: fills in streams and command ids, arrays in the
 * arena. */
MUST_USE bool round_wanted(struct round *round, struct load_request *request);

/* Deals the results out to the groups, in the order of round_wanted. */
void round_loaded(
    struct round *round,
    const struct loaded_stream *streams,
    const struct stored_outcome *outcomes);

/* The append (or, when there was nothing to append, the fence) has succeeded: decided items are
 * answered, or open again after a conflict; those that tried too often are answered `unavailable`.
 * Returns the newest position appended, 0: none. */
int64_t round_finish(struct round *round);

/* The append met a conflict it could not pin on one group: counts as an attempt for all. */
void round_conflict(struct round *round);

/* Nobody knows whether the append happened: the next round asks before it decides. */
void round_look_up(struct round *round);

#endif
