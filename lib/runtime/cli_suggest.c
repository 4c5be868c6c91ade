// SPDX-License-Identifier: Apache-2.0
// Edit distance, for "did you mean".
#include "runtime/cli_parts.h"

#include <string.h>

#include "base/banned.h"

enum { LONGEST = 63 };

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One row of the optimal string alignment distance; `before` and `above` are the two earlier rows. */
static void
next_row(const char *a, size_t i, const char *b, size_t b_length, size_t rows[3][LONGEST + 1])
{
    const size_t *before = rows[(i + 1) % 3];
    const size_t *above = rows[(i + 2) % 3];
    size_t *row = rows[i % 3];
    row[0] = i;
    for (size_t j = 1; j <= b_length; j++) {
        size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
        row[j] = least_of(replaced, least_of(above[j], row[j - 1]) + 1);
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = least_of(row[j], before[j - 2] + 1);
    }
}

size_t cli_distance(const char *a, const char *b)
{
    size_t a_length = strlen(a);
    size_t b_length = strlen(b);
    if (a_length > LONGEST || b_length > LONGEST)
        return SIZE_MAX;
    size_t rows[3][LONGEST + 1] = {{0}};
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++)
        next_row(a, i, b, b_length, rows);
    return rows[a_length % 3][b_length];
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t distance = cli_distance(nearest->wanted, candidate);
    /* Further than a third of the word is a guess nobody meant; one edit is always allowed. */
    size_t limit = strlen(candidate) / 3 + 1;
    if (distance > limit || (nearest->name != NULL && distance >= nearest->distance))
        return;
    nearest->name = candidate;
    nearest->distance = distance;
}
