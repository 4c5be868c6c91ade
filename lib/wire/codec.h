// SPDX-License-Identifier: Apache-2.0
// THE codec: described structs to MessagePack bytes and back. No message is known by name here.
//
// Two forms of the same list of fields:
//   contract  what other services send and receive: maps keyed by field name; UUID, TIME (RFC 3339)
//             and DECIMAL are text, ENUM its name; optional fields are left out. The same model as
//             JSON, so that JSON is a transcoding (wire/json.h).
//   stored    what the event store holds: arrays in field order; UUID 16 bytes, TIME and ENUM
//             integers, DECIMAL [coefficient, scale], an absent optional field is nil. Frozen per
//             schema version. An ENUM value this program does not know decodes as it is.
//             DECIMAL is here so that every message has a stored form; no event uses it.
// BYTES are byte strings in both; in JSON, and so in the contract form where it came from JSON, they
// are base64 text.
//
// Of the top level of a message the stored form has the clear fields only: neither its personal
// fields (message_is_personal), which are sealed apart, nor the box they came in (message_is_box).
// What it leaves out is absent after decoding, or all zero where it is required. The contract form
// comes whole or in two parts:
//   WIRE_CONTRACT           all fields. With a box, the personal ones are inside it, required or not:
//                           one of them beside the box is a fault of the field "sealed".
//   WIRE_CONTRACT_CLEAR     without the personal fields: any of them is a fault
//   WIRE_CONTRACT_PERSONAL  the personal fields alone; decoding leaves the others as they are
// Decoding is strict: scan first (wire/scan.h); unknown, repeated or missing fields, values out of
// their bounds and trailing bytes are faults. A required list has an element at least; an optional
// one may have none. A message has at most 64 fields.
#ifndef WIRE_CODEC_H
#define WIRE_CODEC_H

#include "base/arena.h"
#include "message/describe.h"

enum wire_form {
    WIRE_CONTRACT,
    WIRE_STORED,
    WIRE_CONTRACT_CLEAR,
    WIRE_CONTRACT_PERSONAL,
};

/* Codes are the names of the rejections of class "malformed". */
#define WIRE_FAULTS(X) \
    X(bad_encoding)  /* not MessagePack, not JSON, wrong UTF-8, trailing bytes, nesting */ \
    X(too_large)     /* over a stated limit */ \
    X(missing_field) /* a required field is absent */ \
    X(bad_field)     /* wrong type, out of bounds, unknown or repeated field */

enum wire_fault_code {
#define X(name) WIRE_##name,
    WIRE_FAULTS(X)
#undef X
        WIRE_FAULT_COUNT
};

struct wire_fault {
    enum wire_fault_code code;
    const char *field;  /* name from the descriptor (static), NULL where no field is to blame;
                           never text from the input */
    const char *reason; /* static English, e.g. "unknown field" */
};

const char *wire_fault_name(enum wire_fault_code code);

/* Decodes into `out` (message->size bytes), whose content is undefined after a fault. Text, bytes and
 * lists of the result point into `bytes` or the arena: both must outlive it. An exhausted arena is
 * the fault too_large. Safe on bytes that were not scanned, but does not look for bad UTF-8. */
MUST_USE bool wire_decode(
    const struct message *message,
    enum wire_form form,
    struct slice bytes,
    struct arena *arena,
    void *out,
    struct wire_fault *fault);

/* Appends the encoding to `out`; the writer's overflow flag says whether it fitted. The same body
 * gives the same bytes. WIRE_CONTRACT of a body with a box leaves its personal fields out. CHECKs that bodies of ours are within their bounds; the contract form of an
 * ENUM value without a name is out of bounds, too. */
void wire_encode(
    const struct message *message, enum wire_form form, const void *body, struct writer *out);

#endif
