// SPDX-License-Identifier: Apache-2.0
// Parked streams in the database: what is given up, what queues behind it, and attempts.
#include "support/parking.h"

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

/* A topic that lost its end, or was made anew, has other commands at the same offsets. */
static void another_command_at_the_same_offset_was_not_given_up(void **state)
{
    struct parking *parking = *state;
    const struct parked_record other = record(7, 102, 5);
    struct parked_known known;
    struct error err;
    park(parking, 7, 101, 5);
    assert_true(parked_divert(&parking->store.db, &parking->owner, &other, 1, &known, &err));
    assert_false(known.is_fault);
    assert_int_equal(count(parking, "select count(*) from store.parked_commands"), 2);
    struct parked_fault fault_of_it = fault(8, 201, 5);
    fault_of_it.incident = simple_id(1);
    assert_true(parked_park(&parking->store.db, &parking->owner, &fault_of_it, &err));
    assert_int_equal(
        count(
            parking,
            "select count(*) from store.dead_letters d join store.parked_streams using (stream_id)"
            " where d.attempts = 3 and d.command_id = '10200000-0000-0000-0000-0000000000c9'"),
        1);
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

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_command_given_up_is_the_head_of_its_queue),
        CASE(giving_up_again_adds_only_what_is_new),
        CASE(what_may_show_a_person_is_not_stored),
        CASE(a_queue_keeps_the_order_and_each_command_once),
        CASE(one_that_was_given_up_is_known_when_it_comes_again),
        CASE(another_command_at_the_same_offset_was_not_given_up),
        CASE(a_queue_is_read_in_pieces),
        CASE(attempts_are_counted_across_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
