// SPDX-License-Identifier: Apache-2.0
// Counts durations in buckets that grow with the value (HdrHistogram's idea): 128 steps per power
// of two, so a percentile is off by less than 1 %. Fixed size, about 27 KB.
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_STEP_BITS = 7,
    HISTOGRAM_BUCKETS = (34 - HISTOGRAM_STEP_BITS) << HISTOGRAM_STEP_BITS, /* up to 2^33 us */
};

struct histogram {
    int64_t count;
    int64_t greatest_us;
    int64_t buckets[HISTOGRAM_BUCKETS];
};

/* Negative counts as 0. */
void histogram_add(struct histogram *histogram, int64_t us);

/* The least value that at least `per_mille` thousandths are not above; 0 when nothing was added. */
int64_t histogram_percentile(const struct histogram *histogram, int per_mille);

#endif
