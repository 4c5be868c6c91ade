// SPDX-License-Identifier: Apache-2.0
// The object is transcoded to MessagePack as every JSON text is; its data is then a part of those bytes.
#include "wire/structured.h"

#include "base/text.h"
#include "wire/base64.h"
#include "wire/cursor.h"
#include "wire/fault.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "base/banned.h"

enum { MOST_ATTRIBUTES = 64, LONGEST_NAME = 64, NUMBER_SIZE = 24 };

/* A body around which there is one level and some attributes; base64 takes a third more. */
static const struct wire_limits event_limits = {
    .bytes = 704 * 1024, .depth = 9, .elements = 65536 + 160, .text = 4096, .binary = 512 * 1024};

static const char structured_type[] = "application/cloudevents+json";

bool structured_is(const struct header *headers, size_t header_count)
{
    size_t size = sizeof(structured_type) - 1;
    for (size_t i = 0; i < header_count; i++) {
        struct slice value = headers[i].value;
        if (!slice_is(headers[i].name, "content-type") || value.size < size)
            continue;
        bool ends = value.size == size || value.data[size] == ';' || value.data[size] == ' ';
        return ends && strncasecmp((const char *)value.data, structured_type, size) == 0;
    }
    return false;
}

struct unwrapping {
    struct header *headers;
    size_t header_count;
    struct slice data;
    bool data_is_packed;
    struct arena *arena;
    bool has_data;
    bool has_type; /* datacontenttype */
};

static bool exhausted(struct wire_fault *fault)
{
    return fault_set(fault, WIRE_too_large, "more than a batch holds");
}

/* Names have letters and digits only: what is an attribute cannot become another header. */
static bool
make_name(struct slice attribute, struct arena *arena, struct slice *out, struct wire_fault *fault)
{
    uint8_t name[LONGEST_NAME + 3] = "ce_";
    if (attribute.size == 0 || attribute.size > LONGEST_NAME)
        return fault_field(fault, WIRE_bad_field, "data", "not the name of an attribute");
    for (size_t i = 0; i < attribute.size; i++) {
        uint8_t c = attribute.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
            return fault_field(fault, WIRE_bad_field, "data", "not the name of an attribute");
        name[3 + i] = c;
    }
    struct slice made = slice_of(name, 3 + attribute.size);
    if (slice_is(attribute, "traceparent"))
        made = attribute;
    if (slice_is(attribute, "datacontenttype"))
        made = slice_of_text("content-type");
    return arena_copy(arena, made, out) || exhausted(fault);
}

/* Texts stay where they are; numbers become one. */
static bool
take_value(struct cursor *cursor, struct arena *arena, struct slice *out, struct wire_fault *fault)
{
    struct cursor_head head;
    char number[NUMBER_SIZE];
    CHECK(cursor_head(cursor, &head));
    if (head.type == CURSOR_TEXT) {
        CHECK(cursor_body(cursor, &head, out));
        return true;
    }
    if (head.type != CURSOR_INT)
        return fault_field(
            fault, WIRE_bad_field, "data", "an attribute is neither text nor number");
    int size = snprintf(number, sizeof(number), "%" PRId64, head.value);
    return arena_copy(arena, slice_of(number, (size_t)size), out) || exhausted(fault);
}

static bool
take_base64(struct unwrapping *unwrapping, struct cursor *cursor, struct wire_fault *fault)
{
    struct cursor_head head;
    struct slice text;
    CHECK(cursor_head(cursor, &head));
    if (head.type != CURSOR_TEXT && head.type != CURSOR_BINARY)
        return fault_field(fault, WIRE_bad_field, "data", "data_base64 is not base64");
    CHECK(cursor_body(cursor, &head, &text));
    if (head.type == CURSOR_BINARY) { /* it was long, and is read already: wire/json.h */
        unwrapping->data = text;
        return true;
    }
    size_t size = base64_size(text);
    uint8_t *bytes = arena_take_raw(unwrapping->arena, size);
    if (bytes == NULL)
        return exhausted(fault);
    unwrapping->data = slice_of(bytes, size);
    return base64_read(text, bytes) ||
           fault_field(fault, WIRE_bad_field, "data", "data_base64 is not base64");
}

static bool take_data(
    struct unwrapping *unwrapping,
    struct slice name,
    struct cursor *cursor,
    struct wire_fault *fault)
{
    if (unwrapping->has_data)
        return fault_field(fault, WIRE_bad_field, "data", "both data and data_base64");
    unwrapping->has_data = true;
    if (slice_is(name, "data_base64"))
        return take_base64(unwrapping, cursor, fault);
    const uint8_t *begin = cursor->at;
    cursor_skip(cursor);
    unwrapping->data = slice_of(begin, (size_t)(cursor->at - begin));
    unwrapping->data_is_packed = true;
    return true;
}

static bool
take_member(struct unwrapping *unwrapping, struct cursor *cursor, struct wire_fault *fault)
{
    struct slice name;
    CHECK(cursor_bytes(cursor, CURSOR_TEXT, &name));
    if (slice_is(name, "data") || slice_is(name, "data_base64"))
        return take_data(unwrapping, name, cursor, fault);
    if (cursor_take_nil(cursor)) /* null: absent */
        return true;
    struct header *header = &unwrapping->headers[unwrapping->header_count++];
    unwrapping->has_type = unwrapping->has_type || slice_is(name, "datacontenttype");
    return make_name(name, unwrapping->arena, &header->name, fault) &&
           take_value(cursor, unwrapping->arena, &header->value, fault);
}

static bool is_attribute(struct slice name)
{
    return slice_is(name, "content-type") || (name.size >= 3 && memcmp(name.data, "ce_", 3) == 0);
}

/* The record's own headers behind the attributes. */
static void add_others(struct unwrapping *unwrapping, const struct structured_event *event)
{
    bool has_trace = false;
    for (size_t i = 0; i < unwrapping->header_count; i++)
        has_trace = has_trace || slice_is(unwrapping->headers[i].name, "traceparent");
    if (!unwrapping->has_type)
        unwrapping->headers[unwrapping->header_count++] =
            (struct header){SLICE_LITERAL("content-type"), SLICE_LITERAL("application/json")};
    for (size_t i = 0; i < event->header_count; i++) {
        const struct header *header = &event->headers[i];
        bool gives_way = has_trace && slice_is(header->name, "traceparent");
        if (!is_attribute(header->name) && !gives_way)
            unwrapping->headers[unwrapping->header_count++] = *header;
    }
}

static bool unwrap(
    struct unwrapping *unwrapping, struct cursor *cursor, int64_t members, struct wire_fault *fault)
{
    for (int64_t i = 0; i < members; i++) {
        if (!take_member(unwrapping, cursor, fault))
            return false;
    }
    return unwrapping->has_data || fault_field(fault, WIRE_missing_field, "data", "missing");
}

bool structured_read(
    struct slice json,
    struct structured_event *event,
    struct arena *arena,
    struct wire_fault *fault)
{
    struct unwrapping unwrapping = {.arena = arena};
    struct slice bytes;
    int64_t members;
    if (!json_to_msgpack(json, &event_limits, arena, &bytes, fault))
        return false;
    struct cursor cursor = cursor_over(bytes);
    if (!cursor_value(&cursor, CURSOR_MAP, &members))
        return fault_set(fault, WIRE_bad_encoding, "not a JSON object");
    if (members > MOST_ATTRIBUTES)
        return fault_set(fault, WIRE_too_large, "too many attributes");
    unwrapping.headers =
        arena_array(arena, (size_t)members + 1 + event->header_count, struct header);
    if (unwrapping.headers == NULL)
        return exhausted(fault);
    if (!unwrap(&unwrapping, &cursor, members, fault))
        return false;
    add_others(&unwrapping, event);
    *event = (struct structured_event){
        .headers = unwrapping.headers,
        .header_count = unwrapping.header_count,
        .data = unwrapping.data,
        .data_is_packed = unwrapping.data_is_packed};
    return true;
}
