// SPDX-License-Identifier: Apache-2.0
// Bytes to a described struct, in one pass. Both forms share the way through the structs; they
// differ in how the next field is named (by its key, by its place) and in the values (value.h).
// Fields are expected in the order of the descriptor, because our own encoder and most clients
// write them so; any other order costs a search.
#include "wire/fault.h"
#include "wire/value.h"

#include "base/banned.h"

/* A struct that is being filled. */
struct frame {
    const struct message *message;
    uint8_t *body;
    uint64_t seen;        /* contract forms: a bit per field that came */
    size_t left;          /* fields still to come */
    size_t next;          /* index of the field expected next */
    size_t elements_left; /* of the list this struct is in, itself not counted */
};

struct decoder {
    struct value_source source;
    struct wire_fault *fault;
    size_t depth; /* 1: at the top level, where a form may have a part of the fields */
    struct frame frames[MESSAGE_MAX_DEPTH];
};

enum { MAX_FIELDS = 64 }; /* bits of `seen` */

static bool takes(const struct decoder *decoder, const struct message_field *field)
{
    return decoder->depth > 1 || form_takes(decoder->source.form, field);
}

/* The array of a struct has a value per field that the form takes, no more and no less. */
static bool check_count(const struct decoder *decoder, const struct message *message, size_t count)
{
    size_t wanted = 0;
    if (decoder->depth > 1 && count == message->field_count)
        return true;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (takes(decoder, field) && ++wanted > count)
            return fault_field(decoder->fault, WIRE_missing_field, field->name, "missing field");
    }
    return count == wanted ||
           fault_set(decoder->fault, WIRE_bad_field, "more fields than the message has");
}

/* Reads the header of the struct that the frame is to fill. */
static bool open_struct(struct decoder *decoder, struct frame *frame)
{
    int64_t count;
    bool is_map = !form_is_stored(decoder->source.form);
    CHECK(frame->message->field_count <= MAX_FIELDS);
    if (!cursor_value(&decoder->source.cursor, is_map ? CURSOR_MAP : CURSOR_ARRAY, &count))
        return fault_set(decoder->fault, WIRE_bad_field, is_map ? "not a map" : "not an array");
    if (!is_map && !check_count(decoder, frame->message, (size_t)count))
        return false;
    frame->left = (size_t)count;
    frame->next = 0;
    frame->seen = 0;
    return true;
}

static bool
push(struct decoder *decoder, const struct message *message, void *body, size_t elements_left)
{
    if (decoder->depth == MESSAGE_MAX_DEPTH)
        return fault_set(decoder->fault, WIRE_bad_encoding, "nested too deep");
    struct frame *frame = &decoder->frames[decoder->depth++];
    frame->message = message;
    frame->body = body;
    frame->elements_left = elements_left;
    return open_struct(decoder, frame);
}

/* A list: all its elements in one array, whose size no claim in the bytes decides alone. */
static bool open_list(struct decoder *decoder, const struct message_field *field, uint8_t *body)
{
    int64_t count;
    if (!cursor_value(&decoder->source.cursor, CURSOR_ARRAY, &count))
        return fault_field(decoder->fault, WIRE_bad_field, field->name, "wrong type");
    if (count == 0 && field->has_offset == NO_OFFSET)
        return fault_field(decoder->fault, WIRE_bad_field, field->name, "empty list");
    if (count > field->greatest || (size_t)count > cursor_left(&decoder->source.cursor))
        return fault_field(decoder->fault, WIRE_bad_field, field->name, "too many elements");
    size_t elements = (size_t)count;
    void *array = arena_take_array(decoder->source.arena, elements, field->element->size);
    if (array == NULL)
        return fault_field(
            decoder->fault, WIRE_too_large, field->name, "out of memory for one turn");
    memcpy(body + field->offset, &array, sizeof(array));
    memcpy(body + field->count_offset, &elements, sizeof(elements));
    return elements == 0 || push(decoder, field->element, array, elements - 1);
}

/* The field that the next key names; NULL after a fault. */
static const struct message_field *take_key(struct decoder *decoder, struct frame *frame)
{
    const struct message *message = frame->message;
    struct slice key;
    if (!cursor_bytes(&decoder->source.cursor, CURSOR_TEXT, &key)) {
        (void)fault_set(decoder->fault, WIRE_bad_encoding, "a key is not text");
        return NULL;
    }
    size_t at = frame->next;
    for (size_t tried = 0; tried < message->field_count; tried++) {
        if (at == message->field_count)
            at = 0;
        const struct message_field *field = &message->fields[at];
        if (field->name_size != key.size || memcmp(field->name, key.data, key.size) != 0) {
            at++;
            continue;
        }
        uint64_t bit = UINT64_C(1) << at;
        if ((frame->seen & bit) != 0) {
            (void)fault_field(decoder->fault, WIRE_bad_field, field->name, "repeated field");
            return NULL;
        }
        frame->seen |= bit;
        frame->next = at + 1;
        return field;
    }
    (void)fault_set(decoder->fault, WIRE_bad_field, "unknown field");
    return NULL;
}

/* The field whose value comes next; NULL after a fault. */
static const struct message_field *next_field(struct decoder *decoder, struct frame *frame)
{
    const struct message_field *field;
    if (form_is_stored(decoder->source.form)) {
        do
            field = &frame->message->fields[frame->next++];
        while (!takes(decoder, field));
        return field;
    }
    field = take_key(decoder, frame);
    if (field == NULL || takes(decoder, field))
        return field;
    const char *reason =
        message_is_personal(field) ? "personal data in the clear part" : "not personal data";
    (void)fault_field(decoder->fault, WIRE_bad_field, field->name, reason);
    return NULL;
}

static bool decode_field(struct decoder *decoder, struct frame *frame)
{
    frame->left--;
    const struct message_field *field = next_field(decoder, frame);
    if (field == NULL)
        return false;
    if (field->has_offset != NO_OFFSET) {
        if (form_is_stored(decoder->source.form) && cursor_take_nil(&decoder->source.cursor))
            return true;
        bool has = true;
        memcpy(frame->body + field->has_offset, &has, sizeof(has));
    }
    if (field->kind == KIND_LIST)
        return open_list(decoder, field, frame->body);
    if (field->kind == KIND_RECORD)
        return push(decoder, field->element, frame->body + field->offset, 0);
    const char *wrong = value_decode(&decoder->source, field, frame->body);
    if (wrong == NULL)
        return true;
    enum wire_fault_code code = wrong == value_exhausted ? WIRE_too_large : WIRE_bad_field;
    return fault_field(decoder->fault, code, field->name, wrong);
}

static bool has_seen(const struct frame *frame, size_t at)
{
    return (frame->seen >> at & 1) != 0;
}

/* Whether the struct came with a box, in which its personal fields are: beside it there is none. */
static bool check_box(const struct decoder *decoder, const struct frame *frame, bool *has_box)
{
    const struct message *message = frame->message;
    const struct message_field *box = NULL;
    bool is_personal = false;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (has_seen(frame, i) && message_is_box(field))
            box = field;
        is_personal = is_personal || (has_seen(frame, i) && message_is_personal(field));
    }
    *has_box = box != NULL;
    if (box == NULL || !is_personal)
        return true;
    return fault_field(
        decoder->fault, WIRE_bad_field, box->name, "personal data beside the box for it");
}

/* No required field of a map is missing. */
static bool check_seen(const struct decoder *decoder, const struct frame *frame)
{
    const struct message *message = frame->message;
    bool is_top = decoder->depth == 1;
    bool has_box = false;
    if (is_top && !check_box(decoder, frame, &has_box))
        return false;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        bool wanted = field->has_offset == NO_OFFSET && takes(decoder, field) &&
                      !(has_box && message_is_personal(field));
        if (wanted && !has_seen(frame, i))
            return fault_field(decoder->fault, WIRE_missing_field, field->name, "missing field");
    }
    return true;
}

/* All fields of the struct on top have come: is one missing? Then its next sibling, if any. */
static bool close_struct(struct decoder *decoder, struct frame *frame)
{
    if (!form_is_stored(decoder->source.form) && !check_seen(decoder, frame))
        return false;
    if (frame->elements_left == 0) {
        decoder->depth--;
        return true;
    }
    frame->elements_left--;
    frame->body += frame->message->size;
    return open_struct(decoder, frame);
}

/* Empties what the form may fill in. */
static void clear(enum wire_form form, const struct message *message, uint8_t *body)
{
    if (form != WIRE_CONTRACT_PERSONAL) {
        memset(body, 0, message->size);
        return;
    }
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (!message_is_personal(field))
            continue;
        memset(body + field->offset, 0, field->element->size);
        if (field->has_offset != NO_OFFSET)
            memset(body + field->has_offset, 0, sizeof(bool));
    }
}

bool wire_decode(
    const struct message *message,
    enum wire_form form,
    struct slice bytes,
    struct arena *arena,
    void *out,
    struct wire_fault *fault)
{
    struct decoder decoder;
    decoder.source = (struct value_source){cursor_over(bytes), form, arena};
    decoder.fault = fault;
    decoder.depth = 0;
    clear(form, message, out);
    if (!push(&decoder, message, out, 0))
        return false;
    while (decoder.depth > 0) {
        struct frame *frame = &decoder.frames[decoder.depth - 1];
        if (!(frame->left > 0 ? decode_field(&decoder, frame) : close_struct(&decoder, frame)))
            return false;
    }
    if (decoder.source.cursor.at != decoder.source.cursor.end)
        return fault_set(fault, WIRE_bad_encoding, "trailing bytes");
    return true;
}
