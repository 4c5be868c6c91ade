// SPDX-License-Identifier: Apache-2.0
// Lets a writer that owns its memory grow; shared by copy.c and array.c.
#ifndef PG_GROW_H
#define PG_GROW_H

#include "base/slice.h"

/* Makes room for `size` more bytes by doubling. False when memory ran out: nothing is lost. */
MUST_USE bool grow_writer(struct writer *out, size_t size);

#endif
