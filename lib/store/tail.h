// SPDX-License-Identifier: Apache-2.0
// Reading the log by position, and the checkpoints of those who do. Because positions are dense
// and in commit order, the next page is `position > checkpoint`; a hole is damage, never a gap.
#ifndef STORE_TAIL_H
#define STORE_TAIL_H

#include "store/store.h"

struct tail_request {
    int64_t after_position;
    int32_t limit;
};

struct tail_page {
    struct recorded_event *events; /* in the arena; their slices point into `result` */
    size_t count;
    int64_t head;     /* position of the newest event, of the same snapshot as the events */
    PGresult *result; /* the caller's to PQclear when done with the events */
};

/* Up to `limit` events after a position, in order. ERROR_tampered "log hole at …" when they are not
 * contiguous or end before the head does; "log diverged at …" when the head is before the position. */
MUST_USE bool store_tail(
    struct db *db,
    const struct tail_request *request,
    struct arena *arena,
    struct tail_page *out,
    struct error *err);

struct checkpoint {
    char projection[64];
    int64_t position;
    int64_t epoch; /* of the owner; taking over counts it up */
    struct uuid incarnation;
};

/* Takes ownership: counts the epoch up and reads where to go on; creates the row at position 0 when
 * there is none. Compares incarnation and head: ERROR_tampered "log diverged at …" when the store
 * is another one or is behind the checkpoint. */
MUST_USE bool checkpoint_take_over(
    struct db *db, const char *projection, struct checkpoint *out, struct error *err);

/* Moves the checkpoint inside the caller's transaction, if it still is where `checkpoint` says and
 * the epoch is still ours; on success `checkpoint` is moved too. ERROR_conflict: somebody took over;
 * roll back and drop the batch. */
MUST_USE bool checkpoint_advance(
    struct db *db, struct checkpoint *checkpoint, int64_t to_position, struct error *err);

/* Reads without taking over; ERROR_not_found when there is none. */
MUST_USE bool
checkpoint_read(struct db *db, const char *projection, struct checkpoint *out, struct error *err);

/* Session-level lock on a projection's name: an optimisation so that two workers do not fight; the
 * compare-and-swap is the safety. *got says whether it is ours now. */
MUST_USE bool
projection_try_lock(struct db *db, const char *projection, bool *got, struct error *err);

#endif
