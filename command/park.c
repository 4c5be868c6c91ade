// SPDX-License-Identifier: Apache-2.0
#include "command/park.h"

#include "base/clock.h"
#include "command/answer.h"
#include "command/parked_headers.h"
#include "command/service.h"
#include "runtime/log.h"
#include "runtime/signals.h"
#include "wire/structured.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    READ_EVERY_US = 1000 * 1000,
    PART_BYTES = 8 * 1024 * 1024, /* of commands that join queues in one statement */
    DETAIL_SIZE = 128,
};

void park_init(struct park *park)
{
    park->retry = RETRY(20, 500);
    park->generation = -1;
}

void park_release(struct park *park)
{
    parked_set_release(&park->set);
    free(park->careful);
    *park = (struct park){0};
}

bool park_survive(struct service *service, struct error *err)
{
    if (signals_stop())
        return false;
    if (strcmp(err->code, STORE_CLAIM_LOST) == 0) {
        /* Partitions of another assignment are only not claimed yet. */
        if (service->claims.generation == service->generation)
            service_lose_claims(service, err);
        service->stale = true;
        return true;
    }
    if (!db_is_open(&service->db))
        return service_open_store(service, err);
    if (err->kind != ERROR_transient && err->kind != ERROR_conflict)
        return false;
    service_serve_keys(service);
    return retry_wait(&service->park.retry);
}

/* ---- who acts ---- */

static bool has_claim(const struct claim *claims, size_t count, const struct claim *claim)
{
    for (size_t i = 0; i < count; i++) {
        if (claims[i].number == claim->number)
            return true;
    }
    return false;
}

static bool refuse_claim(struct error *err)
{
    (void)error_set(err, ERROR_conflict, "a partition is not ours any more");
    memcpy(err->code, STORE_CLAIM_LOST, sizeof(STORE_CLAIM_LOST));
    return false;
}

bool park_owner(
    struct service *service,
    const struct item *items,
    size_t count,
    struct arena *arena,
    struct parked_owner *out,
    struct error *err)
{
    struct claim *claims = arena_array(arena, count, struct claim);
    if (claims == NULL)
        return error_set(err, ERROR_fatal, "the batch's memory is used up");
    *out = (struct parked_owner){.topic = service->options->topic, .claims = claims};
    for (size_t i = 0; i < count; i++) {
        const struct claim *claim =
            service_claim(service, service_partition_of(service, &items[i]));
        if (claim == NULL)
            return refuse_claim(err);
        if (!has_claim(claims, out->claim_count, claim))
            claims[out->claim_count++] = *claim;
    }
    return true;
}

/* ---- what is parked ---- */

/* Streams that a worker before was deciding the queue of: it may have died of that. */
static bool repark(struct service *service, struct error *err)
{
    struct arena *arena = &service->round_arena;
    size_t count = service->claims.count;
    int32_t *partitions = arena_array(arena, count, int32_t);
    struct claim *claims = arena_array(arena, count, struct claim);
    if (partitions == NULL || claims == NULL)
        return error_set(err, ERROR_fatal, "the batch's memory is used up");
    const struct parked_owner owner = {
        .topic = service->options->topic,
        .claims = claims,
        .claim_count = service_all_claims(service, partitions, claims)};
    int64_t again = 0;
    if (owner.claim_count > 0 && !parked_repark(&service->db, &owner, partitions, &again, err))
        return false;
    if (again > 0)
        LOG(LOG_ERROR,
            "streams_parked_again",
            "a worker ended while it decided queued commands; their streams are parked again",
            LOG_NUMBER("streams", again));
    return true;
}

static bool read_set(struct service *service, struct error *err)
{
    struct park *park = &service->park;
    struct parked_stream *streams;
    size_t count;
    int64_t generation = service->claims.generation;
    arena_reset(&service->round_arena);
    if (park->generation != generation && !repark(service, err))
        return false;
    if (!parked_read(
            &service->db, service->options->topic, &service->round_arena, &streams, &count, err))
        return false;
    if (!parked_set_load(&park->set, streams, count))
        return error_set(err, ERROR_fatal, "no memory for the parked streams");
    park->generation = generation;
    park->read_us = clock_monotonic_us();
    retry_reset(&park->retry);
    return true;
}

/* The next call only finds that there is no connection: why is said here. */
static void log_unread(const struct service *service, const struct error *err)
{
    LOG(LOG_WARNING,
        db_is_open(&service->db) ? "postgres_busy" : "postgres_lost",
        "what is parked could not be read; what is known of it does for now",
        LOG_TEXT("error", err->text));
}

bool park_refresh(struct service *service, struct error *err)
{
    struct park *park = &service->park;
    bool unknown = park->generation != service->claims.generation || park->read_us == 0;
    bool old = clock_monotonic_us() - park->read_us >= READ_EVERY_US;
    /* What is known does while the server is away: whatever comes next finds out, and waits for it. */
    if (!unknown && (!old || !db_is_open(&service->db)))
        return true;
    while (!read_set(service, err)) {
        if (!unknown && (!db_is_open(&service->db) || err->kind == ERROR_transient)) {
            log_unread(service, err);
            return true;
        }
        if (!park_survive(service, err))
            return false;
    }
    return true;
}

/* ---- commands as they are stored ---- */

/* Not kept is what may show a person, which is also what nobody has looked at beside the body: the
 * wrapping of structured mode. Nor is what its sender may not send. */
static struct parked_record record_of(const struct item *item, struct arena *arena)
{
    const struct arrival *arrival = &item->arrival;
    struct parked_record record = {
        .stream = item->stream,
        .command_id = item->envelope.id,
        .partition = arrival->partition,
        .offset = arrival->offset,
        .timestamp_ms = arrival->timestamp_ms,
        .key = arrival->key,
        .value = arrival->value,
        .is_kept = !item->is_withheld && !item->is_refused &&
                   !structured_is(arrival->headers, arrival->header_count)};
    if (!parked_headers_pack(arrival->headers, arrival->header_count, arena, &record.headers))
        record.is_kept = false;
    return record;
}

/* ---- giving up ---- */

static const char *write_detail(const struct uuid *incident, struct arena *arena)
{
    char id[UUID_TEXT_SIZE];
    char *text = arena_take_raw(arena, DETAIL_SIZE);
    if (text == NULL)
        return "The command could not be decided; operators were told.";
    uuid_format(incident, id);
    (void)snprintf(
        text, DETAIL_SIZE, "The command could not be decided; tell operators of incident %s.", id);
    return text;
}

static void
answer_fault_of_ours(struct item *item, const struct parked_known *known, struct arena *arena)
{
    item->answer = answer_internal(write_detail(&known->incident, arena));
    item->answer.incident = known->incident;
    item->answer.attempts = known->attempts;
    item->state = ITEM_ANSWERED;
}

static void log_parked(const struct item *item, const struct parked_fault *fault)
{
    char incident[UUID_TEXT_SIZE];
    char stream[UUID_TEXT_SIZE];
    uuid_format(&fault->incident, incident);
    uuid_format(&item->stream.id, stream);
    LOG(LOG_ERROR,
        "stream_parked",
        "a command was given up; later ones of its stream queue until it is released",
        LOG_TEXT("incident", incident),
        LOG_TEXT("category", category_name((enum category)item->stream.category)),
        LOG_TEXT("stream", stream),
        LOG_TEXT("code", fault->code),
        LOG_NUMBER("attempts", fault->attempts),
        LOG_NUMBER("partition", item->arrival.partition),
        LOG_NUMBER("offset", item->arrival.offset));
}

static void leave_queued(struct service *service)
{
    for (size_t i = 0; i < service->item_count; i++) {
        if (service->items[i].state == ITEM_OPEN)
            service->items[i].state = ITEM_LEFT;
    }
}

/* It is in the database: what this process knows and says follows. */
static bool settle_fault(
    struct service *service, struct item *item, const struct parked_fault *fault, struct error *err)
{
    struct park *park = &service->park;
    const struct parked_known known = {
        .is_fault = true, .incident = fault->incident, .attempts = fault->attempts};
    const struct parked_stream stream = {
        .stream = item->stream,
        .state = PARKED_WAITING,
        .partition = item->arrival.partition,
        .is_ours = true};
    log_parked(item, fault);
    answer_fault_of_ours(item, &known, &service->batch_arena);
    if (park->is_draining)
        leave_queued(service);
    if (!parked_set_put(&park->set, &stream))
        return error_set(err, ERROR_fatal, "no memory for the parked streams");
    return true;
}

bool park_give_up(struct service *service, struct item *item, const char *why, struct error *err)
{
    uint8_t random[10];
    struct parked_owner owner;
    randombytes_buf(random, sizeof(random));
    const struct parked_fault fault = {
        .record = record_of(item, &service->batch_arena),
        .incident = uuid_v7(clock_now_us() / 1000, random),
        .code = why,
        .attempts = PARK_MOST_ATTEMPTS};
    while (!service->stale) {
        if (park_owner(service, item, 1, &service->batch_arena, &owner, err) &&
            parked_park(&service->db, &owner, &fault, err))
            return settle_fault(service, item, &fault, err);
        if (!park_survive(service, err))
            return false;
    }
    return true;
}

/* ---- diverting ---- */

/* Commands that join their queues in one statement. */
struct diversion {
    struct item **items;
    struct parked_record *records;
    struct parked_known *known;
    size_t count;
};

static bool collect(struct service *service, struct diversion *out, struct error *err)
{
    struct arena *arena = &service->round_arena;
    size_t bytes = 0;
    arena_reset(arena);
    *out = (struct diversion){
        .items = arena_array(arena, service->item_count, struct item *),
        .records = arena_array(arena, service->item_count, struct parked_record),
        .known = arena_array(arena, service->item_count, struct parked_known)};
    if (out->items == NULL || out->records == NULL || out->known == NULL)
        return error_set(err, ERROR_fatal, "the batch's memory is used up");
    for (size_t i = 0; i < service->item_count && bytes < PART_BYTES; i++) {
        struct item *item = &service->items[i];
        if (item->state != ITEM_OPEN || parked_set_find(&service->park.set, &item->stream) == NULL)
            continue;
        struct parked_record record = record_of(item, arena);
        bytes += record.value.size + record.headers.size;
        out->items[out->count] = item;
        out->records[out->count++] = record;
    }
    return true;
}

/* Those that were given up by a process that ended before it had said so, are answered as such. */
static void answer_diverted(struct service *service, const struct diversion *part)
{
    for (size_t i = 0; i < part->count; i++) {
        struct item *item = part->items[i];
        if (part->known[i].is_fault) {
            answer_fault_of_ours(item, &part->known[i], &service->batch_arena);
            continue;
        }
        item->answer = answer_refused(ANSWER_UNAVAILABLE, REJECTION_stream_parked);
        item->state = ITEM_ANSWERED;
        service->report.diverted++;
    }
}

static bool divert_part(struct service *service, struct diversion *part, struct error *err)
{
    struct parked_owner owner;
    struct arena *arena = &service->round_arena;
    if (park_owner(service, service->items, service->item_count, arena, &owner, err) &&
        parked_divert(&service->db, &owner, part->records, part->count, part->known, err)) {
        answer_diverted(service, part);
        retry_reset(&service->park.retry);
        return true;
    }
    if (strcmp(err->code, PARKED_GONE) != 0)
        return park_survive(service, err);
    service->park.read_us = 0;
    return park_refresh(service, err);
}

bool park_divert(struct service *service, struct error *err)
{
    struct park *park = &service->park;
    while (park->set.count > 0 && !park->is_draining && !service->stale) {
        struct diversion part;
        if (!collect(service, &part, err))
            return false;
        if (part.count == 0)
            break;
        if (!divert_part(service, &part, err))
            return false;
    }
    return true;
}
