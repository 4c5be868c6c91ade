// SPDX-License-Identifier: Apache-2.0
// A topic of its own for a test on the real broker, and ways to fill it and to look into it.
#ifndef SUPPORT_KAFKA_TOPIC_H
#define SUPPORT_KAFKA_TOPIC_H

#include "base/clock.h"
#include "bus/consumer.h"
#include "bus/producer.h"
#include "bus/topics.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KAFKA_WAIT_US = 30 * 1000 * 1000 };

struct kafka_topic {
    const char *brokers;
    char name[64];
    char group[80];
};

static inline const char *kafka_brokers(void)
{
    const char *brokers = getenv("ORDER_BROKERS");
    if (brokers == NULL || brokers[0] == '\0')
        fail_msg("ORDER_BROKERS is not set: run the tests through ./run test");
    return brokers;
}

/* A name nobody else has. */
static inline void kafka_topic_name(struct kafka_topic *topic)
{
    static unsigned made;
    topic->brokers = kafka_brokers();
    (void)snprintf(topic->name, sizeof(topic->name), "test.%ld.%u", (long)getpid(), ++made);
    (void)snprintf(topic->group, sizeof(topic->group), "%s.group", topic->name);
}

static inline void kafka_topic_create(struct kafka_topic *topic, int partitions)
{
    struct error err;
    size_t created;
    kafka_topic_name(topic);
    const struct topic_row row = {
        .name = topic->name,
        .partitions = partitions,
        .retention_ms = "3600000",
        .segment_ms = "3600000",
        .purpose = "test"};
    if (!topics_apply(topic->brokers, &row, 1, &created, &err))
        fail_msg("%s", err.text);
    assert_int_equal(created, 1);
}

/* Runs an admin call on a plain client; NULL conf settings. */
static inline rd_kafka_t *kafka_plain_client(rd_kafka_type_t type, const char *group)
{
    char reason[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", kafka_brokers(), reason, sizeof(reason));
    if (group != NULL)
        (void)rd_kafka_conf_set(conf, "group.id", group, reason, sizeof(reason));
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));
    assert_non_null(rk);
    return rk;
}

static inline void kafka_topic_drop(const struct kafka_topic *topic)
{
    rd_kafka_t *rk = kafka_plain_client(RD_KAFKA_PRODUCER, NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_DeleteTopic_t *wanted = rd_kafka_DeleteTopic_new(topic->name);
    rd_kafka_DeleteTopics(rk, &wanted, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 10000);
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(wanted);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
}

/* Commits an offset in the name of the group, as somebody before us would have. */
static inline void
kafka_commit_offset(const struct kafka_topic *topic, int32_t partition, int64_t offset)
{
    rd_kafka_t *rk = kafka_plain_client(RD_KAFKA_CONSUMER, topic->group);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic->name, partition)->offset = offset;
    assert_int_equal(rd_kafka_commit(rk, list, 0), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
}

/* What the group has committed; RD_KAFKA_OFFSET_INVALID: nothing. */
static inline int64_t kafka_committed_offset(const struct kafka_topic *topic, int32_t partition)
{
    rd_kafka_t *rk = kafka_plain_client(RD_KAFKA_CONSUMER, topic->group);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic->name, partition);
    assert_int_equal(rd_kafka_committed(rk, list, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
    int64_t offset = list->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_destroy(rk);
    return offset;
}

static inline struct producer *kafka_producer(const struct kafka_topic *topic)
{
    struct producer *producer;
    struct error err;
    const struct producer_options options = {
        .brokers = topic->brokers,
        .client_id = "test",
        .most_in_flight = 10000,
        .most_bytes = 8 * 1024 * 1024};
    if (!producer_open(&producer, &options, &err))
        fail_msg("%s", err.text);
    return producer;
}

/* Sends values "first" to "first + count - 1" to a partition, and returns the newest number. */
static inline int64_t kafka_send_numbers(
    struct producer *producer,
    const struct kafka_topic *topic,
    int32_t partition,
    int first,
    int count)
{
    int64_t number = 0;
    for (int i = first; i < first + count; i++) {
        char text[16];
        struct error err;
        (void)snprintf(text, sizeof(text), "%d", i);
        const struct producer_record record = {
            .topic = topic->name, .partition = partition, .value = slice_of_text(text)};
        if (!producer_send(producer, &record, &number, &err))
            fail_msg("%s", err.text);
    }
    return number;
}

/* Waits until everything up to `number` is settled. */
static inline void kafka_settle(struct producer *producer, int64_t number)
{
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (producer_settled(producer) < number) {
        if (clock_monotonic_us() > until_us)
            fail_msg("not settled: %s", producer_trouble(producer));
        producer_poll(producer, 50);
    }
}

/* Fills a partition with values 0 to count - 1. */
static inline void kafka_topic_fill(const struct kafka_topic *topic, int32_t partition, int count)
{
    struct producer *producer = kafka_producer(topic);
    kafka_settle(producer, kafka_send_numbers(producer, topic, partition, 0, count));
    assert_int_equal(producer_undeliverable(producer), 0);
    producer_close(producer, 0);
}

static inline struct consumer *kafka_consumer(const struct kafka_topic *topic, bool go_on_when_lost)
{
    struct consumer *consumer;
    struct error err;
    const struct consumer_options options = {
        .brokers = topic->brokers,
        .group = topic->group,
        .topic = topic->name,
        .client_id = "test",
        .go_on_when_lost = go_on_when_lost};
    if (!consumer_open(&consumer, &options, &err))
        fail_msg("%s", err.text);
    return consumer;
}

/* The value of a message that kafka_send_numbers sent. */
static inline int kafka_number(const rd_kafka_message_t *message)
{
    char text[16] = {0};
    assert_true(message->len < sizeof(text));
    memcpy(text, message->payload, message->len);
    return (int)strtol(text, NULL, 10);
}

/* Polls until `wanted` messages have come, marks each as done when asked to, and writes their
 * numbers. */
static inline void
kafka_read_numbers(struct consumer *consumer, bool done, int *numbers, size_t wanted)
{
    rd_kafka_message_t *messages[64];
    size_t count = 0;
    int64_t until_us = clock_monotonic_us() + KAFKA_WAIT_US;
    while (count < wanted) {
        size_t most = wanted - count < countof(messages) ? wanted - count : countof(messages);
        size_t got = consumer_poll(consumer, 100, messages, most);
        for (size_t i = 0; i < got; i++) {
            numbers[count++] = kafka_number(messages[i]);
            if (done)
                consumer_done(consumer, messages[i]->partition, messages[i]->offset);
            rd_kafka_message_destroy(messages[i]);
        }
        if (clock_monotonic_us() > until_us)
            fail_msg("only %zu messages came: %s", count, consumer_trouble(consumer));
    }
}

#endif
