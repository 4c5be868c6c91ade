// SPDX-License-Identifier: Apache-2.0
// Integer arithmetic that says when it does not fit. Each returns false on overflow and then
// leaves *out alone.
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include "base/check.h"

#include <stdint.h>

MUST_USE static inline bool checked_add_i64(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out = sum;
    return true;
}

MUST_USE static inline bool checked_sub_i64(int64_t a, int64_t b, int64_t *out)
{
    int64_t difference;
    if (__builtin_sub_overflow(a, b, &difference))
        return false;
    *out = difference;
    return true;
}

MUST_USE static inline bool checked_mul_i64(int64_t a, int64_t b, int64_t *out)
{
    int64_t product;
    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out = product;
    return true;
}

/* Of a sum that only grows: INT64_MAX stands for all that is beyond it, whatever the order of the
 * additions. amount >= 0. */
static inline void saturated_add_i64(int64_t *sum, int64_t amount)
{
    if (!checked_add_i64(*sum, amount, sum))
        *sum = INT64_MAX;
}

#endif
