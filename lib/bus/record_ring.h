// SPDX-License-Identifier: Apache-2.0
// Records on their way: numbered, first in first out, with their bytes, until each is settled. The
// Kafka client works on these bytes without a copy of its own, and after a rebuild of the client
// they are sent again from here. Memory is taken once. Inside lib/bus only.
#ifndef BUS_RECORD_RING_H
#define BUS_RECORD_RING_H

#include "bus/producer.h"

struct ring_record {
    int32_t topic; /* the caller's number for it */
    int32_t partition;
    bool settled;
    bool has_value;
    bool has_key;
    uint16_t header_count;
    uint32_t key_size;
    uint32_t value_size;
    size_t at; /* bytes: key, value, then name size, value size, name and value of each header */
};

struct record_ring {
    struct ring_record *records;
    size_t capacity; /* records; a power of two */
    int64_t first;   /* number of the oldest record that is not settled */
    int64_t next;    /* number the next record gets */
    uint8_t *bytes;
    size_t bytes_capacity;
    size_t head; /* where the next bytes go */
};

/* most: records held at once; bytes: room for their bytes. False: no memory. */
MUST_USE bool ring_init(struct record_ring *ring, size_t most, size_t bytes);
void ring_release(struct record_ring *ring);

/* Bytes a record takes; above bytes_capacity it can never be held. */
size_t ring_size_of(const struct producer_record *record);

/* Copies the record in; NULL when there is no room now. Its number is ring->next - 1 after it. */
MUST_USE struct ring_record *
ring_add(struct record_ring *ring, const struct producer_record *record, int32_t topic);

/* A record that is still held, by number. */
struct ring_record *ring_get(const struct record_ring *ring, int64_t number);

struct slice ring_key(const struct record_ring *ring, const struct ring_record *record);
struct slice ring_value(const struct record_ring *ring, const struct ring_record *record);

/* Walks the headers: start with *cursor = 0, header_count times. */
void ring_header(
    const struct record_ring *ring,
    const struct ring_record *record,
    size_t *cursor,
    struct slice *name,
    struct slice *value);

/* Settled, in any order; first moves over everything that is settled. Repeating it is fine. */
void ring_settle(struct record_ring *ring, int64_t number);

#endif
