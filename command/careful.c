// SPDX-License-Identifier: Apache-2.0
#include "command/careful.h"

#include "base/banned.h"

/* What may have been read since the offsets were committed last. Further below the topic is read anew. */
enum { MOST_BELOW = 128 * 1024 };

static bool is_within(int64_t offset, int64_t first, int64_t span)
{
    return offset >= first && offset - first < span;
}

enum care careful_look(
    struct careful *careful,
    const struct claim *claim,
    int64_t offset,
    int64_t span,
    int64_t now_us)
{
    if (claim->was_clean)
        return CARE_NONE;
    if (careful->epoch != claim->epoch)
        *careful =
            (struct careful){.epoch = claim->epoch, .first_offset = offset, .since_us = now_us};
    int64_t unknown = claim->seen_offset + 1;
    if (unknown < careful->first_offset)
        unknown = careful->first_offset;
    if (is_within(offset, unknown, span) ||
        (claim->attempts > 0 && is_within(offset, claim->attempt_offset, span)))
        return CARE_ALONE;
    return now_us - careful->since_us < CAREFUL_US ? CARE_NOTED : CARE_NONE;
}

bool careful_counts(const struct claim *claim, int64_t offset)
{
    int64_t below = claim->attempt_offset - offset;
    return claim->attempts == 0 || below <= 0 || below > MOST_BELOW;
}
