// SPDX-License-Identifier: Apache-2.0
// When the key of a command epoch may go. A sender seals to the newest epoch it knows, and learns of a
// newer one a little later; so no command says by itself that it was the last of its epoch. The rule:
//
//     Some time (the grace) after epoch N became the current one, senders use N. Whatever is sealed to
//     an older one is in its partition by then: before the end that the partition has then. Once
//     everything before that end is decided and committed, the partition has passed to N.
//     When every partition of every topic has passed to N, all epochs before N are over.
//
// Each instance knows this of its own partitions only. It writes it down in erasure.epoch_progress,
// where all partitions of its topic are listed from the start, and looks at all of them: whoever
// completes the table tells the key broker. A partition that nobody reads holds the old key back. What
// is sealed to an epoch that is over is refused (unknown_epoch) unless it was answered before.
//
// The watch is pure; epoch_progress.c does the asking.
#ifndef COMMAND_EPOCHS_H
#define COMMAND_EPOCHS_H

#include "base/check.h"

#include <stdint.h>

enum { EPOCHS_MOST_PARTITIONS = 1024 };

struct epoch_partition {
    bool has_end; /* `end` was asked after the grace */
    bool passed;
    int64_t end;
};

struct epochs {
    int64_t current;    /* the newest one known; 0: none yet */
    int64_t since_us;   /* when we heard of it, monotonic */
    int64_t generation; /* of the assignment that the ends belong to */
    struct epoch_partition partitions[EPOCHS_MOST_PARTITIONS];
    /* Of the asking: */
    int32_t partition_count; /* of the topic; 0: not known yet */
    int64_t asked_us;
    int64_t told;   /* epochs before this one are over, as told to the broker */
    int64_t all_at; /* epoch that all partitions have passed to */
};

/* The key broker says which epoch is current. A newer one begins the watch anew. */
void epochs_current(struct epochs *epochs, int64_t number, int64_t now_us);

/* Partitions came or went: what was seen of them is of no use. */
void epochs_assigned(struct epochs *epochs, int64_t generation);

/* Whether the end of the partition is to be asked now. */
bool epochs_wants_end(
    const struct epochs *epochs, int32_t partition, int64_t now_us, int64_t grace_us);

/* It is `end`; the partition begins at `begin`. */
void epochs_end(struct epochs *epochs, int32_t partition, int64_t begin, int64_t end);

/* Everything below `committed` is decided and committed; -1: nothing was committed yet. True once: the
 * partition has passed to the current epoch now. */
bool epochs_committed(struct epochs *epochs, int32_t partition, int64_t committed);

#endif
