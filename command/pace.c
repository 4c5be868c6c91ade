// SPDX-License-Identifier: Apache-2.0
#include "command/pace.h"

#include "base/banned.h"

void pace_offer(struct pace *pace, int64_t position)
{
    if (position > pace->waiting)
        pace->waiting = position;
}

int64_t pace_due_us(const struct pace *pace, int64_t now_us)
{
    if (pace->waiting == 0)
        return -1;
    int64_t left_us = pace->sent_us + PACE_INTERVAL_US - now_us;
    if (pace->sent_us == 0 || left_us < 0)
        return 0;
    return left_us;
}

int64_t pace_take(struct pace *pace, int64_t now_us)
{
    CHECK(pace_due_us(pace, now_us) == 0);
    int64_t position = pace->waiting;
    pace->waiting = 0;
    pace->sent_us = now_us;
    return position;
}
