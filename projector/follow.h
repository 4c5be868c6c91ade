// SPDX-License-Identifier: Apache-2.0
// One worker of the projection: owns it, follows the log, reports.
#ifndef PROJECTOR_FOLLOW_H
#define PROJECTOR_FOLLOW_H

#include "pg/listen.h"
#include "projector/apply.h"
#include "projector/projector.h"
#include "projector/reader.h"

/* What happened since the last report. */
struct follow_figures {
    int64_t since_us;
    int64_t events;
    int64_t batches;
    int64_t fold_us;
};

struct follower {
    const struct run_options *options;
    struct db db; /* reads, writes, and holds the lock */
    struct listener listener;
    struct checkpoint checkpoint;
    struct reader reader;
    struct fold fold;
    struct applier applier;
    int64_t batch_us; /* when the last batch was begun, and the one before */
    int64_t batch_before_us;
    int64_t batch_events; /* in the last batch */
    struct follow_figures figures;
};

void follower_init(struct follower *follower, const struct run_options *options);
void follower_release(struct follower *follower);

/* Reads and applies one batch, if there is anything; *at_end: it held all there was. */
MUST_USE bool follow_batch(struct follower *follower, bool *at_end, struct error *err);

/* Follows until a stop is asked for (true) or something fails. The connections are open, the
 * projection is ours and the checkpoint was read after the listener began to listen. */
MUST_USE bool follow(struct follower *follower, struct error *err);

#endif
