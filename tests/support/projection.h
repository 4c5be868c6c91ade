// SPDX-License-Identifier: Apache-2.0
// A store with orders in it and a projector over it, in a database of its own.
#ifndef SUPPORT_PROJECTION_H
#define SUPPORT_PROJECTION_H

#include "projector/follow.h"
#include "support/order_feed.h"
#include "support/store_database.h"

struct projection {
    struct store_database database;
    struct feed feed;
};

static inline int projection_set_up(void **state)
{
    struct projection *projection = calloc(1, sizeof(*projection));
    assert_non_null(projection);
    store_database_create(&projection->database);
    feed_open(&projection->feed, projection->database.conninfo[STORE_COMMAND], 7);
    *state = projection;
    return 0;
}

static inline int projection_tear_down(void **state)
{
    struct projection *projection = *state;
    feed_close(&projection->feed);
    store_database_drop(&projection->database);
    free(projection);
    return 0;
}

/* A worker as `run` starts it, without its listener. */
struct worker {
    struct follower follower;
    struct run_options options;
};

static inline void worker_connect(struct worker *worker)
{
    struct error err;
    struct follower *follower = &worker->follower;
    if (!db_open(&follower->db, worker->options.database, "test worker", &err) ||
        !apply_prepare(&follower->db, &err) ||
        !checkpoint_take_over(&follower->db, ORDERS_PROJECTION, &follower->checkpoint, &err))
        fail_msg("worker: %s", err.text);
}

static inline void
worker_open(struct worker *worker, const struct projection *projection, int64_t batch)
{
    worker->options = (struct run_options){
        .database = projection->database.conninfo[STORE_PROJECTOR], .batch = batch, .poll_ms = 100};
    follower_init(&worker->follower, &worker->options);
    worker_connect(worker);
}

static inline void worker_close(struct worker *worker)
{
    follower_release(&worker->follower);
}

static inline int64_t projection_head(const struct projection *projection)
{
    return store_database_number(&projection->database, "select position from store.head");
}

/* Applies everything there is. */
static inline void worker_catch_up(struct worker *worker, const struct projection *projection)
{
    int64_t head = projection_head(projection);
    while (worker->follower.checkpoint.position < head) {
        bool at_end;
        struct error err;
        if (!follow_batch(&worker->follower, &at_end, &err))
            fail_msg("worker: %s", err.text);
    }
}

/* The same in one go. */
static inline void projection_catch_up(const struct projection *projection, int64_t batch)
{
    struct worker worker;
    worker_open(&worker, projection, batch);
    worker_catch_up(&worker, projection);
    worker_close(&worker);
}

/* Throws the read models away. */
static inline void projection_forget(const struct projection *projection)
{
    store_database_sql(
        &projection->database,
        "truncate read.order_summary, read.order_lines, read.sku_sales, read.customers, read.stock,"
        " read.stock_reservations, read.promotions, read.promotion_discounts;"
        "delete from projection.checkpoints");
}

/* A number made of every column of every row. */
static inline int64_t projection_digest(const struct projection *projection)
{
    return store_database_number(
        &projection->database,
        "select ('x' || substr(md5(string_agg(row_text, ' ' order by row_text)), 1, 15))"
        "::bit(60)::bigint from ("
        " select 'order' || t::text as row_text from read.order_summary t"
        " union all select 'customer' || t::text from read.customers t"
        " union all select 'line' || t::text from read.order_lines t"
        " union all select 'stock' || t::text from read.stock t"
        " union all select 'reservation' || t::text from read.stock_reservations t"
        " union all select 'promotion' || t::text from read.promotions t"
        " union all select 'discount' || t::text from read.promotion_discounts t"
        " union all select 'sales' || t::text from read.sku_sales t) as all_rows");
}

/* Runs order-projector with arguments as the shell reads them, to its end; what it prints on stdout
 * goes into `out`, its log lines nowhere. Returns the exit code. */
static inline int projector_program(
    const struct projection *projection, const char *arguments, char *out, size_t size)
{
    char line[1024];
    int length = snprintf(
        line,
        sizeof(line),
        "ORDER_DATABASE='%s' \"$ORDER_BIN\"/order-projector %s",
        projection->database.conninfo[STORE_PROJECTOR],
        arguments);
    assert_true(length > 0 && (size_t)length < sizeof(line));
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    size_t got = fread(out, 1, size - 1, pipe);
    out[got] = '\0';
    int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#endif
