// SPDX-License-Identifier: Apache-2.0
// Decides by the order's table (order_table.c), and reads its state.
#include "domain/order_steps.h"

#include "base/banned.h"

static const char *const status_names[] = {
    "none",
    "placed",
    "confirmed",
    "part_shipped",
    "shipped",
    "delivered",
    "closed",
    "cancelled",
    "expired"};
_Static_assert(countof(status_names) == ORDER_STATUS_COUNT, "each status has a name");

bool order_decide(
    const struct order *order,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    const struct transition *cell = &order_row_of(command)->cells[order->status];
    return transition_decide(cell, order, command->body, context, out) &&
           order_complete_decision(order, context, out);
}

const char *order_status_name(enum order_status status)
{
    CHECK(status < ORDER_STATUS_COUNT);
    return status_names[status];
}

bool order_find_line(const struct order *order, int64_t line_no, size_t *out)
{
    size_t low = 0;
    size_t high = order->line_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t at = order->lines[middle].placed.line_no;
        if (at == line_no) {
            *out = middle;
            return true;
        }
        if (line_no < at)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}
