// SPDX-License-Identifier: Apache-2.0
#include "command/epochs.h"

#include <string.h>

#include "base/banned.h"

static void forget_partitions(struct epochs *epochs)
{
    memset(epochs->partitions, 0, sizeof(epochs->partitions));
}

void epochs_current(struct epochs *epochs, int64_t number, int64_t now_us)
{
    if (number <= epochs->current)
        return;
    epochs->current = number;
    epochs->since_us = now_us;
    epochs->partition_count = 0; /* there may be more by now */
    forget_partitions(epochs);
}

void epochs_assigned(struct epochs *epochs, int64_t generation)
{
    if (generation == epochs->generation)
        return;
    epochs->generation = generation;
    forget_partitions(epochs);
}

bool epochs_wants_end(
    const struct epochs *epochs, int32_t partition, int64_t now_us, int64_t grace_us)
{
    CHECK(partition >= 0 && partition < EPOCHS_MOST_PARTITIONS);
    return epochs->current > 0 && now_us - epochs->since_us >= grace_us &&
           !epochs->partitions[partition].has_end;
}

/* A partition without records has nothing of any epoch, whatever was committed. */
void epochs_end(struct epochs *epochs, int32_t partition, int64_t begin, int64_t end)
{
    CHECK(partition >= 0 && partition < EPOCHS_MOST_PARTITIONS);
    epochs->partitions[partition] =
        (struct epoch_partition){.has_end = true, .end = begin >= end ? -1 : end};
}

bool epochs_committed(struct epochs *epochs, int32_t partition, int64_t committed)
{
    CHECK(partition >= 0 && partition < EPOCHS_MOST_PARTITIONS);
    struct epoch_partition *row = &epochs->partitions[partition];
    if (!row->has_end || row->passed || committed < row->end)
        return false;
    row->passed = true;
    return true;
}
