// SPDX-License-Identifier: Apache-2.0
#include "golden/sample_edit.h"

#include "wire/pack.h"

/* Key, if any, and value of one field of the full sample: the encoding of a message that has only
 * this field, without the header of its map or array. */
static void write_field(enum wire_form form, const struct message_field *field, struct writer *out)
{
    uint8_t room[8192];
    struct writer single = writer_over(room, sizeof(room));
    struct message one = sample_message;
    one.fields = field;
    one.field_count = 1;
    wire_encode(&one, form, &sample_full, &single);
    CHECK(!single.overflow);
    writer_bytes(out, single.data + 1, single.size - 1);
}

void sample_edit(
    enum wire_form form, const char *name, struct slice value, size_t times, struct writer *out)
{
    size_t count = sample_message.field_count - 1 + times;
    if (form == WIRE_CONTRACT)
        pack_map(out, count);
    else
        pack_array(out, count);
    for (size_t i = 0; i < sample_message.field_count; i++) {
        const struct message_field *field = &sample_message.fields[i];
        bool chosen = strcmp(field->name, name) == 0;
        for (size_t left = chosen ? times : 1; left > 0; left--) {
            if (!chosen || value.data == NULL) {
                write_field(form, field, out);
                continue;
            }
            if (form == WIRE_CONTRACT)
                pack_text(out, slice_of(field->name, field->name_size));
            writer_bytes(out, value.data, value.size);
        }
    }
}
