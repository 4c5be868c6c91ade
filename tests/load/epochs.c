// SPDX-License-Identifier: Apache-2.0
#include "load/epochs.h"

#include "base/clock.h"

#include <errno.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { ANSWER_MS = 10000, READ_US = 30 * 1000 * 1000, POLL_MS = 500, KEY_FILE_SIZE = 256 };

/* ---- a record ---- */

static bool hex_of(const json_t *value, const char *name, uint8_t *out, size_t size)
{
    const char *text = json_string_value(json_object_get(value, name));
    size_t written;
    return text != NULL && strlen(text) == size * 2 &&
           sodium_hex2bin(out, size, text, size * 2, NULL, &written, NULL) == 0 && written == size;
}

static bool read_record(struct slice bytes, struct epoch *out)
{
    json_t *value = json_loadb((const char *)bytes.data, bytes.size, JSON_REJECT_DUPLICATES, NULL);
    const json_t *number = json_object_get(value, "epoch");
    bool fits = json_is_integer(number) && json_integer_value(number) > 0 &&
                hex_of(value, "public_key", out->public_key, sizeof(out->public_key)) &&
                hex_of(value, "signature", out->signature, sizeof(out->signature)) &&
                hex_of(value, "signed_by", out->signed_by, sizeof(out->signed_by));
    if (fits)
        out->number = (uint64_t)json_integer_value(number);
    json_decref(value);
    return fits;
}

/* The file holds the 32 bytes, or their hex. */
static bool
read_vault_key(const char *path, uint8_t key[crypto_sign_PUBLICKEYBYTES], struct error *err)
{
    char bytes[KEY_FILE_SIZE];
    size_t written;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(err, ERROR_invalid, "cannot read %.300s (errno %d)", path, errno);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    if (size == crypto_sign_PUBLICKEYBYTES) {
        memcpy(key, bytes, size);
        return true;
    }
    if (size >= 2 * crypto_sign_PUBLICKEYBYTES &&
        sodium_hex2bin(
            key,
            crypto_sign_PUBLICKEYBYTES,
            bytes,
            2 * crypto_sign_PUBLICKEYBYTES,
            NULL,
            &written,
            NULL) == 0 &&
        written == crypto_sign_PUBLICKEYBYTES)
        return true;
    return error_set(err, ERROR_invalid, "%.300s holds no public key", path);
}

static bool
check_signature(const struct epoch_source *source, const struct epoch *epoch, struct error *err)
{
    uint8_t key[crypto_sign_PUBLICKEYBYTES];
    memcpy(key, epoch->signed_by, sizeof(key));
    if (source->vault_key != NULL && !read_vault_key(source->vault_key, key, err))
        return false;
    return epoch_is_signed(epoch, key) || error_set(
                                              err,
                                              ERROR_tampered,
                                              "topic %.100s: epoch %llu is not signed by the vault",
                                              source->topic,
                                              (unsigned long long)epoch->number);
}

/* ---- the topic ---- */

static rd_kafka_t *new_consumer(const char *brokers, struct error *err)
{
    static const char *const settings[][2] = {
        {"client.id", "order-load"},
        {"broker.address.family", "v4"},
        {"group.id", "order-load"},
        {"enable.auto.commit", "false"},
        {"enable.partition.eof", "true"},
    };
    char text[200];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    CHECK(
        rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof(text)) ==
        RD_KAFKA_CONF_OK);
    for (size_t i = 0; i < countof(settings); i++)
        CHECK(
            rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof(text)) ==
            RD_KAFKA_CONF_OK);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
    if (client == NULL) {
        rd_kafka_conf_destroy(conf);
        (void)error_set(err, ERROR_invalid, "Kafka client: %s", text);
    }
    return client;
}

/* False: no broker. *exists: there is such a topic, and something in it. */
static bool has_records(rd_kafka_t *client, const char *topic, bool *exists, struct error *err)
{
    int64_t low, high;
    rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(client, topic, 0, &low, &high, ANSWER_MS);
    *exists = code == RD_KAFKA_RESP_ERR_NO_ERROR && high > low;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
           error_set(err, ERROR_transient, "topic %.100s: %s", topic, rd_kafka_err2str(code));
}

struct epochs {
    struct epoch_source source;
    rd_kafka_t *client;
    rd_kafka_topic_t *topic; /* NULL: there is none */
    bool consuming;
    struct epoch newest; /* number 0: none */
};

enum taken { TAKEN_ONE, TAKEN_ALL, TAKEN_NOTHING, TAKEN_FAILED };

static enum taken
failed(struct epochs *epochs, enum error_kind kind, const char *why, struct error *err)
{
    (void)error_set(err, kind, "topic %.100s: %s", epochs->source.topic, why);
    return TAKEN_FAILED;
}

static enum taken take(struct epochs *epochs, const rd_kafka_message_t *message, struct error *err)
{
    struct epoch epoch = {0};
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        return TAKEN_ALL;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return failed(epochs, ERROR_transient, rd_kafka_err2str(message->err), err);
    if (message->len == 0)
        return TAKEN_ONE; /* an epoch that was taken back */
    if (!read_record(slice_of(message->payload, message->len), &epoch))
        return failed(epochs, ERROR_tampered, "a record is no epoch", err);
    if (epoch.number <= epochs->newest.number)
        return TAKEN_ONE;
    if (!check_signature(&epochs->source, &epoch, err))
        return TAKEN_FAILED;
    epochs->newest = epoch;
    return TAKEN_ONE;
}

static enum taken take_next(struct epochs *epochs, int wait_ms, struct error *err)
{
    rd_kafka_message_t *message = rd_kafka_consume(epochs->topic, 0, wait_ms);
    if (message == NULL)
        return TAKEN_NOTHING;
    enum taken taken = take(epochs, message, err);
    rd_kafka_message_destroy(message);
    return taken;
}

static bool read_all(struct epochs *epochs, struct error *err)
{
    int64_t until = clock_monotonic_us() + READ_US;
    enum taken taken = TAKEN_ONE;
    while (taken == TAKEN_ONE || taken == TAKEN_NOTHING) {
        taken = take_next(epochs, POLL_MS, err);
        if (taken == TAKEN_NOTHING && clock_monotonic_us() > until)
            taken = failed(epochs, ERROR_transient, "no answer", err);
    }
    return taken == TAKEN_ALL;
}

static bool open_topic(struct epochs *epochs, struct error *err)
{
    bool exists;
    if (!has_records(epochs->client, epochs->source.topic, &exists, err))
        return false;
    if (!exists)
        return true;
    epochs->topic = rd_kafka_topic_new(epochs->client, epochs->source.topic, NULL);
    if (epochs->topic == NULL)
        return error_set(err, ERROR_invalid, "no topic can be called %.100s", epochs->source.topic);
    if (rd_kafka_consume_start(epochs->topic, 0, RD_KAFKA_OFFSET_BEGINNING) != 0)
        return error_set(err, ERROR_transient, "topic %.100s cannot be read", epochs->source.topic);
    epochs->consuming = true;
    return read_all(epochs, err);
}

bool epochs_open(struct epochs **out, const struct epoch_source *source, struct error *err)
{
    struct epochs *epochs = calloc(1, sizeof(*epochs));
    if (epochs == NULL || sodium_init() < 0) {
        free(epochs);
        return error_set(err, ERROR_fatal, "out of memory");
    }
    epochs->source = *source;
    epochs->client = new_consumer(source->brokers, err);
    if (epochs->client == NULL || !open_topic(epochs, err)) {
        epochs_close(epochs);
        return false;
    }
    *out = epochs;
    return true;
}

void epochs_close(struct epochs *epochs)
{
    if (epochs == NULL)
        return;
    if (epochs->consuming)
        (void)rd_kafka_consume_stop(epochs->topic, 0);
    if (epochs->topic != NULL)
        rd_kafka_topic_destroy(epochs->topic);
    if (epochs->client != NULL)
        rd_kafka_destroy(epochs->client);
    free(epochs);
}

const struct epoch *epochs_newest(const struct epochs *epochs)
{
    return epochs->newest.number != 0 ? &epochs->newest : NULL;
}

/* A broker that is away is no reason to end: the epoch there is may still be good. */
bool epochs_poll(struct epochs *epochs, struct error *err)
{
    enum taken taken = epochs->consuming ? TAKEN_ONE : TAKEN_NOTHING;
    while (taken == TAKEN_ONE)
        taken = take_next(epochs, 0, err);
    return taken != TAKEN_FAILED || err->kind == ERROR_transient;
}
