// SPDX-License-Identifier: Apache-2.0
// The Kafka side of the load client on librdkafka's mock cluster. One topic is both the commands' and
// the replies', so that what is sent comes back.
#include "load/link.h"
#include "support/cmocka.h"

#include <librdkafka/rdkafka_mock.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define TOPIC "commands"

enum { PARTITIONS = 4, MOST_MESSAGES = 256, PATIENCE_S = 30 };

struct mock {
    rd_kafka_t *host;
    rd_kafka_mock_cluster_t *cluster;
    struct link *link;
    struct error err;
};

static int open_mock(void **state)
{
    static struct mock mock;
    char text[200];
    mock.host = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof(text));
    assert_non_null(mock.host);
    mock.cluster = rd_kafka_mock_cluster_new(mock.host, 1);
    assert_non_null(mock.cluster);
    assert_int_equal(rd_kafka_mock_topic_create(mock.cluster, TOPIC, PARTITIONS, 1), 0);
    const struct link_options options = {
        .brokers = rd_kafka_mock_cluster_bootstraps(mock.cluster),
        .topic = TOPIC,
        .reply_topic = TOPIC,
        .linger_ms = 0};
    assert_true(link_open(&mock.link, &options, &mock.err));
    *state = &mock;
    return 0;
}

static int close_mock(void **state)
{
    struct mock *mock = *state;
    link_close(mock->link);
    rd_kafka_mock_cluster_destroy(mock->cluster);
    rd_kafka_destroy(mock->host);
    return 0;
}

static bool send_text(struct mock *mock, const char *key, const char *value)
{
    const struct link_command command = {
        .type = "order.command.cancel-order.v1",
        .id = "74fd713b-9bc2-5297-8885-8277ccbe5336",
        .key = key,
        .bytes = slice_of_text(value)};
    bool sent;
    assert_true(link_send(mock->link, &command, &sent, &mock->err));
    return sent;
}

/* Waits for `wanted` messages; the caller destroys them. */
static void receive(struct mock *mock, rd_kafka_message_t **messages, size_t wanted)
{
    time_t until = time(NULL) + PATIENCE_S;
    size_t got = 0;
    while (got < wanted && time(NULL) < until) {
        got += link_receive(mock->link, messages + got, MOST_MESSAGES - got);
        if (got < wanted)
            link_wait(mock->link, 100000);
    }
    assert_int_equal(got, wanted);
}

static void destroy(rd_kafka_message_t **messages, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rd_kafka_message_destroy(messages[i]);
}

static void assert_header(const rd_kafka_message_t *message, const char *name, const char *value)
{
    rd_kafka_headers_t *headers;
    const void *data;
    size_t size;
    assert_int_equal(rd_kafka_message_headers(message, &headers), RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_int_equal(rd_kafka_header_get_last(headers, name, &data, &size), 0);
    assert_true(slice_is(slice_of(data, size), value));
}

static void a_command_has_key_headers_and_bytes(void **state)
{
    struct mock *mock = *state;
    rd_kafka_message_t *messages[MOST_MESSAGES];
    assert_true(send_text(mock, "a-stream", "the bytes"));
    receive(mock, messages, 1);
    assert_true(slice_is(slice_of(messages[0]->key, messages[0]->key_len), "a-stream"));
    assert_true(slice_is(slice_of(messages[0]->payload, messages[0]->len), "the bytes"));
    assert_header(messages[0], "ce_specversion", "1.0");
    assert_header(messages[0], "ce_type", "order.command.cancel-order.v1");
    assert_header(messages[0], "ce_id", "74fd713b-9bc2-5297-8885-8277ccbe5336");
    assert_header(messages[0], "ce_source", "order-load");
    assert_header(messages[0], "content-type", "application/msgpack");
    assert_header(messages[0], "reply_topic", TOPIC);
    destroy(messages, 1);
}

/* The hashes are those of Kafka's own test of its partitioner (UtilsTest, testMurmur2). */
static void keys_go_where_java_puts_them(void **state)
{
    static const struct {
        const char *key;
        int32_t murmur2;
    } rows[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"abc", 479470107},
    };
    struct mock *mock = *state;
    for (size_t i = 0; i < countof(rows); i++) {
        rd_kafka_message_t *messages[MOST_MESSAGES];
        assert_true(send_text(mock, rows[i].key, "x"));
        receive(mock, messages, 1);
        uint32_t positive = (uint32_t)rows[i].murmur2 & INT32_MAX;
        assert_int_equal(messages[0]->partition, positive % PARTITIONS);
        destroy(messages, 1);
    }
}

static void one_stream_keeps_its_order(void **state)
{
    struct mock *mock = *state;
    rd_kafka_message_t *messages[MOST_MESSAGES];
    char value[16];
    for (int i = 0; i < 200; i++) {
        (void)snprintf(value, sizeof(value), "%03d", i);
        assert_true(send_text(mock, "one-stream", value));
    }
    receive(mock, messages, 200);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(value, sizeof(value), "%03d", i);
        assert_true(slice_is(slice_of(messages[i]->payload, messages[i]->len), value));
    }
    destroy(messages, 200);
}

static void a_full_queue_is_no_error(void **state)
{
    struct mock *mock = *state;
    static char large[256 * 1024];
    bool all_sent = true;
    memset(large, 'x', sizeof(large) - 1);
    assert_int_equal(rd_kafka_mock_broker_set_down(mock->cluster, 1), 0);
    for (int i = 0; i < 64 && all_sent; i++) /* 16 MB */
        all_sent = send_text(mock, "key", large);
    assert_false(all_sent);
    assert_false(link_is_broken(mock->link));
}

static void a_broken_producer_is_made_anew(void **state)
{
    struct mock *mock = *state;
    rd_kafka_message_t *messages[MOST_MESSAGES];
    assert_true(send_text(mock, "key", "before"));
    receive(mock, messages, 1);
    destroy(messages, 1);
    assert_int_equal(
        rd_kafka_test_fatal_error(
            link_client(mock->link), RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "by a test"),
        RD_KAFKA_RESP_ERR_NO_ERROR);
    assert_false(send_text(mock, "key", "lost"));
    assert_true(link_is_broken(mock->link));
    assert_true(link_repair(mock->link, &mock->err));
    assert_false(link_is_broken(mock->link));
    assert_true(send_text(mock, "key", "after"));
    receive(mock, messages, 1);
    assert_true(slice_is(slice_of(messages[0]->payload, messages[0]->len), "after"));
    destroy(messages, 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_mock, close_mock)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_command_has_key_headers_and_bytes),
        CASE(keys_go_where_java_puts_them),
        CASE(one_stream_keeps_its_order),
        CASE(a_full_queue_is_no_error),
        CASE(a_broken_producer_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
