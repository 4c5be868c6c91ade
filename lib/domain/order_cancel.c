// SPDX-License-Identifier: Apache-2.0
// CancelLines and CancelOrder. What cancelled units cost is a difference of running sums
// (money_share), so that the parts of a line add up to the line however they are cancelled.
#include "base/checked.h"
#include "domain/order_steps.h"

#include "base/banned.h"

/* Adds OrderCancelled to the decision: everything open but `cancelled_amount` goes with it. */
static bool add_order_cancelled(
    const struct order *order,
    int64_t reason,
    int64_t cancelled_amount,
    struct arena *arena,
    struct decision *out)
{
    struct order_cancelled *event = arena_new(arena, struct order_cancelled);
    if (event == NULL)
        return false;
    event->reason = reason;
    event->amount = order->total - cancelled_amount;
    event->cancelled_amount = order->total;
    decision_add(out, EVENT_ORDER_CANCELLED, event);
    return true;
}

bool order_cancel(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct cancel_order *command = body;
    return add_order_cancelled(
        order, command->reason, order->cancelled_amount, context->arena, out);
}

/* Checks one line of the command and says what it costs. seen: a flag per line of the order. */
static bool cancel_line(
    const struct order *order,
    const struct order_units *wanted,
    bool *seen,
    struct order_units_priced *cancelled,
    struct decision *out)
{
    size_t at;
    if (!order_find_line(order, wanted->line_no, &at))
        return !decision_refuse(out, REJECTION_unknown_line, "line_no");
    if (seen[at])
        return !decision_refuse(out, REJECTION_duplicate_line, "line_no");
    seen[at] = true;
    const struct order_line *line = &order->lines[at];
    if (wanted->qty > line->placed.qty - line->cancelled)
        return !decision_refuse(out, REJECTION_quantity_exceeds_open, "qty");
    *cancelled = (struct order_units_priced){
        .line_no = wanted->line_no,
        .qty = wanted->qty,
        .amount = money_share(
            line->placed.line_total,
            line->cancelled,
            line->cancelled + wanted->qty,
            line->placed.qty,
            order->rounding)};
    return true;
}

/* Fills in the event; false once it has refused in *out. */
static bool cancel_each(
    const struct order *order,
    const struct cancel_lines *command,
    bool *seen,
    struct order_units_priced *lines,
    struct decision *out)
{
    for (size_t i = 0; i < command->lines_count; i++) {
        if (!cancel_line(order, &command->lines[i], seen, &lines[i], out))
            return false;
    }
    return true;
}

bool order_cancel_lines(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct cancel_lines *command = body;
    size_t count = command->lines_count;
    if (count == 0)
        return decision_refuse(out, REJECTION_bad_field, "lines");
    struct lines_cancelled *event = arena_new(context->arena, struct lines_cancelled);
    struct order_units_priced *lines =
        arena_array(context->arena, count, struct order_units_priced);
    bool *seen = arena_array(context->arena, order->line_count, bool);
    if (event == NULL || lines == NULL || seen == NULL)
        return false;
    if (!cancel_each(order, command, seen, lines, out))
        return true;
    int64_t units = order->units_cancelled;
    for (size_t i = 0; i < count; i++) {
        event->amount += lines[i].amount; /* parts of order->total: no overflow */
        units += lines[i].qty;
    }
    event->lines = lines;
    event->lines_count = count;
    event->reason = command->reason;
    event->cancelled_amount = order->cancelled_amount + event->amount;
    decision_add(out, EVENT_LINES_CANCELLED, event);
    if (units < order->units)
        return true;
    return add_order_cancelled(
        order, command->reason, event->cancelled_amount, context->arena, out);
}
