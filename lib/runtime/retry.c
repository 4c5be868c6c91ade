// SPDX-License-Identifier: Apache-2.0
// Decorrelated jitter: each wait is drawn between the base and three times the last one, so that
// many processes that lost the same server do not come back together.
#include "runtime/retry.h"

#include "base/clock.h"
#include "runtime/signals.h"

#include <errno.h>
#include <poll.h>
#include <sys/random.h>

#include "base/banned.h"

static uint64_t seed(void)
{
    uint64_t value = 0;
    if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != (ssize_t)sizeof(value) || value == 0)
        value = (uint64_t)clock_monotonic_us() | 1;
    return value;
}

/* xorshift64 (Marsaglia): spread, not secrecy. The state must not be 0. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int64_t next_wait_ms(struct retry *retry)
{
    if (retry->random == 0)
        retry->random = seed();
    int64_t last = retry->last_ms > retry->base_ms ? retry->last_ms : retry->base_ms;
    int64_t most = last * 3 < retry->cap_ms ? last * 3 : retry->cap_ms;
    uint64_t range = (uint64_t)(most - retry->base_ms) + 1;
    return retry->base_ms + (int64_t)(next_random(&retry->random) % range);
}

/* True when a stop was asked for before `until_us` (monotonic). */
static bool stopped_until(int64_t until_us)
{
    struct pollfd wait = {.fd = signals_fd(), .events = POLLIN};
    while (!signals_stop()) {
        int64_t left_us = until_us - clock_monotonic_us();
        if (left_us <= 0)
            return false;
        int ready = poll(&wait, 1, (int)(left_us / 1000) + 1);
        CHECK(ready >= 0 || errno == EINTR);
    }
    return true;
}

bool retry_wait(struct retry *retry)
{
    CHECK(retry->base_ms > 0 && retry->cap_ms >= retry->base_ms);
    CHECK(retry->cap_ms <= RETRY_LONGEST_MS);
    retry->last_ms = next_wait_ms(retry);
    retry->attempts++;
    return !stopped_until(clock_monotonic_us() + retry->last_ms * 1000);
}

void retry_reset(struct retry *retry)
{
    retry->last_ms = 0;
    retry->attempts = 0;
}
