// SPDX-License-Identifier: Apache-2.0
// States of long streams, kept between batches: without them a stock item with a hundred thousand
// movements would be folded anew for every batch that touches it. Only speculation, like a creating
// command: the append is the guard, and a conflict or a lost connection drops what is kept.
#ifndef COMMAND_HOT_H
#define COMMAND_HOT_H

#include "command/round.h"

enum {
    HOT_ENTRIES = 64,
    HOT_LEAST_VERSION = 32,      /* shorter streams are loaded in no time */
    HOT_STATE_SIZE = 512 * 1024, /* larger states are not kept */
};

struct hot_entry {
    struct stream_id stream;
    struct aggregate aggregate; /* lives in `arena`; state NULL: the entry is free */
    struct arena arena;
    uint64_t used; /* when, by the count of uses */
};

struct hot {
    struct hot_entry entries[HOT_ENTRIES];
    uint64_t uses;
};

void hot_init(struct hot *hot);
void hot_release(struct hot *hot);

/* Groups of a built round that need not be loaded, because their state is kept and none of their
 * commands is to be looked up. The states must not change until the round is decided. */
void hot_serve(struct hot *hot, struct round *round);

/* The round was appended: keeps the new states of its long streams, drops those of groups that met
 * a conflict. */
void hot_learn(struct hot *hot, const struct round *round);

/* Nothing is known any more. */
void hot_clear(struct hot *hot);

#endif
