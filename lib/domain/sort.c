// SPDX-License-Identifier: Apache-2.0
// Heap sort: no memory, no bad case a sender could choose.
#include "domain/sort.h"

#include "base/banned.h"

static void sift_down(uint64_t *heap, size_t at, size_t count)
{
    uint64_t moving = heap[at];
    for (size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap[child + 1] > heap[child])
            child++;
        if (heap[child] <= moving)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moving;
}

void sort_numbers(uint64_t *numbers, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift_down(numbers, i - 1, count);
    for (size_t left = count; left > 1; left--) {
        uint64_t greatest = numbers[0];
        numbers[0] = numbers[left - 1];
        numbers[left - 1] = greatest;
        sift_down(numbers, 0, left - 1);
    }
}
