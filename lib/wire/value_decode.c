// SPDX-License-Identifier: Apache-2.0
// Bytes to one value. Each function returns what is wrong, NULL when nothing is.
#include "wire/value.h"

#include "base/text.h"
#include "wire/base64.h"

#include "base/banned.h"

const char value_exhausted[] = "out of memory for one turn";

static const char wrong_type[] = "wrong type";
static const char out_of_bounds[] = "out of bounds";

static const char *decode_bool(struct cursor *cursor, void *member)
{
    int64_t value;
    if (!cursor_value(cursor, CURSOR_BOOL, &value))
        return wrong_type;
    bool yes = value != 0;
    memcpy(member, &yes, sizeof(yes));
    return NULL;
}

static const char *decode_int(struct cursor *cursor, int64_t least, int64_t greatest, void *member)
{
    int64_t value;
    if (!cursor_value(cursor, CURSOR_INT, &value))
        return wrong_type;
    if (value < least || value > greatest)
        return out_of_bounds;
    memcpy(member, &value, sizeof(value));
    return NULL;
}

static const char *
decode_text(struct cursor *cursor, const struct message_field *field, void *member)
{
    struct slice text;
    if (!cursor_bytes(cursor, CURSOR_TEXT, &text))
        return wrong_type;
    if (text.size < (size_t)field->least)
        return "text is too short";
    if (text.size > (size_t)field->greatest)
        return "text is too long";
    if (!text_has_no_control(text))
        return "control character in text";
    memcpy(member, &text, sizeof(text));
    return NULL;
}

/* In the contract form also as base64 text, the spelling of JSON. */
static const char *
decode_bytes(struct value_source *source, const struct message_field *field, void *member)
{
    struct cursor_head head;
    struct slice bytes;
    if (!cursor_head(&source->cursor, &head))
        return wrong_type;
    bool is_text = head.type == CURSOR_TEXT && !form_is_stored(source->form);
    if ((head.type != CURSOR_BINARY && !is_text) || !cursor_body(&source->cursor, &head, &bytes))
        return wrong_type;
    if (is_text) {
        uint8_t *room = arena_take_raw(source->arena, base64_size(bytes));
        if (room == NULL)
            return value_exhausted;
        if (!base64_read(bytes, room))
            return "not base64";
        bytes = slice_of(room, base64_size(bytes));
    }
    if (bytes.size < (size_t)field->least)
        return "too few bytes";
    if (bytes.size > (size_t)field->greatest)
        return "too many bytes";
    memcpy(member, &bytes, sizeof(bytes));
    return NULL;
}

static const char *decode_uuid(struct cursor *cursor, enum wire_form form, void *member)
{
    static const char not_a_uuid[] = "not a UUID";
    struct slice bytes;
    struct uuid id;
    if (!cursor_bytes(cursor, form_is_stored(form) ? CURSOR_BINARY : CURSOR_TEXT, &bytes))
        return wrong_type;
    if (form_is_stored(form)) {
        if (bytes.size != sizeof(id.bytes))
            return not_a_uuid;
        memcpy(member, bytes.data, bytes.size);
        return NULL;
    }
    if (!uuid_parse(bytes, &id))
        return not_a_uuid;
    memcpy(member, &id, sizeof(id));
    return NULL;
}

static const char *decode_time(struct cursor *cursor, enum wire_form form, void *member)
{
    struct slice text;
    int64_t us;
    if (form_is_stored(form))
        return decode_int(cursor, TEXT_TIME_LEAST, TEXT_TIME_GREATEST, member);
    if (!cursor_bytes(cursor, CURSOR_TEXT, &text))
        return wrong_type;
    if (!text_parse_time(text, &us))
        return "not a time of RFC 3339";
    memcpy(member, &us, sizeof(us));
    return NULL;
}

static const char *decode_decimal(struct cursor *cursor, enum wire_form form, void *member)
{
    struct decimal value;
    struct slice text;
    int64_t count;
    int scale;
    if (form_is_stored(form)) {
        if (!cursor_value(cursor, CURSOR_ARRAY, &count) || count != 2 ||
            !cursor_value(cursor, CURSOR_INT, &value.coefficient) ||
            !cursor_value(cursor, CURSOR_INT, &value.scale))
            return wrong_type;
        if (value.scale < 0 || value.scale > TEXT_DECIMAL_MAX_SCALE)
            return out_of_bounds;
    } else {
        if (!cursor_bytes(cursor, CURSOR_TEXT, &text))
            return wrong_type;
        if (!text_parse_decimal(text, &value.coefficient, &scale))
            return "not a decimal";
        value.scale = scale;
    }
    memcpy(member, &value, sizeof(value));
    return NULL;
}

static const char *decode_enum(
    struct cursor *cursor, enum wire_form form, const struct message_enum *names, void *member)
{
    struct slice text;
    if (form_is_stored(form))
        return decode_int(cursor, 0, INT64_MAX, member); /* also values newer than this program */
    if (!cursor_bytes(cursor, CURSOR_TEXT, &text))
        return wrong_type;
    for (size_t i = 0; i < names->count; i++) {
        if (slice_is(text, names->names[i])) {
            int64_t value = (int64_t)i;
            memcpy(member, &value, sizeof(value));
            return NULL;
        }
    }
    return "unknown name";
}

const char *value_decode(struct value_source *source, const struct message_field *field, void *body)
{
    struct cursor *cursor = &source->cursor;
    enum wire_form form = source->form;
    void *member = (char *)body + field->offset;
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        return decode_bool(cursor, member);
    case KIND_INT:
        return decode_int(cursor, field->least, field->greatest, member);
    case KIND_TEXT:
        return decode_text(cursor, field, member);
    case KIND_BYTES:
        return decode_bytes(source, field, member);
    case KIND_UUID:
        return decode_uuid(cursor, form, member);
    case KIND_TIME:
        return decode_time(cursor, form, member);
    case KIND_DECIMAL:
        return decode_decimal(cursor, form, member);
    case KIND_ENUM:
        return decode_enum(cursor, form, field->names, member);
    case KIND_RECORD:
    case KIND_LIST:
        break;
    }
    UNREACHABLE();
}
