// SPDX-License-Identifier: Apache-2.0
// Samples of every message there is, made from its descriptor: the same struct for the same list of
// fields, so that its bytes can be frozen. A change of a list, an order, a kind or an encoding shows.
#ifndef GOLDEN_FILLED_H
#define GOLDEN_FILLED_H

#include "base/arena.h"
#include "message/describe.h"
#include "wire/codec.h"

enum filling {
    FILLED_WHOLE, /* every field, two elements in every list; no box */
    FILLED_BARE,  /* what is required, as little as its bounds allow */
    FILLED_BOXED, /* what is required, with a box in place of the personal fields */
};

/* "whole", "bare", "boxed" */
const char *filling_name(enum filling filling);

/* A described struct in the arena. */
void *golden_fill(const struct message *message, enum filling filling, struct arena *arena);

/* Writing the body gives the bytes of <name>.<form>.hex, and reading those gives the body (where only
 * a part of it is in them: that they can be read). */
void golden_check_message(
    const char *name, const struct message *message, enum wire_form form, const void *body);

/* Whether a field of the message is personal. */
bool golden_is_personal(const struct message *message);

#endif
