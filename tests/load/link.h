// SPDX-License-Identifier: Apache-2.0
// The Kafka side of the load client: sends commands, receives replies. Straight on librdkafka, not
// on lib/bus: a load client needs neither delivery reports nor a consumer group, and leaving them
// out costs less CPU than what it measures.
#ifndef LOAD_LINK_H
#define LOAD_LINK_H

#include "base/error.h"
#include "base/slice.h"

#include <librdkafka/rdkafka.h>

struct link;

struct link_options {
    const char *brokers;
    const char *topic;
    const char *reply_topic;
    const char *producer;        /* signs as this one … */
    const uint8_t *producer_key; /* … with SECRET_SIZE bytes; NULL: signs nothing */
    int linger_ms;               /* how long the producer may wait for company */
};

struct link_command {
    const char *type; /* ce_type */
    const char *id;   /* ce_id, text */
    const char *key;  /* stream id, text */
    struct slice bytes;
};

/* Checks both topics and notes where their replies end now: what is answered from here on is
 * received. ERROR_transient: no broker; ERROR_not_found: a topic is missing. */
MUST_USE bool link_open(struct link **out, const struct link_options *options, struct error *err);
void link_close(struct link *link);

/* Hands a command over (bytes are copied). *sent false: the queue is full, try again later. */
MUST_USE bool
link_send(struct link *link, const struct link_command *command, bool *sent, struct error *err);

/* Waits until the broker has what was handed over, some seconds at most. */
void link_flush(struct link *link);

/* The client gave up on an idempotent producer (a fatal error): makes a new one. Everything that was
 * handed over and is not answered must be sent again. */
bool link_is_broken(const struct link *link);
MUST_USE bool link_repair(struct link *link, struct error *err);

/* Up to `most` replies that are there now; to be destroyed by the caller. Errors are not messages:
 * they go to link_trouble. */
size_t link_receive(struct link *link, rd_kafka_message_t **messages, size_t most);

/* Waits until a reply may be there, at most this long. */
void link_wait(struct link *link, int64_t us);

/* The producing client, for tests that break it. */
rd_kafka_t *link_client(struct link *link);

/* What the client complained about last, empty when nothing. */
const char *link_trouble(const struct link *link);

#endif
