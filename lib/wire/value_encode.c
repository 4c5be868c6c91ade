// SPDX-License-Identifier: Apache-2.0
// One value to bytes. What is encoded is ours: a value out of its bounds is a bug, and stops here
// before it becomes history.
#include "wire/value.h"

#include "base/text.h"
#include "wire/pack.h"

#include "base/banned.h"

/* Text or bytes. */
static struct slice checked_slice(const struct message_field *field, const void *body)
{
    struct slice value = message_get_slice(body, field);
    CHECK(value.size >= (size_t)field->least && value.size <= (size_t)field->greatest);
    return value;
}

static void encode_uuid(enum wire_form form, const char *member, struct writer *out)
{
    struct uuid id;
    memcpy(&id, member, sizeof(id));
    if (form_is_stored(form)) {
        pack_binary(out, slice_of(id.bytes, sizeof(id.bytes)));
        return;
    }
    char text[UUID_TEXT_SIZE];
    uuid_format(&id, text);
    pack_text(out, slice_of(text, UUID_TEXT_SIZE - 1));
}

static void encode_time(enum wire_form form, int64_t us, struct writer *out)
{
    CHECK(us >= TEXT_TIME_LEAST && us <= TEXT_TIME_GREATEST);
    if (form_is_stored(form)) {
        pack_int(out, us);
        return;
    }
    char text[TEXT_TIME_SIZE];
    text_format_time(us, text);
    pack_text(out, slice_of(text, TEXT_TIME_SIZE - 1));
}

static void encode_decimal(enum wire_form form, const char *member, struct writer *out)
{
    struct decimal value;
    memcpy(&value, member, sizeof(value));
    CHECK(value.scale >= 0 && value.scale <= TEXT_DECIMAL_MAX_SCALE);
    if (form_is_stored(form)) {
        pack_array(out, 2);
        pack_int(out, value.coefficient);
        pack_int(out, value.scale);
        return;
    }
    char text[TEXT_DECIMAL_SIZE];
    text_format_decimal(value.coefficient, (int)value.scale, text);
    pack_text(out, slice_of_text(text));
}

static void encode_enum(
    enum wire_form form, const struct message_enum *names, int64_t value, struct writer *out)
{
    CHECK(value >= 0);
    if (form_is_stored(form)) {
        pack_int(out, value); /* also one that was stored by a newer program */
        return;
    }
    CHECK((uint64_t)value < names->count);
    pack_text(out, slice_of_text(names->names[value]));
}

void value_encode(
    enum wire_form form, const struct message_field *field, const void *body, struct writer *out)
{
    const char *member = (const char *)body + field->offset;
    int64_t number = 0;
    bool yes = false;
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        memcpy(&yes, member, sizeof(yes));
        pack_bool(out, yes);
        return;
    case KIND_INT:
        number = message_get_i64(body, field);
        CHECK(number >= field->least && number <= field->greatest);
        pack_int(out, number);
        return;
    case KIND_TEXT:
        pack_text(out, checked_slice(field, body));
        return;
    case KIND_BYTES:
        pack_binary(out, checked_slice(field, body));
        return;
    case KIND_UUID:
        encode_uuid(form, member, out);
        return;
    case KIND_TIME:
        encode_time(form, message_get_i64(body, field), out);
        return;
    case KIND_DECIMAL:
        encode_decimal(form, member, out);
        return;
    case KIND_ENUM:
        encode_enum(form, field->names, message_get_i64(body, field), out);
        return;
    case KIND_RECORD:
    case KIND_LIST:
        break;
    }
    UNREACHABLE();
}
