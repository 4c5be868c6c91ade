// SPDX-License-Identifier: Apache-2.0
// States of streams that were appended to a moment ago: an order is paid, reserved and shipped soon
// after it was placed, and then need not be read back. As with hot streams (hot.h) what is kept is
// speculation: the append's check of the version is the guard.
//
// States are kept in two generations. The young one fills up; when it is full, the old one is forgotten
// at once, and they change places. So nothing is given back piece by piece, and memory is bounded.
#ifndef COMMAND_RECENT_H
#define COMMAND_RECENT_H

#include "command/index.h"
#include "domain/aggregates.h"
#include "store/store.h"

enum {
    RECENT_GENERATION_SIZE = 16 * 1024 * 1024, /* bytes of states, index included */
    RECENT_GENERATION_MOST = 16384,            /* states */
    RECENT_STATE_SIZE = 16 * 1024,             /* of one state; larger ones are not for here */
};

struct recent_state {
    struct stream_id stream;
    struct aggregate aggregate;
};

struct recent_generation {
    struct arena arena;
    struct index index;
    size_t count;
    bool is_open; /* the index is made */
};

struct recent {
    struct recent_generation generations[2];
    size_t young;
    size_t state_size; /* RECENT_STATE_SIZE, other values in tests */
};

void recent_init(struct recent *recent);
void recent_release(struct recent *recent);

/* Makes room when the young generation is nearly full. States found before are of no use any more. */
void recent_turn(struct recent *recent);

/* NULL: it is not kept. Valid until recent_turn or recent_clear. */
const struct aggregate *recent_find(const struct recent *recent, const struct stream_id *stream);

enum recent_result {
    RECENT_KEPT,
    RECENT_FULL,      /* there is no room before the next turn: nothing is kept of the stream */
    RECENT_TOO_LARGE, /* nor of this one */
};

/* Keeps a copy in place of what was kept of the stream. */
enum recent_result recent_keep(
    struct recent *recent, const struct stream_id *stream, const struct aggregate *aggregate);

void recent_drop(struct recent *recent, const struct stream_id *stream);

/* Nothing is known any more. */
void recent_clear(struct recent *recent);

#endif
