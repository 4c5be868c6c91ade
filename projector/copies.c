// SPDX-License-Identifier: Apache-2.0
#include "projector/copies.h"

#include "wire/scan.h"

#include <inttypes.h>

#include "base/banned.h"

/* Bytes of a copy beside its envelope and its type: array head, class, version, id, schema version, and
 * the heads of both. */
enum { COPY_OVERHEAD = 64 };

static bool exhausted(struct error *err)
{
    return error_set(err, ERROR_fatal, "no memory for sealed data");
}

/* Decodes one of the containers. */
static bool decode(
    const struct message *message,
    struct slice bytes,
    struct arena *arena,
    void *out,
    struct error *err)
{
    struct wire_fault fault;
    if (!wire_scan(bytes, &wire_event_limits, &fault))
        return error_set(err, ERROR_tampered, "sealed data do not decode: %s", fault.reason);
    if (wire_decode(message, WIRE_STORED, bytes, arena, out, &fault))
        return true;
    if (fault.code == WIRE_too_large) /* the limits were met above */
        return exhausted(err);
    return error_set(err, ERROR_tampered, "sealed data do not decode: %s", fault.reason);
}

static bool encode(
    const struct sealed_copies *copies, struct arena *arena, struct slice *out, struct error *err)
{
    size_t capacity = COPY_OVERHEAD;
    for (size_t i = 0; i < copies->copies_count; i++)
        capacity +=
            COPY_OVERHEAD + copies->copies[i].event_type.size + copies->copies[i].envelope.size;
    uint8_t *bytes = arena_take_raw(arena, capacity);
    if (bytes == NULL)
        return exhausted(err);
    struct writer writer = writer_over(bytes, capacity);
    wire_encode(&sealed_copies_message, WIRE_STORED, copies, &writer);
    CHECK(!writer.overflow);
    *out = writer_slice(&writer);
    return true;
}

/* Classes ascend, each at most once: there is one form of the same copies. */
static bool check_classes(const struct sealed_copies *copies, struct error *err)
{
    for (size_t i = 1; i < copies->copies_count; i++) {
        if (copies->copies[i].class <= copies->copies[i - 1].class)
            return error_set(err, ERROR_tampered, "sealed data hold a class twice");
    }
    return true;
}

/* Events whose personal records describe the order or the customer as a whole. */
static const bool is_kept[EVENT_TYPE_COUNT] = {
    [EVENT_ORDER_PLACED] = true,
    [EVENT_SHIPPING_ADDRESS_CHANGED] = true,
    [EVENT_PAYMENT_AUTHORIZED] = true,
    [EVENT_CUSTOMER_REGISTERED] = true,
    [EVENT_CUSTOMER_CONTACT_CHANGED] = true,
};

bool copies_of_event(
    const struct recorded_event *event,
    enum event_type type,
    struct arena *arena,
    struct slice *out,
    struct error *err)
{
    *out = slice_of(NULL, 0);
    if (event->sealed.size == 0 || !is_kept[type])
        return true;
    struct sealed_parts parts;
    struct sealed_copy of_classes[MESSAGE_CLASSES];
    if (!decode(&sealed_parts_message, event->sealed, arena, &parts, err))
        return error_prefix(err, "position %" PRId64, event->position);
    CHECK(parts.parts_count <= MESSAGE_CLASSES);
    for (size_t i = 0; i < parts.parts_count; i++) {
        of_classes[i] = (struct sealed_copy){
            .class = parts.parts[i].class,
            .version = event->version,
            .event_id = event->command_id,
            .event_type = event->type,
            .schema_version = event->schema_version,
            .envelope = parts.parts[i].envelope};
    }
    struct sealed_copies copies = {.copies = of_classes, .copies_count = parts.parts_count};
    if (!check_classes(&copies, err))
        return error_prefix(err, "position %" PRId64, event->position);
    return encode(&copies, arena, out, err);
}

bool copies_read(
    struct slice bytes, struct arena *arena, struct sealed_copies *out, struct error *err)
{
    *out = (struct sealed_copies){0};
    return bytes.size == 0 ||
           (decode(&sealed_copies_message, bytes, arena, out, err) && check_classes(out, err));
}

bool copies_join(
    struct slice older,
    struct slice newer,
    struct arena *arena,
    struct slice *out,
    struct error *err)
{
    struct sealed_copies before, after;
    struct sealed_copy of_classes[2 * MESSAGE_CLASSES];
    if (older.size == 0 || newer.size == 0) {
        *out = newer.size != 0 ? newer : older;
        return true;
    }
    if (!copies_read(older, arena, &before, err) || !copies_read(newer, arena, &after, err))
        return false;
    size_t count = 0;
    for (size_t i = 0, j = 0; i < before.copies_count || j < after.copies_count;) {
        bool from_older =
            j == after.copies_count ||
            (i < before.copies_count && before.copies[i].class < after.copies[j].class);
        bool in_both = !from_older && i < before.copies_count &&
                       before.copies[i].class == after.copies[j].class;
        of_classes[count++] = from_older ? before.copies[i] : after.copies[j];
        i += from_older || in_both;
        j += !from_older;
    }
    struct sealed_copies joined = {.copies = of_classes, .copies_count = count};
    return encode(&joined, arena, out, err);
}
