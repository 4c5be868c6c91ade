// SPDX-License-Identifier: Apache-2.0
// What folding an event into a state can come to. Events come from the store, and what is stored may
// have been changed by somebody: a contradiction is an answer, not a bug of ours.
#ifndef DOMAIN_EVOLVE_H
#define DOMAIN_EVOLVE_H

#include "base/arena.h"
#include "domain/catalog.h"

enum evolve_result {
    EVOLVE_OK,
    EVOLVE_EXHAUSTED,   /* the arena is used up */
    EVOLVE_CONTRADICTS, /* the event cannot follow this state, or does not add up: the state is
                           undefined from here on */
};

/* One event into the state of its aggregate; body: the event's struct. What the state keeps lives in
 * the arena or is the event's. */
typedef enum evolve_result evolve_function(void *state, const void *body, struct arena *arena);

static inline enum evolve_result evolve_if(bool follows)
{
    return follows ? EVOLVE_OK : EVOLVE_CONTRADICTS;
}

/* An aggregate's table has a function for each of its events. */
static inline enum evolve_result evolve_by(
    evolve_function *const table[EVENT_TYPE_COUNT],
    void *state,
    const struct event *event,
    struct arena *arena)
{
    CHECK(table[event->type] != NULL);
    return table[event->type](state, event->body, arena);
}

#endif
