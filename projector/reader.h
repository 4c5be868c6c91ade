// SPDX-License-Identifier: Apache-2.0
// The log as one event after another: reads it in pages and holds one page at a time. How large a
// page may be is learned from the events, so that a run of large ones does not fill the memory.
#ifndef PROJECTOR_READER_H
#define PROJECTOR_READER_H

#include "store/tail.h"

struct reader {
    struct arena arena; /* of the page's list of events */
    PGresult *result;   /* what the list points into */
    const struct recorded_event *events;
    size_t count;
    size_t next;
    bool last;           /* the page held all there was */
    int64_t event_bytes; /* of an event's payload and sealed parts, about */
    int64_t read_us;     /* time spent; whoever reports it sets it back */
};

void reader_init(struct reader *reader);
void reader_release(struct reader *reader);

/* Forgets the page: the next event is read anew. */
void reader_drop(struct reader *reader);

/* The event after `position`, which must be the one before it or, after reader_drop, any. *out is
 * NULL once at the end of the log, then the log is looked at again; else it lives until the call
 * after. At most `most` events are asked for. Fails as store_tail. */
MUST_USE bool reader_next(
    struct reader *reader,
    struct db *db,
    int64_t position,
    int64_t most,
    const struct recorded_event **out,
    struct error *err);

#endif
