// SPDX-License-Identifier: Apache-2.0
// Inside wire: how a fault is filled in.
#ifndef WIRE_FAULT_H
#define WIRE_FAULT_H

#include "wire/codec.h"

/* Both return false, so that a caller can return them. Texts are static. */
static inline bool
fault_set(struct wire_fault *fault, enum wire_fault_code code, const char *reason)
{
    *fault = (struct wire_fault){.code = code, .field = NULL, .reason = reason};
    return false;
}

static inline bool fault_field(
    struct wire_fault *fault, enum wire_fault_code code, const char *field, const char *reason)
{
    *fault = (struct wire_fault){.code = code, .field = field, .reason = reason};
    return false;
}

#endif
