// SPDX-License-Identifier: Apache-2.0
// The producer on a real broker: what arrives is what was sent, also when the client dies in
// between, and what can never arrive is counted and does not hold up the rest.
#include "bus/reader.h"
#include "support/kafka_topic.h"

enum { MANY = 3000 };

static int open_topic(void **state)
{
    static struct kafka_topic topic;
    kafka_topic_create(&topic, 8);
    *state = &topic;
    return 0;
}

static int close_topic(void **state)
{
    kafka_topic_drop(*state);
    return 0;
}

static int64_t send_record(struct producer *producer, const struct producer_record *record)
{
    int64_t number;
    struct error err;
    if (!producer_send(producer, record, &number, &err))
        fail_msg("%s", err.text);
    return number;
}

static struct reader *open_reader(const struct kafka_topic *topic)
{
    struct reader *reader;
    struct error err;
    if (!reader_open(&reader, topic->brokers, topic->name, "test", &err))
        fail_msg("%s", err.text);
    return reader;
}

static rd_kafka_message_t *read_one(struct reader *reader)
{
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    for (;;) {
        rd_kafka_message_t *message = reader_poll(reader, 100);
        if (message != NULL)
            return message;
        if (clock_monotonic_us() > until_us)
            fail_msg("nothing came: %s", reader_trouble(reader));
    }
}

static void assert_header(const rd_kafka_message_t *message, const char *name, const char *value)
{
    rd_kafka_headers_t *headers;
    const void *found;
    size_t size;
    assert_int_equal(rd_kafka_message_headers(message, &headers), 0);
    assert_int_equal(rd_kafka_header_get_last(headers, name, &found, &size), 0);
    assert_int_equal(size, strlen(value));
    assert_memory_equal(found, value, size);
}

static void what_arrives_is_what_was_sent(void **state)
{
    const struct kafka_topic *topic = *state;
    struct reader *reader = open_reader(topic);
    struct producer *producer = kafka_producer(topic);
    const struct producer_header headers[] = {
        {"ce_id", SLICE_LITERAL("seven")}, {"nothing", {NULL, 0}}};
    const struct producer_record record = {
        .topic = topic->name,
        .partition = 5,
        .key = SLICE_LITERAL("key"),
        .value = SLICE_LITERAL("\x00\xff bytes"),
        .headers = headers,
        .header_count = countof(headers)};
    kafka_settle(producer, send_record(producer, &record));
    rd_kafka_message_t *message = read_one(reader);
    assert_int_equal(message->partition, 5);
    assert_int_equal(message->key_len, 3);
    assert_memory_equal(message->key, "key", 3);
    assert_int_equal(message->len, 8);
    assert_memory_equal(message->payload, "\x00\xff bytes", 8);
    assert_header(message, "ce_id", "seven");
    assert_header(message, "nothing", "");
    rd_kafka_message_destroy(message);
    producer_close(producer, 0);
    reader_close(reader);
}

/* Partitions of 8 by Java's DefaultPartitioner (org.apache.kafka.common.utils.Utils.murmur2). */
static void keys_go_where_java_sends_them(void **state)
{
    const struct kafka_topic *topic = *state;
    static const struct {
        const char *key;
        int32_t murmur2; /* as Java computes it, see UtilsTest.testMurmur2 */
    } rows[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    };
    struct reader *reader = open_reader(topic);
    struct producer *producer = kafka_producer(topic);
    for (size_t i = 0; i < countof(rows); i++) {
        const struct producer_record record = {
            .topic = topic->name,
            .partition = RD_KAFKA_PARTITION_UA,
            .key = slice_of_text(rows[i].key)};
        kafka_settle(producer, send_record(producer, &record));
        rd_kafka_message_t *message = read_one(reader);
        assert_int_equal(message->partition, (rows[i].murmur2 & 0x7fffffff) % 8);
        assert_null(message->payload);
        rd_kafka_message_destroy(message);
    }
    producer_close(producer, 0);
    reader_close(reader);
}

static void a_topic_that_does_not_exist_holds_up_nothing(void **state)
{
    const struct kafka_topic *topic = *state;
    struct producer *producer = kafka_producer(topic);
    const struct producer_record lost = {.topic = "test.no.such.topic", .partition = -1};
    for (int i = 0; i < 1000; i++)
        (void)send_record(producer, &lost);
    int64_t number = kafka_send_numbers(producer, topic, 0, 0, 10);
    assert_int_equal(number, 1010);
    kafka_settle(producer, number);
    assert_int_equal(producer_undeliverable(producer), 1000);
    producer_close(producer, 0);
}

static void many_topics_that_do_not_exist_hold_up_nothing(void **state)
{
    const struct kafka_topic *topic = *state;
    struct producer *producer = kafka_producer(topic);
    for (int i = 0; i < 100; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), "test.no.such.topic.%d", i);
        const struct producer_record lost = {.topic = name, .partition = -1};
        (void)send_record(producer, &lost);
    }
    int64_t number = kafka_send_numbers(producer, topic, 0, 0, 10);
    kafka_settle(producer, number);
    assert_int_equal(producer_undeliverable(producer), 100);
    producer_close(producer, 0);
}

static void names_and_partitions_that_cannot_be_are_undeliverable(void **state)
{
    const struct kafka_topic *topic = *state;
    static char name[300];
    memset(name, 'n', sizeof(name) - 1);
    const struct producer_record records[] = {
        {.topic = topic->name, .partition = 8},
        {.topic = topic->name, .partition = -2},
        {.topic = "no spaces, please", .partition = -1},
        {.topic = "", .partition = -1},
        {.topic = name, .partition = -1},
    };
    struct producer *producer = kafka_producer(topic);
    for (size_t i = 0; i < countof(records); i++)
        kafka_settle(producer, send_record(producer, &records[i]));
    assert_int_equal(producer_undeliverable(producer), countof(records));
    producer_close(producer, 0);
}

static void a_record_over_the_brokers_limit_is_undeliverable(void **state)
{
    const struct kafka_topic *topic = *state;
    size_t size = 1500 * 1000;
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    struct producer *producer = kafka_producer(topic);
    const struct producer_record record = {
        .topic = topic->name, .partition = 0, .value = {bytes, size}};
    kafka_settle(producer, send_record(producer, &record));
    assert_int_equal(producer_undeliverable(producer), 1);
    kafka_settle(producer, kafka_send_numbers(producer, topic, 0, 0, 10));
    assert_int_equal(producer_undeliverable(producer), 1);
    producer_close(producer, 0);
    free(bytes);
}

static void a_record_over_the_queue_is_undeliverable(void **state)
{
    const struct kafka_topic *topic = *state;
    size_t size = 9 * 1024 * 1024;
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    struct producer *producer = kafka_producer(topic);
    const struct producer_record record = {
        .topic = topic->name, .partition = 0, .value = {bytes, size}};
    assert_int_equal(send_record(producer, &record), 1);
    assert_int_equal(producer_settled(producer), 1);
    assert_int_equal(producer_undeliverable(producer), 1);
    producer_close(producer, 0);
    free(bytes);
}

/* Every number comes; those that come for the first time come in order. */
static void assert_all_in_order(struct reader *reader, int count)
{
    int next = 0;
    while (next < count) {
        rd_kafka_message_t *message = read_one(reader);
        int number = kafka_number(message);
        rd_kafka_message_destroy(message);
        assert_true(number <= next);
        next += number == next;
    }
}

static void kill_client(struct producer *producer, rd_kafka_resp_err_t code)
{
    assert_int_equal(rd_kafka_test_fatal_error(producer_client(producer), code, "by a test"), 0);
}

static void wait_for_rebuilds(struct producer *producer, int64_t wanted)
{
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (producer_rebuilds(producer) < wanted) {
        producer_poll(producer, 10);
        assert_true(clock_monotonic_us() < until_us);
    }
    assert_int_equal(producer_rebuilds(producer), wanted);
}

/* librdkafka #4438: once with records on their way, once without. */
static void a_fatal_client_is_rebuilt_and_nothing_is_lost(void **state)
{
    const struct kafka_topic *topic = *state;
    struct reader *reader = open_reader(topic);
    struct producer *producer = kafka_producer(topic);
    (void)kafka_send_numbers(producer, topic, 0, 0, MANY / 3);
    kill_client(producer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
    int64_t number = kafka_send_numbers(producer, topic, 0, MANY / 3, MANY / 3);
    wait_for_rebuilds(producer, 1);
    kafka_settle(producer, number);
    kill_client(producer, RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID);
    number = kafka_send_numbers(producer, topic, 0, 2 * (MANY / 3), MANY / 3);
    wait_for_rebuilds(producer, 2);
    kafka_settle(producer, number);
    assert_int_equal(producer_undeliverable(producer), 0);
    producer_close(producer, 0);
    assert_all_in_order(reader, MANY);
    reader_close(reader);
}

static void closing_waits_for_what_is_on_its_way(void **state)
{
    const struct kafka_topic *topic = *state;
    struct reader *reader = open_reader(topic);
    struct producer *producer = kafka_producer(topic);
    (void)kafka_send_numbers(producer, topic, 0, 0, MANY);
    producer_close(producer, 20000);
    assert_all_in_order(reader, MANY);
    reader_close(reader);
}

static void a_full_queue_waits(void **state)
{
    const struct kafka_topic *topic = *state;
    struct producer *producer;
    struct error err;
    const struct producer_options options = {
        .brokers = topic->brokers,
        .client_id = "test",
        .most_in_flight = 16,
        .most_bytes = 4 * 1024 * 1024};
    assert_true(producer_open(&producer, &options, &err));
    for (int i = 0; i < 500; i++) {
        int64_t number = kafka_send_numbers(producer, topic, i % 8, i, 1);
        assert_true(number - producer_settled(producer) <= 16);
    }
    kafka_settle(producer, 500);
    assert_int_equal(producer_undeliverable(producer), 0);
    producer_close(producer, 0);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_topic, close_topic)
    const struct CMUnitTest tests[] = {
        CASE(what_arrives_is_what_was_sent),
        CASE(keys_go_where_java_sends_them),
        CASE(a_topic_that_does_not_exist_holds_up_nothing),
        CASE(many_topics_that_do_not_exist_hold_up_nothing),
        CASE(names_and_partitions_that_cannot_be_are_undeliverable),
        CASE(a_record_over_the_brokers_limit_is_undeliverable),
        CASE(a_record_over_the_queue_is_undeliverable),
        CASE(a_fatal_client_is_rebuilt_and_nothing_is_lost),
        CASE(closing_waits_for_what_is_on_its_way),
        CASE(a_full_queue_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
