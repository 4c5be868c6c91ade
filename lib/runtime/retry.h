// SPDX-License-Identifier: Apache-2.0
// Waiting between attempts: decorrelated jitter (Marc Brooker, "Exponential Backoff And Jitter"),
// with a cap; ends early when a stop is asked for.
#ifndef RUNTIME_RETRY_H
#define RUNTIME_RETRY_H

#include "base/check.h"

#include <stdint.h>

struct retry {
    int64_t base_ms;
    int64_t cap_ms;
    int64_t last_ms; /* 0 at first */
    uint64_t random; /* state of the generator, seeded on first use */
    int64_t attempts;
};

enum { RETRY_LONGEST_MS = 60 * 60 * 1000 };

/* 0 < base <= cap <= RETRY_LONGEST_MS. */
#define RETRY(base, cap) ((struct retry){.base_ms = (base), .cap_ms = (cap)})

/* Sleeps before the next attempt; false when a stop was asked for. */
MUST_USE bool retry_wait(struct retry *retry);

/* Back to the start, after a success. */
void retry_reset(struct retry *retry);

#endif
