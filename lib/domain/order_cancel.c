// SPDX-License-Identifier: Apache-2.0
// CancelLines and CancelOrder. What cancelled units cost is a difference of running sums
// (money_share), so that the parts of a line add up to the line however they are cancelled. Cancelled
// are the first units of a line, shipped its last: the two meet, whatever the order they come in.
#include "base/checked.h"
#include "domain/order_steps.h"

#include "base/banned.h"

/* Adds OrderCancelled to the decision: everything open but `cancelled_amount` goes with it. NULL: the
 * arena is exhausted. */
static struct order_cancelled *add_order_cancelled(
    const struct order *order,
    int64_t reason,
    int64_t cancelled_amount,
    struct arena *arena,
    struct decision *out)
{
    struct order_cancelled *event = arena_new(arena, struct order_cancelled);
    if (event == NULL)
        return NULL;
    event->reason = reason;
    event->amount = order->total - cancelled_amount;
    event->cancelled_amount = order->total;
    decision_add(out, EVENT_ORDER_CANCELLED, event);
    return event;
}

bool order_cancel(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct cancel_order *command = body;
    if (!order_note_is_clean(command->has_note, &command->note))
        return decision_refuse(out, REJECTION_pan_detected, "note");
    struct order_cancelled *event = add_order_cancelled(
        order, command->reason, order->sums.cancelled_amount, context->arena, out);
    if (event == NULL)
        return false;
    event->note = command->note;
    event->has_note = command->has_note;
    return true;
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
    if (!order_take_line(order, wanted->line_no, seen, &at, out))
        return false;
    const struct order_line *line = &order->lines[at];
    if (wanted->qty > line->placed.qty - line->cancelled - line->shipped)
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
    int64_t units = order->sums.cancelled;
    for (size_t i = 0; i < count; i++) {
        event->amount += lines[i].amount; /* parts of order->total: no overflow */
        units += lines[i].qty;
    }
    event->lines = lines;
    event->lines_count = count;
    event->reason = command->reason;
    event->cancelled_amount = order->sums.cancelled_amount + event->amount;
    decision_add(out, EVENT_LINES_CANCELLED, event);
    if (units < order->sums.units)
        return true;
    return add_order_cancelled(
               order, command->reason, event->cancelled_amount, context->arena, out) != NULL;
}

/* ---- folds ---- */

/* Cancels units of one line and adds their amount; false when more goes than is there. */
static bool
fold_line(struct order *order, const struct order_units_priced *cancelled, int64_t *amount)
{
    size_t at;
    if (!order_find_line(order, cancelled->line_no, &at))
        return false;
    struct order_line *line = &order->lines[at];
    if (cancelled->qty <= 0 || cancelled->qty > line->placed.qty - line->cancelled - line->shipped)
        return false;
    line->cancelled += cancelled->qty;
    line->cancelled_amount += cancelled->amount;
    if (line->reserved != 0)
        line->reserved -= cancelled->qty;
    order_article_cancel(order, line, cancelled->qty);
    return checked_add_i64(*amount, cancelled->amount, amount);
}

enum evolve_result order_on_lines_cancelled(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct lines_cancelled *event = body;
    int64_t amount = 0;
    (void)arena;
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!fold_line(order, &event->lines[i], &amount))
            return EVOLVE_CONTRADICTS;
    }
    return evolve_if(
        amount == event->amount && amount <= order_due(order) &&
        order->sums.cancelled_amount + amount == event->cancelled_amount);
}

bool order_cancel_rest(struct order *order, int64_t amount, int64_t cancelled_amount)
{
    if (amount != order_due(order) || cancelled_amount != order->total)
        return false;
    for (size_t i = 0; i < order->line_count; i++) {
        struct order_line *line = &order->lines[i];
        order_article_cancel(order, line, line->placed.qty - line->cancelled);
        line->cancelled = line->placed.qty;
        line->cancelled_amount = line->placed.line_total;
        line->reserved = 0;
    }
    return true;
}

enum evolve_result order_on_order_cancelled(void *state, const void *body, struct arena *arena)
{
    const struct order_cancelled *event = body;
    (void)arena;
    return evolve_if(order_cancel_rest(state, event->amount, event->cancelled_amount));
}
