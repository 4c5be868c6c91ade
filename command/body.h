// SPDX-License-Identifier: Apache-2.0
// The body of a message as scanned MessagePack, and what its type says about personal data.
#ifndef COMMAND_BODY_H
#define COMMAND_BODY_H

#include "command/item.h"

/* JSON is transcoded into the arena; MessagePack stays where it is. */
MUST_USE bool body_to_msgpack(
    const struct item *item, struct arena *arena, struct slice *out, struct wire_fault *fault);

/* Whether the type has personal fields at all. */
bool body_may_be_personal(enum command_type type);

/* The box in a decoded body, false: there is none. */
MUST_USE bool body_find_box(enum command_type type, const void *body, struct sealed_box *out);

#endif
