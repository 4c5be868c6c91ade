// SPDX-License-Identifier: Apache-2.0
// RequestRefund. A refund is for units that were cancelled, or that came back and were accepted; for
// shipping; and for good will. The first rule that is broken is the answer.
#include "domain/order_steps.h"

#include "base/checked.h"

#include "base/banned.h"

const struct rejection order_too_many_refunds =
    STATE_REJECTION(invalid_state, "The order has as many refunds as it may have.");

/* One decision under way. The steps return false once they have refused in `out`. */
struct request {
    const struct order *order;
    const struct request_refund *command;
    struct refund_requested *event;
    struct order_units_priced *lines;
    bool *seen;     /* a flag per line of the order */
    int64_t credit; /* of event->amount */
    struct decision *out;
};

static bool refused(struct request *request, enum rejection_code code, const char *field)
{
    (void)decision_refuse(request->out, code, field);
    return false;
}

static bool add(struct request *request, int64_t amount, bool is_credit, const char *field)
{
    struct refund_requested *event = request->event;
    if (!checked_add_i64(event->amount, amount, &event->amount) ||
        (is_credit && !checked_add_i64(request->credit, amount, &request->credit)))
        return refused(request, REJECTION_amount_overflow, field);
    return true;
}

static bool add_line(struct request *request, size_t i)
{
    const struct order *order = request->order;
    const struct order_units *wanted = &request->command->lines[i];
    struct refunded_line part;
    size_t at;
    if (!order_take_line(order, wanted->line_no, request->seen, &at, request->out))
        return false;
    if (!order_share_refund(order, at, wanted->qty, request->command->reason, &part))
        return refused(request, REJECTION_quantity_exceeds_open, "qty");
    request->lines[i] = (struct order_units_priced){
        .line_no = wanted->line_no,
        .qty = wanted->qty,
        .amount = part.cancelled_amount + part.returned_amount};
    return add(request, part.cancelled_amount, false, "lines") &&
           add(request, part.returned_amount, true, "lines");
}

static bool add_lines(struct request *request)
{
    const struct request_refund *command = request->command;
    size_t count = command->has_lines ? command->lines_count : 0;
    if (count != 0 && command->reason == REFUND_OVERPAID)
        return refused(request, REJECTION_bad_field, "lines");
    for (size_t i = 0; i < count; i++) {
        if (!add_line(request, i))
            return false;
    }
    request->event->lines = request->lines;
    request->event->lines_count = count;
    request->event->has_lines = count != 0;
    return true;
}

static bool read_amount(
    struct request *request,
    bool is_there,
    const struct decimal *amount,
    const char *field,
    int64_t *out)
{
    enum rejection_code refusal;
    if (!is_there || order_read_amount(request->order, amount, 0, out, &refusal))
        return true;
    return refused(request, refusal, field);
}

static bool add_shipping(struct request *request)
{
    static const struct rejection over_charge = {
        .code = "exceeds_captured",
        .class = REJECTION_CLASS_MONEY,
        .text = "Less shipping was charged, or is left to give back, than asked for."};
    const struct order *order = request->order;
    const struct request_refund *command = request->command;
    int64_t *shipping = &request->event->shipping;
    if (!read_amount(request, command->has_shipping, &command->shipping, "shipping", shipping))
        return false;
    if (*shipping > 0 && command->reason == REFUND_OVERPAID)
        return refused(request, REJECTION_bad_field, "shipping");
    if (*shipping > order->shipping + order->shipping_tax - order->money.shipping)
        return !decision_refuse_with(request->out, &over_charge, "shipping");
    return add(request, *shipping, true, "shipping");
}

static bool add_goodwill(struct request *request)
{
    const struct request_refund *command = request->command;
    int64_t *goodwill = &request->event->goodwill;
    bool is_overpaid = command->reason == REFUND_OVERPAID;
    if (!read_amount(request, command->has_goodwill, &command->goodwill, "goodwill", goodwill))
        return false;
    if (is_overpaid && *goodwill > 0 && *goodwill > order_excess(request->order))
        return refused(request, REJECTION_exceeds_captured, "goodwill");
    return add(request, *goodwill, !is_overpaid, "goodwill");
}

/* Of a closed order only what was captured after it was settled can go back: nothing else is owed. */
static bool check_amount(struct request *request)
{
    static const struct rejection settled = {
        .code = "invalid_state",
        .class = REJECTION_CLASS_STATE,
        .text = "The order is closed: only what was captured beyond due is refunded."};
    const struct order *order = request->order;
    bool is_closed = order->status == ORDER_CLOSED;
    int64_t most = is_closed ? order_excess(order) : order_refundable(order);
    int64_t ignored;
    if (is_closed && request->credit > 0) {
        request->out->rejection = &settled;
        return false;
    }
    if (request->event->amount == 0 || most <= 0)
        return refused(request, REJECTION_nothing_to_refund, NULL);
    if (request->event->amount > most)
        return refused(request, REJECTION_exceeds_captured, NULL);
    return checked_add_i64(order->money.credit, request->credit, &ignored) ||
           refused(request, REJECTION_amount_overflow, NULL);
}

static bool same_lines(const struct order_refund *known, const struct request_refund *command)
{
    size_t count = command->has_lines ? command->lines_count : 0;
    bool same = known->line_count == count;
    for (size_t i = 0; same && i < count; i++)
        same = known->lines[i].line_no == command->lines[i].line_no &&
               known->lines[i].qty == command->lines[i].qty;
    return same;
}

/* The refund was requested before: the same again, or another under its id. */
static bool answer_known(struct request *request, const struct order_refund *known)
{
    const struct request_refund *command = request->command;
    int64_t shipping = 0;
    int64_t goodwill = 0;
    if (!read_amount(request, command->has_shipping, &command->shipping, "shipping", &shipping) ||
        !read_amount(request, command->has_goodwill, &command->goodwill, "goodwill", &goodwill))
        return true;
    if (known->reason == command->reason && known->shipping == shipping &&
        known->goodwill == goodwill && same_lines(known, command))
        return true;
    return decision_refuse(request->out, REJECTION_already_exists, "refund_id");
}

bool order_request_refund(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    struct request request = {.order = state, .command = body, .out = out};
    const struct request_refund *command = body;
    const struct order_money *money = &request.order->money;
    const struct order_refund *known = order_find_refund(money, &command->refund_id);
    if (known != NULL)
        return answer_known(&request, known);
    if (money->refund_count == ORDER_MAX_REFUNDS)
        return decision_refuse_with(out, &order_too_many_refunds, "refund_id");
    request.event = arena_new(context->arena, struct refund_requested);
    request.lines = arena_array(
        context->arena, command->has_lines ? command->lines_count : 0, struct order_units_priced);
    request.seen = arena_array(context->arena, request.order->line_count, bool);
    if (request.event == NULL || request.lines == NULL || request.seen == NULL)
        return false;
    request.event->refund_id = command->refund_id;
    request.event->reason = command->reason;
    if (!add_lines(&request) || !add_shipping(&request) || !add_goodwill(&request) ||
        !check_amount(&request))
        return true;
    decision_add(out, EVENT_REFUND_REQUESTED, request.event);
    return true;
}
