// SPDX-License-Identifier: Apache-2.0
#include "upcast/sealed_copies.h"
#include "wire/scan.h"

#include "base/banned.h"

enum { COPY_HEAD = 64 /* bytes of a copy beside type and envelope */ };

static bool exhausted(struct error *err)
{
    return error_set(err, ERROR_fatal, "arena exhausted while copying sealed data");
}

/* A stored container to its struct. */
static bool decode(
    const struct message *message,
    struct slice stored,
    struct arena *arena,
    void *body,
    struct error *err)
{
    struct wire_fault fault;
    bool scanned = wire_scan(stored, &wire_event_limits, &fault);
    if (scanned && wire_decode(message, WIRE_STORED, stored, arena, body, &fault))
        return true;
    if (scanned && fault.code == WIRE_too_large) /* the limits were met */
        return exhausted(err);
    return error_set(
        err, ERROR_tampered, "stored %s does not decode: %s", message->name, fault.reason);
}

bool newest_copies_read(
    struct slice stored, struct arena *arena, struct newest_copies *out, struct error *err)
{
    struct sealed_copies copies = {.copies_count = 0};
    if (stored.size != 0 && !decode(&sealed_copies_message, stored, arena, &copies, err))
        return false;
    *out = (struct newest_copies){0};
    for (size_t i = 0; i < copies.copies_count; i++)
        out->by_class[copies.copies[i].class - 1] = copies.copies[i];
    return true;
}

bool newest_copies_take(
    struct newest_copies *newest,
    const struct copied_event *event,
    struct arena *arena,
    struct error *err)
{
    struct sealed_parts parts = {.parts_count = 0};
    if (event->sealed.size != 0 &&
        !decode(&sealed_parts_message, event->sealed, arena, &parts, err))
        return false;
    for (size_t i = 0; i < parts.parts_count; i++) {
        const struct sealed_part *part = &parts.parts[i];
        struct sealed_copy *copy = &newest->by_class[part->class - 1];
        if (copy->version >= event->version)
            continue;
        *copy = (struct sealed_copy){
            .class = part->class,
            .version = event->version,
            .event_id = event->event_id,
            .event_type = event->type,
            .schema_version = event->schema_version,
            .envelope = part->envelope};
    }
    return true;
}

bool newest_copies_write(
    const struct newest_copies *newest, struct arena *arena, struct slice *out, struct error *err)
{
    struct sealed_copy found[MESSAGE_CLASSES];
    struct sealed_copies copies = {.copies = found};
    size_t room = COPY_HEAD;
    for (size_t i = 0; i < MESSAGE_CLASSES; i++) {
        const struct sealed_copy *copy = &newest->by_class[i];
        if (copy->version == 0)
            continue;
        found[copies.copies_count++] = *copy;
        room += COPY_HEAD + copy->event_type.size + copy->envelope.size;
    }
    if (copies.copies_count == 0) {
        *out = slice_of(NULL, 0);
        return true;
    }
    struct writer writer = writer_over(arena_take_raw(arena, room), room);
    if (writer.data == NULL)
        return exhausted(err);
    wire_encode(&sealed_copies_message, WIRE_STORED, &copies, &writer);
    CHECK(!writer.overflow);
    *out = writer_slice(&writer);
    return true;
}
