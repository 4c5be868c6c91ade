// SPDX-License-Identifier: Apache-2.0
// How a message is described: once, as a list of fields. From the list come the C struct and the
// descriptor table; from the table come codec, validation, printing and documents.
//
//     #define CANCEL_ORDER_FIELDS(F, T) F(T, ENUM, reason, REQUIRED, NONE, cancel_reasons, 0) …
//     DECLARE_MESSAGE(cancel_order, CANCEL_ORDER_FIELDS)                    in the header
//     DEFINE_MESSAGE(cancel_order, "CancelOrder", 1, CANCEL_ORDER_FIELDS)   in one .c file
//
// A line is F(T, kind, name, need, class, a, b); F and T belong to the macros below:
//   kind     a, b                      member(s)
//   BOOL     0, 0                      bool
//   INT      least, greatest value     int64_t
//   TEXT     least, most bytes         struct slice (UTF-8, no control characters)
//   UUID     0, 0                      struct uuid
//   TIME     0, 0                      int64_t, microseconds since 1970 UTC
//   DECIMAL  0, 0                      struct decimal (commands; events hold minor units)
//   ENUM     struct message_enum, 0    int64_t, index into the names
//   BYTES    least, most bytes         struct slice (any bytes)
//   RECORD   message, 0                struct <message>
//   LIST     message, most elements    const struct <message> *name; size_t name_count
//   need     REQUIRED (of a LIST: one element at least), or OPTIONAL, which adds `bool has_<name>`
//   class    who the field is about: NONE, or the retention class of the person's data. It must be
//            written out, so that text nobody classified does not compile.
//
// What a message holds about a person are RECORDs of its own, at most one per class: "personal
// fields". Each is sealed apart from the rest, under a key of its person and class. Fields within
// such a record are INHERITED: personal, of the class of whatever record of a message holds them.
//
// The order of the lines is the order of encoding: the same struct gives the same bytes.
#ifndef MESSAGE_DESCRIBE_H
#define MESSAGE_DESCRIBE_H

#include "base/slice.h"
#include "base/uuid.h"

#include <limits.h>

/* Decimal text as it was sent: coefficient / 10^scale. */
struct decimal {
    int64_t coefficient;
    int64_t scale;
};

/* Names of an enumeration, index = value. Values are stored: append names, never reorder. */
struct message_enum {
    const char *const *names;
    size_t count;
};

enum message_kind {
    KIND_BOOL,
    KIND_INT,
    KIND_TEXT,
    KIND_UUID,
    KIND_TIME,
    KIND_DECIMAL,
    KIND_ENUM,
    KIND_BYTES,
    KIND_RECORD,
    KIND_LIST,
};

/* Retention classes of personal data. Stored beside every sealed part, and 1 more than the number of
 * its leaf in the key tree: numbers are for ever. */
enum message_class {
    CLASS_NONE,
    CLASS_CONTACT,
    CLASS_DELIVERY,
    CLASS_INVOICE,
    CLASS_PAYMENT,
    CLASS_INHERITED = 9, /* of the class of the record it is in; never stored */
};

enum {
    NO_OFFSET = UINT16_MAX,
    MESSAGE_MAX_DEPTH = 8,
    MESSAGE_CLASSES = 8, /* retention classes there can be, 1 to 8 */
};

struct message;

struct message_field {
    const char *name;
    uint8_t name_size;
    uint8_t kind;          /* enum message_kind */
    uint8_t class;         /* enum message_class */
    uint16_t offset;       /* of the member in its struct */
    uint16_t has_offset;   /* of has_<name>, NO_OFFSET when required */
    uint16_t count_offset; /* of <name>_count, NO_OFFSET unless LIST */
    int64_t least;
    int64_t greatest;
    const struct message_enum *names; /* ENUM only */
    const struct message *element;    /* RECORD and LIST only */
};

struct message {
    const char *name; /* wire name, e.g. "PlaceOrder" */
    int version;
    const struct message_field *fields;
    size_t field_count;
    size_t size; /* of the struct */
};

/* Reads the integer, enum or time member of a described struct. */
static inline int64_t message_get_i64(const void *body, const struct message_field *field)
{
    int64_t value;
    memcpy(&value, (const char *)body + field->offset, sizeof(value));
    return value;
}

/* Whether the field holds a value: always, unless it is optional. */
static inline bool message_has(const void *body, const struct message_field *field)
{
    bool has = true;
    if (field->has_offset != NO_OFFSET)
        memcpy(&has, (const char *)body + field->has_offset, sizeof(has));
    return has;
}

/* Whether the field is sealed apart from its message: a record of a retention class. */
static inline bool message_is_personal(const struct message_field *field)
{
    return field->kind == KIND_RECORD && field->class != CLASS_NONE &&
           field->class <= MESSAGE_CLASSES;
}

/* The personal field of a class, NULL when the message has none. */
const struct message_field *
message_find_personal(const struct message *message, enum message_class class_of_field);

/* The text or bytes of a TEXT or BYTES field. */
static inline struct slice message_get_slice(const void *body, const struct message_field *field)
{
    struct slice value;
    memcpy(&value, (const char *)body + field->offset, sizeof(value));
    return value;
}

/* Elements of a list field; *count of them, each field->element->size bytes. */
static inline const void *
message_get_list(const void *body, const struct message_field *field, size_t *count)
{
    const void *elements;
    memcpy(&elements, (const char *)body + field->offset, sizeof(elements));
    memcpy(count, (const char *)body + field->count_offset, sizeof(*count));
    return elements;
}

/* ---- list of fields -> struct ---- */

#define DECLARE_MESSAGE(type, FIELDS) \
    struct type { \
        FIELDS(DESCRIBE_MEMBER, type) \
    }; \
    extern const struct message type##_message;

#define DESCRIBE_MEMBER(type, kind, name, need, class, a, b) \
    DESCRIBE_MEMBER_##kind(name, a) DESCRIBE_HAS_##need(name)
#define DESCRIBE_MEMBER_BOOL(name, a) bool name;
#define DESCRIBE_MEMBER_INT(name, a) int64_t name;
#define DESCRIBE_MEMBER_TEXT(name, a) struct slice name;
#define DESCRIBE_MEMBER_UUID(name, a) struct uuid name;
#define DESCRIBE_MEMBER_TIME(name, a) int64_t name;
#define DESCRIBE_MEMBER_DECIMAL(name, a) struct decimal name;
#define DESCRIBE_MEMBER_ENUM(name, a) int64_t name;
#define DESCRIBE_MEMBER_BYTES(name, a) struct slice name;
#define DESCRIBE_MEMBER_RECORD(name, a) struct a name;
#define DESCRIBE_MEMBER_LIST(name, a) \
    const struct a *name; \
    size_t name##_count;
#define DESCRIBE_HAS_REQUIRED(name)
#define DESCRIBE_HAS_OPTIONAL(name) bool has_##name;

/* ---- list of fields -> descriptor table ---- */

#define DEFINE_MESSAGE(type, wire_name, wire_version, FIELDS) \
    static const struct message_field type##_fields[] = {FIELDS(DESCRIBE_ROW, type)}; \
    const struct message type##_message = { \
        .name = wire_name, \
        .version = wire_version, \
        .fields = type##_fields, \
        .field_count = countof(type##_fields), \
        .size = sizeof(struct type)};

#define DESCRIBE_ROW(type, kind_word, field_name, need, class_word, a, b) \
    {.name = #field_name, \
     .name_size = sizeof(#field_name) - 1, \
     .kind = KIND_##kind_word, \
     .class = CLASS_##class_word, \
     .offset = offsetof(struct type, field_name), \
     .has_offset = DESCRIBE_HAS_OFFSET_##need(type, field_name), \
     .count_offset = DESCRIBE_COUNT_OFFSET_##kind_word(type, field_name), \
     DESCRIBE_BOUNDS_##kind_word(a, b)},

#define DESCRIBE_HAS_OFFSET_REQUIRED(type, name) NO_OFFSET
#define DESCRIBE_HAS_OFFSET_OPTIONAL(type, name) offsetof(struct type, has_##name)

#define DESCRIBE_COUNT_OFFSET_BOOL(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_INT(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_TEXT(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_UUID(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_TIME(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_DECIMAL(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_ENUM(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_BYTES(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_RECORD(type, name) NO_OFFSET
#define DESCRIBE_COUNT_OFFSET_LIST(type, name) offsetof(struct type, name##_count)

#define DESCRIBE_BOUNDS_BOOL(a, b) .least = 0
#define DESCRIBE_BOUNDS_INT(a, b) .least = (a), .greatest = (b)
#define DESCRIBE_BOUNDS_TEXT(a, b) .least = (a), .greatest = (b)
#define DESCRIBE_BOUNDS_UUID(a, b) .least = 0
#define DESCRIBE_BOUNDS_TIME(a, b) .least = 0
#define DESCRIBE_BOUNDS_DECIMAL(a, b) .least = 0
#define DESCRIBE_BOUNDS_ENUM(a, b) .names = &(a)
#define DESCRIBE_BOUNDS_BYTES(a, b) .least = (a), .greatest = (b)
#define DESCRIBE_BOUNDS_RECORD(a, b) .element = &a##_message
#define DESCRIBE_BOUNDS_LIST(a, b) .greatest = (b), .element = &a##_message

#endif
