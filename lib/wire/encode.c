// SPDX-License-Identifier: Apache-2.0
// Described struct to bytes: the walk over the struct is the order of the bytes.
#include "message/walk.h"
#include "wire/pack.h"
#include "wire/value.h"

#include "base/banned.h"

/* A struct that is written: of the top level a part of its fields, below it all. */
static bool takes(enum wire_form form, bool is_top, const struct message_field *field)
{
    return !is_top || form_takes(form, field);
}

/* Values in the map or the array of a struct. */
static size_t
count_values(enum wire_form form, bool is_top, const struct message *message, const void *body)
{
    size_t count = 0;
    if (!is_top && form_is_stored(form))
        return message->field_count;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        count += takes(form, is_top, field) && (form_is_stored(form) || message_has(body, field));
    }
    return count;
}

/* With a box, the whole of a command is its clear part. */
static enum wire_form
form_of_body(enum wire_form form, const struct message *message, const void *body)
{
    for (size_t i = 0; i < message->field_count && form == WIRE_CONTRACT; i++) {
        const struct message_field *field = &message->fields[i];
        if (message_is_box(field) && message_has(body, field))
            return WIRE_CONTRACT_CLEAR;
    }
    return form;
}

static void
encode_list_head(const struct message_field *field, const void *body, struct writer *out)
{
    size_t count;
    (void)message_get_list(body, field, &count);
    CHECK(count <= (size_t)field->greatest && (count > 0 || field->has_offset != NO_OFFSET));
    pack_array(out, count);
}

static void encode_field(
    enum wire_form form, const struct message_field *field, const void *body, struct writer *out)
{
    bool present = message_has(body, field);
    if (form_is_stored(form) && !present)
        pack_nil(out);
    if (!present)
        return;
    if (!form_is_stored(form))
        pack_text(out, slice_of(field->name, field->name_size));
    if (field->kind == KIND_LIST)
        encode_list_head(field, body, out);
    else if (field->kind != KIND_RECORD)
        value_encode(form, field, body, out);
}

void wire_encode(
    const struct message *message, enum wire_form asked, const void *body, struct writer *out)
{
    enum wire_form form = form_of_body(asked, message, body);
    struct message_walk walk;
    message_walk_start(&walk, message, body);
    while (message_walk_next(&walk)) {
        bool is_top = walk.body == body && walk.message == message;
        if (walk.step == WALK_FIELD && takes(form, is_top, walk.field))
            encode_field(form, walk.field, walk.body, out);
        else if (walk.step == WALK_FIELD && message_has(walk.body, walk.field))
            message_walk_skip(&walk); /* a record: what a form leaves out are records */
        else if (walk.step == WALK_OPEN && form_is_stored(form))
            pack_array(out, count_values(form, is_top, walk.message, walk.body));
        else if (walk.step == WALK_OPEN)
            pack_map(out, count_values(form, is_top, walk.message, walk.body));
    }
}
