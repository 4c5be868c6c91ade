// SPDX-License-Identifier: Apache-2.0
// How many commands of a tenant are taken per second: a token bucket that holds what one second gives.
// Whoever is refused is told when to come again, and one after the other, as if they stood in a queue:
// told the same moment they would all come back at once. Pure: the caller's clock.
#ifndef COMMAND_BUCKET_H
#define COMMAND_BUCKET_H

#include "base/check.h"

#include <stdint.h>

enum { BUCKET_MOST_RATE = 1000000, BUCKET_LONGEST_WAIT_US = 60 * 1000 * 1000 };

/* All in millionths of a token: what a rate of 1 gives in a microsecond. */
struct bucket {
    int64_t rate;    /* tokens per second; 0: no limit */
    int64_t level;   /* what can be taken */
    int64_t waiting; /* promised to those who were refused */
    int64_t at_us;   /* when that was so, monotonic; 0: never */
};

/* rate: 0 to BUCKET_MOST_RATE. */
void bucket_init(struct bucket *bucket, int64_t rate);

/* Takes a token: 0. There is none: microseconds until the caller may try again, from 1 to
 * BUCKET_LONGEST_WAIT_US. */
int64_t bucket_take(struct bucket *bucket, int64_t now_us);

#endif
