// SPDX-License-Identifier: Apache-2.0
// Writes MessagePack into a bounded writer, in the shortest form of every value. The packing is
// msgpack-c's (its templates inline into these calls).
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include "base/slice.h"

/* count elements follow. */
void pack_array(struct writer *out, size_t count);

/* count pairs of key and value follow. */
void pack_map(struct writer *out, size_t count);

void pack_nil(struct writer *out);
void pack_bool(struct writer *out, bool value);
void pack_int(struct writer *out, int64_t value);
void pack_text(struct writer *out, struct slice text);
void pack_binary(struct writer *out, struct slice bytes);

/* Makes room for a byte string that the caller writes; NULL on overflow. size > 0. */
uint8_t *pack_binary_room(struct writer *out, size_t size);

#endif
