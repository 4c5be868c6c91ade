// SPDX-License-Identifier: Apache-2.0
// What a batch leaves in the read models: the same as its events one by one, all of it or nothing,
// once, by its owner; and what the projector refuses to go on from.
#include "support/life_feed.h"
#include "support/projection.h"

enum { LARGE_BATCH = 4000 };

/* ---- the same rows whatever the batch ---- */

static void test_batches_of_any_size_leave_the_same_rows(void **state)
{
    struct projection *projection = *state;
    static const int64_t sizes[] = {1, 2, 3, 7, 20, LARGE_BATCH};
    projection->feed.personal = true;
    feed_history(&projection->feed, 90);
    int64_t digests[countof(sizes)];
    for (size_t i = 0; i < countof(sizes); i++) {
        projection_forget(projection);
        projection_catch_up(projection, sizes[i]);
        digests[i] = projection_digest(projection);
        assert_int_equal(digests[i], digests[0]);
    }
    /* The history holds what it is there for. */
    const struct store_database *database = &projection->database;
    assert_true(
        store_database_number(
            database, "select count(*) from read.order_summary where status = 7") > 5);
    assert_true(
        store_database_number(
            database,
            "select count(*) from read.order_summary where status = 1 and cancelled_amount > 0") >
        5);
    assert_true(
        store_database_number(database, "select count(*) from store.events where category = 2") >
        5);
    assert_true(
        store_database_number(
            database,
            "select count(*) from (select from read.order_lines group by order_number, sku"
            " having count(*) > 1) as repeated") > 5);
    assert_true(
        store_database_number(
            database, "select count(*) from read.customers where stream_version > 1") > 5);
    assert_true(
        store_database_number(
            database,
            "select count(*) from store.events where type = 'ShippingAddressChanged' and version > "
            "2"
            " and sealed is not null") > 5);
}

/* What the read models hold after whole lives of orders: of each kind something, so that the digests
 * compare it. */
static void assert_lives(const struct store_database *database)
{
    static const char *const there[] = {
        "select count(distinct status) - 7 from read.order_summary",
        "select count(distinct payment) - 4 from read.order_summary",
        "select count(distinct goods) - 6 from read.order_summary",
        "select count(distinct returns) - 3 from read.order_summary",
        "select count(*) from read.order_summary where hold_reason = 2",
        "select count(*) from read.order_summary where refund_pending > 0",
        "select count(*) from read.order_lines where returned > 0",
        "select count(*) from read.order_summary where return_requested > 0",
        "select count(*) from read.stock_reservations",
        "select count(*) from read.promotions where not active",
        "select count(*) from read.promotions where uses > 0",
        "select count(distinct status) - 2 from read.customers",
    };
    for (size_t i = 0; i < countof(there); i++) {
        int64_t found = store_database_number(database, there[i]);
        bool is_spread = strstr(there[i], "distinct") != NULL;
        if (is_spread ? found < 0 : found < 1)
            fail_msg("%s: %d", there[i], (int)found);
    }
}

static void test_whole_lives_leave_the_same_rows(void **state)
{
    struct projection *projection = *state;
    static const int64_t sizes[] = {LARGE_BATCH, 1, 4, 13, 60};
    char text[8192];
    projection->feed.personal = true;
    feed_lives(&projection->feed);
    int64_t digests[countof(sizes)];
    for (size_t i = 0; i < countof(sizes); i++) {
        projection_forget(projection);
        projection_catch_up(projection, sizes[i]);
        digests[i] = projection_digest(projection);
        assert_int_equal(digests[i], digests[0]);
    }
    assert_lives(&projection->database);
    if (projector_program(projection, "verify --quiet", text, sizeof(text)) != 0)
        fail_msg("%s", text);
}

/* A batch outlives the pages it was read in. */
static void test_a_batch_of_many_pages_is_one_batch(void **state)
{
    struct projection *projection = *state;
    for (int i = 0; i < 20; i++)
        feed_place_many(&projection->feed, FEED_MOST_BATCH, 2, NULL);
    feed_history(&projection->feed, 10);
    projection_catch_up(projection, 64);
    int64_t digest = projection_digest(projection);
    projection_forget(projection);
    struct worker worker;
    bool at_end;
    struct error err;
    worker_open(&worker, projection, LARGE_BATCH);
    assert_true(follow_batch(&worker.follower, &at_end, &err));
    assert_true(at_end);
    assert_int_equal(worker.follower.checkpoint.position, projection_head(projection));
    worker_close(&worker);
    assert_int_equal(projection_digest(projection), digest);
}

static void test_an_older_order_changes_by_update(void **state)
{
    struct projection *projection = *state;
    struct feed *feed = &projection->feed;
    struct uuid one = feed_place(feed, 3);
    struct uuid two = feed_place(feed, 2);
    struct uuid three = feed_place(feed, 4);
    struct worker worker;
    worker_open(&worker, projection, LARGE_BATCH);
    worker_catch_up(&worker, projection);
    int64_t sold =
        store_database_number(&projection->database, "select sum(units) from read.sku_sales");
    feed_cancel_line(feed, &one, 2, 1);
    feed_cancel_some(feed, &three);
    feed_cancel_order(feed, &two);
    feed_cancel_some(feed, &one); /* a line may be cancelled twice in the batch */
    feed_place(feed, 1);
    worker_catch_up(&worker, projection);
    worker_close(&worker);
    int64_t incremental = projection_digest(projection);
    assert_true(
        store_database_number(
            &projection->database, "select sum(cancelled_units) from read.sku_sales") > 0);
    assert_true(
        store_database_number(&projection->database, "select sum(units) from read.sku_sales") >
        sold);
    projection_forget(projection);
    projection_catch_up(projection, LARGE_BATCH);
    assert_int_equal(projection_digest(projection), incremental);
}

/* A change of the header must not touch an index: that is what its fillfactor is for. */
static void test_a_cancellation_is_a_hot_update(void **state)
{
    struct projection *projection = *state;
    struct uuid ids[FEED_MOST_BATCH];
    feed_place_many(&projection->feed, countof(ids), 2, ids);
    struct worker worker;
    worker_open(&worker, projection, LARGE_BATCH);
    worker_catch_up(&worker, projection);
    for (size_t i = 0; i < 10; i++) /* on several pages, each of which has room for some */
        feed_cancel_order(&projection->feed, &ids[6 * i]);
    worker_catch_up(&worker, projection);
    struct error err;
    assert_true(db_execute(&worker.follower.db, "select pg_stat_force_next_flush()", &err));
    worker_close(&worker);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select n_tup_hot_upd from pg_stat_user_tables where relid ="
            " 'read.order_summary'::regclass"),
        10);
}

static void test_two_tenants_do_not_mix(void **state)
{
    struct projection *projection = *state;
    store_database_sql(
        &projection->database,
        "insert into store.tenants (tenant, name) values (gen_random_uuid(), 'second')");
    feed_place(&projection->feed, 2);
    projection->feed.tenant_id = 2;
    feed_place(&projection->feed, 2);
    projection_catch_up(projection, LARGE_BATCH);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select count(*) from (select tenant_id from read.order_summary"
            " intersect select tenant_id from read.order_lines"
            " intersect select tenant_id from read.sku_sales) as tenants"),
        2);
}

/* ---- all or nothing, once ---- */

static const char mend_sql[] = "drop trigger break on read.sku_sales; drop function public.break()";

static void break_sales(const struct projection *projection, const char *how)
{
    char sql[512];
    (void)snprintf(
        sql,
        sizeof(sql),
        "create function public.break() returns trigger language plpgsql as"
        " $$ begin %s; return new; end $$;"
        "create trigger break before insert on read.sku_sales for each row"
        " execute function public.break()",
        how);
    store_database_sql(&projection->database, sql);
}

static void assert_nothing_written(const struct projection *projection)
{
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select (select count(*) from read.order_summary)"
            " + (select count(*) from read.order_lines) + (select count(*) from read.sku_sales)"
            " + (select position from projection.checkpoints)"),
        0);
}

/* The sales are written last: orders, lines and checkpoint went before and must go with them. */
static void fail_once(struct projection *projection, size_t orders)
{
    struct worker worker;
    bool at_end;
    struct error err;
    feed_history(&projection->feed, orders);
    projection_forget(projection);
    worker_open(&worker, projection, LARGE_BATCH);
    break_sales(projection, "raise exception 'disk is full' using errcode = 'disk_full'");
    assert_false(follow_batch(&worker.follower, &at_end, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_int_equal(worker.follower.checkpoint.position, 0);
    assert_nothing_written(projection);
    store_database_sql(&projection->database, mend_sql);
    worker_catch_up(&worker, projection); /* on the same connection */
    worker_close(&worker);
    int64_t digest = projection_digest(projection);
    projection_forget(projection);
    projection_catch_up(projection, 3);
    assert_int_equal(projection_digest(projection), digest);
}

static void test_a_failure_after_the_rows_leaves_nothing(void **state)
{
    struct projection *projection = *state;
    fail_once(projection, 4);                    /* as arrays, in one round trip */
    fail_once(projection, 2 * SMALL_BATCH_ROWS); /* as COPY */
}

static void test_a_lost_connection_leaves_nothing_and_is_made_up_for(void **state)
{
    struct projection *projection = *state;
    feed_history(&projection->feed, 5);
    struct worker worker;
    bool at_end;
    struct error err;
    worker_open(&worker, projection, LARGE_BATCH);
    break_sales(projection, "perform pg_terminate_backend(pg_backend_pid())");
    assert_false(follow_batch(&worker.follower, &at_end, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_false(db_is_open(&worker.follower.db));
    assert_nothing_written(projection);
    store_database_sql(&projection->database, mend_sql);
    worker_connect(&worker);
    worker_catch_up(&worker, projection);
    worker_close(&worker);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select count(*) - (select count(distinct stream_number) from store.events"
            "  where category = 1) from read.order_summary"),
        0);
}

/* Two workers that both believe they own it: the one that was replaced writes nothing. */
static void test_a_replaced_worker_drops_its_batch(void **state)
{
    struct projection *projection = *state;
    struct worker zombie, owner;
    bool at_end;
    struct error err;
    feed_history(&projection->feed, 4);
    worker_open(&zombie, projection, 3);
    assert_true(follow_batch(&zombie.follower, &at_end, &err));
    worker_open(&owner, projection, 5);

    /* Before the new owner has moved: only the epoch tells. */
    assert_false(follow_batch(&zombie.follower, &at_end, &err));
    assert_int_equal(err.kind, ERROR_conflict);
    assert_int_equal(zombie.follower.checkpoint.position, 3);

    /* Afterwards, when the rows exist already. */
    assert_true(follow_batch(&owner.follower, &at_end, &err));
    assert_false(follow_batch(&zombie.follower, &at_end, &err));
    assert_int_equal(err.kind, ERROR_conflict);

    /* It may take over again. */
    assert_true(db_is_open(&zombie.follower.db));
    assert_true(checkpoint_take_over(
        &zombie.follower.db, ORDERS_PROJECTION, &zombie.follower.checkpoint, &err));
    worker_catch_up(&zombie, projection);
    worker_close(&zombie);
    worker_close(&owner);
    int64_t digest = projection_digest(projection);
    projection_forget(projection);
    projection_catch_up(projection, LARGE_BATCH);
    assert_int_equal(projection_digest(projection), digest);
}

/* ---- damage ---- */

/* Applies until it fails; the failure. */
static struct error failure(const struct projection *projection)
{
    struct worker worker;
    struct error err = {0};
    bool at_end = false;
    worker_open(&worker, projection, LARGE_BATCH);
    while (!at_end) {
        if (!follow_batch(&worker.follower, &at_end, &err)) {
            worker_close(&worker);
            return err;
        }
    }
    fail_msg("the worker did not notice");
    return err;
}

static void test_a_hole_in_the_log_stops_it(void **state)
{
    struct projection *projection = *state;
    feed_history(&projection->feed, 4);
    store_database_sql(
        &projection->database,
        "set session_replication_role = replica; delete from store.events where position = 3");
    struct error err = failure(projection);
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "log hole at position 3"));
    assert_nothing_written(projection);
}

static void test_an_unknown_event_stops_it(void **state)
{
    struct projection *projection = *state;
    feed_place(&projection->feed, 1);
    feed_place(&projection->feed, 1);
    store_database_sql(
        &projection->database,
        "set session_replication_role = replica;"
        "update store.events set type = 'OrderTeleported' where position = 2");
    struct error err = failure(projection);
    assert_int_equal(err.kind, ERROR_invalid);
    assert_non_null(strstr(err.text, "position 2, OrderTeleported"));
    store_database_sql(
        &projection->database,
        "set session_replication_role = replica;"
        "update store.events set type = 'OrderPlaced', schema_version = 99 where position = 2");
    err = failure(projection);
    assert_int_equal(err.kind, ERROR_invalid);
    assert_non_null(strstr(err.text, "position 2, OrderPlaced version 99"));
    assert_nothing_written(projection);
}

static void test_bytes_that_do_not_decode_stop_it(void **state)
{
    struct projection *projection = *state;
    feed_place(&projection->feed, 1);
    store_database_sql(
        &projection->database,
        "set session_replication_role = replica;"
        "update store.events set payload = substr(payload, 1, 20)");
    assert_int_equal(failure(projection).kind, ERROR_tampered);
    assert_nothing_written(projection);
}

/* What the events change must be there as the events before left it. */
static void damaged_order_stops_it(struct projection *projection)
{
    static const char *const damages[] = {
        "update read.order_summary set order_number = order_number + 1",
        "update read.order_summary set stream_version = 7,"
        " order_number = (select stream_number from store.streams)",
        "delete from read.order_summary",
    };
    for (size_t i = 0; i < countof(damages); i++) {
        store_database_sql(&projection->database, damages[i]);
        struct error err = failure(projection);
        assert_int_equal(err.kind, ERROR_tampered);
        assert_non_null(strstr(err.text, "events 2 to 2: 1 of 1 changed orders"));
    }
}

static void test_a_missing_or_stale_order_stops_a_change_of_it(void **state)
{
    struct projection *projection = *state;
    struct uuid id = feed_place(&projection->feed, 3);
    projection_catch_up(projection, LARGE_BATCH);
    feed_cancel_line(&projection->feed, &id, 1, 1);
    damaged_order_stops_it(projection);
}

static void test_a_missing_or_stale_order_stops_its_cancellation(void **state)
{
    struct projection *projection = *state;
    struct uuid id = feed_place(&projection->feed, 3);
    projection_catch_up(projection, LARGE_BATCH);
    feed_cancel_order(&projection->feed, &id);
    damaged_order_stops_it(projection);
}

static void test_a_missing_line_stops_it(void **state)
{
    struct projection *projection = *state;
    struct uuid id = feed_place(&projection->feed, 3);
    projection_catch_up(projection, LARGE_BATCH);
    feed_cancel_line(&projection->feed, &id, 2, 1);
    store_database_sql(&projection->database, "delete from read.order_lines where line_no = 2");
    struct error err = failure(projection);
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "the order has no such line"));
}

/* Rows beyond the checkpoint: applying the events again would count twice. */
static void test_rows_that_are_there_already_stop_it(void **state)
{
    struct projection *projection = *state;
    feed_place(&projection->feed, 1);
    projection_catch_up(projection, LARGE_BATCH);
    store_database_sql(&projection->database, "update projection.checkpoints set position = 0");
    struct error err = failure(projection);
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, "contradicts the events"));
    assert_int_equal(
        store_database_number(&projection->database, "select sum(orders) from read.sku_sales"), 1);
}

int main(void)
{
#define PROJECTION_TEST(test) \
    cmocka_unit_test_setup_teardown(test, projection_set_up, projection_tear_down)
    const struct CMUnitTest tests[] = {
        PROJECTION_TEST(test_batches_of_any_size_leave_the_same_rows),
        PROJECTION_TEST(test_whole_lives_leave_the_same_rows),
        PROJECTION_TEST(test_a_batch_of_many_pages_is_one_batch),
        PROJECTION_TEST(test_an_older_order_changes_by_update),
        PROJECTION_TEST(test_a_cancellation_is_a_hot_update),
        PROJECTION_TEST(test_two_tenants_do_not_mix),
        PROJECTION_TEST(test_a_failure_after_the_rows_leaves_nothing),
        PROJECTION_TEST(test_a_lost_connection_leaves_nothing_and_is_made_up_for),
        PROJECTION_TEST(test_a_replaced_worker_drops_its_batch),
        PROJECTION_TEST(test_a_hole_in_the_log_stops_it),
        PROJECTION_TEST(test_an_unknown_event_stops_it),
        PROJECTION_TEST(test_bytes_that_do_not_decode_stop_it),
        PROJECTION_TEST(test_a_missing_or_stale_order_stops_a_change_of_it),
        PROJECTION_TEST(test_a_missing_or_stale_order_stops_its_cancellation),
        PROJECTION_TEST(test_a_missing_line_stops_it),
        PROJECTION_TEST(test_rows_that_are_there_already_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
