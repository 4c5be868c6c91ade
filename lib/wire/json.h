// SPDX-License-Identifier: Apache-2.0
// JSON as a transcoding of the contract form; bytes are base64 text. Parsing is jansson's; duplicates,
// numbers with a fraction and nesting over the limit are refused.
#ifndef WIRE_JSON_H
#define WIRE_JSON_H

#include "wire/scan.h"

/* JSON text to MessagePack bytes in the arena, within the limits. Base64 over the limit of texts, but
 * within that of bytes, becomes bytes; shorter base64 stays text (decoding takes either). */
MUST_USE bool json_to_msgpack(
    struct slice json,
    const struct wire_limits *limits,
    struct arena *arena,
    struct slice *out,
    struct wire_fault *fault);

/* Scanned MessagePack bytes of the contract form as JSON text, appended without a final newline. */
void json_from_msgpack(struct slice msgpack, struct writer *out);

/* Appends text as a JSON string with its quotes. */
void json_write_text(struct slice text, struct writer *out);

#endif
