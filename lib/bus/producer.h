// SPDX-License-Identifier: Apache-2.0
// Writes to topics, idempotently, and says which of the records have arrived. Records are numbered
// in the order they were handed over; `producer_settled` is the number up to which every record has
// been settled, so a caller can hold back an offset until its replies have arrived. One thread.
#ifndef BUS_PRODUCER_H
#define BUS_PRODUCER_H

#include "base/error.h"
#include "base/slice.h"

#include <librdkafka/rdkafka.h>

struct producer;

struct producer_options {
    const char *brokers;
    const char *client_id;   /* short */
    int64_t linger_us;       /* how long a record may wait for company */
    int64_t most_in_flight;  /* records; producer_send waits above it */
    int64_t most_bytes;      /* of records in flight, at least 4 MiB; taken once */
    void (*waiting)(void *); /* called again and again while producer_send waits; NULL: nothing */
    void *waiting_context;
};

struct producer_header {
    const char *name;
    struct slice value;
};

struct producer_record {
    const char *topic;
    int32_t partition;  /* RD_KAFKA_PARTITION_UA: by the key (murmur2, as Java does) */
    struct slice key;   /* data NULL: no key */
    struct slice value; /* data NULL: no value */
    const struct producer_header *headers;
    size_t header_count;
};

/* Does not wait for the broker: ERROR_invalid is a wrong configuration. */
MUST_USE bool
producer_open(struct producer **out, const struct producer_options *options, struct error *err);

/* Waits at most flush_ms for what is not settled, then closes. NULL is fine. */
void producer_close(struct producer *producer, int flush_ms);

/* Hands a record over (bytes are copied) and gives its number, counted from 1. Waits while the
 * queue is full, and for the broker when the topic is new to it. A record that can never be
 * delivered (unknown topic or partition, no rights, too large) is counted in producer_undeliverable
 * and settled at once. ERROR_transient: a stop was asked for while waiting; nothing was sent. */
MUST_USE bool producer_send(
    struct producer *producer,
    const struct producer_record *record,
    int64_t *out_number,
    struct error *err);

/* Serves delivery reports; call often. After any failure that may pass, and after a fatal error of
 * the client (librdkafka #4438), rebuilds the client and sends again what had not been settled, in
 * order. */
void producer_poll(struct producer *producer, int timeout_ms);

/* Every record up to this number is settled: delivered, or undeliverable. */
int64_t producer_settled(const struct producer *producer);

/* The number of the newest record; 0 before the first. */
int64_t producer_newest(const struct producer *producer);

/* Records given up on so far, and the last error the client reported (empty when fine). */
int64_t producer_undeliverable(const struct producer *producer);
const char *producer_trouble(const struct producer *producer);

/* How often the client was rebuilt. */
int64_t producer_rebuilds(const struct producer *producer);

/* The client as it is now, for tests that break it. */
rd_kafka_t *producer_client(const struct producer *producer);

#endif
