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
    uint64_t seen;        /* contract form: a bit per field that came */
    size_t left;          /* fields still to come */
    size_t next;          /* index of the field expected next */
    size_t elements_left; /* of the list this struct is in, itself not counted */
};

struct decoder {
    struct cursor cursor;
    enum wire_form form;
    struct arena *arena;
    struct wire_fault *fault;
    size_t depth;
    struct frame frames[MESSAGE_MAX_DEPTH];
};

enum { MAX_FIELDS = 64 }; /* bits of `seen` */

/* Reads the header of the struct that the frame is to fill. */
static bool open_struct(struct decoder *decoder, struct frame *frame)
{
    const struct message *message = frame->message;
    int64_t count;
    bool is_map = decoder->form == WIRE_CONTRACT;
    CHECK(message->field_count <= MAX_FIELDS);
    if (!cursor_value(&decoder->cursor, is_map ? CURSOR_MAP : CURSOR_ARRAY, &count))
        return fault_set(decoder->fault, WIRE_bad_field, is_map ? "not a map" : "not an array");
    size_t fields = (size_t)count;
    if (!is_map && fields < message->field_count) {
        const char *name = message->fields[fields].name;
        return fault_field(decoder->fault, WIRE_missing_field, name, "missing field");
    }
    if (!is_map && fields > message->field_count)
        return fault_set(decoder->fault, WIRE_bad_field, "more fields than the message has");
    frame->left = fields;
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
    if (!cursor_value(&decoder->cursor, CURSOR_ARRAY, &count))
        return fault_field(decoder->fault, WIRE_bad_field, field->name, "wrong type");
    if (count == 0 && field->has_offset == NO_OFFSET)
        return fault_field(decoder->fault, WIRE_bad_field, field->name, "empty list");
    if (count > field->greatest || (size_t)count > cursor_left(&decoder->cursor))
        return fault_field(decoder->fault, WIRE_bad_field, field->name, "too many elements");
    size_t elements = (size_t)count;
    void *array = arena_take_array(decoder->arena, elements, field->element->size);
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
    if (!cursor_bytes(&decoder->cursor, CURSOR_TEXT, &key)) {
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

static bool decode_field(struct decoder *decoder, struct frame *frame)
{
    const struct message_field *field;
    frame->left--;
    if (decoder->form == WIRE_STORED)
        field = &frame->message->fields[frame->next++];
    else
        field = take_key(decoder, frame);
    if (field == NULL)
        return false;
    if (field->has_offset != NO_OFFSET) {
        if (decoder->form == WIRE_STORED && cursor_take_nil(&decoder->cursor))
            return true;
        bool has = true;
        memcpy(frame->body + field->has_offset, &has, sizeof(has));
    }
    if (field->kind == KIND_LIST)
        return open_list(decoder, field, frame->body);
    if (field->kind == KIND_RECORD)
        return push(decoder, field->element, frame->body + field->offset, 0);
    const char *wrong = value_decode(&decoder->cursor, decoder->form, field, frame->body);
    return wrong == NULL || fault_field(decoder->fault, WIRE_bad_field, field->name, wrong);
}

/* All fields of the struct on top have come: is one missing? Then its next sibling, if any. */
static bool close_struct(struct decoder *decoder, struct frame *frame)
{
    const struct message *message = frame->message;
    for (size_t i = 0; i < message->field_count && decoder->form == WIRE_CONTRACT; i++) {
        const struct message_field *field = &message->fields[i];
        if ((frame->seen >> i & 1) == 0 && field->has_offset == NO_OFFSET)
            return fault_field(decoder->fault, WIRE_missing_field, field->name, "missing field");
    }
    if (frame->elements_left == 0) {
        decoder->depth--;
        return true;
    }
    frame->elements_left--;
    frame->body += message->size;
    return open_struct(decoder, frame);
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
    decoder.cursor = cursor_over(bytes);
    decoder.form = form;
    decoder.arena = arena;
    decoder.fault = fault;
    decoder.depth = 0;
    memset(out, 0, message->size);
    if (!push(&decoder, message, out, 0))
        return false;
    while (decoder.depth > 0) {
        struct frame *frame = &decoder.frames[decoder.depth - 1];
        if (!(frame->left > 0 ? decode_field(&decoder, frame) : close_struct(&decoder, frame)))
            return false;
    }
    if (decoder.cursor.at != decoder.cursor.end)
        return fault_set(fault, WIRE_bad_encoding, "trailing bytes");
    return true;
}
