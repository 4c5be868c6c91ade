// SPDX-License-Identifier: Apache-2.0
#include "projector/fold.h"

#include "projector/copies.h"
#include "upcast/event_read.h"

#include <inttypes.h>

#include "base/banned.h"

/* How the streams of a category are taken in. */
struct fold_category {
    fold_function *take;
    size_t change_size;
    bool has_birth; /* the first event is one of its own, which comes once */
    enum event_type birth;
};

static const struct fold_category categories[FOLD_CATEGORIES] = {
    [CATEGORY_ORDER] = {fold_order, sizeof(struct order_change), true, EVENT_ORDER_PLACED},
    [CATEGORY_STOCK] = {fold_stock, sizeof(struct stock_change), false, (enum event_type)0},
    [CATEGORY_CUSTOMER] =
        {fold_customer, sizeof(struct customer_change), true, EVENT_CUSTOMER_REGISTERED},
    [CATEGORY_PROMOTION] =
        {fold_promotion, sizeof(struct promotion_change), true, EVENT_PROMOTION_DEFINED},
};

static void forget(struct fold *fold)
{
    index_init(&fold->streams, &fold->arena);
    index_init(&fold->reservation_index, &fold->arena);
    sales_init(&fold->sales, &fold->arena);
    for (size_t i = 0; i < FOLD_CATEGORIES; i++) {
        fold->of[i] = (struct stream_list){0};
        fold->of[i].end = &fold->of[i].first;
    }
    fold->reservations = NULL;
    fold->events = 0;
    fold->new_lines = 0;
    fold->lines_wanted = 0;
    fold->older_reservations = 0;
}

void fold_init(struct fold *fold, size_t maximum)
{
    *fold = (struct fold){0};
    arena_init(&fold->arena, maximum);
    forget(fold);
}

void fold_reset(struct fold *fold)
{
    forget(fold);
    arena_reset(&fold->arena);
}

void fold_release(struct fold *fold)
{
    forget(fold);
    arena_release(&fold->arena);
}

bool fold_exhausted(struct error *err)
{
    return error_set(err, ERROR_fatal, "the memory of a batch is used up");
}

bool fold_contradicts(
    int64_t position, const struct event *event, const char *why, struct error *err)
{
    return error_set(
        err,
        ERROR_tampered,
        "event at position %" PRId64 " (%s) contradicts those before it: %s",
        position,
        event_descriptions[event->type].message->name,
        why);
}

/* ---- the stream of an event ---- */

static bool has_number(const void *item, const void *number)
{
    const struct stream_change *stream = item;
    return memcmp(&stream->number, number, sizeof(stream->number)) == 0;
}

struct stream_change *fold_find(const struct fold *fold, int64_t number)
{
    return index_find(&fold->streams, index_hash_number((uint64_t)number), has_number, &number);
}

static struct stream_change *begin_stream(struct fold *fold, const struct recorded_event *event)
{
    struct stream_list *list = &fold->of[event->stream.category];
    struct stream_change *stream =
        arena_take(&fold->arena, categories[event->stream.category].change_size);
    uint64_t hash = index_hash_number((uint64_t)event->stream_number);
    if (stream == NULL || !index_add(&fold->streams, hash, stream))
        return NULL;
    stream->number = event->stream_number;
    stream->id = event->stream;
    stream->first_version = event->version;
    stream->version = event->version - 1;
    *list->end = stream;
    list->end = &stream->next;
    if (stream_is_new(stream))
        list->made++;
    else
        list->older++;
    return stream;
}

/* Finds or begins the stream and moves it on to the event. */
static bool move_stream(struct fold *fold, struct folded_event *folded, struct error *err)
{
    const struct recorded_event *event = folded->recorded;
    struct stream_change *stream = fold_find(fold, event->stream_number);
    if (stream == NULL)
        stream = begin_stream(fold, event);
    if (stream == NULL)
        return fold_exhausted(err);
    if (event->version != stream->version + 1 || !stream_equal(&event->stream, &stream->id))
        return fold_contradicts(
            event->position, &folded->event, "it is not the next version of its stream", err);
    stream->version = event->version;
    stream->position = event->position;
    stream->updated_us = event->occurred_us;
    folded->stream = stream;
    return true;
}

/* ---- the batch ---- */

/* Decodes the event; its bytes are copied into the batch's memory. */
static bool read_event(
    struct fold *fold, const struct recorded_event *recorded, struct event *out, struct error *err)
{
    struct slice payload;
    if (!arena_copy(&fold->arena, recorded->payload, &payload))
        return fold_exhausted(err);
    return event_read(recorded->type, recorded->schema_version, payload, &fold->arena, out, err) ||
           error_prefix(
               err,
               "position %" PRId64 ", %.*s version %d",
               recorded->position,
               SLICE_FORMAT(recorded->type),
               recorded->schema_version);
}

static bool check_place(const struct folded_event *folded, struct error *err)
{
    const struct recorded_event *recorded = folded->recorded;
    const struct fold_category *category = &categories[recorded->stream.category];
    const struct event *event = &folded->event;
    if (event_descriptions[event->type].category != (enum category)recorded->stream.category)
        return fold_contradicts(
            recorded->position, event, "it belongs into a stream of another kind", err);
    if (category->has_birth && (event->type == category->birth) != (recorded->version == 1))
        return fold_contradicts(
            recorded->position, event, "a stream begins once, and with one event only", err);
    return true;
}

static bool take_sealed(struct fold *fold, const struct folded_event *folded, struct error *err)
{
    struct slice copies;
    struct slice *sealed = &folded->stream->sealed;
    return copies_of_event(folded->recorded, folded->event.type, &fold->arena, &copies, err) &&
           copies_join(*sealed, copies, &fold->arena, sealed, err);
}

bool fold_add(struct fold *fold, const struct recorded_event *recorded, struct error *err)
{
    int16_t category = recorded->stream.category;
    struct folded_event folded = {.recorded = recorded};
    fold->events++;
    if (category < 0 || category >= FOLD_CATEGORIES || categories[category].take == NULL)
        return true; /* no read model shows it */
    return read_event(fold, recorded, &folded.event, err) && move_stream(fold, &folded, err) &&
           check_place(&folded, err) && categories[category].take(fold, &folded, err) &&
           take_sealed(fold, &folded, err);
}
