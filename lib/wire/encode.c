// SPDX-License-Identifier: Apache-2.0
// Described struct to bytes: the walk over the struct is the order of the bytes.
#include "wire/codec.h"

#include "message/walk.h"
#include "wire/pack.h"
#include "wire/value.h"

#include "base/banned.h"

static size_t count_present(const struct message *message, const void *body)
{
    size_t count = 0;
    for (size_t i = 0; i < message->field_count; i++)
        count += message_has(body, &message->fields[i]);
    return count;
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
    if (form == WIRE_STORED && !present)
        pack_nil(out);
    if (!present)
        return;
    if (form == WIRE_CONTRACT)
        pack_text(out, slice_of(field->name, field->name_size));
    if (field->kind == KIND_LIST)
        encode_list_head(field, body, out);
    else if (field->kind != KIND_RECORD)
        value_encode(form, field, body, out);
}

void wire_encode(
    const struct message *message, enum wire_form form, const void *body, struct writer *out)
{
    struct message_walk walk;
    message_walk_start(&walk, message, body);
    while (message_walk_next(&walk)) {
        if (walk.step == WALK_FIELD)
            encode_field(form, walk.field, walk.body, out);
        else if (walk.step == WALK_OPEN && form == WIRE_STORED)
            pack_array(out, walk.message->field_count);
        else if (walk.step == WALK_OPEN)
            pack_map(out, count_present(walk.message, walk.body));
    }
}
