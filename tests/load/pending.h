// SPDX-License-Identifier: Apache-2.0
// Commands that were sent and not answered yet, with their bytes, because they may have to be sent
// again. A fixed number of slots: an answered command keeps its slot until the slot is needed, so
// that a second answer is known for what it is.
#ifndef LOAD_PENDING_H
#define LOAD_PENDING_H

#include "load/command_source.h"

enum {
    PENDING_NONE = -1,
    PENDING_BLOCK_SIZE = 1024, /* what most messages fit into */
    PENDING_MOST_SLOTS = 2000000,
};

struct pending_command {
    struct uuid id;
    struct uuid stream_id;
    int64_t intended_us; /* monotonic: when it was to be sent */
    int64_t sent_us;     /* monotonic: when it was sent last */
    int64_t sent_at_us;  /* wall clock: when it was sent first */
    uint8_t *bytes;      /* owned until answered */
    size_t size;
    const char *expected;
    int32_t older; /* in its list; PENDING_NONE: the oldest */
    int32_t newer;
    int32_t times_sent;
    uint8_t type; /* enum command_type */
    bool answered;
};

struct pending_list {
    int32_t oldest;
    int32_t newest;
};

/* From ids to slots: open addressing, linear probing, removal without tombstones. An entry is 0, or
 * some bits of the id's hash above the slot's number + 1: nearly always it says alone whether the
 * slot is worth looking at. */
struct pending_index {
    uint32_t *entries; /* owned */
    size_t mask;       /* capacity - 1, a power of two - 1 */
};

struct pending {
    struct pending_command *slots; /* owned */
    struct pending_index by_id;
    uint8_t **blocks; /* free ones, the last used on top; owned */
    size_t block_count;
    size_t slot_count;
    size_t used;                  /* slots ever used */
    struct pending_list waiting;  /* by the time they were sent last */
    struct pending_list answered; /* by the time of the answer */
    size_t waiting_count;
    size_t waiting_bytes;
};

/* window: most unanswered commands. */
MUST_USE bool pending_init(struct pending *pending, size_t window, struct error *err);
void pending_release(struct pending *pending);

/* Adds a command, copying its bytes; CHECKs that fewer than `window` wait. */
MUST_USE bool pending_add(
    struct pending *pending,
    const struct outgoing *command,
    struct slice bytes,
    struct pending_command **out,
    struct error *err);

/* The command of this id, waiting or answered lately; NULL: none. */
struct pending_command *pending_find(struct pending *pending, const struct uuid *id);

/* A waiting command has its answer. */
void pending_answer(struct pending *pending, struct pending_command *command);

/* The waiting command that was sent longest ago; NULL: none waits. */
struct pending_command *pending_oldest(struct pending *pending);

/* The next one after it; NULL: it is the newest. */
struct pending_command *
pending_newer(struct pending *pending, const struct pending_command *command);

/* It was sent again: now it is the newest. */
void pending_sent_again(struct pending *pending, struct pending_command *command);

/* ---- inside pending: pending_index.c ---- */

MUST_USE bool pending_index_init(struct pending *pending, struct error *err);

/* The slot of this id; PENDING_NONE: there is none. */
int32_t pending_index_find(const struct pending *pending, const struct uuid *id);

/* A slot whose id is not there yet. */
void pending_index_add(struct pending *pending, int32_t slot);

/* A slot whose id is there. */
void pending_index_remove(struct pending *pending, int32_t slot);

#endif
