// SPDX-License-Identifier: Apache-2.0
#include "command/bucket.h"

#include "base/banned.h"

enum { TOKEN = 1000000, SECOND_US = 1000000 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void bucket_init(struct bucket *bucket, int64_t rate)
{
    CHECK(rate >= 0 && rate <= BUCKET_MOST_RATE);
    *bucket = (struct bucket){.rate = rate, .level = rate * SECOND_US};
}

static void pass_time(struct bucket *bucket, int64_t now_us)
{
    int64_t most_us = BUCKET_LONGEST_WAIT_US + SECOND_US; /* both levels are at their end then */
    int64_t elapsed_us = bucket->at_us == 0 ? 0 : least(now_us - bucket->at_us, most_us);
    bucket->at_us = now_us;
    if (elapsed_us <= 0)
        return;
    int64_t earned = elapsed_us * bucket->rate;
    bucket->level = least(bucket->level + earned, bucket->rate * SECOND_US);
    bucket->waiting -= least(bucket->waiting, earned);
}

int64_t bucket_take(struct bucket *bucket, int64_t now_us)
{
    if (bucket->rate == 0)
        return 0;
    pass_time(bucket, now_us);
    if (bucket->level >= TOKEN) {
        bucket->level -= TOKEN;
        return 0;
    }
    bucket->waiting += TOKEN;
    int64_t missing = bucket->waiting - bucket->level;
    int64_t wait_us = (missing + bucket->rate - 1) / bucket->rate;
    if (wait_us <= BUCKET_LONGEST_WAIT_US)
        return wait_us;
    bucket->waiting -= TOKEN;
    return BUCKET_LONGEST_WAIT_US;
}
