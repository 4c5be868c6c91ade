// SPDX-License-Identifier: Apache-2.0
// JSON text to MessagePack bytes. The parser is jansson's; what it would do with a hostile text
// (recursion by nesting, an object per value) is bounded by a look over the text before.
#include "wire/base64.h"
#include "wire/fault.h"
#include "wire/json.h"
#include "wire/pack.h"

#include <jansson.h>

#include "base/cleanup.h"

#include "base/banned.h"

enum { JSON_MAX_DEPTH = 32 };

DEFINE_CLEANUP(json_t *, release_json, json_decref)

/* Index of the quote that ends the string whose text starts at `at`; the size where none does. */
static size_t end_of_string(struct slice json, size_t at)
{
    while (at < json.size && json.data[at] != '"')
        at += json.data[at] == '\\' ? 2 : 1;
    return at < json.size ? at : json.size;
}

/* Refuses nesting over the limit, and more values than the limit: every comma and colon outside a
 * string brings one value or key. What is no JSON at all is left to the parser. */
static bool
check_shape(struct slice json, const struct wire_limits *limits, struct wire_fault *fault)
{
    size_t depth = 0;
    size_t elements = 1;
    for (size_t at = 0; at < json.size; at++) {
        switch (json.data[at]) {
        case '"':
            at = end_of_string(json, at + 1);
            break;
        case '[':
        case '{':
            if (depth++ == limits->depth)
                return fault_set(fault, WIRE_bad_encoding, "nested too deep");
            break;
        case ']':
        case '}':
            depth -= depth > 0;
            break;
        case ',':
        case ':':
            if (++elements > limits->elements)
                return fault_set(fault, WIRE_too_large, "too many values");
            break;
        default:
            break;
        }
    }
    return true;
}

static bool parse_fault(const json_error_t *error, struct wire_fault *fault)
{
    enum json_error_code code = json_error_code(error);
    if (code == json_error_out_of_memory)
        return fault_set(fault, WIRE_too_large, "out of memory");
    if (code == json_error_duplicate_key)
        return fault_set(fault, WIRE_bad_field, "repeated field");
    if (code == json_error_numeric_overflow)
        return fault_set(fault, WIRE_bad_encoding, "a number exceeds 64 bits with sign");
    if (code == json_error_invalid_utf8)
        return fault_set(fault, WIRE_bad_encoding, "text is not UTF-8");
    if (code == json_error_null_character || code == json_error_null_byte_in_key)
        return fault_set(fault, WIRE_bad_encoding, "text has a NUL");
    return fault_set(fault, WIRE_bad_encoding, "not a JSON object or array");
}

/* An object or array whose values are being written. */
struct open_json {
    json_t *value;
    void *member; /* object: jansson's iterator, NULL at the end */
    size_t index; /* array: of the next element */
};

struct json_stack {
    const struct wire_limits *limits;
    size_t depth;
    struct open_json open[JSON_MAX_DEPTH];
};

static void open_value(struct json_stack *stack, json_t *value)
{
    CHECK(stack->depth < JSON_MAX_DEPTH); /* check_shape has counted */
    struct open_json *open = &stack->open[stack->depth++];
    open->value = value;
    open->index = 0;
    open->member = json_is_object(value) ? json_object_iter(value) : NULL;
}

/* A text over the limit of texts can only be bytes: it becomes them here. Shorter base64 is left to
 * the decoder, who knows what is wanted. */
static void write_text(const struct wire_limits *limits, struct slice text, struct writer *out)
{
    if (text.size <= limits->text || base64_size(text) > limits->binary) {
        pack_text(out, text);
        return;
    }
    struct writer before = *out;
    uint8_t *room = pack_binary_room(out, base64_size(text));
    if (room != NULL && base64_read(text, room))
        return;
    *out = before;
    pack_text(out, text);
}

static bool
write_value(struct json_stack *stack, json_t *value, struct writer *out, struct wire_fault *fault)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        pack_map(out, json_object_size(value));
        open_value(stack, value);
        return true;
    case JSON_ARRAY:
        pack_array(out, json_array_size(value));
        open_value(stack, value);
        return true;
    case JSON_STRING:
        write_text(
            stack->limits, slice_of(json_string_value(value), json_string_length(value)), out);
        return true;
    case JSON_INTEGER:
        pack_int(out, json_integer_value(value));
        return true;
    case JSON_TRUE:
    case JSON_FALSE:
        pack_bool(out, json_is_true(value));
        return true;
    case JSON_NULL:
        pack_nil(out);
        return true;
    case JSON_REAL:
        break;
    }
    return fault_set(fault, WIRE_bad_encoding, "a number has a fraction or an exponent");
}

/* The next value of what is open on top, its key written; NULL when it has none left. */
static json_t *next_value(struct open_json *open, struct writer *out)
{
    if (json_is_array(open->value))
        return json_array_get(open->value, open->index++);
    void *member = open->member;
    if (member == NULL)
        return NULL;
    const char *key = json_object_iter_key(member);
    pack_text(out, slice_of(key, json_object_iter_key_len(member)));
    open->member = json_object_iter_next(open->value, member);
    return json_object_iter_value(member);
}

static bool write_all(
    json_t *root, const struct wire_limits *limits, struct writer *out, struct wire_fault *fault)
{
    struct json_stack stack;
    stack.limits = limits;
    stack.depth = 0;
    if (!write_value(&stack, root, out, fault))
        return false;
    while (stack.depth > 0) {
        json_t *value = next_value(&stack.open[stack.depth - 1], out);
        if (value == NULL)
            stack.depth--;
        else if (!write_value(&stack, value, out, fault))
            return false;
    }
    return true;
}

bool json_to_msgpack(
    struct slice json,
    const struct wire_limits *limits,
    struct arena *arena,
    struct slice *out,
    struct wire_fault *fault)
{
    CHECK(limits->depth <= JSON_MAX_DEPTH);
    if (json.size > limits->bytes)
        return fault_set(fault, WIRE_too_large, "too many bytes");
    if (!check_shape(json, limits, fault))
        return false;
    json_error_t error;
    CLEANUP(release_json)
    json_t *root = json_loadb((const char *)json.data, json.size, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL)
        return parse_fault(&error, fault);
    /* MessagePack is no longer than the JSON but for headers of texts from 256 bytes on. */
    size_t capacity = json.size + json.size / 128 + 16;
    struct writer writer = writer_over(arena_take_raw(arena, capacity), capacity);
    if (writer.data == NULL)
        return fault_set(fault, WIRE_too_large, "out of memory for one turn");
    if (!write_all(root, limits, &writer, fault))
        return false;
    CHECK(!writer.overflow);
    if (!wire_scan(writer_slice(&writer), limits, fault))
        return false;
    *out = writer_slice(&writer);
    return true;
}
