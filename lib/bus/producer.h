// SPDX-License-Identifier: Apache-2.0
// Writes to topics, idempotently, and says which of the records have arrived. Records are numbered
// in the order they were handed over; `producer_delivered` is the number up to which every record
// has been settled, so a caller can hold back an offset until its replies have arrived.
#ifndef BUS_PRODUCER_H
#define BUS_PRODUCER_H

#include "base/error.h"
#include "base/slice.h"

#include <librdkafka/rdkafka.h>

struct producer;

struct producer_options {
    const char *brokers;
    const char *client_id;
    int linger_ms;
    int64_t most_in_flight; /* records; producer_send waits above it */
};

struct producer_header {
    const char *name;
    struct slice value;
};

struct producer_record {
    const char *topic;
    int32_t partition; /* RD_KAFKA_PARTITION_UA: by the key (murmur2, as Java does) */
    struct slice key;
    struct slice value;
    const struct producer_header *headers;
    size_t header_count;
};

MUST_USE bool producer_open(
    struct producer **out, const struct producer_options *options, struct error *err);

/* Flushes for at most flush_ms, then closes. NULL is fine. */
void producer_close(struct producer *producer, int flush_ms);

/* Hands a record over (bytes are copied) and gives its number, counted from 1. Waits while the
 * queue is full. A record that can never be delivered (unknown topic, no rights, too large) is
 * counted in producer_undeliverable and settled at once. ERROR_transient: stop was asked for. */
MUST_USE bool producer_send(
    struct producer *producer,
    const struct producer_record *record,
    int64_t *out_number,
    struct error *err);

/* Serves delivery reports; call often. Rebuilds the client after a fatal error and sends again what
 * had not been settled. */
void producer_poll(struct producer *producer, int timeout_ms);

/* Every record up to this number is settled: delivered, or undeliverable. */
int64_t producer_settled(const struct producer *producer);

/* Records given up on so far, and the last reason. */
int64_t producer_undeliverable(const struct producer *producer);
const char *producer_trouble(const struct producer *producer);

#endif
