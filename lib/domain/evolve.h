// SPDX-License-Identifier: Apache-2.0
// What folding an event into a state can come to. Events come from the store, and what is stored may
// have been changed by somebody: a contradiction is an answer, not a bug of ours.
#ifndef DOMAIN_EVOLVE_H
#define DOMAIN_EVOLVE_H

enum evolve_result {
    EVOLVE_OK,
    EVOLVE_EXHAUSTED,   /* the arena is used up */
    EVOLVE_CONTRADICTS, /* the event cannot follow this state, or does not add up: the state is
                           undefined from here on */
};

#endif
