// SPDX-License-Identifier: Apache-2.0
// Sealed data in read models: the newest envelope of each class, as it is in its event; no key is
// needed to make them, whatever became of the keys.
#include "projector/copies.h"
#include "support/life_feed.h"
#include "support/projection.h"
#include "wire/codec.h"

enum { LARGE_BATCH = 4000 };

static struct arena kept; /* the feed forgets its own after each append */

static int set_up(void **state)
{
    int result = projection_set_up(state);
    struct projection *projection = *state;
    projection->feed.personal = true;
    arena_init(&kept, (size_t)1 << 20);
    return result;
}

static int tear_down(void **state)
{
    arena_release(&kept);
    return projection_tear_down(state);
}

/* An order with all its personal data. */
static struct uuid place_personal(struct projection *projection)
{
    struct feed *feed = &projection->feed;
    for (;;) {
        struct uuid id = feed_place(feed, 1);
        char sql[128];
        (void)snprintf(
            sql,
            sizeof(sql),
            "select count(*) from store.events where sealed is not null and position = %lld",
            (long long)projection_head(projection));
        if (store_database_number(&projection->database, sql) == 1)
            return id;
    }
}

/* The `sealed` column of a query's one row. */
static struct slice sealed_of(struct projection *projection, const char *sql)
{
    static const struct db_statement statement = {
        .number = 50, .name = "test_sealed", .expect = DB_ONE_ROW, .columns = 1};
    struct db_statement asked = statement;
    struct db db;
    struct error err;
    PGresult *result;
    struct slice sealed;
    asked.sql = sql;
    store_database_open(&projection->database, STORE_PROJECTOR, &db);
    if (!db_run(&db, &asked, NULL, &result, &err))
        fail_msg("%s: %s", sql, err.text);
    assert_true(arena_copy(
        &kept, slice_of(PQgetvalue(result, 0, 0), (size_t)PQgetlength(result, 0, 0)), &sealed));
    PQclear(result);
    db_close(&db);
    return sealed;
}

static struct sealed_parts parts_of(struct projection *projection, const char *sql)
{
    struct sealed_parts parts;
    struct wire_fault fault;
    assert_true(wire_decode(
        &sealed_parts_message, WIRE_STORED, sealed_of(projection, sql), &kept, &parts, &fault));
    return parts;
}

static struct sealed_copies copies_of(struct projection *projection, const char *sql)
{
    struct sealed_copies copies;
    struct error err;
    if (!copies_read(sealed_of(projection, sql), &kept, &copies, &err))
        fail_msg("%s", err.text);
    return copies;
}

static void
assert_copy(const struct sealed_copy *copy, const struct sealed_part *part, const char *type)
{
    assert_int_equal(copy->class, part->class);
    assert_true(slice_equal(copy->envelope, part->envelope));
    assert_true(slice_is(copy->event_type, type));
}

static void test_an_order_holds_the_newest_envelope_of_each_class(void **state)
{
    struct projection *projection = *state;
    struct uuid id = place_personal(projection);
    struct sealed_parts placed =
        parts_of(projection, "select sealed from store.events order by position desc limit 1");
    assert_int_equal(placed.parts_count, 3);
    projection_catch_up(projection, LARGE_BATCH);
    feed_change_address(&projection->feed, &id);
    struct sealed_parts changed =
        parts_of(projection, "select sealed from store.events order by position desc limit 1");
    projection_catch_up(projection, LARGE_BATCH);
    struct sealed_copies copies = copies_of(
        projection, "select sealed from read.order_summary order by position desc limit 1");
    assert_int_equal(copies.copies_count, 3);
    assert_copy(&copies.copies[0], &placed.parts[0], "OrderPlaced");
    assert_copy(&copies.copies[1], &changed.parts[0], "ShippingAddressChanged");
    assert_copy(&copies.copies[2], &placed.parts[2], "OrderPlaced");
    assert_int_equal(copies.copies[0].version, 1);
    assert_int_equal(copies.copies[1].version, 2);
    assert_int_equal(copies.copies[1].schema_version, 2);
    assert_int_equal(copies.copies[2].class, CLASS_INVOICE);
}

/* Notes, tracking numbers and receipts have classes of the contact and the address, and are in no row:
 * they stay with their events. */
static void test_a_shipment_does_not_take_the_place_of_the_address(void **state)
{
    struct projection *projection = *state;
    (void)feed_live(&projection->feed, LIFE_SHIPPED);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select count(*) from store.events where type in ('ShipmentDispatched', 'OrderHeld')"
            " and sealed is not null"),
        2);
    struct sealed_parts placed =
        parts_of(projection, "select sealed from store.events where type = 'OrderPlaced'");
    struct sealed_parts paid =
        parts_of(projection, "select sealed from store.events where type = 'PaymentAuthorized'");
    static const int64_t batches[] = {1, LARGE_BATCH};
    for (size_t i = 0; i < countof(batches); i++) {
        projection_forget(projection);
        projection_catch_up(projection, batches[i]);
        struct sealed_copies copies =
            copies_of(projection, "select sealed from read.order_summary");
        assert_int_equal(copies.copies_count, 4);
        for (size_t part = 0; part < 3; part++)
            assert_copy(&copies.copies[part], &placed.parts[part], "OrderPlaced");
        assert_copy(&copies.copies[3], &paid.parts[0], "PaymentAuthorized");
    }
}

static void test_a_customer_holds_the_newest_contact(void **state)
{
    struct projection *projection = *state;
    struct uuid id = feed_register(&projection->feed);
    projection_catch_up(projection, LARGE_BATCH);
    feed_change_contact(&projection->feed, &id);
    feed_change_contact(&projection->feed, &id);
    struct sealed_parts newest =
        parts_of(projection, "select sealed from store.events where version = 3");
    projection_catch_up(projection, LARGE_BATCH);
    struct sealed_copies copies = copies_of(projection, "select sealed from read.customers");
    assert_int_equal(copies.copies_count, 1);
    assert_copy(&copies.copies[0], &newest.parts[0], "CustomerContactChanged");
    assert_int_equal(copies.copies[0].version, 3);
    assert_int_equal(
        store_database_number(
            &projection->database,
            "select count(*) from read.customers c join store.events e on e.position = c.position"
            " where c.stream_version = 3 and c.region = 'eu' and c.updated_at = e.occurred_at"
            " and c.registered_at < c.updated_at and c.status = 1"),
        1);
}

/* Whatever became of the keys: a fold needs none. */
static void test_a_rebuild_after_an_erasure_leaves_the_same_rows(void **state)
{
    struct projection *projection = *state;
    feed_history(&projection->feed, 20);
    projection_catch_up(projection, LARGE_BATCH);
    int64_t digest = projection_digest(projection);
    store_database_sql(
        &projection->database,
        "insert into erasure.subjects (subject_id, tenant_id, leaf_base, tree, state, "
        "erased_classes)"
        " select customer_id, 1, 8 * row_number() over (), 1, 3, 255 from read.customers;"
        "select erasure.raise_fence()");
    projection_forget(projection);
    projection_catch_up(projection, 5);
    assert_int_equal(projection_digest(projection), digest);
    char text[4096];
    assert_int_equal(projector_program(projection, "verify --quiet", text, sizeof(text)), 0);
}

/* ---- damage ---- */

static void assert_stops(const struct projection *projection, const char *text)
{
    struct worker worker;
    bool at_end;
    struct error err;
    worker_open(&worker, projection, LARGE_BATCH);
    assert_false(follow_batch(&worker.follower, &at_end, &err));
    worker_close(&worker);
    assert_int_equal(err.kind, ERROR_tampered);
    if (strstr(err.text, text) == NULL)
        fail_msg("'%s' is not in: %s", text, err.text);
}

static void test_rows_that_are_not_as_left_stop_it(void **state)
{
    struct projection *projection = *state;
    struct uuid order = place_personal(projection);
    struct uuid customer = feed_register(&projection->feed);
    projection_catch_up(projection, LARGE_BATCH);
    feed_change_address(&projection->feed, &order);
    store_database_sql(&projection->database, "update read.order_summary set stream_version = 9");
    assert_stops(projection, "1 of 1 changed orders");
    store_database_sql(
        &projection->database,
        "update read.order_summary set stream_version = 1, order_number = order_number + 50");
    assert_stops(projection, "1 of 1 changed orders");
    store_database_sql(
        &projection->database, "update read.order_summary set order_number = order_number - 50");
    projection_catch_up(projection, LARGE_BATCH);
    feed_change_contact(&projection->feed, &customer);
    store_database_sql(&projection->database, "delete from read.customers");
    assert_stops(projection, "1 of 1 changed customers");
}

static void test_sealed_data_that_do_not_decode_stop_it(void **state)
{
    static const char *const damages[] = {
        "'\\x91'",                                      /* cut off */
        "'\\x919192cc09c400'",                          /* no such class, no envelope */
        "overlay(sealed placing '\\x94' from 2 for 1)", /* more parts than there are */
    };
    struct projection *projection = *state;
    (void)place_personal(projection);
    for (size_t i = 0; i < countof(damages); i++) {
        char sql[256];
        (void)snprintf(
            sql,
            sizeof(sql),
            "set session_replication_role = replica;"
            "update store.events set sealed = %s where sealed is not null",
            damages[i]);
        store_database_sql(&projection->database, sql);
        assert_stops(projection, "sealed data do not decode");
    }
}

/* ---- joining ---- */

static struct slice row_of(const int64_t *classes, size_t count)
{
    static const uint8_t envelope[SEALED_LEAST_ENVELOPE];
    struct sealed_part parts[MESSAGE_CLASSES];
    struct slice out;
    struct error err;
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct sealed_part){
            .class = classes[i], .envelope = slice_of(envelope, sizeof(envelope))};
    const struct sealed_parts message = {.parts = parts, .parts_count = count};
    struct writer writer = writer_over(arena_take(&kept, 4096), 4096);
    wire_encode(&sealed_parts_message, WIRE_STORED, &message, &writer);
    const struct recorded_event event = {
        .version = (int64_t)count,
        .type = SLICE_LITERAL("OrderPlaced"),
        .schema_version = 3,
        .sealed = writer_slice(&writer)};
    assert_true(copies_of_event(&event, EVENT_ORDER_PLACED, &kept, &out, &err));
    return out;
}

static void test_the_newer_of_each_class_wins(void **state)
{
    (void)state;
    struct error err;
    struct slice older = row_of((int64_t[]){2, 4, 8}, 3);
    struct slice newer = row_of((int64_t[]){1, 4}, 2);
    struct slice joined;
    struct sealed_copies copies;
    assert_true(copies_join(older, newer, &kept, &joined, &err));
    assert_true(copies_read(joined, &kept, &copies, &err));
    static const int64_t expected[][2] = {{1, 2}, {2, 3}, {4, 2}, {8, 3}};
    assert_int_equal(copies.copies_count, countof(expected));
    for (size_t i = 0; i < countof(expected); i++) {
        assert_int_equal(copies.copies[i].class, expected[i][0]);
        assert_int_equal(copies.copies[i].version, expected[i][1]);
    }
    struct slice nothing = slice_of(NULL, 0);
    assert_true(copies_join(older, nothing, &kept, &joined, &err));
    assert_true(slice_equal(joined, older));
    assert_true(copies_join(nothing, newer, &kept, &joined, &err));
    assert_true(slice_equal(joined, newer));
}

int main(void)
{
#define PROJECTION_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        PROJECTION_TEST(test_an_order_holds_the_newest_envelope_of_each_class),
        PROJECTION_TEST(test_a_shipment_does_not_take_the_place_of_the_address),
        PROJECTION_TEST(test_a_customer_holds_the_newest_contact),
        PROJECTION_TEST(test_a_rebuild_after_an_erasure_leaves_the_same_rows),
        PROJECTION_TEST(test_rows_that_are_not_as_left_stop_it),
        PROJECTION_TEST(test_sealed_data_that_do_not_decode_stop_it),
        PROJECTION_TEST(test_the_newer_of_each_class_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
