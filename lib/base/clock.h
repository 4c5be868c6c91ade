// SPDX-License-Identifier: Apache-2.0
// Time is an input. Wall-clock time is data (microseconds since 1970, UTC); timeouts and
// measurements use the monotonic clock.
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_now_us(void);

/* Microseconds of the monotonic clock. */
int64_t clock_monotonic_us(void);

#endif
