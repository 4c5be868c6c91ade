// SPDX-License-Identifier: Apache-2.0
// Inside the codec: one field without parts (everything but records and lists), in both forms.
#ifndef WIRE_VALUE_H
#define WIRE_VALUE_H

#include "wire/cursor.h"
#include "wire/form.h"

/* What values are read from and with. */
struct value_source {
    struct cursor cursor;
    enum wire_form form;
    struct arena *arena;
};

/* What value_decode returns when the arena is exhausted. */
extern const char value_exhausted[];

/* Reads one value into the field's member of `body`. Returns NULL, or what is wrong with it; then
 * the cursor's place is of no use any more. */
MUST_USE const char *
value_decode(struct value_source *source, const struct message_field *field, void *body);

/* Appends the value of the field's member; CHECKs its bounds. */
void value_encode(
    enum wire_form form, const struct message_field *field, const void *body, struct writer *out);

#endif
