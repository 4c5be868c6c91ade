// SPDX-License-Identifier: Apache-2.0
// Errors a broker gives at the worst moment, injected by librdkafka's mock cluster. Only that: what
// a broker really does is tested on a real one.
#include "support/kafka_topic.h"

#include <librdkafka/rdkafka_mock.h>

enum { PRODUCE = 0, OFFSET_COMMIT = 8, OFFSET_FETCH = 9, COUNT = 300 };

struct mock {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *cluster;
    struct kafka_topic topic;
};

static int open_mock(void **state)
{
    static struct mock mock;
    char reason[256];
    mock.rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof(reason));
    if (mock.rk == NULL)
        return -1;
    mock.cluster = rd_kafka_mock_cluster_new(mock.rk, 1);
    mock.topic.brokers = rd_kafka_mock_cluster_bootstraps(mock.cluster);
    (void)snprintf(mock.topic.name, sizeof(mock.topic.name), "mock");
    (void)snprintf(mock.topic.group, sizeof(mock.topic.group), "mock.group");
    *state = &mock;
    return rd_kafka_mock_topic_create(mock.cluster, mock.topic.name, 1, 1) == 0 ? 0 : -1;
}

static int close_mock(void **state)
{
    struct mock *mock = *state;
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->rk);
    return 0;
}

static void read_all(const struct mock *mock, int count)
{
    int numbers[COUNT];
    struct consumer *consumer = kafka_consumer(&mock->topic, false);
    kafka_read_numbers(consumer, true, numbers, (size_t)count);
    for (int i = 0; i < count; i++)
        assert_int_equal(numbers[i], i);
    consumer_close(consumer);
}

/* Reads until every number has come. After a rebuild a record may stand there twice, and the mock,
 * which keeps no sequence, takes batches that were on their way behind the refused one. */
static void read_every(const struct mock *mock, int count)
{
    bool seen[COUNT] = {false};
    struct consumer *consumer = kafka_consumer(&mock->topic, false);
    for (int missing = count; missing > 0;) {
        int number;
        kafka_read_numbers(consumer, true, &number, 1);
        assert_in_range(number, 0, count - 1);
        missing -= !seen[number];
        seen[number] = true;
    }
    consumer_close(consumer);
}

/* The client retries by itself: nobody notices. */
static void a_broker_that_is_busy_is_asked_again(void **state)
{
    const struct mock *mock = *state;
    struct producer *producer = kafka_producer(&mock->topic);
    rd_kafka_mock_push_request_errors(
        mock->cluster,
        PRODUCE,
        2,
        RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
        RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 0, COUNT));
    assert_int_equal(producer_undeliverable(producer), 0);
    assert_int_equal(producer_rebuilds(producer), 0);
    producer_close(producer, 0);
    read_all(mock, COUNT);
}

/* The client cannot go on with this one: it is rebuilt, and nothing is given up. */
static void a_sequence_the_broker_does_not_know_leads_to_a_rebuild(void **state)
{
    const struct mock *mock = *state;
    struct producer *producer = kafka_producer(&mock->topic);
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 0, COUNT / 2));
    rd_kafka_mock_push_request_errors(
        mock->cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    int64_t number = kafka_send_numbers(producer, &mock->topic, 0, COUNT / 2, COUNT / 2);
    kafka_settle(producer, number);
    assert_int_equal(producer_undeliverable(producer), 0);
    assert_true(producer_rebuilds(producer) >= 1);
    producer_close(producer, 0);
    read_every(mock, COUNT);
}

static void rights_that_are_missing_make_a_record_undeliverable(void **state)
{
    const struct mock *mock = *state;
    struct producer *producer = kafka_producer(&mock->topic);
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 0, 1));
    rd_kafka_mock_push_request_errors(
        mock->cluster, PRODUCE, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 1, 1));
    assert_int_equal(producer_undeliverable(producer), 1);
    assert_non_null(strstr(producer_trouble(producer), "undeliverable"));
    producer_close(producer, 0);
}

static void a_broker_that_is_away_is_waited_for(void **state)
{
    const struct mock *mock = *state;
    struct producer *producer = kafka_producer(&mock->topic);
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 0, 1));
    assert_int_equal(rd_kafka_mock_broker_set_down(mock->cluster, 1), 0);
    int64_t number = kafka_send_numbers(producer, &mock->topic, 0, 1, COUNT - 1);
    for (int i = 0; i < 10; i++)
        producer_poll(producer, 50);
    assert_int_equal(producer_settled(producer), 1);
    assert_true(producer_trouble(producer)[0] != '\0');
    assert_int_equal(rd_kafka_mock_broker_set_up(mock->cluster, 1), 0);
    kafka_settle(producer, number);
    assert_int_equal(producer_undeliverable(producer), 0);
    assert_string_equal(producer_trouble(producer), "");
    producer_close(producer, 0);
    read_all(mock, COUNT);
}

static void closing_without_a_broker_comes_to_an_end(void **state)
{
    const struct mock *mock = *state;
    struct producer *producer = kafka_producer(&mock->topic);
    struct consumer *consumer = kafka_consumer(&mock->topic, false);
    int numbers[1];
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 0, 1));
    kafka_read_numbers(consumer, true, numbers, 1);
    (void)kafka_send_numbers(producer, &mock->topic, 0, 1, COUNT);
    assert_int_equal(rd_kafka_mock_broker_set_down(mock->cluster, 1), 0);
    int64_t begin_us = clock_monotonic_us();
    producer_close(producer, 500);
    consumer_close(consumer);
    assert_true(clock_monotonic_us() - begin_us < 10 * INT64_C(1000000));
}

/* The committed offsets cannot be read at first: the partition waits, and then begins where it
 * should, not at the end and not at the beginning. */
static void offsets_that_cannot_be_read_are_asked_for_again(void **state)
{
    const struct mock *mock = *state;
    int numbers[COUNT];
    struct producer *producer = kafka_producer(&mock->topic);
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 0, 10));
    producer_close(producer, 0);
    struct consumer *consumer = kafka_consumer(&mock->topic, false);
    kafka_read_numbers(consumer, true, numbers, 4);
    consumer_close(consumer);
    rd_kafka_mock_push_request_errors(
        mock->cluster,
        OFFSET_FETCH,
        2,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
        RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    consumer = kafka_consumer(&mock->topic, false);
    kafka_read_numbers(consumer, true, numbers, 6);
    for (int i = 0; i < 6; i++)
        assert_int_equal(numbers[i], 4 + i);
    consumer_close(consumer);
}

static void a_commit_that_fails_is_repeated(void **state)
{
    const struct mock *mock = *state;
    int numbers[COUNT];
    rd_kafka_message_t *message;
    struct producer *producer = kafka_producer(&mock->topic);
    kafka_settle(producer, kafka_send_numbers(producer, &mock->topic, 0, 0, 10));
    producer_close(producer, 0);
    struct consumer *consumer = kafka_consumer(&mock->topic, false);
    kafka_read_numbers(consumer, false, numbers, 10);
    rd_kafka_mock_push_request_errors(
        mock->cluster, OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    consumer_done(consumer, 0, 9);
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (consumer_trouble(consumer)[0] == '\0') {
        assert_int_equal(consumer_poll(consumer, 50, &message, 1), 0);
        assert_true(clock_monotonic_us() < until_us);
    }
    consumer_close(consumer);
    consumer = kafka_consumer(&mock->topic, false);
    while (consumer_partitions(consumer) == 0) {
        assert_int_equal(consumer_poll(consumer, 100, &message, 1), 0);
        assert_true(clock_monotonic_us() < until_us);
    }
    for (int i = 0; i < 10; i++)
        assert_int_equal(consumer_poll(consumer, 50, &message, 1), 0); /* all of it is done */
    consumer_close(consumer);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_mock, close_mock)
    const struct CMUnitTest tests[] = {
        CASE(a_broker_that_is_busy_is_asked_again),
        CASE(a_sequence_the_broker_does_not_know_leads_to_a_rebuild),
        CASE(rights_that_are_missing_make_a_record_undeliverable),
        CASE(a_broker_that_is_away_is_waited_for),
        CASE(closing_without_a_broker_comes_to_an_end),
        CASE(offsets_that_cannot_be_read_are_asked_for_again),
        CASE(a_commit_that_fails_is_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
