// SPDX-License-Identifier: Apache-2.0
// What a network does to the commands of a source: some come twice, and their order changes. A command
// moves by less than `window` places, counted in commands of the source. A copy has the id and the
// message of its command, is marked as `again` and comes later, up to DISORDER_AGAIN_WITHIN places.
//
// What is known of the outcomes: a command is decided by what its stream was told before. As long as
// the commands of a stream keep their order, each leads to what it leads to in the order of the source.
// From the first two on that change places, the commands of that stream lead to COMMAND_ANY_OUTCOME.
#ifndef LOAD_DISORDER_H
#define LOAD_DISORDER_H

#include "load/command_source.h"

enum {
    DISORDER_MOST_WINDOW = 10000,
    DISORDER_AGAIN_WITHIN = 1000,
};

struct disorder;

struct disorder_options {
    int64_t duplicate; /* percent of the commands that come twice */
    int64_t window;    /* 1: the order stays */
    int64_t seed;      /* another one, another order and other copies */
};

/* rest: the source whose commands they are. */
MUST_USE bool disorder_open(
    struct disorder **out,
    const struct disorder_options *options,
    struct command_source rest,
    struct error *err);
void disorder_close(struct disorder *disorder);

struct command_source disorder_source(struct disorder *disorder);

#endif
