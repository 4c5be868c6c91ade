// SPDX-License-Identifier: Apache-2.0
// Commands written by people: one JSON object per line, or one over several lines,
//     {"type": "place-order", "stream_id": "…", "id"?: "…", "expected_version"?: 3, "body": {…}}
// expected_version may be a text as well: "any", "none", "exists", ">=3" (wire/expected_version.h),
// for `send` and `validate`.
#ifndef COMMAND_INPUT_H
#define COMMAND_INPUT_H

#include "command/item.h"
#include "base/error.h"

/* The text of a file, or of stdin for "-". */
struct input {
    char *text;
    size_t size;
    size_t at;   /* where the next object begins */
    size_t line; /* of the object given last, from 1 */
};

/* Reads all of it, at most 64 MiB. */
MUST_USE bool input_open(struct input *input, const char *path, struct error *err);
void input_close(struct input *input);

/* The next object; false at the end. One that begins a line but does not end on it runs up to the
 * end of the text. */
MUST_USE bool input_next(struct input *input, struct slice *out);

struct input_command {
    enum command_type type;
    struct uuid stream_id;
    bool has_id;
    struct uuid id;
    struct expected_version expected;
    struct slice body;      /* MessagePack, in the arena */
    struct command command; /* the same, decoded */
    bool is_sealed;         /* its personal data is in a box, made for its id */
};

/* Reads one object. The body is checked as order-command would: a fault names code, field and reason.
 * A box cannot be looked into, but needs the id it was made for. */
MUST_USE bool input_read(
    struct slice json, struct arena *arena, struct input_command *out, struct wire_fault *fault);

#endif
