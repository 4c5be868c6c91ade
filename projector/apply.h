// SPDX-License-Identifier: Apache-2.0
// Writes a folded batch and moves the checkpoint, in one transaction: both or neither.
#ifndef PROJECTOR_APPLY_H
#define PROJECTOR_APPLY_H

#include "projector/rows.h"
#include "store/tail.h"

struct applier {
    struct rows rows;
    /* Where the time went, summed up; whoever reports it sets it back. */
    int64_t encode_us;
    int64_t write_us;
    int64_t commit_us;
};

void applier_init(struct applier *applier);
void applier_release(struct applier *applier);

/* What the projector's connection needs, once after db_open. */
MUST_USE bool apply_prepare(struct db *db, struct error *err);

/* Writes what the batch does and moves `checkpoint` on by its events. On failure nothing of it was
 * written and the checkpoint is as it was, except for ERROR_transient: the connection is gone, the
 * outcome unknown, and checkpoint_take_over says what became of it. ERROR_conflict: somebody took
 * the projection over, drop the batch. ERROR_tampered: rows and events contradict each other. */
MUST_USE bool apply_batch(
    struct applier *applier,
    struct db *db,
    struct fold *fold,
    struct checkpoint *checkpoint,
    struct error *err);

#endif
