// SPDX-License-Identifier: Apache-2.0
// The consumer on a real broker: where it starts, what it commits, and what a pause or another
// member of the group does to it.
#include "support/kafka_topic.h"

enum { FEW = 20, MANY = 5000 };

static int open_topic(void **state)
{
    static struct kafka_topic topic;
    kafka_topic_create(&topic, 2);
    *state = &topic;
    return 0;
}

static int close_topic(void **state)
{
    kafka_topic_drop(*state);
    return 0;
}

static void assert_numbers(const int *numbers, int first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(numbers[i], first + (int)i);
}

/* Serves the group until the condition on its generation or partitions holds. */
static void wait_for_partitions(struct consumer *consumer, size_t wanted)
{
    rd_kafka_message_t *message;
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (consumer_partitions(consumer) != wanted) {
        if (consumer_poll(consumer, 20, &message, 1) == 1)
            rd_kafka_message_destroy(message);
        if (clock_monotonic_us() > until_us)
            fail_msg(
                "%zu partitions: %s", consumer_partitions(consumer), consumer_trouble(consumer));
    }
}

static void starts_at_the_beginning_and_goes_on_where_it_was_done(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    kafka_topic_fill(topic, 0, FEW);
    struct consumer *consumer = kafka_consumer(topic, false);
    kafka_read_numbers(consumer, true, numbers, 8);
    assert_numbers(numbers, 0, 8);
    consumer_close(consumer);
    assert_int_equal(kafka_committed_offset(topic, 0), 8);
    consumer = kafka_consumer(topic, false);
    kafka_read_numbers(consumer, true, numbers, FEW - 8);
    assert_numbers(numbers, 8, FEW - 8);
    consumer_close(consumer);
    assert_int_equal(kafka_committed_offset(topic, 0), FEW);
}

static void what_is_not_done_comes_again(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    kafka_topic_fill(topic, 0, FEW);
    for (int attempt = 0; attempt < 2; attempt++) {
        struct consumer *consumer = kafka_consumer(topic, false);
        kafka_read_numbers(consumer, false, numbers, FEW);
        assert_numbers(numbers, 0, FEW);
        consumer_close(consumer);
    }
    assert_int_equal(kafka_committed_offset(topic, 0), RD_KAFKA_OFFSET_INVALID);
}

static void an_offset_never_goes_backwards(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    kafka_topic_fill(topic, 0, FEW);
    struct consumer *consumer = kafka_consumer(topic, false);
    kafka_read_numbers(consumer, false, numbers, FEW);
    consumer_done(consumer, 0, 11);
    consumer_done(consumer, 0, 3);
    consumer_done(consumer, 1, 7);  /* ours, but it never had such a message */
    consumer_done(consumer, 99, 7); /* not ours */
    consumer_done(consumer, -1, 7);
    consumer_close(consumer);
    assert_int_equal(kafka_committed_offset(topic, 0), 12);
}

static void offsets_are_committed_in_the_background(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    kafka_topic_fill(topic, 0, FEW);
    struct consumer *consumer = kafka_consumer(topic, false);
    kafka_read_numbers(consumer, true, numbers, FEW);
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    rd_kafka_message_t *message;
    while (kafka_committed_offset(topic, 0) != FEW) {
        assert_int_equal(consumer_poll(consumer, 100, &message, 1), 0);
        assert_true(clock_monotonic_us() < until_us);
    }
    consumer_close(consumer);
}

static void one_poll_takes_what_is_there(void **state)
{
    const struct kafka_topic *topic = *state;
    static rd_kafka_message_t *messages[MANY];
    int numbers[1];
    kafka_topic_fill(topic, 0, MANY);
    struct consumer *consumer = kafka_consumer(topic, false);
    kafka_read_numbers(consumer, false, numbers, 1); /* everything is fetched ahead by now */
    size_t most = 0;
    for (size_t left = MANY - 1; left > 0;) {
        size_t got = consumer_poll(consumer, 1000, messages, left);
        assert_true(got > 0);
        most = got > most ? got : most;
        left -= got;
        for (size_t i = 0; i < got; i++)
            rd_kafka_message_destroy(messages[i]);
    }
    assert_true(most > 500);
    consumer_close(consumer);
}

/* librdkafka #2703, #4636: no message twice, none left out, none while paused. */
static void a_pause_loses_and_repeats_nothing(void **state)
{
    const struct kafka_topic *topic = *state;
    static int numbers[MANY];
    rd_kafka_message_t *message;
    kafka_topic_fill(topic, 0, MANY);
    struct consumer *consumer = kafka_consumer(topic, false);
    size_t at = 0;
    for (int turn = 0; turn < 5; turn++) {
        kafka_read_numbers(consumer, true, numbers + at, 500);
        at += 500;
        consumer_pause(consumer);
        consumer_pause(consumer);
        for (int i = 0; i < 20; i++)
            assert_int_equal(consumer_poll(consumer, 5, &message, 1), 0);
        consumer_resume(consumer);
        consumer_resume(consumer);
    }
    kafka_read_numbers(consumer, true, numbers + at, MANY - at);
    assert_numbers(numbers, 0, MANY);
    consumer_close(consumer);
    assert_int_equal(kafka_committed_offset(topic, 0), MANY);
}

static void a_pause_before_the_assignment_holds(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    rd_kafka_message_t *message;
    kafka_topic_fill(topic, 0, FEW);
    struct consumer *consumer = kafka_consumer(topic, false);
    consumer_pause(consumer);
    wait_for_partitions(consumer, 2);
    for (int i = 0; i < 20; i++)
        assert_int_equal(consumer_poll(consumer, 10, &message, 1), 0);
    consumer_resume(consumer);
    kafka_read_numbers(consumer, true, numbers, FEW);
    assert_numbers(numbers, 0, FEW);
    consumer_close(consumer);
}

/* Offset 1,000 of a partition with 20 messages: the broker lost its tail, or it is another topic. */
static void an_offset_that_is_gone_stops_loudly(void **state)
{
    const struct kafka_topic *topic = *state;
    struct error err;
    rd_kafka_message_t *message;
    kafka_topic_fill(topic, 0, FEW);
    kafka_commit_offset(topic, 0, 1000);
    struct consumer *consumer = kafka_consumer(topic, false);
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (!consumer_failed(consumer, &err)) {
        assert_int_equal(consumer_poll(consumer, 50, &message, 1), 0);
        assert_true(clock_monotonic_us() < until_us);
    }
    assert_int_equal(err.kind, ERROR_tampered);
    assert_non_null(strstr(err.text, topic->name));
    consumer_close(consumer);
    assert_int_equal(kafka_committed_offset(topic, 0), 1000);
}

static void an_offset_that_is_gone_can_be_accepted(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    struct error err;
    kafka_topic_fill(topic, 0, FEW);
    kafka_commit_offset(topic, 0, 1000);
    struct consumer *consumer = kafka_consumer(topic, true);
    kafka_read_numbers(consumer, true, numbers, FEW);
    assert_numbers(numbers, 0, FEW);
    assert_false(consumer_failed(consumer, &err));
    consumer_close(consumer);
}

static void another_member_takes_over_what_is_not_done(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    kafka_topic_fill(topic, 0, FEW);
    struct consumer *first = kafka_consumer(topic, false);
    kafka_read_numbers(first, true, numbers, 5);
    wait_for_partitions(first, 2);
    int64_t generation = consumer_generation(first);
    struct consumer *second = kafka_consumer(topic, false);
    rd_kafka_message_t *message;
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (consumer_partitions(first) != 1 || consumer_partitions(second) != 1) {
        /* Reads ahead of what is done; thrown away by the new assignment. */
        if (consumer_poll(first, 20, &message, 1) == 1)
            rd_kafka_message_destroy(message);
        if (consumer_poll(second, 20, &message, 1) == 1)
            rd_kafka_message_destroy(message);
        assert_true(clock_monotonic_us() < until_us);
    }
    assert_true(consumer_generation(first) > generation);
    assert_true(consumer_owns(first, 0) != consumer_owns(second, 0));
    assert_true(consumer_owns(first, 0) != consumer_owns(first, 1));
    consumer_close(first);
    wait_for_partitions(second, 2);
    consumer_close(second);
    /* What the first one did was committed when it was revoked, and nothing beyond. */
    assert_int_equal(kafka_committed_offset(topic, 0), 5);
}

/* Reads until `wanted` messages of one assignment have come. */
static void read_all(struct consumer *consumer, size_t wanted)
{
    rd_kafka_message_t *message;
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    int64_t generation = consumer_generation(consumer);
    size_t found = 0;
    while (found < wanted) {
        size_t count = consumer_poll(consumer, 20, &message, 1);
        if (consumer_generation(consumer) != generation)
            found = 0;
        generation = consumer_generation(consumer);
        found += count;
        if (count == 1)
            rd_kafka_message_destroy(message);
        if (clock_monotonic_us() > until_us)
            fail_msg("%zu messages of %zu", found, wanted);
    }
}

/* The client would keep it paused for ever: nobody knows of the pause when it comes back to us. */
static void a_pause_ends_when_the_partition_goes(void **state)
{
    const struct kafka_topic *topic = *state;
    kafka_topic_fill(topic, 0, FEW);
    kafka_topic_fill(topic, 1, FEW);
    struct consumer *first = kafka_consumer(topic, false);
    wait_for_partitions(first, 2);
    consumer_pause(first);
    struct consumer *second = kafka_consumer(topic, false);
    rd_kafka_message_t *message;
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (consumer_partitions(first) != 1 || consumer_partitions(second) != 1) {
        assert_int_equal(consumer_poll(first, 20, &message, 1), 0);
        if (consumer_poll(second, 20, &message, 1) == 1)
            rd_kafka_message_destroy(message);
        assert_true(clock_monotonic_us() < until_us);
    }
    consumer_resume(first);
    consumer_close(second);
    read_all(first, 2 * (size_t)FEW);
    assert_int_equal(consumer_partitions(first), 2);
    consumer_close(first);
}

static void count_leaving(void *context)
{
    int *count = context;
    (*count)++;
}

static void joining_anew_brings_another_assignment(void **state)
{
    const struct kafka_topic *topic = *state;
    struct consumer *consumer;
    struct error err;
    int left = 0;
    const struct consumer_options options = {
        .brokers = topic->brokers,
        .group = topic->group,
        .topic = topic->name,
        .client_id = "test",
        .leaving = count_leaving,
        .leaving_context = &left};
    kafka_topic_fill(topic, 0, FEW);
    assert_true(consumer_open(&consumer, &options, &err));
    read_all(consumer, FEW);
    assert_int_equal(left, 0);
    int64_t generation = consumer_generation(consumer);
    consumer_rejoin(consumer);
    read_all(consumer, FEW); /* from the beginning: nothing was done */
    assert_true(consumer_generation(consumer) > generation);
    assert_int_equal(left, 1);
    assert_int_equal(consumer_partition_end(consumer), 2);
    consumer_close(consumer);
    assert_int_equal(left, 2);
}

static void a_wrong_configuration_is_said(void **state)
{
    const struct kafka_topic *topic = *state;
    struct consumer *consumer;
    struct error err;
    const struct consumer_options options = {
        .brokers = "", .group = topic->group, .topic = topic->name, .client_id = "test"};
    assert_false(consumer_open(&consumer, &options, &err));
    assert_int_equal(err.kind, ERROR_invalid);
}

/* What the end of a command epoch is concluded from. */
static void bounds_and_commits_are_known(void **state)
{
    const struct kafka_topic *topic = *state;
    int numbers[FEW];
    int64_t begin = -1, end = -1;
    struct error err;
    kafka_topic_fill(topic, 0, FEW);
    struct consumer *consumer = kafka_consumer(topic, false);
    assert_int_equal(consumer_committed(consumer, 0), -1); /* not ours yet */
    kafka_read_numbers(consumer, true, numbers, FEW);
    assert_true(consumer_bounds(consumer, 0, 5000, &begin, &end, &err));
    assert_int_equal(begin, 0);
    assert_int_equal(end, FEW);
    assert_true(consumer_bounds(consumer, 1, 5000, &begin, &end, &err));
    assert_int_equal(end, 0);
    assert_int_equal(consumer_committed(consumer, 1), -1);
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    rd_kafka_message_t *message;
    while (consumer_committed(consumer, 0) != FEW && clock_monotonic_us() < until_us)
        assert_int_equal(consumer_poll(consumer, 20, &message, 1), 0);
    assert_int_equal(consumer_committed(consumer, 0), FEW);
    assert_int_equal(kafka_committed_offset(topic, 0), FEW);
    consumer_close(consumer);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_topic, close_topic)
    const struct CMUnitTest tests[] = {
        CASE(starts_at_the_beginning_and_goes_on_where_it_was_done),
        CASE(what_is_not_done_comes_again),
        CASE(an_offset_never_goes_backwards),
        CASE(offsets_are_committed_in_the_background),
        CASE(one_poll_takes_what_is_there),
        CASE(a_pause_loses_and_repeats_nothing),
        CASE(a_pause_before_the_assignment_holds),
        CASE(an_offset_that_is_gone_stops_loudly),
        CASE(an_offset_that_is_gone_can_be_accepted),
        CASE(another_member_takes_over_what_is_not_done),
        CASE(a_pause_ends_when_the_partition_goes),
        CASE(joining_anew_brings_another_assignment),
        CASE(bounds_and_commits_are_known),
        CASE(a_wrong_configuration_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
