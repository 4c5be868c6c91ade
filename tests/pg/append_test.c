// SPDX-License-Identifier: Apache-2.0
// What an append promises: versions checked, ids answered once, positions dense, losers named.
#include "store/tail.h"
#include "support/store_fixture.h"

static void test_new_stream_gets_versions_and_positions(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group first, second;
    simple_group(&first, 1, 101, 0, 3);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &first), APPEND_OK);
    assert_int_equal(first.group.version, 3);
    assert_int_equal(first.group.first_position, 1);
    simple_group(&second, 1, 102, 3, 2);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &second), APPEND_OK);
    assert_int_equal(second.group.version, 5);
    assert_int_equal(second.group.first_position, 4);
    assert_int_equal(number(fixture, "select version from store.streams"), 5);
    assert_int_equal(number(fixture, "select position from store.head"), 5);
    assert_int_equal(number(fixture, "select count(distinct stream_number) from store.events"), 1);
}

static void test_outdated_version_is_a_conflict_with_the_actual_one(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 3);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    simple_group(&group, 1, 102, 2, 1);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_CONFLICT);
    assert_int_equal(group.group.version, 3);
    simple_group(&group, 1, 103, 0, 1);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_CONFLICT);
    assert_int_equal(group.group.version, 3);
    simple_group(&group, 2, 104, 7, 1);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_CONFLICT);
    assert_int_equal(group.group.version, 0);
    assert_int_equal(number(fixture, "select count(*) from store.events"), 3);
    assert_int_equal(number(fixture, "select count(*) from store.commands"), 1);
}

static void test_rejection_is_recorded_only_on_the_version_it_was_decided_on(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 0);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_OK);
    assert_int_equal(number(fixture, "select count(*) from store.streams"), 0);
    simple_group(&group, 1, 102, 0, 2);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    simple_group(&group, 1, 103, 0, 0);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_CONFLICT);
    simple_group(&group, 1, 104, 2, 0);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_OK);
    assert_int_equal(group.group.version, 2);
    assert_int_equal(number(fixture, "select count(*) from store.commands where outcome = 2"), 2);
}

static void test_known_id_is_a_duplicate_and_the_others_of_the_batch_go_in(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group old;
    simple_group(&old, 1, 101, 0, 1);
    (void)simple_append(&fixture->appender, &fixture->db, &old);

    /* A repeated id on its stream, an outdated version, an id of another stream, and two good
     * ones: all in one batch. */
    struct simple_group batch[5];
    simple_group(&batch[0], 2, 201, 0, 2);
    simple_group(&batch[1], 1, 101, 0, 1);
    simple_group(&batch[2], 1, 203, 5, 1);
    batch[2].group.stream.category = 2;
    simple_group(&batch[3], 4, 204, 0, 1);
    simple_group(&batch[4], 5, 101, 0, 1);
    batch[4].command.id = simple_id(101);
    struct append_group groups[4] = {
        batch[0].group, batch[1].group, batch[2].group, batch[3].group};
    struct error err;
    assert_true(simple_append_all(&fixture->appender, &fixture->db, groups, 4, &err));
    assert_int_equal(groups[0].status, APPEND_OK);
    assert_int_equal(groups[0].first_position, 2);
    assert_int_equal(groups[1].status, APPEND_DUPLICATE);
    assert_int_equal(groups[2].status, APPEND_CONFLICT);
    assert_int_equal(groups[3].status, APPEND_OK);
    assert_int_equal(groups[3].first_position, 4);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &batch[4]), APPEND_DUPLICATE);
    assert_int_equal(number(fixture, "select position from store.head"), 4);
    assert_int_equal(number(fixture, "select count(*) from store.streams"), 3);
    assert_int_equal(number(fixture, "select count(*) from store.commands"), 3);
}

static void test_all_of_a_batch_lost_is_an_answer_too(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group batch[2];
    struct append_group groups[2];
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < 2; i++) {
            simple_group(&batch[i], i + 1, 101 + i, 0, 1);
            groups[i] = batch[i].group;
        }
        struct error err;
        assert_true(simple_append_all(&fixture->appender, &fixture->db, groups, 2, &err));
    }
    assert_int_equal(groups[0].status, APPEND_DUPLICATE);
    assert_int_equal(groups[1].status, APPEND_DUPLICATE);
    assert_int_equal(number(fixture, "select position from store.head"), 2);
}

/* The same stream and the same command id in two tenants. */
static void two_tenants(struct simple_group pair[static 2], int64_t version, uint64_t command)
{
    for (int32_t i = 0; i < 2; i++) {
        simple_group(&pair[i], 1, command, version, (size_t)i + 1);
        pair[i].group.stream.tenant_id = i + 1;
    }
}

static void test_another_tenant_is_another_world(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct simple_group pair[2];
    two_tenants(pair, 0, 101);
    struct append_group groups[2] = {pair[0].group, pair[1].group};
    assert_true(simple_append_all(&fixture->appender, &fixture->db, groups, 2, &err));
    assert_int_equal(groups[0].status, APPEND_OK);
    assert_int_equal(groups[1].status, APPEND_OK);
    assert_int_equal(number(fixture, "select count(*) from store.streams"), 2);
    assert_int_equal(
        number(fixture, "select sum(tenant_id * version) from store.streams"), 1 * 1 + 2 * 2);

    /* One of them is at its version, one is not; then each id is known in its own tenant only. */
    two_tenants(pair, 1, 102);
    groups[0] = pair[0].group;
    groups[1] = pair[1].group;
    assert_true(simple_append_all(&fixture->appender, &fixture->db, groups, 2, &err));
    assert_int_equal(groups[0].status, APPEND_OK);
    assert_int_equal(groups[1].status, APPEND_CONFLICT);
    assert_int_equal(groups[1].version, 2);
    two_tenants(pair, 2, 102);
    groups[0] = pair[0].group;
    groups[1] = pair[1].group;
    assert_true(simple_append_all(&fixture->appender, &fixture->db, groups, 2, &err));
    assert_int_equal(groups[0].status, APPEND_DUPLICATE);
    assert_int_equal(groups[1].status, APPEND_OK);
    assert_int_equal(number(fixture, "select position from store.head"), 6);
    assert_int_equal(
        number(
            fixture,
            "select count(*) from store.events e join store.commands c using (command_id, "
            "tenant_id)"
            " join store.streams s using (stream_number, tenant_id)"),
        6);
}

static void test_who_sent_a_command_is_kept_with_it(void **state)
{
    struct fixture *fixture = *state;
    static const uint8_t trace[STORE_TRACE_SIZE] = {0, 0xab, [STORE_TRACE_SIZE - 1] = 1};
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 1);
    group.command.actor = slice_of_text("shop");
    group.command.trace = slice_of(trace, sizeof(trace));
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_OK);
    simple_group(&group, 2, 102, 0, 1);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_OK);
    assert_int_equal(
        number(
            fixture,
            "select count(*) from store.commands where actor = 'shop' and length(trace) = 26"
            " and get_byte(trace, 1) = 171 and get_byte(trace, 25) = 1"),
        1);
    assert_int_equal(
        number(
            fixture, "select count(*) from store.commands where actor is null and trace is null"),
        1);
}

static void test_events_cannot_be_changed(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 1);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    static const char *const attempts[] = {
        "update store.events set version = 2",
        "delete from store.events",
        "truncate store.events",
        "insert into store.events select * from store.events",
        "update store.head set position = 0",
        "delete from store.commands",
    };
    struct error err;
    for (size_t i = 0; i < countof(attempts); i++) {
        assert_false(db_execute(&fixture->db, attempts[i], &err));
        assert_string_equal(err.code, "42501");
    }
    /* Not even the owner, whom no grant stops. */
    struct db owner;
    store_database_open(&fixture->database, STORE_OWNER, &owner);
    for (size_t i = 0; i < 3; i++) {
        assert_false(db_execute(&owner, attempts[i], &err));
        assert_string_equal(err.code, "42501");
    }
    assert_false(db_execute(&owner, "truncate store.events_1", &err));
    db_close(&owner);
    assert_int_equal(number(fixture, "select count(*) from store.events where version = 1"), 1);
}

static void test_chain_changes_with_every_batch_and_is_on_its_last_event(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group batch[2];
    simple_group(&batch[0], 1, 101, 0, 2);
    simple_group(&batch[1], 2, 102, 0, 2);
    struct append_group groups[2] = {batch[0].group, batch[1].group};
    struct error err;
    assert_true(simple_append_all(&fixture->appender, &fixture->db, groups, 2, &err));
    assert_int_equal(
        number(
            fixture,
            "select count(*) from store.events where (chain is not null) = (position = 4)"),
        4);
    assert_int_equal(
        number(
            fixture,
            "select count(*) from store.events e join store.head h using (chain)"
            " where e.position = h.position"),
        1);
    struct simple_group next;
    simple_group(&next, 3, 103, 0, 1);
    (void)simple_append(&fixture->appender, &fixture->db, &next);
    assert_int_equal(number(fixture, "select count(distinct chain) from store.events"), 2);
}

static void test_partitions_are_made_ahead_and_used(void **state)
{
    struct fixture *fixture = *state;
    store_database_sql(
        &fixture->database, "update store.head set position = 9999998 where shard = 0");
    struct simple_group group;
    simple_group(&group, 1, 101, 0, 4);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_OK);
    assert_int_equal(number(fixture, "select count(*) from store.events_1"), 2);
    assert_int_equal(number(fixture, "select count(*) from store.events_10000001"), 2);
    int64_t left = 0;
    struct error err;
    assert_true(store_ensure_partitions(&fixture->db, &left, &err));
    assert_true(left >= 20000000);
    /* The stream is found across both partitions. */
    struct stream_id stream = group.group.stream;
    const struct load_request request = {.streams = &stream, .stream_count = 1};
    struct load_result loaded;
    assert_true(store_load(&fixture->db, &request, &fixture->arena, &loaded, &err));
    assert_int_equal(loaded.streams[0].version, 4);
    /* And the tail crosses the border without a hole. */
    const struct tail_request tail = {.after_position = 9999998, .limit = 100};
    struct tail_page page;
    assert_true(store_tail(&fixture->db, &tail, &fixture->arena, &page, &err));
    assert_int_equal(page.count, 4);
    PQclear(page.result);
}

static void test_missing_partition_is_an_error_that_loses_nothing(void **state)
{
    struct fixture *fixture = *state;
    store_database_sql(
        &fixture->database, "update store.head set position = 50000000 where shard = 0");
    struct simple_group group;
    struct error err;
    simple_group(&group, 1, 101, 0, 1);
    assert_false(simple_append_all(&fixture->appender, &fixture->db, &group.group, 1, &err));
    assert_string_equal(err.code, "23514"); /* what order-command knows it by */
    assert_true(db_is_open(&fixture->db));
    int64_t left = 0;
    assert_true(store_ensure_partitions(&fixture->db, &left, &err));
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_OK);
    assert_int_equal(group.group.first_position, 50000001);
}

static void test_append_without_its_fence_is_unknown_and_resolved_by_its_ids(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    struct error err;
    simple_group(&group, 1, 101, 0, 2);
    store_database_sql(
        &fixture->database,
        "revoke execute on function pg_logical_emit_message(boolean, text, text) from public");
    assert_false(simple_append_all(&fixture->appender, &fixture->db, &group.group, 1, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_false(db_is_open(&fixture->db));
    /* The append stands: only the ids can tell. */
    store_database_sql(
        &fixture->database,
        "grant execute on function pg_logical_emit_message(boolean, text, text) to public");
    store_database_open(&fixture->database, STORE_COMMAND, &fixture->db);
    assert_int_equal(simple_append(&fixture->appender, &fixture->db, &group), APPEND_DUPLICATE);
    assert_int_equal(number(fixture, "select count(*) from store.events"), 2);
}

static void test_warning_of_the_server_proves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    struct error err;
    store_database_sql(
        &fixture->database,
        "create function store.warn() returns trigger language plpgsql as"
        " $$ begin raise warning 'canceling wait for synchronous replication'; return new; end $$;"
        "create trigger warn before insert on store.streams"
        " for each row execute function store.warn()");
    simple_group(&group, 1, 101, 0, 1);
    assert_false(simple_append_all(&fixture->appender, &fixture->db, &group.group, 1, &err));
    assert_int_equal(err.kind, ERROR_transient);
    assert_false(db_is_open(&fixture->db));
}

/* Whether everything up to this position of the WAL is on disk. */
static bool is_flushed(struct fixture *fixture, const char *lsn)
{
    char sql[128];
    (void)snprintf(sql, sizeof(sql), "select (pg_current_wal_flush_lsn() >= '%s')::int", lsn);
    return number(fixture, sql) == 1;
}

/* Commits without waiting, a megabyte, and says where it ends. */
static void commit_without_waiting(struct fixture *fixture, char lsn[static 32])
{
    PGresult *result = PQexec(
        fixture->db.connection,
        "select pg_logical_emit_message(true, 'test', repeat('x', 1000000))");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    result = PQexec(fixture->db.connection, "select pg_current_wal_insert_lsn()");
    (void)snprintf(lsn, 32, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
}

static void test_fence_flushes_what_the_session_alone_does_not(void **state)
{
    struct fixture *fixture = *state;
    struct simple_group group;
    struct error err;
    char lsn[32];
    simple_group(&group, 1, 101, 0, 1);
    (void)simple_append(&fixture->appender, &fixture->db, &group);
    /* The WAL writer flushes now and then by itself: one commit caught before that is enough. */
    bool caught = false;
    for (int attempt = 0; attempt < 50 && !caught; attempt++) {
        commit_without_waiting(fixture, lsn);
        caught = !is_flushed(fixture, lsn);
    }
    assert_true(caught);
    assert_true(store_fence(&fixture->db, &err));
    assert_true(is_flushed(fixture, lsn));
}

static void test_buckets_are_for_ever(void **state)
{
    (void)state;
    struct stream_id stream = {.category = 1};
    assert_int_equal(stream_bucket(&stream), 268);
    stream.category = 2;
    assert_int_equal(stream_bucket(&stream), 891);
    stream = (struct stream_id){.category = 1, .id = simple_id(1)};
    assert_int_equal(stream_bucket(&stream), 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
        TEST(test_new_stream_gets_versions_and_positions),
        TEST(test_outdated_version_is_a_conflict_with_the_actual_one),
        TEST(test_rejection_is_recorded_only_on_the_version_it_was_decided_on),
        TEST(test_known_id_is_a_duplicate_and_the_others_of_the_batch_go_in),
        TEST(test_all_of_a_batch_lost_is_an_answer_too),
        TEST(test_another_tenant_is_another_world),
        TEST(test_who_sent_a_command_is_kept_with_it),
        TEST(test_events_cannot_be_changed),
        TEST(test_chain_changes_with_every_batch_and_is_on_its_last_event),
        TEST(test_partitions_are_made_ahead_and_used),
        TEST(test_missing_partition_is_an_error_that_loses_nothing),
        TEST(test_append_without_its_fence_is_unknown_and_resolved_by_its_ids),
        TEST(test_warning_of_the_server_proves_nothing),
        TEST(test_fence_flushes_what_the_session_alone_does_not),
        TEST(test_buckets_are_for_ever),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
