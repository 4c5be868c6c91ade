// SPDX-License-Identifier: Apache-2.0
#include "projector/follow.h"

#include "base/clock.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include <poll.h>

#include "base/banned.h"

enum {
    MIB = 1024 * 1024,
    FOLD_ENOUGH = 12 * MIB,  /* a batch is written once it takes this much memory, … */
    FOLD_MAXIMUM = 64 * MIB, /* … and no single event takes the rest */
    REPORT_US = 10 * 1000000,
    BUSY_PER_SECOND = 5000, /* from here on events are gathered for … */
    GATHER_US = 40 * 1000,
};

void follower_init(struct follower *follower, const struct run_options *options)
{
    *follower = (struct follower){.options = options};
    follower->figures.since_us = clock_monotonic_us();
    reader_init(&follower->reader);
    fold_init(&follower->fold, FOLD_MAXIMUM);
    applier_init(&follower->applier);
}

void follower_release(struct follower *follower)
{
    listener_close(&follower->listener);
    db_close(&follower->db);
    applier_release(&follower->applier);
    fold_release(&follower->fold);
    reader_release(&follower->reader);
}

/* ---- reports ---- */

static void report(struct follower *follower, int64_t head)
{
    const struct follow_figures *figures = &follower->figures;
    int64_t elapsed_us = clock_monotonic_us() - figures->since_us;
    LOG(LOG_INFO,
        "progress",
        "events applied",
        LOG_NUMBER("events", figures->events),
        LOG_NUMBER("batches", figures->batches),
        LOG_NUMBER("per_second", figures->events * 1000000 / (elapsed_us > 0 ? elapsed_us : 1)),
        LOG_NUMBER("position", follower->checkpoint.position),
        LOG_NUMBER("lag", head - follower->checkpoint.position),
        LOG_NUMBER("read_us", follower->reader.read_us),
        LOG_NUMBER("fold_us", figures->fold_us),
        LOG_NUMBER("encode_us", follower->applier.encode_us),
        LOG_NUMBER("write_us", follower->applier.write_us),
        LOG_NUMBER("commit_us", follower->applier.commit_us));
    follower->reader.read_us = 0;
    follower->applier.encode_us = 0;
    follower->applier.write_us = 0;
    follower->applier.commit_us = 0;
    follower->figures = (struct follow_figures){.since_us = clock_monotonic_us()};
}

/* A line now and then while there is work; silence means that there is none. */
static bool report_when_due(struct follower *follower, struct error *err)
{
    if (follower->figures.events == 0 ||
        clock_monotonic_us() - follower->figures.since_us < REPORT_US)
        return true;
    struct store_identity identity;
    if (!store_identity(&follower->db, &identity, err))
        return false;
    report(follower, identity.head);
    return true;
}

/* ---- batches ---- */

/* Takes in events until the batch is large enough or the log ends. */
static bool fill_batch(struct follower *follower, bool *at_end, struct error *err)
{
    struct fold *fold = &follower->fold;
    int64_t batch = follower->options->batch;
    fold_reset(fold);
    *at_end = false;
    while ((int64_t)fold->events < batch && fold->arena.used < FOLD_ENOUGH) {
        const struct recorded_event *event;
        int64_t taken = (int64_t)fold->events;
        int64_t position = follower->checkpoint.position + taken;
        if (!reader_next(&follower->reader, &follower->db, position, batch - taken, &event, err))
            return false;
        *at_end = event == NULL;
        if (*at_end)
            return true;
        if (!fold_add(fold, event, err))
            return false;
    }
    return true;
}

static void note_batch(struct follower *follower, int64_t began_us)
{
    follower->batch_before_us = follower->batch_us;
    follower->batch_us = began_us;
    follower->batch_events = (int64_t)follower->fold.events;
    if (follower->figures.events == 0)
        follower->figures.since_us = began_us; /* idle time is no part of the rate */
    follower->figures.events += follower->batch_events;
    follower->figures.batches++;
}

bool follow_batch(struct follower *follower, bool *at_end, struct error *err)
{
    int64_t began_us = clock_monotonic_us();
    int64_t read_us = follower->reader.read_us;
    bool filled = fill_batch(follower, at_end, err);
    read_us = follower->reader.read_us - read_us;
    follower->figures.fold_us += clock_monotonic_us() - began_us - read_us;
    if (filled && follower->fold.events == 0)
        return true;
    if (!filled ||
        !apply_batch(
            &follower->applier, &follower->db, &follower->fold, &follower->checkpoint, err)) {
        reader_drop(&follower->reader); /* what was read belongs to the batch that is dropped */
        return false;
    }
    note_batch(follower, began_us);
    return true;
}

/* At the end of a busy log it pays to let a batch grow: the same article in ten batches is ten
 * updates of its sales, in one batch it is one. Below that rate every event is applied at once. */
static void gather(const struct follower *follower)
{
    int64_t elapsed_us = clock_monotonic_us() - follower->batch_us;
    int64_t interval_us = follower->batch_us - follower->batch_before_us;
    bool busy = follower->batch_events * 1000000 > interval_us * BUSY_PER_SECOND;
    if (!busy || elapsed_us >= GATHER_US)
        return;
    struct pollfd stop = {.fd = signals_fd(), .events = POLLIN};
    (void)poll(&stop, 1, (int)((GATHER_US - elapsed_us) / 1000));
}

bool follow(struct follower *follower, struct error *err)
{
    while (!signals_stop()) {
        bool at_end;
        if (!follow_batch(follower, &at_end, err) || !report_when_due(follower, err))
            return false;
        /* Whatever was not visible to the last read is announced after it: the notification waits
         * in the socket or is still to come. The poll is for one that got lost. */
        bool notified;
        if (at_end)
            gather(follower);
        if (at_end &&
            !listener_wait(
                &follower->listener, (int)follower->options->poll_ms, signals_fd(), &notified, err))
            return false;
    }
    if (follower->figures.events != 0)
        report(follower, follower->checkpoint.position);
    return true;
}
