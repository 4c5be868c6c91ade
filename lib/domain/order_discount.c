// SPDX-License-Identifier: Apache-2.0
// A discount of an order, dealt out to its lines.
#include "domain/order_steps.h"
#include "domain/sort.h"

#include "base/banned.h"

/* The lines by number: keys hold line_no above, the index below. NULL: the arena is exhausted. */
static uint64_t *
sort_by_number(const struct order_placed_line *lines, size_t count, struct arena *arena)
{
    _Static_assert(ORDER_MAX_LINES <= UINT16_MAX, "an index has 16 bits in a key");
    uint64_t *keys = arena_take_raw(arena, count * sizeof(*keys));
    if (keys == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        keys[i] = (uint64_t)lines[i].line_no << 16 | i;
    sort_numbers(keys, count);
    return keys;
}

bool order_deal_discount(
    int64_t discount,
    const int64_t *amounts,
    size_t count,
    struct order_placed_line *lines,
    struct arena *arena)
{
    if (discount == 0) /* also when nothing costs anything */
        return true;
    uint64_t *keys = sort_by_number(lines, count, arena);
    int64_t *weights = arena_array(arena, count, int64_t);
    int64_t *shares = arena_array(arena, count, int64_t);
    if (keys == NULL || weights == NULL || shares == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        weights[i] = amounts[keys[i] & UINT16_MAX];
    if (!money_allocate(discount, weights, count, arena, shares))
        return false;
    for (size_t i = 0; i < count; i++)
        lines[keys[i] & UINT16_MAX].discount = shares[i];
    return true;
}
