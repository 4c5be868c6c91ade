// SPDX-License-Identifier: Apache-2.0
// Streams whose commands queue, because one of them could not be decided (docs/decisions/D10): what the
// worker that owns their partition does with them. Knows bytes, not messages. Everything but reading is
// refused with STORE_CLAIM_LOST when one of the claims given is no longer the caller's.
#ifndef STORE_PARKED_H
#define STORE_PARKED_H

#include "store/claims.h"

enum parked_state {
    PARKED_WAITING = 1,  /* for an operator */
    PARKED_RELEASED = 2, /* its queue is to be decided */
    PARKED_BEGUN = 3,    /* its queue is being decided */
};

struct parked_stream {
    struct stream_id stream;
    enum parked_state state;
    int32_t partition;
    bool is_ours; /* its commands come from the caller's topic */
};

/* Who acts: the topic, and the claims of the partitions that the commands came from. */
struct parked_owner {
    const char *topic;
    const struct claim *claims;
    size_t claim_count;
};

/* A command as it came. */
struct parked_record {
    struct stream_id stream;
    struct uuid command_id;
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* of the topic; -1: none */
    struct slice key;
    struct slice headers; /* as the caller packs them */
    struct slice value;   /* data NULL: none */
    bool is_kept;         /* false: nothing of it may be stored, as it may show a person */
};

/* A command that was given up. */
struct parked_fault {
    struct parked_record record;
    struct uuid incident;
    const char *code;
    int attempts;
};

/* What is known about a record that was diverted. */
struct parked_known {
    bool is_fault; /* it was given up before: the sender may not have been told */
    struct uuid incident;
    int attempts;
};

struct parked_entry {
    int64_t sequence;
    struct parked_record record;
};

/* Entries that are decided. */
struct parked_done {
    struct stream_id stream;
    const int64_t *sequences;
    size_t count;
};

enum { PARKED_MOST_ENTRIES = 256 }; /* that one parked_queue gives */

/* All streams that are parked now; the array lives in the arena. */
MUST_USE bool parked_read(
    struct db *db,
    const char *topic,
    struct arena *arena,
    struct parked_stream **out,
    size_t *count,
    struct error *err);

/* Gives a command up: dead letter row, parked stream, the command as the head of its queue, durable
 * together. After an unknown outcome it is called again with the same incident. */
MUST_USE bool parked_park(
    struct db *db,
    const struct parked_owner *owner,
    const struct parked_fault *fault,
    struct error *err);

/* SQLSTATE of parked_divert when a stream is not parked any more. */
#define PARKED_GONE "23503"

/* Puts commands of parked streams into the queues, in order and durably; out has one element per
 * record. A command id that is in a queue already stays where it is. ERROR_invalid with PARKED_GONE:
 * nothing was done, read the parked streams anew. After an unknown outcome it is called again. */
MUST_USE bool parked_divert(
    struct db *db,
    const struct parked_owner *owner,
    const struct parked_record *records,
    size_t count,
    struct parked_known *out,
    struct error *err);

/* The head of a stream's queue: a few megabytes, but one entry at least when there is one. In the
 * arena. */
MUST_USE bool parked_queue(
    struct db *db,
    const struct stream_id *stream,
    struct arena *arena,
    struct parked_entry **out,
    size_t *count,
    struct error *err);

/* Some entries of a released stream are about to be decided. *begun false: it is released no more.
 * Whoever claims the partition before they are settled parks the stream again (parked_repark). */
MUST_USE bool parked_begin(
    struct db *db,
    const struct parked_owner *owner,
    const struct stream_id *stream,
    bool *begun,
    struct error *err);

/* Entries of a stream that was begun are decided, and whoever sent them was told; there may be none.
 * *gone: the queue is empty now, and the stream is parked no longer. */
MUST_USE bool parked_settle(
    struct db *db,
    const struct parked_owner *owner,
    const struct parked_done *done,
    bool *gone,
    struct error *err);

/* The owner has claimed these partitions, one a claim: *count streams that were begun by whoever had
 * them before are parked again, because it may have died of that. */
MUST_USE bool parked_repark(
    struct db *db,
    const struct parked_owner *owner,
    const int32_t *partitions,
    int64_t *count,
    struct error *err);

/* Counts an attempt at the command at this offset, before it is made: *attempts is how many there are
 * now, those of earlier processes included. Outlives this process, but not a crash of the server. */
MUST_USE bool parked_attempt(
    struct db *db, const struct claim *claim, int64_t offset, int *attempts, struct error *err);

#endif
