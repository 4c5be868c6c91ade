// SPDX-License-Identifier: Apache-2.0
#include "message/print.h"

#include "base/text.h"
#include "message/walk.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

const char *message_class_name(enum message_class class_of_field)
{
    static const char *const names[] = {
        [CLASS_NONE] = "none",
        [CLASS_CONTACT] = "contact",
        [CLASS_DELIVERY] = "delivery",
        [CLASS_INVOICE] = "invoice",
        [CLASS_PAYMENT] = "payment",
        [CLASS_INHERITED] = "personal",
    };
    CHECK((size_t)class_of_field < countof(names));
    return names[class_of_field] != NULL ? names[class_of_field] : "spare";
}

static void print_word(struct writer *out, const char *word)
{
    writer_bytes(out, word, strlen(word));
}

static void print_quoted(struct writer *out, struct slice text)
{
    static const char digits[] = "0123456789abcdef";
    writer_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte < 0x20 || byte == 0x7f) {
            print_word(out, "\\x");
            writer_byte(out, (uint8_t)digits[byte >> 4]);
            writer_byte(out, (uint8_t)digits[byte & 0x0f]);
            continue;
        }
        if (byte == '"' || byte == '\\')
            writer_byte(out, '\\');
        writer_byte(out, byte);
    }
    writer_byte(out, '"');
}

static void print_number(struct writer *out, int64_t value)
{
    char digits[24];
    (void)snprintf(digits, sizeof(digits), "%" PRId64, value);
    print_word(out, digits);
}

static void print_time(struct writer *out, int64_t us)
{
    char text[TEXT_TIME_SIZE];
    if (us < TEXT_TIME_LEAST || us > TEXT_TIME_GREATEST) {
        print_number(out, us);
        return;
    }
    text_format_time(us, text);
    print_word(out, text);
}

static void print_uuid(struct writer *out, const void *member)
{
    struct uuid id;
    char text[UUID_TEXT_SIZE];
    memcpy(&id, member, sizeof(id));
    uuid_format(&id, text);
    print_word(out, text);
}

/* Ciphertext and keys are of no use to people. */
static void print_bytes(struct writer *out, struct slice bytes)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "<%zu bytes>", bytes.size);
    print_word(out, text);
}

static void print_decimal(struct writer *out, const void *member)
{
    struct decimal value;
    char text[TEXT_DECIMAL_SIZE];
    memcpy(&value, member, sizeof(value));
    text_format_decimal(value.coefficient, (int)value.scale, text);
    print_word(out, text);
}

static void print_enum(struct writer *out, const struct message_field *field, int64_t value)
{
    if (value >= 0 && (uint64_t)value < field->names->count)
        print_word(out, field->names->names[value]);
    else
        print_number(out, value);
}

static void print_value(struct writer *out, const struct message_field *field, const void *body)
{
    const char *member = (const char *)body + field->offset;
    bool yes;
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        memcpy(&yes, member, sizeof(yes));
        print_word(out, yes ? "true" : "false");
        break;
    case KIND_INT:
        print_number(out, message_get_i64(body, field));
        break;
    case KIND_TEXT:
        print_quoted(out, message_get_slice(body, field));
        break;
    case KIND_BYTES:
        print_bytes(out, message_get_slice(body, field));
        break;
    case KIND_UUID:
        print_uuid(out, member);
        break;
    case KIND_TIME:
        print_time(out, message_get_i64(body, field));
        break;
    case KIND_DECIMAL:
        print_decimal(out, member);
        break;
    case KIND_ENUM:
        print_enum(out, field, message_get_i64(body, field));
        break;
    case KIND_LIST:
        writer_byte(out, '[');
        break;
    case KIND_RECORD:
        break;
    }
}

/* Name and value of a field that has a value. */
static void print_field(struct writer *out, struct message_walk *walk)
{
    const struct message_field *field = walk->field;
    writer_bytes(out, field->name, field->name_size);
    writer_byte(out, '=');
    if (field->class == CLASS_NONE) {
        print_value(out, field, walk->body);
        return;
    }
    writer_byte(out, '<');
    print_word(out, message_class_name((enum message_class)field->class));
    writer_byte(out, '>');
    if (field->kind == KIND_RECORD || field->kind == KIND_LIST)
        message_walk_skip(walk);
}

void message_print(const struct message *message, const void *body, struct writer *out)
{
    struct message_walk walk;
    bool separate = false; /* something stands before this in the same brackets */
    bool field_just_named = false;
    print_word(out, message->name);
    message_walk_start(&walk, message, body);
    while (message_walk_next(&walk)) {
        switch (walk.step) {
        case WALK_OPEN:
            print_word(out, separate && !field_just_named ? ", {" : "{");
            separate = false;
            break;
        case WALK_FIELD:
            if (!message_has(walk.body, walk.field))
                continue;
            if (separate)
                print_word(out, ", ");
            print_field(out, &walk);
            separate = true;
            break;
        case WALK_CLOSE:
            writer_byte(out, '}');
            separate = true;
            break;
        case WALK_LIST_CLOSE:
            writer_byte(out, ']');
            separate = true;
            break;
        }
        field_just_named = walk.step == WALK_FIELD;
    }
}
