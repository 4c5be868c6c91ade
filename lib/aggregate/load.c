// SPDX-License-Identifier: Apache-2.0
#include "aggregate/load.h"
#include "upcast/event_read.h"
#include "wire/scan.h"

#include "base/banned.h"

enum { USUAL_EVENT_SIZE = 4096 }; /* an order of some 40 lines */

static bool exhausted(struct error *err)
{
    return error_set(err, ERROR_fatal, "arena exhausted while folding a stream");
}

/* The store promises versions 1..n and one category per stream: paired with its append. */
static bool fold_event(
    struct aggregate *aggregate,
    const struct recorded_event *recorded,
    struct arena *arena,
    struct error *err)
{
    if (recorded->version != aggregate->version + 1)
        return error_set(
            err,
            ERROR_tampered,
            "stream has version %lld after %lld",
            (long long)recorded->version,
            (long long)aggregate->version);
    struct event event;
    if (!event_read(
            recorded->type, recorded->schema_version, recorded->payload, arena, &event, err))
        return false;
    const struct event_description *description = &event_descriptions[event.type];
    if (description->category != aggregate->category)
        return error_set(
            err,
            ERROR_tampered,
            "event %s in a stream of category %s",
            description->message->name,
            category_name(aggregate->category));
    if (aggregate_evolve(aggregate, &event, arena))
        return true;
    if (!aggregate->contradicted)
        return exhausted(err);
    return error_set(
        err,
        ERROR_tampered,
        "event %s of version %lld contradicts those before it",
        description->message->name,
        (long long)recorded->version);
}

bool aggregate_load(
    const struct loaded_stream *stream,
    enum category category,
    struct arena *arena,
    struct aggregate *out,
    struct error *err)
{
    struct aggregate aggregate;
    if (!aggregate_init(&aggregate, category, arena))
        return exhausted(err);
    for (size_t i = 0; i < stream->event_count; i++) {
        if (!fold_event(&aggregate, &stream->events[i], arena, err))
            return false;
    }
    if (aggregate.version != stream->version)
        return error_set(
            err,
            ERROR_tampered,
            "stream is at version %lld but has %lld events",
            (long long)stream->version,
            (long long)aggregate.version);
    *out = aggregate;
    return true;
}

/* Encodes into a buffer of `capacity` bytes; false when it does not fit. */
static bool
encode_into(const struct event *event, uint8_t *buffer, size_t capacity, struct slice *out)
{
    struct writer writer = writer_over(buffer, capacity);
    wire_encode(event_descriptions[event->type].message, WIRE_STORED, event->body, &writer);
    *out = writer_slice(&writer);
    return !writer.overflow;
}

/* Nearly every event fits the stack and is copied out at its exact size. Bigger ones are tried
 * again with twice the room, up to the limit of an event. */
static bool
encode(const struct event *event, struct arena *arena, struct slice *out, struct error *err)
{
    uint8_t usual[USUAL_EVENT_SIZE];
    struct slice bytes;
    if (encode_into(event, usual, sizeof(usual), &bytes))
        return arena_copy(arena, bytes, out) || exhausted(err);
    size_t limit = wire_event_limits.bytes;
    for (size_t capacity = 2 * sizeof(usual); capacity <= limit; capacity *= 2) {
        uint8_t *buffer = arena_take_raw(arena, capacity);
        if (buffer == NULL)
            return exhausted(err);
        if (encode_into(event, buffer, capacity, out))
            return true;
    }
    return error_set(
        err,
        ERROR_invalid,
        "event %s is over %zu bytes",
        event_descriptions[event->type].message->name,
        limit);
}

bool aggregate_encode(
    const struct event *event,
    const struct event_place *place,
    const struct sealer *sealer,
    struct arena *arena,
    struct new_event *out,
    struct error *err)
{
    const struct message *message = event_descriptions[event->type].message;
    struct slice payload;
    struct slice sealed;
    if (!encode(event, arena, &payload, err) ||
        !personal_seal(event, place, sealer, arena, &sealed, err))
        return false;
    *out = (struct new_event){
        .type = slice_of_text(message->name),
        .schema_version = (int16_t)message->version,
        .occurred_us = place->occurred_us,
        .payload = payload,
        .sealed = sealed};
    return true;
}
