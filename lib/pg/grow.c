// SPDX-License-Identifier: Apache-2.0
#include "pg/grow.h"

#include <stdlib.h>

bool grow_writer(struct writer *out, size_t size)
{
    if (size <= out->capacity - out->size)
        return true;
    size_t wanted = out->capacity < 4096 ? 4096 : out->capacity;
    while (wanted - out->size < size) {
        if (__builtin_mul_overflow(wanted, 2, &wanted))
            return false;
    }
    uint8_t *data = realloc(out->data, wanted);
    if (data == NULL)
        return false;
    out->data = data;
    out->capacity = wanted;
    return true;
}
