// SPDX-License-Identifier: Apache-2.0
// Damaged messages, made from the full sample.
#ifndef GOLDEN_SAMPLE_EDIT_H
#define GOLDEN_SAMPLE_EDIT_H

#include "golden/sample.h"
#include "wire/codec.h"

/* Appends the encoding of sample_full in which the top-level field `name` comes `times` times: 0
 * leaves it out, 2 repeats it. Its value is the raw bytes of `value`, or its own where value.data
 * is NULL. */
void sample_edit(
    enum wire_form form, const char *name, struct slice value, size_t times, struct writer *out);

#endif
