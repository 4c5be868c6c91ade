// SPDX-License-Identifier: Apache-2.0
// When to tell listeners about new events: at once after a quiet time, and at most once per
// interval when busy, never leaving the last one out. Pure: the caller's clock.
#ifndef COMMAND_PACE_H
#define COMMAND_PACE_H

#include "base/check.h"

#include <stdint.h>

enum { PACE_INTERVAL_US = 5000 }; /* at most 200 notifications a second */

struct pace {
    int64_t sent_us; /* when the last one was sent; 0: never */
    int64_t waiting; /* newest position not told yet; 0: none */
};

/* Events up to `position` are durable. */
void pace_offer(struct pace *pace, int64_t position);

/* Microseconds until something is to be sent: 0 now, -1 nothing is waiting. */
int64_t pace_due_us(const struct pace *pace, int64_t now_us);

/* The position to send now; counts as sent. Only when pace_due_us is 0. */
int64_t pace_take(struct pace *pace, int64_t now_us);

#endif
