// SPDX-License-Identifier: Apache-2.0
#include "command/marks.h"

#include "base/banned.h"

bool marks_add(struct marks *marks, int64_t record, int32_t partition, int64_t offset)
{
    if (marks->next - marks->first == MARKS_CAPACITY)
        return false;
    CHECK(
        marks_are_empty(marks) || marks->ring[(marks->next - 1) % MARKS_CAPACITY].record <= record);
    marks->ring[marks->next++ % MARKS_CAPACITY] =
        (struct mark){.record = record, .partition = partition, .offset = offset};
    return true;
}

bool marks_take(struct marks *marks, int64_t settled, struct mark *out)
{
    if (marks_are_empty(marks))
        return false;
    const struct mark *oldest = &marks->ring[marks->first % MARKS_CAPACITY];
    if (oldest->record > settled)
        return false;
    *out = *oldest;
    marks->first++;
    return true;
}

void marks_clear(struct marks *marks)
{
    marks->first = marks->next;
}
