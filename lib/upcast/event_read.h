// SPDX-License-Identifier: Apache-2.0
// Stored bytes of any version ever written to current events.
#ifndef UPCAST_EVENT_READ_H
#define UPCAST_EVENT_READ_H

#include "base/arena.h"
#include "base/error.h"
#include "domain/catalog.h"

/* Decodes one stored event; its body lives in the arena and points into `payload`. Fails with
 * ERROR_invalid for a type or version this program does not know (newer than the program), with
 * ERROR_tampered for bytes that do not decode, with ERROR_fatal when the arena is exhausted. */
MUST_USE bool event_read(
    struct slice type,
    int schema_version,
    struct slice payload,
    struct arena *arena,
    struct event *out,
    struct error *err);

#endif
