// SPDX-License-Identifier: Apache-2.0
#include "projector/follow.h"

#include "base/clock.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include <poll.h>

#include "base/banned.h"

enum {
    MIB = 1024 * 1024,
    PAGE_PAYLOAD = 8 * MIB,   /* payload wanted in one page, however large single events are */
    FOLD_ENOUGH = 24 * MIB,   /* a batch is written once it takes this much memory, … */
    FOLD_MAXIMUM = 96 * MIB,  /* … and no single event takes the rest */
    PAGE_MAXIMUM = 16 * MIB,  /* the list of a page's events */
    FIRST_EVENT_BYTES = 8192, /* before anything is known about the events */
    REPORT_US = 10 * 1000000,
    BUSY_PER_SECOND = 5000, /* from here on events are gathered for … */
    GATHER_US = 40 * 1000,
};

void follower_init(struct follower *follower, const struct run_options *options)
{
    *follower = (struct follower){.options = options, .event_bytes = FIRST_EVENT_BYTES};
    follower->figures.since_us = clock_monotonic_us();
    arena_init(&follower->page, PAGE_MAXIMUM);
    fold_init(&follower->fold, FOLD_MAXIMUM);
    applier_init(&follower->applier);
}

void follower_release(struct follower *follower)
{
    listener_close(&follower->listener);
    db_close(&follower->db);
    applier_release(&follower->applier);
    fold_release(&follower->fold);
    arena_release(&follower->page);
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
        LOG_NUMBER("read_us", figures->read_us),
        LOG_NUMBER("fold_us", figures->fold_us),
        LOG_NUMBER("encode_us", follower->applier.encode_us),
        LOG_NUMBER("write_us", follower->applier.write_us),
        LOG_NUMBER("commit_us", follower->applier.commit_us));
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

/* ---- pages ---- */

/* How many events to ask for: a page of large events must not fill the memory. */
static int32_t page_limit(const struct follower *follower)
{
    int64_t fits = PAGE_PAYLOAD / follower->event_bytes;
    int64_t limit = fits < follower->options->batch ? fits : follower->options->batch;
    return (int32_t)(limit > 0 ? limit : 1);
}

/* Learns how large events are: at once when they grow, slowly when they shrink. */
static void learn_size(struct follower *follower, const struct recorded_event *events, size_t count)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += (int64_t)events[i].payload.size;
    int64_t average = bytes / (int64_t)count + 1;
    if (average < follower->event_bytes / 2)
        average = follower->event_bytes / 2;
    follower->event_bytes = average;
}

/* Takes in events until the batch is large enough; *taken of them. */
static bool fold_some(
    struct fold *fold,
    const struct recorded_event *events,
    size_t count,
    size_t *taken,
    struct error *err)
{
    fold_reset(fold);
    size_t i = 0;
    while (i < count && fold->arena.used < FOLD_ENOUGH) {
        if (!fold_add(fold, &events[i], err))
            return false;
        i++;
    }
    *taken = i;
    return true;
}

/* Applies the page, batch by batch. */
static bool apply_page(
    struct follower *follower, const struct recorded_event *events, size_t count, struct error *err)
{
    for (size_t at = 0; at < count && !signals_stop();) {
        size_t taken;
        int64_t began_us = clock_monotonic_us();
        if (!fold_some(&follower->fold, events + at, count - at, &taken, err))
            return false;
        follower->figures.fold_us += clock_monotonic_us() - began_us;
        if (!apply_batch(
                &follower->applier, &follower->db, &follower->fold, &follower->checkpoint, err))
            return false;
        follower->figures.events += (int64_t)taken;
        follower->figures.batches++;
        at += taken;
    }
    return true;
}

bool follow_page(struct follower *follower, bool *at_end, struct error *err)
{
    int64_t began_us = clock_monotonic_us();
    int32_t limit = page_limit(follower);
    struct recorded_event *events;
    size_t count;
    AUTO_RESULT result = NULL;
    arena_reset(&follower->page);
    if (!store_tail(
            &follower->db,
            follower->checkpoint.position,
            limit,
            &follower->page,
            &events,
            &count,
            &result,
            err))
        return false;
    *at_end = count < (size_t)limit;
    follower->page_before_us = follower->page_us;
    follower->page_us = began_us;
    follower->page_events = (int64_t)count;
    if (count == 0)
        return true;
    if (follower->figures.events == 0)
        follower->figures.since_us = began_us; /* idle time is no part of the rate */
    follower->figures.read_us += clock_monotonic_us() - began_us;
    learn_size(follower, events, count);
    return apply_page(follower, events, count, err);
}

/* At the end of a busy log it pays to let a batch grow: the same article in ten batches is ten
 * updates of its sales, in one batch it is one. Below that rate every event is applied at once. */
static void gather(const struct follower *follower)
{
    int64_t elapsed_us = clock_monotonic_us() - follower->page_us;
    int64_t interval_us = follower->page_us - follower->page_before_us;
    bool busy = follower->page_events * 1000000 > interval_us * BUSY_PER_SECOND;
    if (!busy || elapsed_us >= GATHER_US)
        return;
    struct pollfd stop = {.fd = signals_fd(), .events = POLLIN};
    (void)poll(&stop, 1, (int)((GATHER_US - elapsed_us) / 1000));
}

bool follow(struct follower *follower, struct error *err)
{
    while (!signals_stop()) {
        bool at_end;
        if (!follow_page(follower, &at_end, err) || !report_when_due(follower, err))
            return false;
        /* Whatever was not visible to the last page is announced after it: the notification waits
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
