// SPDX-License-Identifier: Apache-2.0
#include "bus/consumer_inside.h"

#include "base/clock.h"

#include <stdlib.h>

#include "base/banned.h"

enum { CLOSE_WAIT_US = 6 * 1000 * 1000 };

struct partition *consumer_find(struct consumer *consumer, int32_t number)
{
    if (number < 0 || number >= consumer->partition_count || !consumer->partitions[number].owned)
        return NULL;
    return &consumer->partitions[number];
}

void consumer_fail(struct consumer *consumer, enum error_kind kind, const char *what)
{
    if (consumer->failed)
        return;
    consumer->failed = true;
    (void)error_set(&consumer->failure, kind, "%s", what);
}

/* ---- the client ---- */

static bool
configure(rd_kafka_conf_t *conf, const struct consumer_options *options, struct error *err)
{
    rd_kafka_conf_set_rebalance_cb(conf, consumer_on_rebalance);
    rd_kafka_conf_set_offset_commit_cb(conf, consumer_on_commit);
    const char *reset = options->go_on_when_lost ? "earliest" : "error";
    return bus_conf_set(conf, "group.id", options->group, err) &&
           bus_conf_set(conf, "auto.offset.reset", reset, err);
}

static bool join(struct consumer *consumer, struct error *err)
{
    rd_kafka_t *rk = consumer->client.rk;
    (void)rd_kafka_poll_set_consumer(rk);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, consumer->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t code = rd_kafka_subscribe(rk, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || bus_fail(code, "subscribe", err);
}

bool consumer_open(struct consumer **out, const struct consumer_options *options, struct error *err)
{
    size_t length = strlen(options->topic);
    struct consumer *consumer = calloc(1, sizeof(*consumer));
    if (consumer == NULL)
        return error_set(err, ERROR_fatal, "no memory for a consumer");
    rd_kafka_conf_t *conf;
    if (length == 0 || length >= sizeof(consumer->topic)) {
        free(consumer);
        return error_set(err, ERROR_invalid, "the name of a topic has 1 to 249 characters");
    }
    memcpy(consumer->topic, options->topic, length);
    consumer->leaving = options->leaving;
    consumer->leaving_context = options->leaving_context;
    if (!bus_conf_new(BUS_CONSUMER, options->brokers, options->client_id, consumer, &conf, err)) {
        free(consumer);
        return false;
    }
    if (!configure(conf, options, err)) {
        rd_kafka_conf_destroy(conf);
        free(consumer);
        return false;
    }
    if (!bus_client_open(&consumer->client, RD_KAFKA_CONSUMER, conf, err)) {
        free(consumer);
        return false;
    }
    if (!join(consumer, err)) {
        rd_kafka_destroy(consumer->client.rk);
        free(consumer);
        return false;
    }
    *out = consumer;
    return true;
}

/* rd_kafka_consumer_close can hang (#4187): the same in the background, with a deadline. False when
 * it passed: the client must not be destroyed then, that would hang as well. */
static bool leave(struct consumer *consumer)
{
    rd_kafka_t *rk = consumer->client.rk;
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(rk, queue);
    rd_kafka_queue_destroy(queue);
    if (error != NULL) {
        rd_kafka_error_destroy(error);
        return rd_kafka_consumer_closed(rk) != 0;
    }
    int64_t deadline_us = clock_monotonic_us() + CLOSE_WAIT_US;
    while (!rd_kafka_consumer_closed(rk)) {
        if (clock_monotonic_us() > deadline_us)
            return false;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, 50);
        if (message != NULL)
            rd_kafka_message_destroy(message);
    }
    return true;
}

void consumer_close(struct consumer *consumer)
{
    if (consumer == NULL)
        return;
    consumer_commit_now(consumer);
    consumer->closing = true;
    if (!leave(consumer))
        return; /* left to the end of the process */
    rd_kafka_destroy_flags(consumer->client.rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (consumer->waiting != NULL)
        rd_kafka_topic_partition_list_destroy(consumer->waiting);
    free(consumer->partitions);
    free(consumer);
}

/* ---- reading ---- */

static void note_error(struct consumer *consumer, const rd_kafka_message_t *message)
{
    const char *reason = rd_kafka_message_errstr(message);
    trouble_set(&consumer->client, "%s: %s", rd_kafka_err2name(message->err), reason);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && !consumer->failed) {
        consumer->failed = true;
        (void)error_set(
            &consumer->failure,
            ERROR_tampered,
            "partition %d of topic %s no longer has the offset to go on with: messages were "
            "deleted before they were read, or the broker lost its newest ones",
            (int)message->partition,
            consumer->topic);
    }
    if (message->err == RD_KAFKA_RESP_ERR__FATAL)
        consumer_fail(consumer, ERROR_fatal, reason);
}

static void destroy_all(rd_kafka_message_t **messages, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        rd_kafka_message_destroy(messages[i]);
    *count = 0;
}

size_t
consumer_poll(struct consumer *consumer, int timeout_ms, rd_kafka_message_t **messages, size_t most)
{
    rd_kafka_t *rk = consumer->client.rk;
    size_t count = 0;
    consumer_retry_start(consumer);
    int64_t generation = consumer->generation;
    while (count < most) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(rk, count == 0 ? timeout_ms : 0);
        if (generation != consumer->generation) {
            /* What came before the rebalance comes again, to us or to another member. */
            destroy_all(messages, &count);
            generation = consumer->generation;
        }
        if (message == NULL)
            break;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            messages[count++] = message;
            continue;
        }
        note_error(consumer, message);
        rd_kafka_message_destroy(message);
        if (count == 0)
            break;
    }
    if (count != 0)
        trouble_clear(&consumer->client);
    consumer_commit_in_background(consumer);
    return count;
}

bool consumer_failed(const struct consumer *consumer, struct error *failure)
{
    if (consumer->failed)
        *failure = consumer->failure;
    return consumer->failed;
}

int64_t consumer_generation(const struct consumer *consumer)
{
    return consumer->generation;
}

bool consumer_owns(const struct consumer *consumer, int32_t partition)
{
    return partition >= 0 && partition < consumer->partition_count &&
           consumer->partitions[partition].owned;
}

size_t consumer_partitions(const struct consumer *consumer)
{
    return consumer->owned;
}

int32_t consumer_partition_end(const struct consumer *consumer)
{
    return consumer->partition_count;
}

void consumer_rejoin(struct consumer *consumer)
{
    struct error err;
    if (!join(consumer, &err))
        trouble_set(&consumer->client, "%s", err.text);
}

void consumer_done(struct consumer *consumer, int32_t number, int64_t offset)
{
    struct partition *partition = consumer_find(consumer, number);
    if (partition != NULL && offset + 1 > partition->next)
        partition->next = offset + 1;
}

const char *consumer_trouble(const struct consumer *consumer)
{
    return consumer->client.trouble;
}
