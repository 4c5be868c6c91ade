// SPDX-License-Identifier: Apache-2.0
// The personal parts. They are the last of the output, so that they need not share a buffer with the
// rest: what was opened goes from its arena to the file descriptor, past the buffer of stdout.
#include "projector/show.h"

#include "message/print.h"
#include "message/walk.h"
#include "runtime/json_text.h"
#include "wire/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

enum { PERSONAL_ROOM = 1024 * 1024, VALUE_ROOM = 128 * 1024 };

/* Formats what is not personal. */
static void put(struct writer *out, const char *format, ...) PRINTF_LIKE(2, 3);

static void put(struct writer *out, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    CHECK(size >= 0 && (size_t)size < sizeof(text));
    writer_bytes(out, text, (size_t)size);
}

static const char *class_of(const struct sealed_copy *copy)
{
    return message_class_name((enum message_class)copy->class);
}

/* ---- text ---- */

/* A field of an opened record: "    city         Berlin". */
static void
put_field(const void *body, const struct message_field *field, size_t depth, struct writer *out)
{
    if (!message_has(body, field))
        return;
    put(out, "%*s%-12s ", (int)(2 + 2 * depth), "", field->name);
    if (field->kind == KIND_TEXT)
        show_text(message_get_slice(body, field), out);
    else if (field->kind == KIND_INT)
        put(out, "%" PRId64, message_get_i64(body, field));
    else if (field->kind != KIND_RECORD)
        put(out, "(only as JSON)");
    put(out, "\n");
}

static void put_record(const struct opened_part *part, struct writer *out)
{
    struct message_walk walk;
    size_t depth = 0;
    message_walk_start(&walk, part->message, part->body);
    while (message_walk_next(&walk)) {
        if (walk.step == WALK_OPEN)
            depth++;
        else if (walk.step == WALK_CLOSE)
            depth--;
        else if (walk.step == WALK_FIELD)
            put_field(walk.body, walk.field, depth, out);
    }
}

static void
put_part(const struct sealed_copy *copy, const struct revealed *revealed, struct writer *out)
{
    if (revealed == NULL)
        put(out, "  %-10s <%s sealed>", class_of(copy), class_of(copy));
    else
        put(out, "  %-10s %s", class_of(copy), open_outcome_name(revealed->part.outcome));
    if (revealed != NULL && revealed->why != NULL)
        put(out, ": %s", revealed->why);
    put(out, "  (");
    show_text(copy->event_type, out);
    put(out, ".%" PRId64 ", version %" PRId64 ")\n", copy->schema_version, copy->version);
    if (revealed != NULL && revealed->part.outcome == OPEN_OK)
        put_record(&revealed->part, out);
}

static void put_text(const struct shown *shown, const struct revealed *revealed, struct writer *out)
{
    put(out, "\npersonal\n");
    for (size_t i = 0; i < shown->copies.copies_count; i++)
        put_part(&shown->copies.copies[i], revealed != NULL ? &revealed[i] : NULL, out);
    if (shown->copies.copies_count == 0)
        put(out, "  none\n");
}

/* ---- JSON ---- */

/* The record in the contract form, as senders write it. */
static bool
put_json_record(const struct opened_part *part, struct arena *secret, struct writer *out)
{
    struct writer packed = writer_over(arena_take_raw(secret, VALUE_ROOM), VALUE_ROOM);
    if (packed.data == NULL)
        return false;
    wire_encode(part->message, WIRE_CONTRACT, part->body, &packed);
    if (packed.overflow)
        return false;
    put(out, ",\"value\":");
    json_from_msgpack(writer_slice(&packed), out);
    return true;
}

static bool put_json_part(
    const struct sealed_copy *copy,
    const struct revealed *revealed,
    struct arena *secret,
    struct writer *out)
{
    put(out, "{\"class\":\"%s\",\"event_type\":", class_of(copy));
    json_text_append(out, copy->event_type);
    put(out,
        ",\"schema_version\":%" PRId64 ",\"version\":%" PRId64,
        copy->schema_version,
        copy->version);
    if (revealed == NULL)
        put(out, ",\"state\":\"sealed\"");
    else
        put(out, ",\"state\":\"%s\"", open_outcome_name(revealed->part.outcome));
    if (revealed != NULL && revealed->why != NULL)
        put(out, ",\"why\":\"%s\"", revealed->why);
    bool ok = revealed == NULL || revealed->part.outcome != OPEN_OK ||
              put_json_record(&revealed->part, secret, out);
    put(out, "}");
    return ok;
}

static bool put_json(
    const struct shown *shown,
    const struct revealed *revealed,
    struct arena *secret,
    struct writer *out)
{
    put(out, "\"personal\":[");
    for (size_t i = 0; i < shown->copies.copies_count; i++) {
        if (i != 0)
            put(out, ",");
        if (!put_json_part(
                &shown->copies.copies[i], revealed != NULL ? &revealed[i] : NULL, secret, out))
            return false;
    }
    put(out, "]}\n");
    return true;
}

/* A reader that has gone away is no concern of ours. */
static void write_all(struct slice text)
{
    (void)fflush(stdout);
    for (size_t at = 0; at < text.size;) {
        ssize_t wrote = write(STDOUT_FILENO, text.data + at, text.size - at);
        if (wrote < 0 && errno != EINTR)
            return;
        at += wrote > 0 ? (size_t)wrote : 0;
    }
}

bool show_personal(const struct shown *shown, const struct revealed *revealed, struct arena *secret)
{
    struct writer out = writer_over(arena_take_raw(secret, PERSONAL_ROOM), PERSONAL_ROOM);
    if (out.data == NULL)
        return false;
    if (shown->options->json) {
        if (!put_json(shown, revealed, secret, &out))
            return false;
    } else {
        put_text(shown, revealed, &out);
    }
    if (out.overflow)
        return false;
    write_all(writer_slice(&out));
    return true;
}
