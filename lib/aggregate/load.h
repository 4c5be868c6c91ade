// SPDX-License-Identifier: Apache-2.0
// Joins store and domain: stored events to an aggregate's state, decided events to stored ones.
#ifndef AGGREGATE_LOAD_H
#define AGGREGATE_LOAD_H

#include "domain/aggregates.h"
#include "store/store.h"

/* Folds a loaded stream from nothing. Everything lives in the arena. ERROR_invalid: an event newer
 * than this program; ERROR_tampered: bytes that do not decode; ERROR_fatal: arena exhausted. */
MUST_USE bool aggregate_load(
    const struct loaded_stream *stream,
    enum category category,
    struct arena *arena,
    struct aggregate *out,
    struct error *err);

/* Encodes a decided event in the stored form, bytes in the arena. ERROR_fatal: arena exhausted;
 * ERROR_invalid: over the size limit of an event. */
MUST_USE bool aggregate_encode(
    const struct event *event,
    int64_t occurred_us,
    struct arena *arena,
    struct new_event *out,
    struct error *err);

#endif
