// SPDX-License-Identifier: Apache-2.0
#include "load/link.h"

#include "command/signature.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    ANSWER_MS = 10000, /* how long the broker may take to answer about topics and offsets */
    FLUSH_MS = 10000,
    MOST_PARTITIONS = 256,
};

struct link {
    struct link_options options;
    rd_kafka_t *producer;
    rd_kafka_topic_t *commands;
    rd_kafka_t *consumer;
    rd_kafka_topic_t *replies;
    rd_kafka_queue_t *queue; /* of all partitions of the replies */
    int partitions;          /* of the replies, being consumed */
    int wake;                /* eventfd: librdkafka adds to it when the queue stops being empty */
    bool broken;
    char trouble[256];
};

struct setting {
    const char *name;
    const char *value;
};

static const struct setting shared_settings[] = {
    {"client.id", "order-load"},
    {"broker.address.family", "v4"}, /* localhost may be ::1 as well, where nobody listens */
    {"socket.nagle.disable", "true"},
    {"socket.keepalive.enable", "true"},
};

static const struct setting producer_settings[] = {
    {"enable.idempotence", "true"}, /* else a retry could put a cancellation before its order */
    {"queue.buffering.max.kbytes", "8192"}, /* memory; the window bounds it too */
    {"message.timeout.ms", "60000"},
};

static const struct setting consumer_settings[] = {
    {"group.id", "order-load"}, /* wanted by the client; no group is joined, nothing committed */
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"auto.offset.reset", "error"},
    {"queued.max.messages.kbytes", "4096"},
    {"fetch.max.bytes", "4194304"},
    {"receive.message.max.bytes", "8388608"},
};

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
    char text[200];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
        return true;
    return error_set(err, ERROR_invalid, "Kafka setting %s: %s", name, text);
}

static bool
set_all(rd_kafka_conf_t *conf, const struct setting *settings, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!set(conf, settings[i].name, settings[i].value, err))
            return false;
    }
    return true;
}

static void note_trouble(struct link *link, const char *what, const char *text)
{
    (void)snprintf(link->trouble, sizeof(link->trouble), "%s: %s", what, text);
}

/* Called from link_send and link_receive only (rd_kafka_poll), so there is nothing to lock. */
static void on_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
    (void)client;
    struct link *link = opaque;
    note_trouble(link, rd_kafka_err2name((rd_kafka_resp_err_t)code), reason);
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        link->broken = true;
}

/* Only of messages that failed; they stay unanswered and are sent again. */
static void on_delivery(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    (void)client;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        note_trouble(opaque, "delivery failed", rd_kafka_err2str(message->err));
}

static rd_kafka_conf_t *new_conf(struct link *link, struct error *err)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_opaque(conf, link);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_set_log_cb(conf, NULL); /* what matters comes to on_error, and into the report */
    if (set(conf, "bootstrap.servers", link->options.brokers, err) &&
        set_all(conf, shared_settings, countof(shared_settings), err))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

/* Takes the conf in any case. */
static rd_kafka_t *new_client(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *err)
{
    char text[200];
    rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof(text));
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        (void)error_set(err, ERROR_invalid, "Kafka client: %s", text);
    }
    return client;
}

static bool open_producer(struct link *link, struct error *err)
{
    char linger[16];
    (void)snprintf(linger, sizeof(linger), "%d", link->options.linger_ms);
    rd_kafka_conf_t *conf = new_conf(link, err);
    if (conf == NULL)
        return false;
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    if (!set_all(conf, producer_settings, countof(producer_settings), err) ||
        !set(conf, "linger.ms", linger, err)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    link->producer = new_client(RD_KAFKA_PRODUCER, conf, err);
    if (link->producer == NULL)
        return false;
    /* As Java does it, so that all senders put a stream into the same partition. */
    rd_kafka_topic_conf_t *topic_conf = rd_kafka_topic_conf_new();
    char text[200];
    CHECK(
        rd_kafka_topic_conf_set(topic_conf, "partitioner", "murmur2_random", text, sizeof(text)) ==
        RD_KAFKA_CONF_OK);
    link->commands = rd_kafka_topic_new(link->producer, link->options.topic, topic_conf);
    if (link->commands == NULL)
        return error_set(err, ERROR_invalid, "no topic can be called %.100s", link->options.topic);
    return true;
}

static bool fail(rd_kafka_resp_err_t code, const char *topic, struct error *err)
{
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        return error_set(
            err,
            ERROR_not_found,
            "there is no topic %.100s: `order-command topics apply` makes it",
            topic);
    return error_set(err, ERROR_transient, "topic %.100s: %s", topic, rd_kafka_err2str(code));
}

/* Number of partitions. Also makes the client know them: with an unknown topic the first message
 * would wait for up to a second. */
static bool
ask_partitions(rd_kafka_t *client, rd_kafka_topic_t *topic, int *out_count, struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    const char *name = rd_kafka_topic_name(topic);
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, topic, &metadata, ANSWER_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(code, name, err);
    code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;
    int count = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        return fail(code, name, err);
    if (count < 1 || count > MOST_PARTITIONS)
        return error_set(err, ERROR_invalid, "topic %.100s has %d partitions", name, count);
    *out_count = count;
    return true;
}

/* From where each partition ends now: asked for, not left to "latest", which would be looked up
 * only after the first commands are on their way. */
static bool consume_from_now(struct link *link, int partitions, struct error *err)
{
    for (int i = 0; i < partitions; i++) {
        int64_t low, high;
        rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
            link->consumer, link->options.reply_topic, i, &low, &high, ANSWER_MS);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return fail(code, link->options.reply_topic, err);
        if (rd_kafka_consume_start_queue(link->replies, i, high, link->queue) != 0)
            return fail(rd_kafka_last_error(), link->options.reply_topic, err);
        link->partitions = i + 1;
    }
    return true;
}

static bool open_consumer(struct link *link, struct error *err)
{
    rd_kafka_conf_t *conf = new_conf(link, err);
    if (conf == NULL)
        return false;
    if (!set_all(conf, consumer_settings, countof(consumer_settings), err)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    link->consumer = new_client(RD_KAFKA_CONSUMER, conf, err);
    if (link->consumer == NULL)
        return false;
    link->replies = rd_kafka_topic_new(link->consumer, link->options.reply_topic, NULL);
    if (link->replies == NULL)
        return error_set(
            err, ERROR_invalid, "no topic can be called %.100s", link->options.reply_topic);
    link->queue = rd_kafka_queue_new(link->consumer);
    static const uint64_t one = 1;
    link->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (link->wake < 0)
        return error_set(err, ERROR_fatal, "cannot make an eventfd");
    rd_kafka_queue_io_event_enable(link->queue, link->wake, &one, sizeof(one));
    int partitions;
    return ask_partitions(link->consumer, link->replies, &partitions, err) &&
           consume_from_now(link, partitions, err);
}

bool link_open(struct link **out, const struct link_options *options, struct error *err)
{
    struct link *link = calloc(1, sizeof(*link));
    if (link == NULL)
        return error_set(err, ERROR_fatal, "out of memory");
    link->options = *options;
    link->wake = -1;
    int partitions;
    if (!open_producer(link, err) ||
        !ask_partitions(link->producer, link->commands, &partitions, err) ||
        !open_consumer(link, err)) {
        link_close(link);
        return false;
    }
    *out = link;
    return true;
}

static void close_producer(struct link *link)
{
    if (link->producer == NULL)
        return;
    (void)rd_kafka_purge(link->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    if (link->commands != NULL)
        rd_kafka_topic_destroy(link->commands);
    rd_kafka_destroy(link->producer);
    link->commands = NULL;
    link->producer = NULL;
}

void link_close(struct link *link)
{
    if (link == NULL)
        return;
    close_producer(link);
    for (int i = 0; i < link->partitions; i++)
        (void)rd_kafka_consume_stop(link->replies, i);
    if (link->queue != NULL)
        rd_kafka_queue_destroy(link->queue);
    if (link->replies != NULL)
        rd_kafka_topic_destroy(link->replies);
    if (link->consumer != NULL)
        rd_kafka_destroy(link->consumer);
    if (link->wake >= 0)
        (void)close(link->wake);
    free(link);
}

void link_flush(struct link *link)
{
    (void)rd_kafka_flush(link->producer, FLUSH_MS);
}

/* The headers of a command, signed when there is a key. */
static rd_kafka_headers_t *
make_headers(const struct link_options *options, const struct link_command *command)
{
    uint8_t mac[SIGNATURE_SIZE];
    struct header headers[8] = {
        {SLICE_LITERAL("ce_specversion"), SLICE_LITERAL("1.0")},
        {SLICE_LITERAL("ce_type"), slice_of_text(command->type)},
        {SLICE_LITERAL("ce_id"), slice_of_text(command->id)},
        {SLICE_LITERAL("ce_source"), SLICE_LITERAL("order-load")},
        {SLICE_LITERAL("content-type"), SLICE_LITERAL("application/msgpack")},
        {SLICE_LITERAL("reply_topic"), slice_of_text(options->reply_topic)}};
    size_t count = 6;
    if (options->producer_key != NULL) {
        headers[count++] =
            (struct header){SLICE_LITERAL("order_producer"), slice_of_text(options->producer)};
        const struct signed_record record = {
            .topic = slice_of_text(options->topic),
            .key = slice_of_text(command->key),
            .value = command->bytes,
            .headers = headers,
            .header_count = count};
        signature_make(&record, options->producer_key, mac);
        headers[count++] = (struct header){SLICE_LITERAL("order_mac"), slice_of(mac, sizeof(mac))};
    }
    rd_kafka_headers_t *made = rd_kafka_headers_new(count);
    CHECK(made != NULL);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t failed = rd_kafka_header_add(
            made,
            (const char *)headers[i].name.data,
            (ssize_t)headers[i].name.size,
            headers[i].value.data,
            (ssize_t)headers[i].value.size);
        CHECK(failed == RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    return made;
}

bool link_send(struct link *link, const struct link_command *command, bool *sent, struct error *err)
{
    rd_kafka_headers_t *headers = make_headers(&link->options, command);
    rd_kafka_resp_err_t code = rd_kafka_producev(
        link->producer,
        RD_KAFKA_V_RKT(link->commands),
        RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(command->key, strlen(command->key)),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)command->bytes.data, command->bytes.size),
        RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_END);
    *sent = code == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (*sent)
        return true;
    rd_kafka_headers_destroy(headers); /* ours again when it failed */
    (void)rd_kafka_poll(link->producer, 0);
    if (code == RD_KAFKA_RESP_ERR__FATAL)
        link->broken = true;
    if (code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        return true;
    return error_set(err, ERROR_fatal, "cannot send: %s", rd_kafka_err2str(code));
}

bool link_is_broken(const struct link *link)
{
    return link->broken;
}

bool link_repair(struct link *link, struct error *err)
{
    close_producer(link);
    link->broken = false;
    return open_producer(link, err);
}

size_t link_receive(struct link *link, rd_kafka_message_t **messages, size_t most)
{
    (void)rd_kafka_poll(link->producer, 0);
    (void)rd_kafka_poll(link->consumer, 0);
    ssize_t got = rd_kafka_consume_batch_queue(link->queue, 0, messages, most);
    size_t kept = 0;
    for (ssize_t i = 0; i < got; i++) {
        if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            messages[kept++] = messages[i];
            continue;
        }
        note_trouble(link, "reply topic", rd_kafka_message_errstr(messages[i]));
        rd_kafka_message_destroy(messages[i]);
    }
    return kept;
}

void link_wait(struct link *link, int64_t us)
{
    struct pollfd wake = {.fd = link->wake, .events = POLLIN};
    struct timespec timeout = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    uint64_t times;
    if (ppoll(&wake, 1, &timeout, NULL) > 0)
        (void)!read(link->wake, &times, sizeof(times));
}

rd_kafka_t *link_client(struct link *link)
{
    return link->producer;
}

const char *link_trouble(const struct link *link)
{
    return link->trouble;
}
