// SPDX-License-Identifier: Apache-2.0
// Commands that were sent and not answered yet, with their bytes, because they may have to be sent
// again. All memory is bounded by the window; what was used last is used next, because the caches
// still have it.
#ifndef LOAD_PENDING_H
#define LOAD_PENDING_H

#include "load/command_source.h"

enum {
    PENDING_NONE = -1,
    PENDING_BLOCK_SIZE = 1024, /* what most messages fit into */
    PENDING_MOST = 1000000,    /* the largest window */
};

struct pending_command {
    struct uuid id;
    int64_t intended_us; /* monotonic: when it was to be sent */
    int64_t sent_us;     /* monotonic: when it was sent last */
    int32_t older;       /* in the order of being sent; PENDING_NONE: the oldest */
    int32_t newer;
    int32_t times_sent;
    uint8_t type; /* enum command_type */
    struct uuid stream_id;
    const char *expected;
    uint8_t *bytes; /* owned */
    size_t size;
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
    uint64_t *answered; /* hashes of ids answered lately, each in its place; owned */
    size_t answered_mask;
    uint8_t **blocks; /* free ones, the last used on top; owned */
    size_t block_count;
    size_t slot_count;
    size_t used;    /* slots ever used */
    int32_t free;   /* slots given back, the last one first, linked by `newer` */
    int32_t oldest; /* by the time they were sent last */
    int32_t newest;
    size_t waiting_count;
    size_t waiting_bytes;
};

/* window: most unanswered commands, up to PENDING_MOST. */
MUST_USE bool pending_init(struct pending *pending, size_t window, struct error *err);
void pending_release(struct pending *pending);

/* Adds a command, copying its bytes; CHECKs that fewer than `window` wait and that its id is new. */
MUST_USE bool pending_add(
    struct pending *pending,
    const struct outgoing *command,
    struct slice bytes,
    struct pending_command **out,
    struct error *err);

/* The waiting command of this id; NULL: none. */
struct pending_command *pending_find(struct pending *pending, const struct uuid *id);

/* A waiting command has its answer; the pointer is dead from here on. */
void pending_answer(struct pending *pending, struct pending_command *command);

/* Whether the id was answered lately: surely yes, or probably no. */
bool pending_was_answered(const struct pending *pending, const struct uuid *id);

/* The waiting command that was sent longest ago; NULL: none waits. */
struct pending_command *pending_oldest(struct pending *pending);

/* The next one after it; NULL: it is the newest. */
struct pending_command *
pending_newer(struct pending *pending, const struct pending_command *command);

/* It was sent again: now it is the newest. */
void pending_sent_again(struct pending *pending, struct pending_command *command);

/* ---- inside pending: pending_index.c ---- */

/* Both halves of the id, mixed. */
uint64_t pending_hash(const struct uuid *id);

MUST_USE bool pending_index_init(struct pending *pending, struct error *err);

/* The slot of this id; PENDING_NONE: there is none. */
int32_t pending_index_find(const struct pending *pending, const struct uuid *id);

/* A slot whose id is not there yet. */
void pending_index_add(struct pending *pending, int32_t slot);

/* A slot whose id is there. */
void pending_index_remove(struct pending *pending, int32_t slot);

#endif
