// SPDX-License-Identifier: Apache-2.0
// Joins store and domain: stored events to an aggregate's state, decided events to stored ones. State
// is made of the clear part of events, so that folding needs no keys.
#ifndef AGGREGATE_LOAD_H
#define AGGREGATE_LOAD_H

#include "aggregate/personal.h"

/* Folds a loaded stream from nothing. Everything lives in the arena. ERROR_invalid: an event newer
 * than this program; ERROR_tampered: bytes that do not decode; ERROR_fatal: arena exhausted. */
MUST_USE bool aggregate_load(
    const struct loaded_stream *stream,
    enum category category,
    struct arena *arena,
    struct aggregate *out,
    struct error *err);

/* Encodes a decided event: its clear part in the stored form, its personal fields sealed for this
 * place (personal_seal, whose errors apply). sealer NULL: an event that has nothing personal in it.
 * Bytes in the arena. ERROR_fatal: arena exhausted; ERROR_invalid: over the size limit of an event;
 * ERROR_transient: a key is not held. */
MUST_USE bool aggregate_encode(
    const struct event *event,
    const struct event_place *place,
    const struct sealer *sealer,
    struct arena *arena,
    struct new_event *out,
    struct error *err);

#endif
