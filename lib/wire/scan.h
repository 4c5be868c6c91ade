// SPDX-License-Identifier: Apache-2.0
// Looks over MessagePack bytes before anything is decoded: no allocation, no recursion, one pass.
// A header that claims more than the bytes that follow could hold is refused here, so that no
// decoder ever allocates by a claim.
#ifndef WIRE_SCAN_H
#define WIRE_SCAN_H

#include "wire/codec.h"

struct wire_limits {
    size_t bytes;
    size_t depth;    /* nesting of maps and arrays, at most 32 */
    size_t elements; /* values in all, map keys included */
    size_t text;     /* bytes of one string */
    size_t binary;   /* bytes of one byte string; 0: none allowed, not even an empty one */
};

/* Limits of a command as it arrives: 512 KiB, depth 8, 65,536 elements, text 4 KiB, binary 64 KiB (the
 * box of its personal data). */
extern const struct wire_limits wire_command_limits;

/* Limits of a stored event: 512 KiB, depth 8, 65,536 elements, text 4 KiB, binary 64 KiB. */
extern const struct wire_limits wire_event_limits;

/* True when `bytes` is exactly one well-formed value within the limits: every count at most the
 * bytes left (maps twice), text valid UTF-8 without NUL, map keys text, no float, no ext, integers
 * within int64, nothing after it. */
MUST_USE bool
wire_scan(struct slice bytes, const struct wire_limits *limits, struct wire_fault *fault);

#endif
