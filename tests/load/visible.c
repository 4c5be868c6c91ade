// SPDX-License-Identifier: Apache-2.0
#include "load/visible.h"

#include "base/clock.h"
#include "pg/db.h"
#include "pg/row.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/banned.h"

enum {
    HISTORY = 4096, /* times at which the checkpoint was seen to move */
    PAUSE_NS = 300000,
    MOST_PENDING = 65536,
};

struct seen {
    int64_t position;
    int64_t at_us;
};

struct visible {
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    bool stop;
    bool failed;
    struct error error;
    struct seen history[HISTORY]; /* ring: the reply may come after the checkpoint passed it */
    int64_t moves;
    struct seen *pending; /* position, intended time */
    size_t pending_count;
    struct histogram histogram;
    int64_t dropped;
    struct db db; /* the thread's alone while it runs */
};

static const struct db_statement checkpoint_statement = {
    .number = 0,
    .name = "load_checkpoint",
    .sql = "select coalesce(max(position), 0) from projection.checkpoints "
           "where projection = 'orders'",
    .expect = DB_ONE_ROW,
    .columns = 1,
};

static void moved(struct visible *visible, int64_t position, int64_t now)
{
    visible->history[visible->moves++ % HISTORY] =
        (struct seen){.position = position, .at_us = now};
    size_t kept = 0;
    for (size_t i = 0; i < visible->pending_count; i++) {
        if (visible->pending[i].position <= position)
            histogram_add(&visible->histogram, now - visible->pending[i].at_us);
        else
            visible->pending[kept++] = visible->pending[i];
    }
    visible->pending_count = kept;
}

/* One look at the checkpoint; false ends the thread. */
static bool look(struct visible *visible, int64_t *last)
{
    struct db_params none = {0};
    AUTO_RESULT result = NULL;
    struct error err;
    bool asked = db_run(&visible->db, &checkpoint_statement, &none, &result, &err);
    int64_t now = clock_monotonic_us();
    pthread_mutex_lock(&visible->lock);
    if (!asked) {
        visible->failed = true;
        visible->error = err;
    } else if (row_i64(result, 0, 0) > *last) {
        *last = row_i64(result, 0, 0);
        moved(visible, *last, now);
    }
    bool go_on = asked && !visible->stop;
    pthread_mutex_unlock(&visible->lock);
    return go_on;
}

static void *watch(void *context)
{
    struct visible *visible = context;
    struct timespec pause = {.tv_nsec = PAUSE_NS};
    int64_t last = -1;
    while (look(visible, &last))
        (void)nanosleep(&pause, NULL);
    return NULL;
}

bool visible_open(struct visible **out, const char *conninfo, struct error *err)
{
    struct visible *visible = calloc(1, sizeof(*visible));
    struct seen *pending = calloc(MOST_PENDING, sizeof(*pending));
    bool opened = false;
    if (visible == NULL || pending == NULL) {
        (void)error_set(err, ERROR_fatal, "out of memory");
    } else if (db_open(&visible->db, conninfo, "order-load", err)) {
        visible->pending = pending;
        CHECK(pthread_mutex_init(&visible->lock, NULL) == 0);
        opened = pthread_create(&visible->thread, NULL, watch, visible) == 0 ||
                 error_set(err, ERROR_fatal, "cannot start a thread");
        if (!opened)
            db_close(&visible->db);
    }
    if (!opened) {
        free(pending);
        free(visible);
        return false;
    }
    *out = visible;
    return true;
}

void visible_close(struct visible *visible)
{
    if (visible == NULL)
        return;
    pthread_mutex_lock(&visible->lock);
    visible->stop = true;
    pthread_mutex_unlock(&visible->lock);
    CHECK(pthread_join(visible->thread, NULL) == 0);
    pthread_mutex_destroy(&visible->lock);
    db_close(&visible->db);
    free(visible->pending);
    free(visible);
}

/* When the checkpoint was first seen at or above the position; 0: not yet, or too long ago. */
static int64_t first_seen(const struct visible *visible, int64_t position)
{
    int64_t oldest = visible->moves > HISTORY ? visible->moves - HISTORY : 0;
    int64_t at_us = 0;
    for (int64_t i = visible->moves; i-- > oldest;) {
        if (visible->history[i % HISTORY].position < position)
            break;
        at_us = visible->history[i % HISTORY].at_us;
    }
    return at_us;
}

void visible_expect(struct visible *visible, int64_t position, int64_t intended_us)
{
    pthread_mutex_lock(&visible->lock);
    int64_t at_us = first_seen(visible, position);
    if (at_us != 0)
        histogram_add(&visible->histogram, at_us - intended_us);
    else if (visible->pending_count < MOST_PENDING)
        visible->pending[visible->pending_count++] =
            (struct seen){.position = position, .at_us = intended_us};
    else
        visible->dropped++;
    pthread_mutex_unlock(&visible->lock);
}

bool visible_finish(
    struct visible *visible,
    int64_t most_us,
    struct histogram *out,
    int64_t *out_unseen,
    struct error *err)
{
    struct timespec pause = {.tv_nsec = PAUSE_NS};
    int64_t until = clock_monotonic_us() + most_us;
    for (;;) {
        pthread_mutex_lock(&visible->lock);
        bool failed = visible->failed;
        bool done = visible->pending_count == 0 || failed || clock_monotonic_us() > until;
        if (failed)
            *err = visible->error;
        *out = visible->histogram;
        *out_unseen = (int64_t)visible->pending_count + visible->dropped;
        pthread_mutex_unlock(&visible->lock);
        if (done)
            return !failed;
        (void)nanosleep(&pause, NULL);
    }
}
