// SPDX-License-Identifier: Apache-2.0
// Parked streams in the database: what is given up, queues, is released and goes, and who may do that.
#include "store/parked.h"
#include "support/store_fixture.h"

#define TOPIC "order.commands"

struct parking {
    struct fixture store;
    struct db other; /* a second connection in the same role */
    struct claim claims[2];
    struct parked_owner owner;
};

static const struct claim_owner claimant = {.group = "g", .topic = TOPIC, .name = "test"};

static int set_up(void **state)
{
    static const int32_t partitions[2] = {0, 1};
    void *fixture = NULL;
    struct error err;
    struct parking *parking = calloc(1, sizeof(*parking));
    assert_non_null(parking);
    assert_int_equal(fixture_set_up(&fixture), 0);
    parking->store = *(struct fixture *)fixture;
    free(fixture);
    store_database_open(&parking->store.database, STORE_COMMAND, &parking->other);
    assert_true(claims_take(&parking->store.db, &claimant, partitions, 2, parking->claims, &err));
    parking->owner = (struct parked_owner){
        .topic = TOPIC, .claims = parking->claims, .claim_count = countof(parking->claims)};
    *state = parking;
    return 0;
}

static int tear_down(void **state)
{
    struct parking *parking = *state;
    struct fixture *store = calloc(1, sizeof(*store));
    void *fixture = store;
    db_close(&parking->other);
    assert_non_null(store);
    *store = parking->store;
    free(parking);
    return fixture_tear_down(&fixture);
}

static int64_t count(struct parking *parking, const char *sql)
{
    return store_database_number(&parking->store.database, sql);
}

static struct stream_id stream_of(uint64_t number)
{
    return (struct stream_id){.id = simple_id(number), .tenant_id = 1, .category = 1};
}

static struct parked_record record(uint64_t stream, uint64_t command, int64_t offset)
{
    return (struct parked_record){
        .stream = stream_of(stream),
        .command_id = simple_id(command),
        .partition = 1,
        .offset = offset,
        .timestamp_ms = 1769860800000,
        .key = SLICE_LITERAL("key"),
        .headers = SLICE_LITERAL("headers"),
        .value = SLICE_LITERAL("value"),
        .is_kept = true};
}

static struct parked_fault fault(uint64_t stream, uint64_t command, int64_t offset)
{
    return (struct parked_fault){
        .record = record(stream, command, offset),
        .incident = simple_id(900 + (uint64_t)offset),
        .code = "command_failed",
        .attempts = 3};
}

static void park(struct parking *parking, uint64_t stream, uint64_t command, int64_t offset)
{
    const struct parked_fault one = fault(stream, command, offset);
    struct error err;
    if (!parked_park(&parking->store.db, &parking->owner, &one, &err))
        fail_msg("%s", err.text);
}

static bool divert(
    struct parking *parking,
    struct db *db,
    uint64_t stream,
    uint64_t command,
    int64_t offset,
    struct error *err)
{
    const struct parked_record one = record(stream, command, offset);
    struct parked_known known;
    return parked_divert(db, &parking->owner, &one, 1, &known, err);
}

static size_t read_queue(struct parking *parking, uint64_t stream, struct parked_entry **entries)
{
    const struct stream_id id = stream_of(stream);
    struct error err;
    size_t found = 0;
    if (!parked_queue(&parking->store.db, &id, &parking->store.arena, entries, &found, &err))
        fail_msg("%s", err.text);
    return found;
}

static int64_t release(struct db *db, uint64_t stream, struct error *err)
{
    static const struct db_statement statement = {
        .number = 40,
        .name = "test_release",
        .sql =
            "select coalesce(store.release_parked(1, 1::smallint, $1::uuid, 'who', 'what', 'why'),"
            " 0::smallint)",
        .expect = DB_ONE_ROW,
        .columns = 1};
    const struct uuid id = simple_id(stream);
    struct db_params params = {0};
    PGresult *result;
    db_param_uuid(&params, &id);
    if (!db_run(db, &statement, &params, &result, err))
        return -1;
    int64_t before = ((const uint8_t *)PQgetvalue(result, 0, 0))[1];
    PQclear(result);
    return before;
}

static void must_release(struct parking *parking, uint64_t stream)
{
    struct error err;
    assert_int_equal(release(&parking->store.db, stream, &err), PARKED_WAITING);
}

static void begin(struct parking *parking, uint64_t stream)
{
    const struct stream_id id = stream_of(stream);
    struct error err;
    bool begun = false;
    assert_true(parked_begin(&parking->store.db, &parking->owner, &id, &begun, &err));
    assert_true(begun);
}

/* Settles the first `most` entries; whether the stream is gone. */
static bool settle(struct parking *parking, struct db *db, uint64_t stream, size_t most)
{
    struct parked_entry *entries;
    int64_t sequences[8];
    size_t found = read_queue(parking, stream, &entries);
    struct parked_done done = {.stream = stream_of(stream), .sequences = sequences};
    for (size_t i = 0; i < found && i < most; i++)
        sequences[done.count++] = entries[i].sequence;
    bool gone = false;
    struct error err;
    if (!parked_settle(db, &parking->owner, &done, &gone, &err))
        fail_msg("%s", err.text);
    return gone;
}

/* ---- giving up ---- */

static void a_command_given_up_is_the_head_of_its_queue(void **state)
{
    struct parking *parking = *state;
    struct parked_stream *streams;
    struct parked_entry *entries;
    struct error err;
    size_t found;
    park(parking, 7, 101, 5);
    assert_true(
        parked_read(&parking->store.db, TOPIC, &parking->store.arena, &streams, &found, &err));
    assert_int_equal(found, 1);
    const struct stream_id id = stream_of(7);
    assert_true(stream_equal(&streams[0].stream, &id));
    assert_int_equal(streams[0].state, PARKED_WAITING);
    assert_int_equal(streams[0].partition, 1);
    assert_true(streams[0].is_ours);
    assert_int_equal(read_queue(parking, 7, &entries), 1);
    const struct parked_record *head = &entries[0].record;
    const struct uuid command = simple_id(101);
    assert_true(uuid_equal(&head->command_id, &command));
    assert_true(slice_is(head->key, "key") && slice_is(head->headers, "headers"));
    assert_true(slice_is(head->value, "value"));
    assert_int_equal(head->offset, 5);
    assert_int_equal(head->timestamp_ms, 1769860800000);
    assert_int_equal(
        count(
            parking,
            "select count(*) from store.dead_letters where attempts = 3"
            " and topic = '" TOPIC "' and partition = 1 and \"offset\" = 5"),
        1);
    assert_true(
        parked_read(&parking->store.db, "another", &parking->store.arena, &streams, &found, &err));
    assert_true(found == 1 && !streams[0].is_ours);
}

static void giving_up_again_adds_only_what_is_new(void **state)
{
    struct parking *parking = *state;
    struct parked_fault again = fault(7, 101, 5);
    struct error err;
    park(parking, 7, 101, 5);
    park(parking, 7, 101, 5); /* after an unknown outcome */
    assert_int_equal(count(parking, "select attempts from store.dead_letters"), 3);
    again.incident = simple_id(1);
    assert_true(parked_park(&parking->store.db, &parking->owner, &again, &err));
    assert_int_equal(count(parking, "select attempts from store.dead_letters"), 6);
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 1);
    assert_int_equal(
        count(
            parking,
            "select count(*) from store.parked_streams p"
            " join store.dead_letters d using (incident)"),
        1);
}

static void what_may_show_a_person_is_not_stored(void **state)
{
    struct parking *parking = *state;
    struct parked_fault plain = fault(7, 101, 5);
    struct parked_record later = record(7, 102, 6);
    struct parked_known known;
    struct error err;
    plain.record.is_kept = later.is_kept = false;
    assert_true(parked_park(&parking->store.db, &parking->owner, &plain, &err));
    assert_true(parked_divert(&parking->store.db, &parking->owner, &later, 1, &known, &err));
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 0);
    assert_int_equal(count(parking, "select count(*) from store.parked_streams"), 1);
    /* Its stream must be parked all the same. */
    later.stream = stream_of(8);
    assert_false(parked_divert(&parking->store.db, &parking->owner, &later, 1, &known, &err));
    assert_string_equal(err.code, PARKED_GONE);
}

/* ---- the queue ---- */

static void a_queue_keeps_the_order_and_each_command_once(void **state)
{
    struct parking *parking = *state;
    struct parked_known known[4];
    struct parked_entry *entries;
    struct error err;
    park(parking, 7, 101, 5);
    park(parking, 8, 201, 6);
    const struct parked_record records[4] = {
        record(7, 103, 7), record(8, 202, 8), record(7, 102, 9), record(7, 103, 10)};
    assert_true(parked_divert(&parking->store.db, &parking->owner, records, 4, known, &err));
    assert_false(known[0].is_fault || known[1].is_fault || known[2].is_fault || known[3].is_fault);
    /* Sent again, and read again after a crash. */
    assert_true(divert(parking, &parking->store.db, 7, 102, 11, &err));
    assert_true(divert(parking, &parking->store.db, 7, 101, 12, &err));
    assert_int_equal(read_queue(parking, 7, &entries), 3);
    assert_int_equal(entries[0].record.command_id.bytes[15], 101);
    assert_int_equal(entries[1].record.command_id.bytes[15], 103);
    assert_int_equal(entries[2].record.command_id.bytes[15], 102);
    assert_int_equal(read_queue(parking, 8, &entries), 2);
}

static void one_that_was_given_up_is_known_when_it_comes_again(void **state)
{
    struct parking *parking = *state;
    const struct parked_record records[2] = {record(7, 101, 5), record(7, 102, 6)};
    struct parked_known known[2];
    struct error err;
    park(parking, 7, 101, 5);
    assert_true(parked_divert(&parking->store.db, &parking->owner, records, 2, known, &err));
    const struct uuid incident = simple_id(905);
    assert_true(known[0].is_fault && uuid_equal(&known[0].incident, &incident));
    assert_int_equal(known[0].attempts, 3);
    assert_false(known[1].is_fault);
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 2);
}

static void a_queue_is_read_in_pieces(void **state)
{
    struct parking *parking = *state;
    struct parked_entry *entries;
    struct error err;
    uint8_t *body = calloc(1, 3 * 1024 * 1024);
    assert_non_null(body);
    park(parking, 7, 101, 5);
    for (int64_t i = 1; i < 4; i++) {
        struct parked_record big = record(7, 101 + (uint64_t)i, 5 + i);
        struct parked_known known;
        big.value = slice_of(body, 3 * 1024 * 1024);
        assert_true(parked_divert(&parking->store.db, &parking->owner, &big, 1, &known, &err));
    }
    assert_int_equal(read_queue(parking, 7, &entries), 2);
    must_release(parking, 7);
    begin(parking, 7);
    assert_false(settle(parking, &parking->store.db, 7, 2));
    assert_int_equal(read_queue(parking, 7, &entries), 1); /* at least one, however large */
    free(body);
}

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

/* ---- attempts ---- */

static void attempts_are_counted_across_workers(void **state)
{
    struct parking *parking = *state;
    static const int32_t partition = 1;
    struct error err;
    struct claim claim = parking->claims[1];
    int attempts = 0;
    for (int wanted = 1; wanted <= 4; wanted++) {
        assert_true(parked_attempt(&parking->store.db, &claim, 41, &attempts, &err));
        assert_int_equal(attempts, wanted);
        assert_true(claims_take(&parking->store.db, &claimant, &partition, 1, &claim, &err));
        assert_false(claim.was_clean);
        assert_int_equal(claim.attempts, wanted);
        assert_int_equal(claim.attempt_offset, 41);
    }
    assert_true(parked_attempt(&parking->store.db, &claim, 42, &attempts, &err));
    assert_int_equal(attempts, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_command_given_up_is_the_head_of_its_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(giving_up_again_adds_only_what_is_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_may_show_a_person_is_not_stored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_queue_keeps_the_order_and_each_command_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            one_that_was_given_up_is_known_when_it_comes_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_queue_is_read_in_pieces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            nothing_joins_the_queue_of_a_stream_that_is_free, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            one_batch_with_a_free_stream_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_late_command_and_the_end_of_the_queue_exclude_each_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_is_released_is_begun_and_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            whoever_is_gone_in_the_middle_of_a_queue_leaves_it_parked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            another_owner_of_the_partition_refuses_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_worker_writes_through_the_functions_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_releasers_at_once_are_one_release, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_waits_is_discarded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(attempts_are_counted_across_workers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
