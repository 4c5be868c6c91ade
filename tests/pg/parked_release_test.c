// SPDX-License-Identifier: Apache-2.0
// Parked streams in the database: how they are released and go, and who may do that.
#include "support/parking.h"

/* ---- the end of it ---- */

static void nothing_joins_the_queue_of_a_stream_that_is_free(void **state)
{
    struct parking *parking = *state;
    struct error err;
    assert_false(divert(parking, &parking->store.db, 7, 102, 6, &err));
    assert_string_equal(err.code, PARKED_GONE);
    park(parking, 7, 101, 5);
    must_release(parking, 7);
    begin(parking, 7);
    assert_true(settle(parking, &parking->store.db, 7, 8));
    assert_int_equal(count(parking, "select count(*) from store.parked_streams"), 0);
    assert_false(divert(parking, &parking->store.db, 7, 102, 6, &err));
    assert_string_equal(err.code, PARKED_GONE);
    /* Not by anybody: the key refuses it. */
    struct db admin;
    store_database_open(&parking->store.database, STORE_ADMIN, &admin);
    assert_false(db_execute(
        &admin,
        "insert into store.parked_commands (stream_id, command_id, tenant_id, category, partition,"
        " \"offset\", timestamp_ms, topic, key, headers)"
        " values (gen_random_uuid(), gen_random_uuid(), 1, 1, 0, 0, 0, 't', '', '')",
        &err));
    assert_string_equal(err.code, PARKED_GONE);
    db_close(&admin);
}

static void one_batch_with_a_free_stream_changes_nothing(void **state)
{
    struct parking *parking = *state;
    const struct parked_record records[2] = {record(7, 102, 6), record(8, 202, 7)};
    struct parked_known known[2];
    struct error err;
    park(parking, 7, 101, 5);
    assert_false(parked_divert(&parking->store.db, &parking->owner, records, 2, known, &err));
    assert_string_equal(err.code, PARKED_GONE);
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 1);
}

/* The row of the stream is what both wait for. */
static void a_late_command_and_the_end_of_the_queue_exclude_each_other(void **state)
{
    struct parking *parking = *state;
    struct error err;
    park(parking, 7, 101, 5);
    must_release(parking, 7);
    begin(parking, 7);
    assert_true(db_execute(&parking->other, "set lock_timeout = '100ms'", &err));

    /* The queue ends first: the late one is refused. */
    assert_true(db_execute(&parking->store.db, "begin", &err));
    assert_true(settle(parking, &parking->store.db, 7, 8));
    assert_false(divert(parking, &parking->other, 7, 102, 6, &err));
    assert_string_equal(err.code, "55P03");
    assert_true(db_execute(&parking->store.db, "rollback", &err));

    /* The late one is first: the stream stays. */
    assert_true(db_execute(&parking->other, "begin", &err));
    assert_true(divert(parking, &parking->other, 7, 102, 6, &err));
    assert_true(db_execute(&parking->other, "commit", &err));
    assert_false(settle(parking, &parking->store.db, 7, 1));
    assert_int_equal(count(parking, "select state from store.parked_streams"), PARKED_RELEASED);
    begin(parking, 7);
    assert_true(settle(parking, &parking->store.db, 7, 1));
    assert_false(divert(parking, &parking->other, 7, 103, 7, &err));
    assert_string_equal(err.code, PARKED_GONE);
}

static void only_what_is_released_is_begun_and_goes(void **state)
{
    struct parking *parking = *state;
    const struct stream_id id = stream_of(7);
    struct error err;
    bool begun = true;
    park(parking, 7, 101, 5);
    assert_true(parked_begin(&parking->store.db, &parking->owner, &id, &begun, &err));
    assert_false(begun);
    assert_false(settle(parking, &parking->store.db, 7, 8));
    assert_int_equal(count(parking, "select state from store.parked_streams"), PARKED_WAITING);
}

static void whoever_is_gone_in_the_middle_of_a_queue_leaves_it_parked(void **state)
{
    struct parking *parking = *state;
    static const int32_t partitions[2] = {0, 1};
    struct error err;
    int64_t again = -1;
    park(parking, 7, 101, 5);
    park(parking, 8, 201, 6);
    must_release(parking, 7);
    must_release(parking, 8);
    begin(parking, 7);
    assert_true(claims_take(&parking->store.db, &claimant, partitions, 2, parking->claims, &err));
    assert_true(parked_repark(&parking->store.db, &parking->owner, partitions, &again, &err));
    assert_int_equal(again, 1);
    assert_int_equal(
        count(
            parking,
            "select count(*) from store.parked_streams"
            " where state = 1 and code = 'interrupted'"),
        1);
    assert_int_equal(
        count(parking, "select count(*) from store.parked_streams where state = 2"), 1);
}

/* ---- who may ---- */

static void another_owner_of_the_partition_refuses_everything(void **state)
{
    struct parking *parking = *state;
    static const int32_t partitions[2] = {0, 1};
    const struct parked_fault late = fault(8, 201, 6);
    const struct stream_id id = stream_of(7);
    const struct parked_done done = {.stream = id};
    struct claim theirs[2];
    struct error err;
    bool flag;
    int64_t again;
    int attempts;
    park(parking, 7, 101, 5);
    assert_true(claims_take(&parking->other, &claimant, partitions, 2, theirs, &err));
    struct db *db = &parking->store.db;
    assert_false(parked_park(db, &parking->owner, &late, &err));
    assert_string_equal(err.code, STORE_CLAIM_LOST);
    assert_false(divert(parking, db, 7, 102, 6, &err));
    assert_string_equal(err.code, STORE_CLAIM_LOST);
    assert_false(parked_begin(db, &parking->owner, &id, &flag, &err));
    assert_string_equal(err.code, STORE_CLAIM_LOST);
    assert_false(parked_settle(db, &parking->owner, &done, &flag, &err));
    assert_string_equal(err.code, STORE_CLAIM_LOST);
    assert_false(parked_repark(db, &parking->owner, partitions, &again, &err));
    assert_string_equal(err.code, STORE_CLAIM_LOST);
    assert_false(parked_attempt(db, &parking->claims[1], 5, &attempts, &err));
    assert_string_equal(err.code, STORE_CLAIM_LOST);
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 1);
    assert_int_equal(count(parking, "select count(*) from store.dead_letters"), 1);
}

static void a_worker_writes_through_the_functions_only(void **state)
{
    struct parking *parking = *state;
    static const char *const attempts[] = {
        "insert into store.parked_streams (stream_id, tenant_id, category, partition, incident, "
        "topic, code) values (gen_random_uuid(), 1, 1, 0, gen_random_uuid(), 't', 'c')",
        "update store.parked_streams set state = 2",
        "delete from store.parked_streams",
        "delete from store.parked_commands",
        "delete from store.dead_letters",
        "update store.dead_letters set attempts = 0",
        "insert into ops.audit (actor, act, target, reason) values ('a', 'b', 'c', 'd')",
    };
    struct error err;
    park(parking, 7, 101, 5);
    for (size_t i = 0; i < countof(attempts); i++) {
        assert_false(db_execute(&parking->store.db, attempts[i], &err));
        assert_string_equal(err.code, "42501");
    }
}

/* ---- operators ---- */

static void two_releasers_at_once_are_one_release(void **state)
{
    struct parking *parking = *state;
    struct error err;
    park(parking, 7, 101, 5);
    assert_true(db_execute(&parking->other, "set lock_timeout = '100ms'", &err));
    assert_true(db_execute(&parking->store.db, "begin", &err));
    assert_int_equal(release(&parking->store.db, 7, &err), PARKED_WAITING);
    assert_int_equal(release(&parking->other, 7, &err), -1); /* waits for the first one */
    assert_string_equal(err.code, "55P03");
    assert_true(db_execute(&parking->store.db, "commit", &err));
    assert_int_equal(release(&parking->other, 7, &err), PARKED_RELEASED);
    assert_int_equal(release(&parking->other, 8, &err), 0);
    assert_int_equal(
        count(
            parking,
            "select count(*) from ops.audit where act = 'release'"
            " and actor = 'who' and target = 'what' and reason = 'why'"),
        1);
}

static void only_what_waits_is_discarded(void **state)
{
    struct parking *parking = *state;
    struct error err;
    park(parking, 7, 101, 5);
    assert_true(divert(parking, &parking->store.db, 7, 102, 6, &err));
    static const char discard[] =
        "select coalesce(store.discard_parked(1, '10200000-0000-0000-0000-000000000066', 'who',"
        " 'what', 'why'), 0)";
    assert_int_equal(count(parking, discard), PARKED_WAITING);
    assert_int_equal(count(parking, discard), 0);
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 1);
    assert_int_equal(count(parking, "select count(*) from ops.audit where act = 'discard'"), 1);
    must_release(parking, 7);
    assert_true(divert(parking, &parking->store.db, 7, 102, 6, &err));
    assert_int_equal(count(parking, discard), PARKED_RELEASED);
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 2);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing_joins_the_queue_of_a_stream_that_is_free),
        CASE(one_batch_with_a_free_stream_changes_nothing),
        CASE(a_late_command_and_the_end_of_the_queue_exclude_each_other),
        CASE(only_what_is_released_is_begun_and_goes),
        CASE(whoever_is_gone_in_the_middle_of_a_queue_leaves_it_parked),
        CASE(another_owner_of_the_partition_refuses_everything),
        CASE(a_worker_writes_through_the_functions_only),
        CASE(two_releasers_at_once_are_one_release),
        CASE(only_what_waits_is_discarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
