// SPDX-License-Identifier: Apache-2.0
#include "bus/bus_conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"

enum {
    ALL = BUS_CONSUMER | BUS_READER | BUS_PRODUCER | BUS_ADMIN,
    READING = BUS_CONSUMER | BUS_READER,
};

enum { SYSLOG_WARNING = 4 };

struct setting {
    const char *name;
    const char *value;
    unsigned roles;
    const char *why;
};

/* Where a row only repeats a default, the default is what we rely on. */
static const struct setting settings[] = {
    {"log_level", "4", ALL, "warnings and worse"},
    {"log.queue", "true", ALL, "served by our polling: no locks, never straight to stderr"},
    {"socket.nagle.disable", "true", ALL, "latency; Nagle is on by default until 2.10.0"},
    {"socket.keepalive.enable", "true", ALL, "silent peers are noticed"},
    {"receive.message.max.bytes", "16777216", ALL, "memory; at least fetch.max.bytes + 512"},
    {"reconnect.backoff.max.ms", "2000", ALL, "a broker that is back is noticed in 2 s, not 10"},
    {"allow.auto.create.topics", "false", READING, "a misspelt topic is an error"},
    {"enable.auto.commit", "false", READING, "an offset is committed after its replies arrived"},
    {"enable.auto.offset.store", "false", READING, "the same"},
    {"check.crcs", "true", READING, "corruption on the way is found here"},
    /* When a limit of the queue is reached, 2.0.2 looks again only after up to a second: the queue
     * must hold more than is consumed in that time (measured: with 8 MB 14 k commands/s, half of
     * what is possible). */
    {"queued.max.messages.kbytes", "16384", READING, "memory; over a second of commands"},
    {"queued.min.messages", "50000", READING, "the same"},
    {"fetch.max.bytes", "8388608", READING, "memory"},
    {"fetch.wait.max.ms", "500", READING, "the broker answers at once when there is something"},
    {"partition.assignment.strategy",
     "range,roundrobin",
     BUS_CONSUMER,
     "eager: cooperative-sticky loses assignments and offsets before 2.10.0"},
    {"session.timeout.ms", "6000", BUS_CONSUMER, "take-over of a dead member within 10 s"},
    {"heartbeat.interval.ms", "500", BUS_CONSUMER, "a clean stop is noticed in half a second"},
    {"max.poll.interval.ms", "300000", BUS_CONSUMER, "longer than any wait between two polls"},
    {"enable.idempotence", "true", BUS_PRODUCER, "acks=all, in order, no duplicates by retries"},
    {"message.timeout.ms",
     "0",
     BUS_PRODUCER,
     "a record is given up by a decision, never by time: the caller's bound is the number of "
     "records in flight"},
    {"partitioner", "murmur2_random", BUS_PRODUCER, "the same partition as Java clients choose"},
    {"queue.buffering.max.kbytes", "65536", BUS_PRODUCER, "memory; 1 GB by default"},
    {"message.max.bytes", "2097152", BUS_PRODUCER, "a dead letter is a record plus headers"},
    {"compression.codec", "none", BUS_PRODUCER, "other clients fail on lz4"},
};

void trouble_set(struct bus_client *client, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    (void)vsnprintf(client->trouble, sizeof(client->trouble), format, values);
    va_end(values);
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct bus_client *client = rd_kafka_opaque(rk);
    if (level <= SYSLOG_WARNING)
        trouble_set(client, "%s: %s", facility, text);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    trouble_set(opaque, "%s: %s", rd_kafka_err2name((rd_kafka_resp_err_t)code), reason);
}

bool bus_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value, struct error *err)
{
    char reason[256];
    /* Contexts of it print what is in messages, keys and headers: personal data, in a log. */
    if (strcmp(name, "debug") == 0)
        return error_set(err, ERROR_invalid, "Kafka setting debug: never, it logs payloads");
    if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
        return true;
    return error_set(err, ERROR_invalid, "Kafka setting %s: %s", name, reason);
}

static bool apply_table(
    rd_kafka_conf_t *conf,
    enum bus_role role,
    const char *brokers,
    const char *client_id,
    struct error *err)
{
    for (size_t i = 0; i < countof(settings); i++) {
        const struct setting *row = &settings[i];
        if ((row->roles & role) != 0 && !bus_conf_set(conf, row->name, row->value, err))
            return false;
    }
    /* A long client id can crash 2.0.2 (librdkafka #4689). */
    CHECK(strlen(client_id) <= 32);
    return bus_conf_set(conf, "bootstrap.servers", brokers, err) &&
           bus_conf_set(conf, "client.id", client_id, err);
}

bool bus_conf_new(
    enum bus_role role,
    const char *brokers,
    const char *client_id,
    void *opaque,
    rd_kafka_conf_t **out,
    struct error *err)
{
    if (brokers == NULL || brokers[0] == '\0')
        return error_set(err, ERROR_invalid, "no Kafka brokers given");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (!apply_table(conf, role, brokers, client_id, err)) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    rd_kafka_conf_set_opaque(conf, opaque);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    *out = conf;
    return true;
}

bool bus_client_open(
    struct bus_client *client, rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *err)
{
    char reason[256];
    rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));
    if (rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(err, ERROR_invalid, "Kafka client: %s", reason);
    }
    (void)rd_kafka_set_log_queue(rk, NULL); /* to the main queue, which we poll */
    client->rk = rk;
    return true;
}

static enum error_kind kind_of(rd_kafka_resp_err_t code)
{
    switch ((int)code) { /* a few of many */
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return ERROR_not_found;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
        return ERROR_denied;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        return ERROR_invalid;
    case RD_KAFKA_RESP_ERR__FATAL:
        return ERROR_fatal;
    default:
        return ERROR_transient;
    }
}

bool bus_fail(rd_kafka_resp_err_t code, const char *what, struct error *err)
{
    (void)error_set(err, kind_of(code), "%s: %s", what, rd_kafka_err2str(code));
    (void)snprintf(err->code, sizeof(err->code), "%d", (int)code);
    return false;
}
