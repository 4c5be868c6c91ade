// SPDX-License-Identifier: Apache-2.0
// A topic that is read without a group: from its end on, or all of it.
#include "bus/reader.h"
#include "support/kafka_topic.h"

enum { FEW = 20 };

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

/* Reads until the end is reached; how many there were. */
static int read_to_end(struct reader *reader)
{
    int count = 0;
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (!reader_at_end(reader)) {
        rd_kafka_message_t *message = reader_poll(reader, 50);
        count += message != NULL;
        if (message != NULL)
            rd_kafka_message_destroy(message);
        if (clock_monotonic_us() > until_us)
            fail_msg("no end after %d records: %s", count, reader_trouble(reader));
    }
    return count;
}

static void all_of_it_is_read_and_the_end_is_known(void **state)
{
    const struct kafka_topic *topic = *state;
    struct reader *reader;
    struct error err;
    kafka_topic_fill(topic, 0, FEW);
    kafka_topic_fill(topic, 1, 3);
    assert_true(reader_open_all(&reader, topic->brokers, topic->name, "test", &err));
    assert_int_equal(read_to_end(reader), FEW + 3);
    reader_close(reader);
}

static void an_empty_topic_ends_at_once(void **state)
{
    const struct kafka_topic *topic = *state;
    struct reader *reader;
    struct error err;
    assert_true(reader_open_all(&reader, topic->brokers, topic->name, "test", &err));
    assert_int_equal(read_to_end(reader), 0);
    reader_close(reader);
}

static void only_what_comes_from_now_on(void **state)
{
    const struct kafka_topic *topic = *state;
    struct reader *reader;
    struct error err;
    kafka_topic_fill(topic, 0, FEW);
    assert_true(reader_open(&reader, topic->brokers, topic->name, "test", &err));
    assert_int_equal(read_to_end(reader), 0);
    kafka_topic_fill(topic, 1, 3);
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    for (int count = 0; count < 3;) {
        rd_kafka_message_t *message = reader_poll(reader, 50);
        count += message != NULL;
        if (message != NULL)
            rd_kafka_message_destroy(message);
        assert_true(clock_monotonic_us() < until_us);
    }
    reader_close(reader);
}

static void a_topic_that_is_not_there_is_named(void **state)
{
    struct reader *reader;
    struct error err;
    const struct kafka_topic *topic = *state;
    assert_false(reader_open_all(&reader, topic->brokers, "test.nothing-there", "test", &err));
    assert_int_equal(err.kind, ERROR_not_found);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_topic, close_topic)
    const struct CMUnitTest tests[] = {
        CASE(all_of_it_is_read_and_the_end_is_known),
        CASE(an_empty_topic_ends_at_once),
        CASE(only_what_comes_from_now_on),
        CASE(a_topic_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
