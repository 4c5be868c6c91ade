// SPDX-License-Identifier: Apache-2.0
// Decides the queues of released streams, a piece at a time, in order, through the ordinary rounds. The
// worker that owns the partition does it, so that nobody else decides commands of the stream meanwhile:
// what arrives queues behind, until the queue is empty.
#include "command/park.h"

#include "base/clock.h"
#include "command/parked_headers.h"
#include "command/service.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include "base/banned.h"

enum {
    LONGEST_US = 200 * 1000, /* then the topic has its turn */
    REPLIES_US = 5 * 1000 * 1000,
};

/* A piece of a queue. */
struct piece {
    struct stream_id stream;
    int32_t partition;
    struct parked_owner owner;
    struct parked_entry *entries;
    size_t count;
};

static const struct parked_stream *find_released(const struct service *service)
{
    const struct parked_set *set = &service->park.set;
    for (size_t i = 0; i < set->count; i++) {
        const struct parked_stream *one = &set->streams[i];
        if (one->state == PARKED_RELEASED && one->is_ours &&
            service_claim(service, one->partition) != NULL)
            return one;
    }
    return NULL;
}

/* An entry as it came. Headers that cannot be read are left out: then it is no command any more. */
static struct arrival arrival_of(const struct parked_record *record, struct arena *arena)
{
    struct arrival arrival = {
        .key = record->key,
        .value = record->value,
        .partition = record->partition,
        .offset = record->offset,
        .timestamp_ms = record->timestamp_ms};
    if (!parked_headers_unpack(record->headers, arena, &arrival.headers, &arrival.header_count))
        arrival.header_count = 0;
    return arrival;
}

static bool take_in(struct service *service, const struct piece *piece, struct error *err)
{
    struct arena *arena = &service->batch_arena;
    struct arrival *arrivals = arena_array(arena, piece->count, struct arrival);
    if (arrivals == NULL)
        return error_set(err, ERROR_fatal, "the batch's memory is used up");
    for (size_t i = 0; i < piece->count; i++)
        arrivals[i] = arrival_of(&piece->entries[i].record, arena);
    service_take_queued(service, arrivals, piece->count);
    return true;
}

/* False, without an error that ends the program: not now. */
static bool fetch(struct service *service, struct piece *piece, bool *begun, struct error *err)
{
    struct arena *arena = &service->batch_arena;
    size_t most = (size_t)service->options->batch;
    const struct item place = {.arrival.partition = piece->partition};
    if (!park_owner(service, &place, 1, arena, &piece->owner, err) ||
        !parked_begin(&service->db, &piece->owner, &piece->stream, begun, err))
        return false;
    if (*begun &&
        !parked_queue(&service->db, &piece->stream, arena, &piece->entries, &piece->count, err))
        return false;
    piece->count = piece->count < most ? piece->count : most;
    return true;
}

/* Only what reached those who sent it leaves the queue. */
static bool replies_arrived(struct service *service)
{
    int64_t deadline_us = clock_monotonic_us() + REPLIES_US;
    int64_t newest = producer_newest(service->producer);
    while (producer_settled(service->producer) < newest) {
        if (signals_stop() || clock_monotonic_us() > deadline_us)
            return false;
        producer_poll(service->producer, 20);
        service_serve_keys(service);
    }
    return true;
}

static bool is_done(const struct item *item)
{
    return item->state == ITEM_SENT && item->answer.outcome != ANSWER_INTERNAL &&
           item->answer.outcome != ANSWER_UNAVAILABLE;
}

/* *all: everything of the piece is decided. */
static bool
settle(struct service *service, const struct piece *piece, bool *all, bool *gone, struct error *err)
{
    int64_t *sequences = arena_array(&service->batch_arena, piece->count, int64_t);
    struct parked_done done = {.stream = piece->stream, .sequences = sequences};
    if (sequences == NULL)
        return error_set(err, ERROR_fatal, "the batch's memory is used up");
    bool arrived = replies_arrived(service);
    for (size_t i = 0; arrived && i < piece->count; i++) {
        if (is_done(&service->items[i]))
            sequences[done.count++] = piece->entries[i].sequence;
    }
    *all = done.count == piece->count;
    return parked_settle(&service->db, &piece->owner, &done, gone, err);
}

static void log_progress(const struct piece *piece, bool gone)
{
    char stream[UUID_TEXT_SIZE];
    uuid_format(&piece->stream.id, stream);
    LOG(LOG_INFO,
        gone ? "stream_free" : "queue_decided",
        gone ? "the queue of a released stream is empty: it is parked no longer"
             : "commands of a released stream were taken from its queue",
        LOG_TEXT("category", category_name((enum category)piece->stream.category)),
        LOG_TEXT("stream", stream),
        LOG_NUMBER("commands", (int64_t)piece->count));
}

/* *more: the next piece can be taken at once. */
static bool drain(struct service *service, struct piece *piece, bool *more, struct error *err)
{
    struct park *park = &service->park;
    bool begun = false;
    bool gone = false;
    if (!fetch(service, piece, &begun, err))
        return false;
    park->is_draining = true;
    park->partition = piece->partition;
    bool ok = !begun || (take_in(service, piece, err) && service_decide(service, err));
    park->is_draining = false;
    if (ok && begun && !service->stale) {
        ok = settle(service, piece, more, &gone, err);
        if (ok)
            log_progress(piece, gone);
    }
    if (gone)
        parked_set_remove(&park->set, &piece->stream);
    return ok;
}

static bool drain_some(struct service *service, struct error *err)
{
    int64_t started_us = clock_monotonic_us();
    const struct parked_stream *stream;
    bool more = true;
    while (more && !service->stale && (stream = find_released(service)) != NULL) {
        struct piece piece = {.stream = stream->stream, .partition = stream->partition};
        more = false;
        service_clear(service);
        bool ok = drain(service, &piece, &more, err);
        service_clear(service);
        if (!ok && !park_survive(service, err))
            return false;
        more = more && clock_monotonic_us() - started_us < LONGEST_US;
    }
    return true;
}

bool park_drain(struct service *service, struct error *err)
{
    struct park *park = &service->park;
    CHECK(service->taken == 0);
    if (!db_is_open(&service->db) || service_all_claims(service, NULL, NULL) == 0)
        return true;
    if (!park_refresh(service, err))
        return signals_stop();
    if (find_released(service) == NULL)
        return true;
    bool ok = drain_some(service, err);
    service->stale = false; /* nothing of the topic was taken */
    park->is_draining = false;
    return ok || signals_stop();
}
