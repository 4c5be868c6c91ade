// SPDX-License-Identifier: Apache-2.0
#include "bus/record_ring.h"

#include <stdlib.h>

#include "base/banned.h"

enum { HEADER_SIZES = 2 * sizeof(uint32_t) };

bool ring_init(struct record_ring *ring, size_t most, size_t bytes)
{
    size_t capacity = 1;
    while (capacity < most)
        capacity *= 2;
    *ring =
        (struct record_ring){.capacity = capacity, .first = 1, .next = 1, .bytes_capacity = bytes};
    ring->records = calloc(capacity, sizeof(*ring->records));
    ring->bytes = malloc(bytes);
    if (ring->records != NULL && ring->bytes != NULL)
        return true;
    ring_release(ring);
    return false;
}

void ring_release(struct record_ring *ring)
{
    free(ring->records);
    free(ring->bytes);
    *ring = (struct record_ring){0};
}

static struct ring_record *slot(const struct record_ring *ring, int64_t number)
{
    return &ring->records[(size_t)number & (ring->capacity - 1)];
}

struct ring_record *ring_get(const struct record_ring *ring, int64_t number)
{
    CHECK(number >= ring->first && number < ring->next);
    return slot(ring, number);
}

size_t ring_size_of(const struct producer_record *record)
{
    size_t size = record->key.size + record->value.size;
    for (size_t i = 0; i < record->header_count; i++)
        size += HEADER_SIZES + strlen(record->headers[i].name) + record->headers[i].value.size;
    return size;
}

/* Room for size bytes in one piece. Bytes are freed in the order they were taken, so what is in use
 * runs from the oldest record's place to head, perhaps around the end. */
static bool take_bytes(struct record_ring *ring, size_t size, size_t *out_at)
{
    if (size > ring->bytes_capacity)
        return false;
    if (ring->first == ring->next)
        ring->head = 0;
    size_t oldest = ring->first == ring->next ? 0 : slot(ring, ring->first)->at;
    bool around = ring->first != ring->next && ring->head < oldest;
    size_t end = around ? oldest : ring->bytes_capacity;
    if (end - ring->head >= size + around) {
        *out_at = ring->head;
        ring->head += size;
        return true;
    }
    /* head must stay below oldest: equal would mean empty. */
    if (around || size >= oldest)
        return false;
    *out_at = 0;
    ring->head = size;
    return true;
}

static uint8_t *put(uint8_t *at, const void *data, size_t size)
{
    if (size != 0)
        memcpy(at, data, size);
    return at + size;
}

static void copy_in(uint8_t *at, const struct producer_record *record)
{
    at = put(at, record->key.data, record->key.size);
    at = put(at, record->value.data, record->value.size);
    for (size_t i = 0; i < record->header_count; i++) {
        const struct producer_header *header = &record->headers[i];
        uint32_t sizes[2] = {(uint32_t)strlen(header->name), (uint32_t)header->value.size};
        at = put(at, sizes, sizeof(sizes));
        at = put(at, header->name, sizes[0]);
        at = put(at, header->value.data, sizes[1]);
    }
}

struct ring_record *
ring_add(struct record_ring *ring, const struct producer_record *record, int32_t topic)
{
    size_t at;
    CHECK(record->header_count <= UINT16_MAX);
    if ((size_t)(ring->next - ring->first) >= ring->capacity)
        return NULL;
    /* At least one byte each, so that the places of two records never coincide. */
    size_t size = ring_size_of(record);
    if (!take_bytes(ring, size + 1, &at))
        return NULL;
    struct ring_record *added = slot(ring, ring->next++);
    *added = (struct ring_record){
        .topic = topic,
        .partition = record->partition,
        .has_key = record->key.data != NULL,
        .has_value = record->value.data != NULL,
        .header_count = (uint16_t)record->header_count,
        .key_size = (uint32_t)record->key.size,
        .value_size = (uint32_t)record->value.size,
        .at = at};
    copy_in(ring->bytes + at, record);
    return added;
}

struct slice ring_key(const struct record_ring *ring, const struct ring_record *record)
{
    if (!record->has_key)
        return slice_of(NULL, 0);
    return slice_of(ring->bytes + record->at, record->key_size);
}

struct slice ring_value(const struct record_ring *ring, const struct ring_record *record)
{
    if (!record->has_value)
        return slice_of(NULL, 0);
    return slice_of(ring->bytes + record->at + record->key_size, record->value_size);
}

void ring_header(
    const struct record_ring *ring,
    const struct ring_record *record,
    size_t *cursor,
    struct slice *name,
    struct slice *value)
{
    const uint8_t *at = ring->bytes + record->at + record->key_size + record->value_size + *cursor;
    uint32_t sizes[2];
    memcpy(sizes, at, sizeof(sizes));
    *name = slice_of(at + sizeof(sizes), sizes[0]);
    *value = slice_of(at + sizeof(sizes) + sizes[0], sizes[1]);
    *cursor += sizeof(sizes) + sizes[0] + sizes[1];
}

void ring_settle(struct record_ring *ring, int64_t number)
{
    if (number < ring->first)
        return;
    ring_get(ring, number)->settled = true;
    while (ring->first < ring->next && slot(ring, ring->first)->settled)
        ring->first++;
}
