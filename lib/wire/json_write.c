// SPDX-License-Identifier: Apache-2.0
// MessagePack bytes of the contract form to JSON text.
#include "wire/base64.h"
#include "wire/cursor.h"
#include "wire/json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

enum { JSON_MAX_DEPTH = 32 };

/* A map or an array whose values are being written. */
struct open_value {
    size_t left; /* values still to come; of a map keys and values */
    bool is_map;
    bool is_first;
};

static void write_escaped(uint8_t byte, struct writer *out)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "\"\\\b\f\n\r\t";
    static const char escapes[] = "\"\\bfnrt";
    const char *at = memchr(letters, byte, sizeof(letters) - 1);
    writer_byte(out, '\\');
    if (at != NULL) {
        writer_byte(out, (uint8_t)escapes[at - letters]);
        return;
    }
    writer_bytes(out, "u00", 3);
    writer_byte(out, (uint8_t)digits[byte >> 4]);
    writer_byte(out, (uint8_t)digits[byte & 0x0f]);
}

void json_write_text(struct slice text, struct writer *out)
{
    size_t done = 0;
    writer_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        writer_bytes(out, text.data + done, i - done);
        write_escaped(byte, out);
        done = i + 1;
    }
    if (text.size > done)
        writer_bytes(out, text.data + done, text.size - done);
    writer_byte(out, '"');
}

static void write_int(int64_t value, struct writer *out)
{
    char digits[24];
    int size = snprintf(digits, sizeof(digits), "%" PRId64, value);
    writer_bytes(out, digits, (size_t)size);
}

static void write_bytes(struct slice bytes, struct writer *out)
{
    writer_byte(out, '"');
    base64_write(bytes, out);
    writer_byte(out, '"');
}

/* Everything but maps and arrays. */
static void write_plain(struct cursor *cursor, const struct cursor_head *head, struct writer *out)
{
    struct slice text;
    if (head->type == CURSOR_NIL) {
        writer_bytes(out, "null", 4);
    } else if (head->type == CURSOR_BOOL) {
        writer_bytes(out, head->value != 0 ? "true" : "false", head->value != 0 ? 4 : 5);
    } else if (head->type == CURSOR_INT) {
        write_int(head->value, out);
    } else {
        /* the contract form has no other */
        CHECK(head->type == CURSOR_TEXT || head->type == CURSOR_BINARY);
        CHECK(cursor_body(cursor, head, &text));
        if (head->type == CURSOR_TEXT)
            json_write_text(text, out);
        else
            write_bytes(text, out);
    }
}

/* What stands between the last value and the next one of the same map or array. */
static void write_separator(struct open_value *parent, struct writer *out)
{
    bool is_key = parent->is_map && parent->left % 2 == 0;
    if (parent->is_map && !is_key)
        writer_byte(out, ':');
    else if (!parent->is_first)
        writer_byte(out, ',');
    parent->is_first = false;
    parent->left--;
}

void json_from_msgpack(struct slice msgpack, struct writer *out)
{
    struct cursor cursor = cursor_over(msgpack);
    struct open_value open[JSON_MAX_DEPTH];
    size_t depth = 0;
    do {
        struct cursor_head head;
        if (depth > 0)
            write_separator(&open[depth - 1], out);
        CHECK(cursor_head(&cursor, &head));
        if (head.type == CURSOR_MAP || head.type == CURSOR_ARRAY) {
            bool is_map = head.type == CURSOR_MAP;
            CHECK(depth < JSON_MAX_DEPTH);
            size_t left = (size_t)head.value * (is_map ? 2 : 1);
            open[depth++] = (struct open_value){.left = left, .is_map = is_map, .is_first = true};
            writer_byte(out, is_map ? '{' : '[');
        } else {
            write_plain(&cursor, &head, out);
        }
        for (; depth > 0 && open[depth - 1].left == 0; depth--)
            writer_byte(out, open[depth - 1].is_map ? '}' : ']');
    } while (depth > 0);
}
