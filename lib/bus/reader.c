// SPDX-License-Identifier: Apache-2.0
#include "bus/reader.h"

#include "base/clock.h"
#include "bus/bus_conf.h"

#include <stdlib.h>

#include "base/banned.h"

enum { ANSWER_MS = 5000 };

struct reader {
    struct bus_client client; /* first: see bus_conf.h */
    int partitions;
    int at_end; /* of these, those whose end was reached once */
};

static bool count_partitions(rd_kafka_t *rk, const char *topic, int *out, struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
    if (handle == NULL)
        return error_set(err, ERROR_invalid, "%.249s is no name of a topic", topic);
    rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, handle, &metadata, ANSWER_MS);
    rd_kafka_topic_destroy(handle);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return bus_fail(code, "Kafka does not answer", err);
    int count = metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR
                    ? metadata->topics[0].partition_cnt
                    : 0;
    rd_kafka_metadata_destroy(metadata);
    if (count == 0)
        return error_set(err, ERROR_not_found, "topic %.249s does not exist", topic);
    *out = count;
    return true;
}

/* A topic that was made just now may not have its leader yet. */
static rd_kafka_resp_err_t find_end(rd_kafka_t *rk, const char *topic, int32_t number, int64_t *out)
{
    int64_t low;
    int64_t until_us = clock_monotonic_us() + (int64_t)ANSWER_MS * 1000;
    for (;;) {
        rd_kafka_resp_err_t code =
            rd_kafka_query_watermark_offsets(rk, topic, number, &low, out, ANSWER_MS);
        bool no_leader = code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
                         code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                         code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        if (!no_leader || clock_monotonic_us() > until_us)
            return code;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 50); /* nothing is assigned yet */
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
}

static bool assign_beginnings(rd_kafka_t *rk, const char *topic, int count, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    for (int32_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t code = rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || bus_fail(code, "beginning of the topic", err);
}

static bool assign_ends(rd_kafka_t *rk, const char *topic, int count, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int32_t i = 0; i < count && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
        int64_t end = 0;
        code = find_end(rk, topic, i, &end);
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = end;
    }
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = rd_kafka_assign(rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || bus_fail(code, "end of the topic", err);
}

static bool
open_client(struct reader *reader, const char *brokers, const char *client_id, struct error *err)
{
    rd_kafka_conf_t *conf;
    if (!bus_conf_new(BUS_READER, brokers, client_id, reader, &conf, err))
        return false;
    /* A group is never joined, but the client wants a name. */
    if (!bus_conf_set(conf, "group.id", client_id, err) ||
        !bus_conf_set(conf, "enable.partition.eof", "true", err) ||
        !bus_conf_set(conf, "auto.offset.reset", "latest", err)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    return bus_client_open(&reader->client, RD_KAFKA_CONSUMER, conf, err);
}

typedef bool assign_function(rd_kafka_t *rk, const char *topic, int count, struct error *err);

static bool open_reader(
    struct reader **out,
    const char *brokers,
    const char *topic,
    const char *client_id,
    assign_function *assign,
    struct error *err)
{
    struct reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL)
        return error_set(err, ERROR_fatal, "no memory for a reader");
    if (!open_client(reader, brokers, client_id, err)) {
        free(reader);
        return false;
    }
    (void)rd_kafka_poll_set_consumer(reader->client.rk);
    if (!count_partitions(reader->client.rk, topic, &reader->partitions, err) ||
        !assign(reader->client.rk, topic, reader->partitions, err)) {
        reader_close(reader);
        return false;
    }
    *out = reader;
    return true;
}

bool reader_open(
    struct reader **out,
    const char *brokers,
    const char *topic,
    const char *client_id,
    struct error *err)
{
    return open_reader(out, brokers, topic, client_id, assign_ends, err);
}

bool reader_open_all(
    struct reader **out,
    const char *brokers,
    const char *topic,
    const char *client_id,
    struct error *err)
{
    return open_reader(out, brokers, topic, client_id, assign_beginnings, err);
}

bool reader_at_end(const struct reader *reader)
{
    return reader->at_end >= reader->partitions;
}

void reader_close(struct reader *reader)
{
    if (reader == NULL)
        return;
    rd_kafka_destroy(reader->client.rk);
    free(reader);
}

rd_kafka_message_t *reader_poll(struct reader *reader, int timeout_ms)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(reader->client.rk, timeout_ms);
    if (message == NULL || message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return message;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        reader->at_end++;
    else
        trouble_set(&reader->client, "%s", rd_kafka_message_errstr(message));
    rd_kafka_message_destroy(message);
    return NULL;
}

const char *reader_trouble(const struct reader *reader)
{
    return reader->client.trouble;
}
