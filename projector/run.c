// SPDX-License-Identifier: Apache-2.0
// The worker's life: connect, own the projection, follow, and again after every loss. What the
// world does (a server away, another worker) is waited out; what contradicts itself ends the
// program, because going on would write it into the read models.
#include "projector/follow.h"

#include "runtime/cli.h"
#include "runtime/exit_code.h"
#include "runtime/log.h"
#include "runtime/retry.h"
#include "runtime/signals.h"

#include "base/banned.h"

enum {
    BACKOFF_BASE_MS = 100,
    BACKOFF_CAP_MS = 5000,
    STANDBY_BASE_MS = 50, /* a lost connection's lock is released a moment later */
    STANDBY_CAP_MS = 1000,
    STOP_SECONDS = 9, /* rows and checkpoint are one transaction: nothing is lost by going */
};

static bool connect_database(struct follower *follower, struct error *err)
{
    return db_open(&follower->db, follower->options->database, "order-projector", err) &&
           store_check(&follower->db, err) && apply_prepare(&follower->db, err);
}

/* Waits until no other worker owns the projection. False without an error: a stop was asked for. */
static bool own(struct follower *follower, bool *stopped, struct error *err)
{
    struct retry standby = RETRY(STANDBY_BASE_MS, STANDBY_CAP_MS);
    bool got = false;
    *stopped = false;
    while (projection_try_lock(&follower->db, ORDERS_PROJECTION, &got, err)) {
        if (got)
            return true;
        if (standby.attempts == 0)
            LOG(LOG_INFO,
                "standby",
                "standby: the projection is owned by another worker",
                LOG_TEXT("projection", ORDERS_PROJECTION));
        *stopped = !retry_wait(&standby);
        if (*stopped)
            return true;
    }
    return false;
}

/* Listens first, so that nothing that is appended after the first read goes unnoticed. */
static bool take_over(struct follower *follower, struct error *err)
{
    if (!db_is_open(&follower->listener.db) && !listener_open(
                                                   &follower->listener,
                                                   follower->options->database,
                                                   "order-projector listen",
                                                   STORE_CHANNEL,
                                                   err))
        return false;
    reader_drop(&follower->reader); /* it belongs to where an earlier ownership was */
    if (!checkpoint_take_over(&follower->db, ORDERS_PROJECTION, &follower->checkpoint, err))
        return false;
    LOG(LOG_INFO,
        "following",
        "owns the projection and follows the log",
        LOG_TEXT("projection", ORDERS_PROJECTION),
        LOG_NUMBER("position", follower->checkpoint.position),
        LOG_NUMBER("epoch", follower->checkpoint.epoch));
    return true;
}

/* Lost ownership is found out by the checkpoint alone: drop the batch, ask again. */
static bool follow_owned(struct follower *follower, struct retry *backoff, struct error *err)
{
    for (;;) {
        if (!take_over(follower, err))
            return false;
        retry_reset(backoff);
        if (follow(follower, err))
            return true;
        if (err->kind != ERROR_conflict || !db_is_open(&follower->db))
            return false;
        LOG(LOG_WARNING,
            "batch_dropped",
            "somebody else moved the checkpoint: nothing was written, reading it anew",
            LOG_TEXT("cause", err->text));
        if (!retry_wait(backoff))
            return true;
    }
}

/* One life of the connections; true when a stop was asked for. */
static bool work(struct follower *follower, struct retry *backoff, struct error *err)
{
    bool stopped;
    if (!connect_database(follower, err) || !own(follower, &stopped, err))
        return false;
    return stopped || follow_owned(follower, backoff, err);
}

/* Whether trying again can help. */
static bool may_pass(const struct error *err)
{
    return err->kind == ERROR_transient || err->kind == ERROR_conflict;
}

static int stop_loudly(const struct error *err)
{
    LOG(LOG_ERROR,
        "stopped",
        "cannot go on: nothing was skipped, the read models stay where they are",
        LOG_TEXT("kind", error_kind_name(err->kind)),
        LOG_TEXT("cause", err->text));
    return error_exit_code(err);
}

int projector_run(const struct run_options *options)
{
    struct error err;
    if (!signals_init(&err))
        return cli_fail(&err);
    signals_limit_stop(STOP_SECONDS);
    struct follower follower;
    follower_init(&follower, options);
    struct retry backoff = RETRY(BACKOFF_BASE_MS, BACKOFF_CAP_MS);
    int code = EXIT_CODE_OK;
    while (!work(&follower, &backoff, &err)) {
        listener_close(&follower.listener);
        db_close(&follower.db);
        if (!may_pass(&err)) {
            code = stop_loudly(&err);
            break;
        }
        LOG(LOG_WARNING,
            "postgres_unavailable",
            "waiting for PostgreSQL",
            LOG_TEXT("cause", err.text),
            LOG_NUMBER("attempts", backoff.attempts + 1));
        if (!retry_wait(&backoff))
            break;
    }
    follower_release(&follower);
    if (code == EXIT_CODE_OK)
        log_write(LOG_INFO, "stopped", "stopped as asked", NULL, 0);
    return code;
}
