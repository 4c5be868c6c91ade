// SPDX-License-Identifier: Apache-2.0
// States of streams, kept between batches, above all large ones: without them a stock item with a
// hundred thousand movements would be folded anew for every batch that touches it. Only speculation, like a creating
// command: the append is the guard, and a conflict or a lost connection drops what is kept.
//
// What is kept is a baseline. Rounds decide on forks of it, so that it stays as it is, whatever becomes
// of the round; once the append succeeded, it takes over what its fork has come to. Both cost as much
// work as the round has changes: a hundred thousand open reservations are never copied.
#ifndef COMMAND_HOT_H
#define COMMAND_HOT_H

#include "command/recent.h"
#include "command/round.h"

/* Memory is bounded: an entry that would outgrow HOT_STATE_SIZE is dropped, and its stream loaded and
 * folded the next time; a state that is still over it then (a stock item with some 400,000 open
 * reservations) is not kept. What is unused for longest makes room when all together are over
 * HOT_WHOLE_SIZE. */
enum {
    HOT_ENTRIES = 64,
    HOT_STATE_SIZE = 24 * 1024 * 1024,
    HOT_WHOLE_SIZE = 32 * 1024 * 1024,
};

struct hot_entry {
    struct stream_id stream;
    struct aggregate aggregate; /* lives in `arena`; state NULL: the entry is free */
    struct arena arena;
    uint64_t used; /* when, by the count of uses */
};

struct hot {
    struct hot_entry entries[HOT_ENTRIES];
    struct recent recent; /* small ones */
    uint64_t uses;
};

void hot_init(struct hot *hot);
void hot_release(struct hot *hot);

/* Groups of a built round that need not be loaded, because their state is kept and none of their
 * commands is to be looked up. The states must not change until the round is learned or given up. */
void hot_serve(struct hot *hot, struct round *round);

/* The round was appended: keeps the new states of its streams, drops those of groups that met a
 * conflict. */
void hot_learn(struct hot *hot, const struct round *round);

/* Nothing is known any more. */
void hot_clear(struct hot *hot);

#endif
