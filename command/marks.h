// SPDX-License-Identifier: Apache-2.0
// Which offsets may be committed once which record has arrived: a ring of (record number, partition,
// offset), in the order of the batches. Pure.
#ifndef COMMAND_MARKS_H
#define COMMAND_MARKS_H

#include "base/check.h"

#include <stdint.h>

enum { MARKS_CAPACITY = 8192 }; /* a power of two, and more than partitions of one batch */

struct mark {
    int64_t record; /* when every record up to this one is settled … */
    int32_t partition;
    int64_t offset; /* … everything up to this offset is done */
};

struct marks {
    struct mark ring[MARKS_CAPACITY];
    uint64_t first;
    uint64_t next;
};

/* False: full, wait for records to settle. Records never go down from call to call. */
MUST_USE bool marks_add(struct marks *marks, int64_t record, int32_t partition, int64_t offset);

/* The next mark whose record is settled; false when there is none. */
MUST_USE bool marks_take(struct marks *marks, int64_t settled, struct mark *out);

/* The partitions are no longer ours: what is in flight is nobody's progress. */
void marks_clear(struct marks *marks);

static inline bool marks_are_empty(const struct marks *marks)
{
    return marks->first == marks->next;
}

#endif
