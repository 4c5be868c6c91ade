// SPDX-License-Identifier: Apache-2.0
// Counts of named things: outcomes and codes as they come in. Few names, bounded.
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include "base/slice.h"

enum { TALLY_ROWS = 64, TALLY_NAME_SIZE = 144 };

struct tally_row {
    char name[TALLY_NAME_SIZE];
    size_t size; /* of the name */
    int64_t count;
};

struct tally {
    struct tally_row rows[TALLY_ROWS];
    size_t count;
};

/* Names that are too long, have other characters than letters, digits and "_-./", or come when the
 * rows are used up, count as "other". */
void tally_add(struct tally *tally, struct slice name);

int64_t tally_of(const struct tally *tally, const char *name);

/* As a JSON object, in the order in which the names came. */
void tally_print(const struct tally *tally, struct writer *out);

#endif
