// SPDX-License-Identifier: Apache-2.0
#include "load/histogram.h"

#include <stdbool.h>

#include "base/banned.h"

enum { STEPS = 1 << HISTOGRAM_STEP_BITS };

/* Values below 2 * STEPS have a bucket each; above, the leading bits of the value. */
static int64_t bucket_of(int64_t us)
{
    int shift = 63 - __builtin_clzll((unsigned long long)us | 1) - HISTOGRAM_STEP_BITS;
    if (shift <= 0)
        return us;
    int64_t bucket = (int64_t)shift * STEPS + (us >> shift);
    return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

/* The greatest value that falls into the bucket. */
static int64_t top_of(int64_t bucket)
{
    if (bucket < 2 * STEPS)
        return bucket;
    int64_t shift = bucket / STEPS - 1;
    return ((bucket - shift * STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, int64_t us)
{
    if (us < 0)
        us = 0;
    histogram->buckets[bucket_of(us)]++;
    histogram->count++;
    if (us > histogram->greatest_us)
        histogram->greatest_us = us;
}

int64_t histogram_percentile(const struct histogram *histogram, int per_mille)
{
    int64_t wanted = (histogram->count * per_mille + 999) / 1000;
    int64_t seen = 0;
    for (int64_t i = 0; i < HISTOGRAM_BUCKETS && wanted > 0; i++) {
        seen += histogram->buckets[i];
        if (seen >= wanted) {
            int64_t top = top_of(i);
            bool is_last = i == HISTOGRAM_BUCKETS - 1; /* holds everything above */
            return top < histogram->greatest_us && !is_last ? top : histogram->greatest_us;
        }
    }
    return 0;
}
