// SPDX-License-Identifier: Apache-2.0
#include "aggregate/personal.h"
#include "domain/order.h"
#include "domain/personal.h"
#include "wire/scan.h"

#include <sodium.h>

#include "base/banned.h"

enum { PART_HEAD = 16 /* bytes of a part beside its envelope */ };

static uint8_t bit_of(const struct message_field *field)
{
    return (uint8_t)(1u << (field->class - 1));
}

uint8_t aggregate_classes(const struct command *command)
{
    const struct message *message = command_descriptions[command->type].message;
    struct postal_address ignored;
    uint8_t classes = 0;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (message_is_personal(field) && message_has(command->body, field))
            classes |= bit_of(field);
    }
    if (command->type == COMMAND_PLACE_ORDER && personal_bill_to(command->body, &ignored))
        classes |= bit_of(message_find_personal(message, CLASS_INVOICE));
    return classes;
}

bool aggregate_subject(
    const struct aggregate *aggregate,
    const struct stream_id *stream,
    const struct command *command,
    struct uuid *out)
{
    const struct order *order = aggregate->state;
    switch (aggregate->category) {
    case CATEGORY_CUSTOMER:
        *out = stream->id;
        return true;
    case CATEGORY_ORDER:
        if (order->status != ORDER_NONE)
            *out = order->customer_id;
        else if (command->type == COMMAND_PLACE_ORDER)
            *out = ((const struct place_order *)command->body)->customer_id;
        else
            return false;
        return true;
    case CATEGORY_STOCK:
    case CATEGORY_PROMOTION:
        return false;
    }
    UNREACHABLE();
}

/* ---- sealing ---- */

static struct seal_place seal_place_of(const struct sealed_place *place)
{
    return (struct seal_place){
        .tenant = slice_of(place->tenant.bytes, sizeof(place->tenant.bytes)),
        .stream_type = slice_of_text(category_name((enum category)place->stream.category)),
        .stream_id = place->stream.id,
        .version = place->version,
        .event_id = place->event_id,
        .event_type = place->event_type,
        .schema_version = place->schema_version,
        .class = (uint8_t)(place->class - 1)};
}

/* An event whose personal fields are being sealed. */
struct sealing {
    const struct event *event;
    const struct event_place *place;
    const struct sealer *sealer;
    struct arena *arena;
};

static bool exhausted(struct error *err)
{
    return error_set(err, ERROR_fatal, "arena exhausted while sealing an event");
}

/* Seals a plaintext for the event's place. */
static bool seal_plain(
    const struct sealing *sealing,
    const struct message_field *field,
    struct slice plain,
    struct slice *out)
{
    const struct message *message = event_descriptions[sealing->event->type].message;
    const struct event_place *place = sealing->place;
    const struct lease *lease = &sealing->sealer->leases[field->class - 1];
    const struct sealed_place sealed_place = {
        .tenant = place->tenant,
        .stream = place->stream,
        .version = place->version,
        .event_id = place->command_id,
        .event_type = slice_of_text(message->name),
        .schema_version = message->version,
        .class = field->class};
    const struct seal_place seal_place = seal_place_of(&sealed_place);
    uint8_t nonce[SEAL_NONCE_SIZE];
    size_t size = seal_size(plain.size);
    uint8_t *envelope = arena_take_raw(sealing->arena, size);
    if (envelope == NULL)
        return false;
    nonces_next(sealing->sealer->nonces, nonce);
    seal(lease->key, lease->leaf, &seal_place, nonce, plain, envelope);
    *out = slice_of(envelope, size);
    return true;
}

/* One personal field into an envelope. Its plaintext is on the stack for as long as this takes. */
static bool seal_field(
    const struct sealing *sealing,
    const struct message_field *field,
    struct slice *out,
    struct error *err)
{
    uint8_t plain[PERSONAL_MOST_SECTION];
    struct writer section = writer_over(plain, sizeof(plain));
    const struct lease *lease = &sealing->sealer->leases[field->class - 1];
    if (lease->key == NULL)
        return error_set(err, ERROR_transient, "the key for %s is not held", field->name);
    CHECK(lease->leaf.number % LEAVES_PER_SUBJECT == (uint64_t)field->class - 1);
    const char *record = (const char *)sealing->event->body + field->offset;
    wire_encode(field->element, WIRE_STORED, record, &section);
    CHECK(!section.overflow); /* a test adds up the bounds of every record there is */
    bool ok = seal_plain(sealing, field, writer_slice(&section), out);
    sodium_memzero(plain, section.size);
    return ok || exhausted(err);
}

static bool encode_parts(const struct sealed_parts *parts, struct arena *arena, struct slice *out)
{
    size_t room = PART_HEAD;
    for (size_t i = 0; i < parts->parts_count; i++)
        room += parts->parts[i].envelope.size + PART_HEAD;
    struct writer writer = writer_over(arena_take_raw(arena, room), room);
    if (writer.data == NULL)
        return false;
    wire_encode(&sealed_parts_message, WIRE_STORED, parts, &writer);
    CHECK(!writer.overflow);
    *out = writer_slice(&writer);
    return true;
}

bool personal_seal(
    const struct event *event,
    const struct event_place *place,
    const struct sealer *sealer,
    struct arena *arena,
    struct slice *out,
    struct error *err)
{
    const struct message *message = event_descriptions[event->type].message;
    const struct sealing sealing = {event, place, sealer, arena};
    struct sealed_part found[MESSAGE_CLASSES];
    struct sealed_parts parts = {.parts = found};
    for (int64_t class = 1; class <= MESSAGE_CLASSES; class ++) {
        const struct message_field *field =
            message_find_personal(message, (enum message_class) class);
        if (field == NULL || !message_has(event->body, field))
            continue;
        CHECK(sealer != NULL);
        struct sealed_part *part = &found[parts.parts_count++];
        part->class = class;
        if (!seal_field(&sealing, field, &part->envelope, err))
            return false;
    }
    if (parts.parts_count == 0) {
        *out = slice_of(NULL, 0);
        return true;
    }
    return encode_parts(&parts, arena, out) || exhausted(err);
}

/* ---- opening ---- */

const char *open_outcome_name(enum open_outcome outcome)
{
    static const char *const names[] = {
        [OPEN_OK] = "opened",
        [OPEN_ERASED] = "erased",
        [OPEN_KEY_UNAVAILABLE] = "key unavailable",
        [OPEN_TAMPERED] = "tampered",
    };
    CHECK((size_t)outcome < countof(names));
    return names[outcome];
}

struct sealed_place
sealed_place_of_event(const struct uuid *tenant, const struct recorded_event *event, int64_t class)
{
    return (struct sealed_place){
        .tenant = *tenant,
        .stream = event->stream,
        .version = event->version,
        .event_id = event->command_id,
        .event_type = event->type,
        .schema_version = event->schema_version,
        .class = class};
}

struct sealed_place sealed_place_of_copy(
    const struct uuid *tenant, const struct stream_id *stream, const struct sealed_copy *copy)
{
    return (struct sealed_place){
        .tenant = *tenant,
        .stream = *stream,
        .version = copy->version,
        .event_id = copy->event_id,
        .event_type = copy->event_type,
        .schema_version = (int32_t)copy->schema_version,
        .class = copy->class};
}

/* What can be said before any key is used. The leaf is compared first: an envelope that was edited to
 * name a forgotten leaf must not pass for an erased one. OPEN_OK: to be opened with the lease. */
static enum open_outcome
judge(const struct sealed_place *place, struct slice envelope, const struct lease *lease)
{
    struct leaf leaf;
    if (!seal_leaf(envelope, &leaf) || leaf.tree != TREE_SUBJECTS ||
        leaf.number % LEAVES_PER_SUBJECT != (uint64_t)place->class - 1)
        return OPEN_TAMPERED;
    if (lease == NULL || lease->state == KEY_UNKNOWN)
        return OPEN_KEY_UNAVAILABLE;
    if (leaf.tree != lease->leaf.tree || leaf.number != lease->leaf.number)
        return OPEN_TAMPERED;
    switch (lease->state) {
    case KEY_LIVE:
        CHECK(lease->key != NULL);
        return OPEN_OK;
    case KEY_ERASED:
        return OPEN_ERASED;
    case KEY_ERASING:
    case KEY_RESTRICTED:
    case KEY_UNKNOWN:
        break;
    }
    return OPEN_KEY_UNAVAILABLE;
}

static bool too_small(struct error *err)
{
    return error_set(err, ERROR_fatal, "arena exhausted while opening an envelope");
}

/* An authentic plaintext to its record. */
static bool read_section(
    const struct message *message,
    struct slice plain,
    struct arena *arena,
    struct opened_part *out,
    struct error *err)
{
    struct wire_fault fault;
    void *body = arena_take_raw(arena, message->size);
    if (body == NULL)
        return too_small(err);
    bool ok = wire_scan(plain, &wire_event_limits, &fault) &&
              wire_decode(message, WIRE_STORED, plain, arena, body, &fault);
    *out = (struct opened_part){.outcome = ok ? OPEN_OK : OPEN_TAMPERED};
    if (ok) {
        out->message = message;
        out->body = body;
    }
    return true;
}

bool aggregate_open_part(
    const struct sealed_place *place,
    struct slice envelope,
    const struct lease *lease,
    struct arena *arena,
    struct opened_part *out,
    struct error *err)
{
    enum event_type type;
    if (!catalog_find_event(place->event_type, place->schema_version, &type))
        return error_set(
            err,
            ERROR_invalid,
            "stored event %.*s.%d is not known here: it was written by a newer program",
            SLICE_FORMAT(place->event_type),
            place->schema_version);
    const struct message_field *field =
        message_find_personal(event_descriptions[type].message, (enum message_class)place->class);
    enum open_outcome outcome = field != NULL ? judge(place, envelope, lease) : OPEN_TAMPERED;
    if (outcome != OPEN_OK) {
        *out = (struct opened_part){.outcome = outcome};
        return true;
    }
    const struct seal_place seal_place = seal_place_of(place);
    size_t size = 0;
    uint8_t *plain = arena_take_raw(arena, envelope.size - SEAL_OVERHEAD);
    if (plain == NULL)
        return too_small(err);
    if (!seal_open(lease->key, &seal_place, envelope, plain, &size)) {
        *out = (struct opened_part){.outcome = OPEN_TAMPERED};
        return true;
    }
    return read_section(field->element, slice_of(plain, size), arena, out, err);
}
