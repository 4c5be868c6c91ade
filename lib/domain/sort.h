// SPDX-License-Identifier: Apache-2.0
// Sorting in place. libc's qsort may allocate, and a pure core takes memory from its arena only.
#ifndef DOMAIN_SORT_H
#define DOMAIN_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Ascending; O(n log n) at worst, for any input. */
void sort_numbers(uint64_t *numbers, size_t count);

#endif
