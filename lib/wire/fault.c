// SPDX-License-Identifier: Apache-2.0
#include "wire/fault.h"

#include "base/banned.h"

const char *wire_fault_name(enum wire_fault_code code)
{
    static const char *const names[] = {
#define X(name) #name,
        WIRE_FAULTS(X)
#undef X
    };
    _Static_assert(countof(names) == WIRE_FAULT_COUNT, "a name for every code");
    CHECK((size_t)code < countof(names));
    return names[code];
}
