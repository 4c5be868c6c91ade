// SPDX-License-Identifier: Apache-2.0
// States point into the events they came from. To outlive them, what they point at is moved into an
// arena of their own. All here: false when it is exhausted.
#ifndef DOMAIN_KEEP_H
#define DOMAIN_KEEP_H

#include "base/arena.h"
#include "message/describe.h"

MUST_USE bool keep_text(struct slice *text, struct arena *arena);

/* The texts of a described struct that was copied as it is: one without lists and records. */
MUST_USE bool keep_texts(const struct message *message, void *body, struct arena *arena);

/* count elements of size bytes; *array, a pointer to them, is pointed at the copy (NULL: none). */
MUST_USE bool keep_elements(void *array, size_t count, size_t size, struct arena *arena);

#define KEEP_ARRAY(array, count, arena) keep_elements(&(array), (count), sizeof(*(array)), (arena))

#endif
