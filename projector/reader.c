// SPDX-License-Identifier: Apache-2.0
#include "projector/reader.h"

#include "base/clock.h"

#include "base/banned.h"

enum {
    MIB = 1024 * 1024,
    PAGE_EVENTS = 500,        /* more are no faster */
    PAGE_PAYLOAD = 4 * MIB,   /* payload wanted in one page */
    FIRST_EVENT_BYTES = 8192, /* before anything is known about the events */
    LIST_MAXIMUM = MIB,
};

void reader_init(struct reader *reader)
{
    *reader = (struct reader){.event_bytes = FIRST_EVENT_BYTES};
    arena_init(&reader->arena, LIST_MAXIMUM);
}

void reader_drop(struct reader *reader)
{
    PQclear(reader->result);
    reader->result = NULL;
    reader->count = 0;
    reader->next = 0;
    reader->last = false;
    arena_reset(&reader->arena);
}

void reader_release(struct reader *reader)
{
    reader_drop(reader);
    arena_release(&reader->arena);
}

static int32_t page_limit(const struct reader *reader, int64_t most)
{
    int64_t limit = PAGE_PAYLOAD / reader->event_bytes;
    if (limit > PAGE_EVENTS)
        limit = PAGE_EVENTS;
    if (limit > most)
        limit = most;
    return (int32_t)(limit > 0 ? limit : 1);
}

/* Learns how large events are: at once when they grow, slowly when they shrink. */
static void learn_size(struct reader *reader)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < reader->count; i++)
        bytes += (int64_t)(reader->events[i].payload.size + reader->events[i].sealed.size);
    int64_t average = bytes / (int64_t)reader->count + 1;
    if (average < reader->event_bytes / 2)
        average = reader->event_bytes / 2;
    reader->event_bytes = average;
}

static bool
read_page(struct reader *reader, struct db *db, int64_t position, int64_t most, struct error *err)
{
    int64_t began_us = clock_monotonic_us();
    int32_t limit = page_limit(reader, most);
    const struct tail_request request = {.after_position = position, .limit = limit};
    struct tail_page page;
    reader_drop(reader);
    if (!store_tail(db, &request, &reader->arena, &page, err))
        return false;
    reader->result = page.result;
    reader->events = page.events;
    reader->count = page.count;
    reader->last = page.count < (size_t)limit;
    reader->read_us += clock_monotonic_us() - began_us;
    if (page.count != 0)
        learn_size(reader);
    return true;
}

bool reader_next(
    struct reader *reader,
    struct db *db,
    int64_t position,
    int64_t most,
    const struct recorded_event **out,
    struct error *err)
{
    *out = NULL;
    if (reader->next == reader->count) {
        bool at_end = reader->last;
        reader->last = false;
        if (at_end)
            return true;
        if (!read_page(reader, db, position, most, err))
            return false;
        if (reader->count == 0) {
            reader->last = false;
            return true;
        }
    }
    CHECK(reader->events[reader->next].position == position + 1);
    *out = &reader->events[reader->next++];
    return true;
}
