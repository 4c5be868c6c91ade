// SPDX-License-Identifier: Apache-2.0
// What verify found: a count of all differences and the first of them by name.
#ifndef PROJECTOR_DIFFERENCES_H
#define PROJECTOR_DIFFERENCES_H

#include "base/slice.h"

enum { DIFFERENCES_NAMED = 20, DIFFERENCE_TEXT = 100 };

struct difference {
    const char *table;              /* static, e.g. "read.order_summary" */
    char row[DIFFERENCE_TEXT];      /* which row */
    const char *column;             /* static; "row" when all of it is missing or too much */
    char expected[DIFFERENCE_TEXT]; /* by the events */
    char found[DIFFERENCE_TEXT];
};

struct differences {
    int64_t count;
    struct difference first[DIFFERENCES_NAMED];
};

/* Counts one more. Returns where to write its texts, zeroed, or NULL when enough are named. */
struct difference *
difference_add(struct differences *differences, const char *table, const char *column);

/* Counts a row that only one side has: the events (expected) or the table. */
void difference_add_row(
    struct differences *differences, const char *table, const char *name, bool expected);

/* The first ones, a line each. */
void differences_print(const struct differences *differences);

/* As a JSON array. */
void differences_print_json(const struct differences *differences);

/* Text for people: cut to size, control characters as '?'. */
void difference_text(char out[static DIFFERENCE_TEXT], struct slice text);

#endif
