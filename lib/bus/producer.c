// SPDX-License-Identifier: Apache-2.0
#include "bus/producer.h"

#include "base/clock.h"
#include "bus/producer_topics.h"
#include "bus/record_ring.h"
#include "runtime/signals.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    WAIT_MS = 50,
    PURGE_WAIT_US = 2000 * 1000,
    REBUILD_EVERY_US = 500 * 1000,
};

struct producer {
    struct bus_client client; /* first: see bus_conf.h; rk is NULL while a rebuild failed */
    struct producer_options options;
    char *brokers;
    char client_id[33];
    struct producer_topics topics;
    struct record_ring ring;
    int64_t handed; /* number of the newest record the client has */
    bool broken;    /* the client failed: rebuild before anything else */
    int64_t rebuild_due_us;
    int64_t rebuilds;
    int64_t undeliverable;
};

/* Errors that no repetition cures; everything else is sent again. */
static bool is_permanent(rd_kafka_resp_err_t code)
{
    switch ((int)code) { /* a few of many */
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return true;
    default:
        return false;
    }
}

static bool topic_is_gone(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

static void give_up(struct producer *producer, int64_t number, const char *reason)
{
    producer->undeliverable++;
    trouble_set(&producer->client, "undeliverable: %s", reason);
    ring_settle(&producer->ring, number);
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    struct producer *producer = opaque;
    int64_t number = (int64_t)(intptr_t)message->_private;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ring_settle(&producer->ring, number);
        if (!producer->broken)
            trouble_clear(&producer->client);
        return;
    }
    if (!is_permanent(message->err)) {
        trouble_set(&producer->client, "delivery: %s", rd_kafka_err2str(message->err));
        producer->broken = true;
        return;
    }
    if (topic_is_gone(message->err))
        producer_topic_missing(&producer->topics, ring_get(&producer->ring, number)->topic);
    give_up(producer, number, rd_kafka_err2str(message->err));
}

static bool configure(struct producer *producer, rd_kafka_conf_t *conf, struct error *err)
{
    char linger[32];
    int64_t linger_us = producer->options.linger_us;
    char most[24];
    (void)snprintf(
        linger,
        sizeof(linger),
        "%lld.%03lld",
        (long long)(linger_us / 1000),
        (long long)(linger_us % 1000));
    (void)snprintf(most, sizeof(most), "%zu", producer->ring.capacity + 1);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    return bus_conf_set(conf, "linger.ms", linger, err) &&
           bus_conf_set(conf, "queue.buffering.max.messages", most, err);
}

static bool open_client(struct producer *producer, struct error *err)
{
    rd_kafka_conf_t *conf;
    if (!bus_conf_new(BUS_PRODUCER, producer->brokers, producer->client_id, producer, &conf, err))
        return false;
    if (!configure(producer, conf, err)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    return bus_client_open(&producer->client, RD_KAFKA_PRODUCER, conf, err);
}

static void release(struct producer *producer)
{
    ring_release(&producer->ring);
    free(producer->brokers);
    free(producer);
}

bool producer_open(struct producer **out, const struct producer_options *options, struct error *err)
{
    CHECK(options->most_in_flight > 0 && options->most_bytes >= 4 * 1024 * 1024);
    CHECK(strlen(options->client_id) < sizeof((*out)->client_id));
    struct producer *producer = calloc(1, sizeof(*producer));
    if (producer == NULL)
        return error_set(err, ERROR_fatal, "no memory for a producer");
    producer->options = *options;
    producer->brokers = strdup(options->brokers != NULL ? options->brokers : "");
    memcpy(producer->client_id, options->client_id, strlen(options->client_id));
    size_t most = (size_t)options->most_in_flight;
    if (producer->brokers == NULL ||
        !ring_init(&producer->ring, most, (size_t)options->most_bytes)) {
        release(producer);
        return error_set(err, ERROR_fatal, "no memory for a producer's queue");
    }
    if (!open_client(producer, err)) {
        release(producer);
        return false;
    }
    *out = producer;
    return true;
}

/* ---- handing records to the client ---- */

static rd_kafka_headers_t *
make_headers(const struct record_ring *ring, const struct ring_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    size_t cursor = 0;
    for (size_t i = 0; i < record->header_count; i++) {
        struct slice name, value;
        ring_header(ring, record, &cursor, &name, &value);
        rd_kafka_resp_err_t code = rd_kafka_header_add(
            headers, (const char *)name.data, (ssize_t)name.size, value.data, (ssize_t)value.size);
        CHECK(code == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return headers;
}

/* librdkafka takes void *, but does not write through it. */
static void *unconst(const uint8_t *data)
{
    void *pointer;
    memcpy(&pointer, &data, sizeof(pointer));
    return pointer;
}

/* No copy: key and value stay ours until the delivery report. On failure the headers are ours. */
static rd_kafka_resp_err_t
produce(struct producer *producer, int64_t number, const struct ring_record *record)
{
    rd_kafka_topic_t *topic =
        producer_topic_handle(&producer->topics, producer->client.rk, record->topic);
    if (topic == NULL)
        return RD_KAFKA_RESP_ERR__FATAL;
    rd_kafka_headers_t *headers = make_headers(&producer->ring, record);
    struct slice key = ring_key(&producer->ring, record);
    struct slice value = ring_value(&producer->ring, record);
    const rd_kafka_vu_t parts[] = {
        {.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {unconst(key.data), key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {unconst(value.data), value.size}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *)(intptr_t)number},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(producer->client.rk, parts, countof(parts));
    if (error == NULL)
        return RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    rd_kafka_headers_destroy(headers);
    return code;
}

/* Hands over what the client does not have yet, as far as its queue takes it. */
static void hand_over(struct producer *producer)
{
    while (!producer->broken && producer->handed + 1 < producer->ring.next) {
        int64_t number = producer->handed + 1;
        if (number < producer->ring.first) {
            producer->handed = producer->ring.first - 1;
            continue;
        }
        const struct ring_record *record = ring_get(&producer->ring, number);
        rd_kafka_resp_err_t code =
            record->settled ? RD_KAFKA_RESP_ERR_NO_ERROR : produce(producer, number, record);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return;
        /* A client that went fatal answers with whatever made it so. */
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !is_permanent(code)) {
            trouble_set(&producer->client, "produce: %s", rd_kafka_err2str(code));
            producer->broken = true;
            return;
        }
        producer->handed = number;
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            give_up(producer, number, rd_kafka_err2str(code));
    }
}

/* ---- rebuilding ---- */

static void drop_client(struct producer *producer)
{
    rd_kafka_t *rk = producer->client.rk;
    if (rk == NULL)
        return;
    (void)rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    int64_t deadline_us = clock_monotonic_us() + PURGE_WAIT_US;
    while (rd_kafka_outq_len(rk) > 0 && clock_monotonic_us() < deadline_us)
        (void)rd_kafka_poll(rk, WAIT_MS);
    producer_topics_drop_handles(&producer->topics);
    rd_kafka_destroy(rk);
    producer->client.rk = NULL;
}

/* A reason that passed does not make records undeliverable, a fatal client never recovers: both end
 * here, with the unsettled records sent again by a new client. */
static void rebuild(struct producer *producer)
{
    int64_t now_us = clock_monotonic_us();
    if (now_us < producer->rebuild_due_us)
        return;
    producer->rebuild_due_us = now_us + REBUILD_EVERY_US;
    char trouble[TROUBLE_SIZE];
    memcpy(trouble, producer->client.trouble, sizeof(trouble));
    drop_client(producer);
    struct error err;
    if (!open_client(producer, &err)) {
        trouble_set(&producer->client, "%.200s", err.text);
        return;
    }
    trouble_set(&producer->client, "client rebuilt after %.200s", trouble);
    producer->handed = producer->ring.first - 1;
    producer->broken = false;
    producer->rebuilds++;
}

static bool client_is_dead(const struct producer *producer)
{
    return rd_kafka_fatal_error(producer->client.rk, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

void producer_poll(struct producer *producer, int timeout_ms)
{
    if (producer->client.rk != NULL) {
        (void)rd_kafka_poll(producer->client.rk, timeout_ms);
        producer->broken = producer->broken || client_is_dead(producer);
    }
    if (producer->broken)
        rebuild(producer);
    if (producer->client.rk != NULL)
        hand_over(producer);
}

/* ---- sending ---- */

static bool wait_a_little(struct producer *producer, struct error *err)
{
    if (signals_stop())
        return error_set(err, ERROR_transient, "stopped while waiting for Kafka");
    if (producer->options.waiting != NULL)
        producer->options.waiting(producer->options.waiting_context);
    producer_poll(producer, WAIT_MS);
    return true;
}

/* Numbers a record that is not handed over at all. */
static bool refuse(
    struct producer *producer,
    const struct producer_record *record,
    const char *reason,
    int64_t *out_number,
    struct error *err)
{
    struct producer_record empty = {.topic = record->topic};
    while (ring_add(&producer->ring, &empty, 0) == NULL) {
        if (!wait_a_little(producer, err))
            return false;
    }
    *out_number = producer->ring.next - 1;
    give_up(producer, *out_number, reason);
    return true;
}

static bool find_topic(
    struct producer *producer,
    const struct producer_record *record,
    int32_t *out,
    const char **refusal,
    struct error *err)
{
    enum topic_answer answer = TOPIC_UNSURE;
    for (;;) {
        if (producer->client.rk != NULL)
            answer = producer_topic_find(
                &producer->topics,
                &producer->client,
                record->topic,
                producer_settled(producer),
                out);
        if (answer != TOPIC_UNSURE)
            break;
        if (!wait_a_little(producer, err))
            return false;
    }
    *refusal = answer == TOPIC_MISSING ? "no such topic" : NULL;
    bool any = record->partition == RD_KAFKA_PARTITION_UA;
    if (answer == TOPIC_KNOWN && !any &&
        (record->partition < 0 || record->partition >= producer->topics.rows[*out].partitions))
        *refusal = "no such partition";
    return true;
}

bool producer_send(
    struct producer *producer,
    const struct producer_record *record,
    int64_t *out_number,
    struct error *err)
{
    int32_t topic;
    const char *refusal;
    if (!find_topic(producer, record, &topic, &refusal, err))
        return false;
    if (ring_size_of(record) >= producer->ring.bytes_capacity)
        refusal = "larger than the queue";
    if (refusal != NULL)
        return refuse(producer, record, refusal, out_number, err);
    while (ring_add(&producer->ring, record, topic) == NULL) {
        if (!wait_a_little(producer, err))
            return false;
    }
    *out_number = producer->ring.next - 1;
    producer->topics.rows[topic].newest = *out_number;
    if (producer->client.rk != NULL)
        hand_over(producer);
    return true;
}

void producer_close(struct producer *producer, int flush_ms)
{
    if (producer == NULL)
        return;
    int64_t deadline_us = clock_monotonic_us() + (int64_t)flush_ms * 1000;
    while (producer->ring.first < producer->ring.next && clock_monotonic_us() < deadline_us)
        producer_poll(producer, WAIT_MS);
    drop_client(producer);
    release(producer);
}

int64_t producer_settled(const struct producer *producer)
{
    return producer->ring.first - 1;
}

int64_t producer_newest(const struct producer *producer)
{
    return producer->ring.next - 1;
}

int64_t producer_undeliverable(const struct producer *producer)
{
    return producer->undeliverable;
}

const char *producer_trouble(const struct producer *producer)
{
    return producer->client.trouble;
}

int64_t producer_rebuilds(const struct producer *producer)
{
    return producer->rebuilds;
}

rd_kafka_t *producer_client(const struct producer *producer)
{
    return producer->client.rk;
}
