// SPDX-License-Identifier: Apache-2.0
// The order's state machine (its table) and what reads its state.
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

#define EXISTS TRANSITION_REFUSE(already_exists, "The order exists already.")
#define UNKNOWN TRANSITION_REFUSE(not_found, "The order does not exist.")
#define AFTER_SHIPPING TRANSITION_REFUSE(invalid_state, "All open units are shipped: return them.")
#define ON_THE_WAY TRANSITION_REFUSE(invalid_state, "Units are shipped to the address of before.")
#define AFTER_CLOSING TRANSITION_REFUSE(invalid_state, "The order is closed.")
#define AFTER_EXPIRY TRANSITION_REFUSE(invalid_state, "The order has expired.")

const struct transition order_transitions[COMMAND_TYPE_COUNT][ORDER_STATUS_COUNT] = {
    [COMMAND_PLACE_ORDER] =
        {
            [ORDER_NONE] = TRANSITION_DECIDE(order_place, "placed"),
            [ORDER_PLACED] = EXISTS,
            [ORDER_CONFIRMED] = EXISTS,
            [ORDER_PART_SHIPPED] = EXISTS,
            [ORDER_SHIPPED] = EXISTS,
            [ORDER_DELIVERED] = EXISTS,
            [ORDER_CLOSED] = EXISTS,
            [ORDER_CANCELLED] = EXISTS,
            [ORDER_EXPIRED] = EXISTS,
        },
    [COMMAND_CANCEL_LINES] =
        {
            [ORDER_NONE] = UNKNOWN,
            [ORDER_PLACED] = TRANSITION_DECIDE(order_cancel_lines, "stays, or cancelled"),
            [ORDER_CONFIRMED] = TRANSITION_DECIDE(order_cancel_lines, "stays, or cancelled"),
            [ORDER_PART_SHIPPED] = TRANSITION_DECIDE(order_cancel_lines, "stays"),
            [ORDER_SHIPPED] = AFTER_SHIPPING,
            [ORDER_DELIVERED] = AFTER_SHIPPING,
            [ORDER_CLOSED] = AFTER_CLOSING,
            [ORDER_CANCELLED] = TRANSITION_NOTHING("All lines are cancelled already."),
            [ORDER_EXPIRED] = AFTER_EXPIRY,
        },
    [COMMAND_CANCEL_ORDER] =
        {
            [ORDER_NONE] = UNKNOWN,
            [ORDER_PLACED] = TRANSITION_DECIDE(order_cancel, "cancelled"),
            [ORDER_CONFIRMED] = TRANSITION_DECIDE(order_cancel, "cancelled"),
            [ORDER_PART_SHIPPED] =
                TRANSITION_REFUSE(invalid_state, "Units are shipped: cancel the open lines."),
            [ORDER_SHIPPED] = AFTER_SHIPPING,
            [ORDER_DELIVERED] = AFTER_SHIPPING,
            [ORDER_CLOSED] = AFTER_CLOSING,
            [ORDER_CANCELLED] = TRANSITION_NOTHING("The order is cancelled already."),
            [ORDER_EXPIRED] = TRANSITION_NOTHING("The order has expired: nothing is left."),
        },
    [COMMAND_CHANGE_SHIPPING_ADDRESS] =
        {
            [ORDER_NONE] = UNKNOWN,
            [ORDER_PLACED] = TRANSITION_DECIDE(order_change_address, "stays"),
            [ORDER_CONFIRMED] = TRANSITION_DECIDE(order_change_address, "stays"),
            [ORDER_PART_SHIPPED] = ON_THE_WAY,
            [ORDER_SHIPPED] = ON_THE_WAY,
            [ORDER_DELIVERED] = ON_THE_WAY,
            [ORDER_CLOSED] = AFTER_CLOSING,
            [ORDER_CANCELLED] = TRANSITION_REFUSE(invalid_state, "The order is cancelled."),
            [ORDER_EXPIRED] = AFTER_EXPIRY,
        },
};

bool order_decide(
    const struct order *order,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    const struct transition *cell = &order_transitions[command->type][order->status];
    return transition_decide(cell, order, command->body, context, out);
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
