// SPDX-License-Identifier: Apache-2.0
// The headers of a command that waits in the database: those that the envelope reads, and no others,
// because anybody may put anything into the rest.
#ifndef COMMAND_PARKED_HEADERS_H
#define COMMAND_PARKED_HEADERS_H

#include "base/arena.h"
#include "wire/envelope.h"

/* Name and value in turn, each behind its length in 4 bytes, big endian; in the arena. False: it is
 * exhausted. */
MUST_USE bool parked_headers_pack(
    const struct header *headers, size_t count, struct arena *arena, struct slice *out);

/* The other way round; names and values are views into the bytes. False: the arena is exhausted, or the
 * bytes are not what parked_headers_pack makes. */
MUST_USE bool parked_headers_unpack(
    struct slice bytes, struct arena *arena, const struct header **out, size_t *count);

#endif
