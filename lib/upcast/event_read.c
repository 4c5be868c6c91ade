// SPDX-License-Identifier: Apache-2.0
// Only current versions so far. An old one will be decoded by its legacy list and taken, step by
// step, to the current one between the two halves of event_read; stored bytes never change.
#include "upcast/event_read.h"
#include "wire/scan.h"

#include "base/banned.h"

static bool
tampered(const struct message *message, const struct wire_fault *fault, struct error *err)
{
    return error_set(
        err,
        ERROR_tampered,
        "stored %s.%d does not decode: %s (%s%s%s)",
        message->name,
        message->version,
        fault->reason,
        wire_fault_name(fault->code),
        fault->field != NULL ? " in " : "",
        fault->field != NULL ? fault->field : "");
}

/* Bytes of a current version to its struct. */
static bool decode(
    const struct message *message,
    struct slice payload,
    struct arena *arena,
    const void **out,
    struct error *err)
{
    struct wire_fault fault;
    if (!wire_scan(payload, &wire_event_limits, &fault))
        return tampered(message, &fault, err);
    void *body = arena_take_raw(arena, message->size);
    bool decoded = body != NULL && wire_decode(message, WIRE_STORED, payload, arena, body, &fault);
    if (body == NULL || (!decoded && fault.code == WIRE_too_large)) /* the limits were met above */
        return error_set(err, ERROR_fatal, "arena exhausted while reading a %s", message->name);
    if (!decoded)
        return tampered(message, &fault, err);
    *out = body;
    return true;
}

bool event_read(
    struct slice type,
    int schema_version,
    struct slice payload,
    struct arena *arena,
    struct event *out,
    struct error *err)
{
    enum event_type found;
    if (!catalog_find_event(type, schema_version, &found))
        return error_set(
            err,
            ERROR_invalid,
            "stored event %.*s.%d is not known here: it was written by a newer program",
            SLICE_FORMAT(type),
            schema_version);
    const void *body = NULL;
    if (!decode(event_descriptions[found].message, payload, arena, &body, err))
        return false;
    *out = (struct event){.type = found, .body = body};
    return true;
}
