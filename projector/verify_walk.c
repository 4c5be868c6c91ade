// SPDX-License-Identifier: Apache-2.0
// The log of the snapshot, ordered by stream and version: every position once, every version once,
// every stream folded by the domain itself and not by the projector's shortcuts.
#include "projector/verify.h"

#include "projector/copies.h"
#include "store/store.h"
#include "upcast/event_read.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

/* A page is bounded by rows; an event is at most 512 KiB. */
static const struct db_statement fetch_events = {
    .number = 40,
    .name = "verify_fetch_events",
    .sql = "fetch 500 from verify_events",
    .expect = DB_ANY_ROWS,
    .columns = 12,
};

/* Bytes that a stream may take before they are looked through. */
enum { COMPACT_FIRST = 64 * 1024 };

static bool open_events(struct verify *verify, struct error *err)
{
    char sql[512];
    int length = snprintf(
        sql,
        sizeof(sql),
        "declare verify_events no scroll cursor for"
        " select position, stream_number, version, category, tenant_id, stream_id, schema_version,"
        " occurred_at, type, payload, command_id, sealed from store.events where position <= "
        "%" PRId64 " order by stream_number, version",
        verify->position);
    CHECK(length > 0 && (size_t)length < sizeof(sql));
    return cursor_open(&verify->events, &verify->db, sql, &fetch_events, err);
}

/* ---- the log itself ---- */

static void log_difference(
    struct verify *verify, const char *what, int64_t number, int64_t expected, int64_t found)
{
    struct difference *difference = difference_add(&verify->differences, "store.events", what);
    if (difference == NULL)
        return;
    (void)snprintf(difference->row, DIFFERENCE_TEXT, "%s %" PRId64, what, number);
    (void)snprintf(difference->expected, DIFFERENCE_TEXT, "%" PRId64, expected);
    (void)snprintf(difference->found, DIFFERENCE_TEXT, "%" PRId64, found);
}

static void note_position(struct verify *verify, int64_t position)
{
    CHECK(position <= verify->position);
    if (position < 1) {
        log_difference(verify, "position", position, 0, 1);
        return;
    }
    uint8_t *byte = &verify->seen[(position - 1) / 8];
    uint8_t bit = (uint8_t)(1U << ((position - 1) % 8));
    if ((*byte & bit) != 0)
        log_difference(verify, "position", position, 1, 2);
    *byte |= bit;
}

static void check_positions(struct verify *verify)
{
    for (int64_t position = 1; position <= verify->position; position++) {
        if ((verify->seen[(position - 1) / 8] & 1U << ((position - 1) % 8)) == 0)
            log_difference(verify, "position", position, 1, 0);
    }
}

/* ---- streams ---- */

static verify_function *const verifiers[] = {
    [CATEGORY_ORDER] = verify_order,
    [CATEGORY_STOCK] = verify_stock,
    [CATEGORY_CUSTOMER] = verify_customer,
    [CATEGORY_PROMOTION] = verify_promotion,
};

/* Whether a read model shows streams of the category. */
static bool is_shown(int16_t category)
{
    return category >= 0 && (size_t)category < countof(verifiers) && verifiers[category] != NULL;
}

static bool end_stream(struct verify *verify, struct error *err)
{
    const struct verify_stream *stream = &verify->stream;
    if (stream->number == 0)
        return true;
    verify->stream_count++;
    if (stream->broken)
        return verify_skip_stream(verify, stream->number, err);
    return !is_shown(stream->category) || verifiers[stream->category](verify, err);
}

static bool
begin_stream(struct verify *verify, const struct recorded_event *event, struct error *err)
{
    arena_reset(verify->stream_arena);
    verify->compact_at = COMPACT_FIRST;
    verify->stream = (struct verify_stream){
        .number = event->stream_number,
        .id = event->stream.id,
        .tenant_id = event->stream.tenant_id,
        .category = event->stream.category,
        .first_occurred_us = event->occurred_us};
    enum category category = (enum category)event->stream.category;
    if (!is_shown(event->stream.category) ||
        aggregate_init(&verify->stream.aggregate, category, verify->stream_arena))
        return true;
    return verify_exhausted(err);
}

/* Keeps the newest envelopes, as a row does. */
static bool take_sealed(
    struct verify *verify,
    const struct recorded_event *recorded,
    enum event_type type,
    struct error *err)
{
    struct arena *arena = verify->stream_arena;
    struct slice *sealed = &verify->stream.sealed;
    struct slice copies;
    return copies_of_event(recorded, type, arena, &copies, err) &&
           copies_join(*sealed, copies, arena, sealed, err);
}

/* Folds the event into its stream. Its bytes are copied: the page they came in goes away. */
static bool evolve(struct verify *verify, const struct recorded_event *recorded, struct error *err)
{
    struct arena *arena = verify->stream_arena;
    struct slice payload;
    struct event event;
    if (!arena_copy(arena, recorded->payload, &payload))
        return verify_exhausted(err);
    if (!event_read(recorded->type, recorded->schema_version, payload, arena, &event, err))
        return error_prefix(err, "position %" PRId64, recorded->position);
    if (aggregate_evolve(&verify->stream.aggregate, &event, arena))
        return verify_grant(verify, &event) ? take_sealed(verify, recorded, event.type, err)
                                            : verify_exhausted(err);
    if (!verify->stream.aggregate.contradicted)
        return verify_exhausted(err);
    /* The event was changed since: the stream cannot be folded, which is a difference. */
    log_difference(verify, "contradicting event", recorded->position, 0, 1);
    verify->stream.broken = true;
    return true;
}

/* Nothing stays nothing, which a row has as null. */
static bool move(struct arena *arena, struct slice *bytes)
{
    return bytes->size == 0 || arena_copy(arena, *bytes, bytes);
}

/* What an event leaves behind in memory is mostly itself. When there is much of it, the state moves on
 * alone: an article sold for years has more events than fit, but hardly a larger state. */
static bool compact(struct verify *verify, struct error *err)
{
    struct verify_stream *stream = &verify->stream;
    struct arena *full = verify->stream_arena;
    struct arena *spare = verify->spare_arena;
    struct aggregate kept;
    if (full->used < verify->compact_at || stream->broken)
        return true;
    arena_reset(spare);
    if (!aggregate_copy(&stream->aggregate, spare, &kept) || !move(spare, &stream->sealed) ||
        !verify_keep_grants(stream, spare))
        return verify_exhausted(err);
    stream->aggregate = kept;
    verify->stream_arena = spare;
    verify->spare_arena = full;
    verify->compact_at = 2 * spare->used + COMPACT_FIRST;
    arena_reset(full);
    return true;
}

/* All events of a stream have its id, its tenant and its category. */
static bool is_of_stream(const struct verify_stream *stream, const struct recorded_event *event)
{
    return uuid_equal(&event->stream.id, &stream->id) &&
           event->stream.tenant_id == stream->tenant_id &&
           event->stream.category == stream->category;
}

static bool take_event(struct verify *verify, const struct recorded_event *event, struct error *err)
{
    struct verify_stream *stream = &verify->stream;
    if (event->stream_number != stream->number &&
        (!end_stream(verify, err) || !begin_stream(verify, event, err)))
        return false;
    verify->event_count++;
    note_position(verify, event->position);
    if (event->version != stream->version + 1) {
        log_difference(verify, "stream", stream->number, stream->version + 1, event->version);
        stream->broken = true;
    }
    if (!is_of_stream(stream, event)) {
        log_difference(verify, "event of another stream", event->position, 0, 1);
        stream->broken = true;
    }
    stream->version = event->version;
    stream->position = event->position;
    stream->occurred_us = event->occurred_us;
    if (!is_shown(stream->category) || stream->broken)
        return true;
    return evolve(verify, event, err) && compact(verify, err);
}

static void read_event(const PGresult *page, int row, struct recorded_event *out)
{
    *out = (struct recorded_event){
        .position = row_i64(page, row, 0),
        .stream_number = row_i64(page, row, 1),
        .version = row_i32(page, row, 2),
        .stream =
            {.tenant_id = row_i32(page, row, 4),
             .category = row_i16(page, row, 3),
             .id = row_uuid(page, row, 5)},
        .schema_version = row_i16(page, row, 6),
        .occurred_us = row_time(page, row, 7),
        .type = row_bytes(page, row, 8),
        .payload = row_bytes(page, row, 9),
        .command_id = row_uuid(page, row, 10),
        .sealed = row_bytes(page, row, 11)};
}

bool verify_walk(struct verify *verify, struct error *err)
{
    bool got;
    if (!open_events(verify, err) || !cursor_next(&verify->events, &got, err))
        return false;
    while (got) {
        struct recorded_event event;
        read_event(verify->events.page, verify->events.row, &event);
        if (!take_event(verify, &event, err))
            return false;
        progress_update(&verify->progress, verify->event_count, NULL);
        if (!cursor_next(&verify->events, &got, err))
            return false;
    }
    if (!end_stream(verify, err))
        return false;
    check_positions(verify);
    return verify_rest(verify, err);
}
