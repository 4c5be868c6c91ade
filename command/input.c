// SPDX-License-Identifier: Apache-2.0
#include "command/input.h"

#include "command/body.h"
#include "wire/cursor.h"
#include "wire/json.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { MOST_BYTES = 64 * 1024 * 1024, PIECE = 64 * 1024 };

/* What surrounds a command's body: one level and a few values more. */
static const struct wire_limits input_limits = {
    .bytes = 512 * 1024 + 4096, .depth = 9, .elements = 65536 + 16, .text = 4096};

/* ---- text ---- */

static bool read_all(struct input *input, FILE *file, const char *path, struct error *err)
{
    size_t capacity = 0;
    for (;;) {
        if (input->size + PIECE > capacity) {
            capacity = capacity == 0 ? (size_t)PIECE : capacity * 2;
            char *grown =
                capacity <= 2 * (size_t)MOST_BYTES ? realloc(input->text, capacity) : NULL;
            if (grown == NULL)
                return error_set(err, ERROR_invalid, "%.300s: over 64 MiB", path);
            input->text = grown;
        }
        size_t got = fread(input->text + input->size, 1, PIECE, file);
        input->size += got;
        if (got == 0)
            break;
    }
    if (ferror(file))
        return error_set(err, ERROR_invalid, "%.300s: %s", path, strerror(errno));
    return true;
}

bool input_open(struct input *input, const char *path, struct error *err)
{
    *input = (struct input){0};
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (file == NULL)
        return error_set(err, ERROR_invalid, "%.300s: %s", path, strerror(errno));
    bool ok = read_all(input, file, path, err);
    if (!is_stdin)
        (void)fclose(file);
    if (!ok)
        input_close(input);
    return ok;
}

void input_close(struct input *input)
{
    if (input->text != NULL)
        sodium_memzero(input->text, input->size); /* people write names and addresses there */
    free(input->text);
    *input = (struct input){0};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Whether braces are balanced: enough to tell a whole object from the first line of one. */
static bool is_whole(struct slice text)
{
    int64_t depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        if (in_text && c == '\\') {
            i++;
            continue;
        }
        if (c == '"')
            in_text = !in_text;
        if (!in_text && (c == '{' || c == '['))
            depth++;
        if (!in_text && (c == '}' || c == ']'))
            depth--;
    }
    return depth <= 0;
}

bool input_next(struct input *input, struct slice *out)
{
    input->line = input->line == 0 ? 1 : input->line;
    for (; input->at < input->size && is_blank(input->text[input->at]); input->at++)
        input->line += input->text[input->at] == '\n';
    if (input->at == input->size)
        return false;
    const char *begin = input->text + input->at;
    size_t left = input->size - input->at;
    const char *end = memchr(begin, '\n', left);
    size_t size = end != NULL ? (size_t)(end - begin) : left;
    if (!is_whole(slice_of(begin, size)))
        size = left;
    *out = slice_of(begin, size);
    input->at += size;
    return true;
}

/* ---- one object ---- */

static bool
blame(struct wire_fault *fault, enum wire_fault_code code, const char *field, const char *reason)
{
    *fault = (struct wire_fault){.code = code, .field = field, .reason = reason};
    return false;
}

/* "place-order" is short for "order.command.place-order.v1". */
static bool find_type(struct slice name, enum command_type *out)
{
    char text[80];
    if (catalog_find_command(name, out))
        return true;
    int size = snprintf(text, sizeof(text), ".command.%.*s.v", SLICE_FORMAT(name));
    if (name.size == 0 || size < 0 || (size_t)size >= sizeof(text))
        return false;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        if (strstr(command_descriptions[i].ce_type, text) == NULL)
            continue;
        *out = (enum command_type)i;
        return true;
    }
    return false;
}

/* Which members were there. */
struct seen {
    bool type;
    bool stream_id;
    bool body;
};

static bool
read_uuid(struct cursor *cursor, const char *field, struct uuid *out, struct wire_fault *fault)
{
    struct slice text;
    if (cursor_bytes(cursor, CURSOR_TEXT, &text) && uuid_parse(text, out))
        return true;
    return blame(fault, WIRE_bad_field, field, "not a UUID");
}

/* A number, or one of the notations of the header. */
static bool read_expected(struct cursor *cursor, struct expected_version *out)
{
    struct cursor_head head;
    struct slice text;
    if (!cursor_head(cursor, &head))
        return false;
    if (head.type == CURSOR_TEXT)
        return cursor_body(cursor, &head, &text) && expected_version_read(text, out);
    *out = (struct expected_version){
        .mode = head.value == 0 ? EXPECTED_NONE : EXPECTED_EXACT, .version = head.value};
    return head.type == CURSOR_INT && head.value >= 0;
}

static bool read_member(
    struct slice name,
    struct cursor *cursor,
    struct input_command *out,
    struct seen *seen,
    struct wire_fault *fault)
{
    struct slice text;
    if (slice_is(name, "type")) {
        seen->type = cursor_bytes(cursor, CURSOR_TEXT, &text) && find_type(text, &out->type);
        return seen->type || blame(fault, WIRE_bad_field, "type", "no command has this type");
    }
    if (slice_is(name, "stream_id")) {
        seen->stream_id = true;
        return read_uuid(cursor, "stream_id", &out->stream_id, fault);
    }
    if (slice_is(name, "id")) {
        out->has_id = true;
        return read_uuid(cursor, "id", &out->id, fault);
    }
    if (slice_is(name, "expected_version"))
        return read_expected(cursor, &out->expected) ||
               blame(fault, WIRE_bad_field, "expected_version", "not a version");
    if (slice_is(name, "body")) {
        const uint8_t *begin = cursor->at;
        cursor_skip(cursor);
        out->body = slice_of(begin, (size_t)(cursor->at - begin));
        seen->body = true;
        return true;
    }
    return blame(fault, WIRE_bad_field, NULL, "unknown member beside type, stream_id and body");
}

static bool read_members(struct slice bytes, struct input_command *out, struct wire_fault *fault)
{
    struct cursor cursor = cursor_over(bytes);
    struct seen seen = {0};
    int64_t count;
    if (!cursor_value(&cursor, CURSOR_MAP, &count))
        return blame(fault, WIRE_bad_encoding, NULL, "not an object");
    for (int64_t i = 0; i < count; i++) {
        struct slice name;
        CHECK(cursor_bytes(&cursor, CURSOR_TEXT, &name));
        if (!read_member(name, &cursor, out, &seen, fault))
            return false;
    }
    if (!seen.type)
        return blame(fault, WIRE_missing_field, "type", "missing");
    if (!seen.stream_id)
        return blame(fault, WIRE_missing_field, "stream_id", "missing");
    return seen.body || blame(fault, WIRE_missing_field, "body", "missing");
}

static bool check_body(struct input_command *command, struct arena *arena, struct wire_fault *fault)
{
    const struct message *message = command_descriptions[command->type].message;
    struct sealed_box box;
    void *body = arena_take(arena, message->size);
    if (body == NULL)
        return blame(fault, WIRE_too_large, NULL, "more than memory is set aside for");
    if (!wire_scan(command->body, &wire_command_limits, fault) ||
        !wire_decode(message, WIRE_CONTRACT, command->body, arena, body, fault))
        return false;
    command->command = (struct command){.type = command->type, .body = body};
    command->is_sealed = body_find_box(command->type, body, &box);
    if (command->is_sealed && !command->has_id)
        return blame(fault, WIRE_missing_field, "id", "a box opens with the id it was made for");
    return true;
}

bool input_read(
    struct slice json, struct arena *arena, struct input_command *out, struct wire_fault *fault)
{
    struct slice bytes;
    struct input_command command = {0};
    if (!json_to_msgpack(json, &input_limits, arena, &bytes, fault) ||
        !read_members(bytes, &command, fault) || !check_body(&command, arena, fault))
        return false;
    *out = command;
    return true;
}
