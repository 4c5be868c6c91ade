// SPDX-License-Identifier: Apache-2.0
// What may be kept of a message in the dead letters: nobody who reads them may find a person there.
#ifndef COMMAND_WITHHOLD_H
#define COMMAND_WITHHOLD_H

#include "command/item.h"

/* Whether the body of an item is to be left out of its dead letter. It is kept when nothing personal
 * can be in it in plain:
 *
 *     type unknown                                             left out
 *     type has no personal fields                              kept
 *     the body decodes, with a box or without personal data    kept
 *     anything else                                            left out
 *
 * Decoding is strict, so there is nothing beside the known fields in what is kept; whatever else is wrong
 * with the message (its key, a header) does not matter. The arena is room for looking. */
bool withhold_body(const struct item *item, struct arena *arena);

#endif
