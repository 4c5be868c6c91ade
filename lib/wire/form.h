// SPDX-License-Identifier: Apache-2.0
// Inside the codec: which fields of a message's top level are in which form (codec.h). Below the top
// level a form has all fields.
#ifndef WIRE_FORM_H
#define WIRE_FORM_H

#include "message/sealed.h"
#include "wire/codec.h"

/* The stored form is of arrays and numbers; the contract forms differ in their fields only. */
static inline bool form_is_stored(enum wire_form form)
{
    return form == WIRE_STORED;
}

static inline bool form_takes(enum wire_form form, const struct message_field *field)
{
    switch (form) {
    case WIRE_CONTRACT:
        return true;
    case WIRE_STORED:
        return !message_is_personal(field) && !message_is_box(field);
    case WIRE_CONTRACT_CLEAR:
        return !message_is_personal(field);
    case WIRE_CONTRACT_PERSONAL:
        return message_is_personal(field);
    }
    UNREACHABLE();
}

#endif
