// SPDX-License-Identifier: Apache-2.0
// After a worker that ended without giving its partitions back: it may have died of a command, and
// whoever tries that one again may die too. So the next one goes on with care. Pure; time comes in.
//
//     commands that nobody appended after, as far as is known    alone, with attempts counted
//     from the command on that was last tried                    alone, with attempts counted
//     others, for the first seconds                              in batches, the first one is noted
//
// What a batch was noted for is tried alone by the next worker. Attempts below the last one noted are
// not counted: they went well when that one was reached, and would make its count begin anew.
#ifndef COMMAND_CAREFUL_H
#define COMMAND_CAREFUL_H

#include "store/claims.h"

enum {
    CAREFUL_US = 5 * 1000 * 1000, /* longer than offsets take to be committed */
    CAREFUL_MOST_ATTEMPTS = 3,
};

/* One partition, since it was claimed. */
struct careful {
    int64_t epoch;        /* of the claim that the rest belongs to */
    int64_t first_offset; /* that came */
    int64_t since_us;     /* monotonic: when it came */
    int64_t noted_us;     /* of the batch that its first command was noted for, or none */
};

enum care {
    CARE_NONE,  /* as always */
    CARE_NOTED, /* in a batch; the first one of the partition is noted */
    CARE_ALONE, /* a batch of its own, noted and counted */
};

/* What is to be done about the next command of the partition. span: commands in a batch at most. */
enum care careful_look(
    struct careful *careful,
    const struct claim *claim,
    int64_t offset,
    int64_t span,
    int64_t now_us);

/* Whether an attempt at this offset is to be written down. */
bool careful_counts(const struct claim *claim, int64_t offset);

#endif
