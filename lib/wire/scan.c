// SPDX-License-Identifier: Apache-2.0
#include "wire/scan.h"

#include "base/text.h"
#include "wire/cursor.h"
#include "wire/fault.h"

#include "base/banned.h"

enum { SCAN_MAX_DEPTH = 32 };

const struct wire_limits wire_command_limits = {
    .bytes = 512 * 1024, .depth = 8, .elements = 65536, .text = 4096, .binary = 65536};

const struct wire_limits wire_event_limits = {
    .bytes = 512 * 1024, .depth = 8, .elements = 65536, .text = 4096, .binary = 65536};

/* A map or an array whose values are being looked over. */
struct open_value {
    uint32_t left; /* values still to come; of a map keys and values, so that a key comes at even */
    bool is_map;
};

struct scan {
    struct cursor cursor;
    const struct wire_limits *limits;
    size_t elements;
    size_t depth;
    struct open_value open[SCAN_MAX_DEPTH];
};

static bool scan_text(struct scan *scan, const struct cursor_head *head, struct wire_fault *fault)
{
    struct slice text;
    if ((uint64_t)head->value > scan->limits->text)
        return fault_set(fault, WIRE_too_large, "text is too long");
    if (!cursor_body(&scan->cursor, head, &text))
        return fault_set(fault, WIRE_bad_encoding, "the bytes end within a text");
    if (!text_is_utf8(text))
        return fault_set(fault, WIRE_bad_encoding, "text is not UTF-8 or has a NUL");
    return true;
}

static bool scan_binary(struct scan *scan, const struct cursor_head *head, struct wire_fault *fault)
{
    struct slice bytes;
    if (scan->limits->binary == 0)
        return fault_set(fault, WIRE_bad_encoding, "byte strings are not allowed");
    if ((uint64_t)head->value > scan->limits->binary)
        return fault_set(fault, WIRE_too_large, "byte string is too long");
    if (!cursor_body(&scan->cursor, head, &bytes))
        return fault_set(fault, WIRE_bad_encoding, "the bytes end within a byte string");
    return true;
}

/* count: pairs of a map, elements of an array; at most 2^32 - 1 by the format. */
static bool scan_open(struct scan *scan, const struct cursor_head *head, struct wire_fault *fault)
{
    bool is_map = head->type == CURSOR_MAP;
    uint64_t values = (uint64_t)head->value * (is_map ? 2 : 1);
    if (scan->depth == scan->limits->depth)
        return fault_set(fault, WIRE_bad_encoding, "nested too deep");
    if (values > cursor_left(&scan->cursor))
        return fault_set(fault, WIRE_bad_encoding, "a count exceeds the bytes that follow");
    scan->open[scan->depth++] = (struct open_value){.left = (uint32_t)values, .is_map = is_map};
    return true;
}

static bool scan_value(struct scan *scan, const struct cursor_head *head, struct wire_fault *fault)
{
    switch (head->type) {
    case CURSOR_NIL:
    case CURSOR_BOOL:
    case CURSOR_INT:
        return true;
    case CURSOR_TEXT:
        return scan_text(scan, head, fault);
    case CURSOR_BINARY:
        return scan_binary(scan, head, fault);
    case CURSOR_ARRAY:
    case CURSOR_MAP:
        return scan_open(scan, head, fault);
    case CURSOR_OVER_INT64:
        return fault_set(fault, WIRE_bad_encoding, "an integer exceeds 64 bits with sign");
    case CURSOR_FLOAT:
        return fault_set(fault, WIRE_bad_encoding, "floating point is not allowed");
    case CURSOR_EXT:
        return fault_set(fault, WIRE_bad_encoding, "extension types are not allowed");
    case CURSOR_RESERVED:
        break;
    }
    return fault_set(fault, WIRE_bad_encoding, "a reserved byte");
}

/* Counts the coming value against what it is in; whether it has to be a key. */
static bool scan_expects_key(struct scan *scan)
{
    if (scan->depth == 0)
        return false;
    struct open_value *parent = &scan->open[scan->depth - 1];
    bool is_key = parent->is_map && parent->left % 2 == 0;
    parent->left--;
    return is_key;
}

bool wire_scan(struct slice bytes, const struct wire_limits *limits, struct wire_fault *fault)
{
    CHECK(limits->depth <= SCAN_MAX_DEPTH && limits->bytes <= UINT32_MAX);
    struct scan scan;
    scan.cursor = cursor_over(bytes);
    scan.limits = limits;
    scan.elements = 0;
    scan.depth = 0;
    if (bytes.size > limits->bytes)
        return fault_set(fault, WIRE_too_large, "too many bytes");
    do {
        struct cursor_head head;
        bool is_key = scan_expects_key(&scan);
        if (!cursor_head(&scan.cursor, &head))
            return fault_set(fault, WIRE_bad_encoding, "the bytes end early");
        if (is_key && head.type != CURSOR_TEXT)
            return fault_set(fault, WIRE_bad_encoding, "a key is not text");
        if (++scan.elements > limits->elements)
            return fault_set(fault, WIRE_too_large, "too many values");
        if (!scan_value(&scan, &head, fault))
            return false;
        while (scan.depth > 0 && scan.open[scan.depth - 1].left == 0)
            scan.depth--;
    } while (scan.depth > 0);
    if (scan.cursor.at != scan.cursor.end)
        return fault_set(fault, WIRE_bad_encoding, "trailing bytes");
    return true;
}
