// SPDX-License-Identifier: Apache-2.0
#include "bus/topics.h"

#include "base/clock.h"
#include "bus/bus_conf.h"

#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

enum {
    MOST_TOPICS = 32,
    ANSWER_MS = 3000,
    CREATE_MS = 20000,
    APPEAR_US = 10 * 1000 * 1000,
};

static bool open_admin(struct bus_client *client, const char *brokers, struct error *err)
{
    rd_kafka_conf_t *conf;
    return bus_conf_new(BUS_ADMIN, brokers, "order-topics", client, &conf, err) &&
           bus_client_open(client, RD_KAFKA_PRODUCER, conf, err);
}

static int partitions_of(const struct rd_kafka_metadata *metadata, const char *name)
{
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        if (strcmp(topic->topic, name) == 0 && topic->err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return topic->partition_cnt;
    }
    return 0;
}

/* The client's log names the reason ("connection refused"), its return code only a timeout. */
static bool no_answer(struct bus_client *client, rd_kafka_resp_err_t code, struct error *err)
{
    while (rd_kafka_poll(client->rk, 0) > 0) {
    }
    (void)bus_fail(code, "Kafka does not answer", err);
    if (client->trouble[0] != '\0')
        (void)error_set(err, ERROR_transient, "Kafka does not answer: %s", client->trouble);
    return false;
}

static bool describe(
    struct bus_client *client,
    const struct topic_row *topics,
    size_t count,
    int *out_partitions,
    struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client->rk, 1, NULL, &metadata, ANSWER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return no_answer(client, code, err);
    for (size_t i = 0; i < count; i++)
        out_partitions[i] = partitions_of(metadata, topics[i].name);
    rd_kafka_metadata_destroy(metadata);
    return true;
}

bool topics_describe(
    const char *brokers,
    const struct topic_row *topics,
    size_t count,
    int *out_partitions,
    struct error *err)
{
    struct bus_client client = {0};
    if (!open_admin(&client, brokers, err))
        return false;
    bool ok = describe(&client, topics, count, out_partitions, err);
    rd_kafka_destroy(client.rk);
    return ok;
}

bool topics_check(
    const char *brokers, const struct topic_row *topics, size_t count, struct error *err)
{
    int partitions[MOST_TOPICS];
    CHECK(count <= MOST_TOPICS);
    if (!topics_describe(brokers, topics, count, partitions, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (partitions[i] == 0)
            return error_set(
                err,
                ERROR_not_found,
                "topic %s does not exist; remedy: order-command topics apply",
                topics[i].name);
    }
    return true;
}

/* ---- creating ---- */

static bool new_topic(const struct topic_row *row, rd_kafka_NewTopic_t **out, struct error *err)
{
    char reason[256];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(row->name, row->partitions, -1, reason, sizeof(reason));
    if (topic == NULL)
        return error_set(err, ERROR_invalid, "topic %s: %s", row->name, reason);
    if (row->retention_ms == NULL) {
        (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
    } else {
        (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "delete");
        (void)rd_kafka_NewTopic_set_config(topic, "retention.ms", row->retention_ms);
        (void)rd_kafka_NewTopic_set_config(topic, "segment.ms", row->segment_ms);
    }
    if (row->max_message_bytes != NULL)
        (void)rd_kafka_NewTopic_set_config(topic, "max.message.bytes", row->max_message_bytes);
    *out = topic;
    return true;
}

/* One answer per topic; one that appeared meanwhile is fine. */
static bool read_results(rd_kafka_event_t *event, struct error *err)
{
    if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return bus_fail(rd_kafka_event_error(event), "create topics", err);
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return bus_fail(code, rd_kafka_topic_result_name(results[i]), err);
    }
    return true;
}

static bool
create(struct bus_client *client, rd_kafka_NewTopic_t **wanted, size_t count, struct error *err)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client->rk);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(client->rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    char reason[256];
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_MS, reason, sizeof(reason));
    rd_kafka_CreateTopics(client->rk, wanted, count, options, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CREATE_MS + ANSWER_MS);
    bool ok = event != NULL ? read_results(event, err)
                            : error_set(err, ERROR_transient, "create topics: no answer");
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    return ok;
}

static bool create_missing(
    struct bus_client *client,
    const struct topic_row *topics,
    size_t count,
    const int *partitions,
    size_t *created,
    struct error *err)
{
    rd_kafka_NewTopic_t *wanted[MOST_TOPICS];
    size_t missing = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (partitions[i] != 0)
            continue;
        ok = new_topic(&topics[i], &wanted[missing], err);
        missing += ok;
    }
    if (ok && missing > 0)
        ok = create(client, wanted, missing, err);
    if (missing > 0)
        rd_kafka_NewTopic_destroy_array(wanted, missing);
    if (ok)
        *created = missing;
    return ok;
}

static bool all_there(const int *partitions, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (partitions[i] == 0)
            return false;
    }
    return true;
}

static bool apply(
    struct bus_client *client,
    const struct topic_row *topics,
    size_t count,
    size_t *created,
    struct error *err)
{
    int partitions[MOST_TOPICS];
    if (!describe(client, topics, count, partitions, err) ||
        !create_missing(client, topics, count, partitions, created, err))
        return false;
    int64_t deadline_us = clock_monotonic_us() + APPEAR_US;
    while (!all_there(partitions, count)) {
        if (clock_monotonic_us() > deadline_us)
            return error_set(err, ERROR_transient, "created topics do not appear in the metadata");
        (void)rd_kafka_poll(client->rk, 20);
        if (!describe(client, topics, count, partitions, err))
            return false;
    }
    return true;
}

bool topics_apply(
    const char *brokers,
    const struct topic_row *topics,
    size_t count,
    size_t *created,
    struct error *err)
{
    struct bus_client client = {0};
    CHECK(count <= MOST_TOPICS);
    if (!open_admin(&client, brokers, err))
        return false;
    bool ok = apply(&client, topics, count, created, err);
    rd_kafka_destroy(client.rk);
    return ok;
}
