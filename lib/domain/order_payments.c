// SPDX-License-Identifier: Apache-2.0
// RecordPaymentResult: what providers said. The money has moved already: what they report is recorded
// whatever became of the order, and refused only where it cannot be true.
#include "domain/order_steps.h"

#include "base/checked.h"
#include "domain/clear_text.h"
#include "domain/personal.h"

#include "base/banned.h"

/* One decision under way. The steps return false once they have refused in `out`. */
struct report {
    const struct order *order;
    const struct record_payment_result *command;
    const struct decide_context *context;
    const struct order_payment *payment; /* NULL: not heard of before */
    int64_t amount;
    struct decision *out;
};

/* Refuses, or adds its event. False only when the arena is exhausted. */
typedef bool report_function(struct report *report);

static bool refused(struct report *report, enum rejection_code code, const char *field)
{
    (void)decision_refuse(report->out, code, field);
    return false;
}

/* ---- what was sent ---- */

static bool is_digits(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    }
    return true;
}

static bool check_instrument(struct report *report)
{
    const struct payment_instrument *instrument = &report->command->instrument;
    if (!report->command->has_instrument)
        return true;
    if (instrument->has_brand && personal_has_card_number(instrument->brand))
        return refused(report, REJECTION_pan_detected, "brand");
    if (instrument->has_last4 && !is_digits(instrument->last4))
        return refused(report, REJECTION_bad_field, "last4");
    if (instrument->has_holder && personal_has_card_number(instrument->holder))
        return refused(report, REJECTION_pan_detected, "holder");
    return true;
}

static bool check_fields(struct report *report)
{
    const struct record_payment_result *command = report->command;
    bool is_refund = command->op == PAYMENT_REFUND;
    enum rejection_code refusal;
    if (!order_read_amount(report->order, &command->amount, 1, &report->amount, &refusal))
        return refused(report, refusal, "amount");
    if (command->has_currency && !slice_equal(command->currency, report->order->currency))
        return refused(report, REJECTION_currency_mismatch, "currency");
    if (!clear_text_check(true, command->provider, CLEAR_CODE, "provider", report->out) ||
        !clear_text_check(
            true, command->provider_ref, CLEAR_REFERENCE, "provider_ref", report->out) ||
        !clear_text_check(
            command->has_decline_code,
            command->decline_code,
            CLEAR_CODE,
            "decline_code",
            report->out))
        return false;
    if (is_refund && !command->has_refund_id)
        return refused(report, REJECTION_missing_field, "refund_id");
    if (!is_refund && command->has_refund_id)
        return refused(report, REJECTION_bad_field, "refund_id");
    return check_instrument(report);
}

/* A refund that went after all has an id of its own (order_refunds_late.c). */
static bool is_same_refund(const struct payment_result *result, const struct report *report)
{
    const struct uuid *id = &report->command->refund_id;
    struct uuid late = order_late_refund_id(id, report->command->provider_ref);
    return uuid_equal(&result->refund_id, id) || uuid_equal(&result->refund_id, &late);
}

/* The same said again. What a refusal was about is not recorded with it, unless it ended a refund. */
static bool is_same(const struct payment_result *result, const struct report *report)
{
    const struct record_payment_result *command = report->command;
    bool is_refund = command->op == PAYMENT_REFUND;
    bool is_ok = command->outcome == PAYMENT_OK;
    return result->is_ok == is_ok && uuid_equal(&result->payment_id, &command->payment_id) &&
           (!(is_ok || is_refund) || result->amount == report->amount) &&
           (!is_refund || is_same_refund(result, report));
}

/* Whether the reference is known and the report answered with that. A refusal does not use its
 * reference up: providers try again under it, and the money has moved once they succeed. */
static bool answer_known(struct report *report)
{
    const struct record_payment_result *command = report->command;
    const struct payment_result *result = report->order->money.results;
    bool is_used = false;
    for (; result != NULL; result = result->older) {
        if (result->op != (enum payment_operation)command->op ||
            !slice_equal(result->provider_ref, command->provider_ref))
            continue;
        if (is_same(result, report))
            return true;
        is_used |= result->is_ok || command->outcome != PAYMENT_OK;
    }
    return is_used && !refused(report, REJECTION_duplicate_provider_ref, "provider_ref");
}

/* Whether the payment can be added to, or there is room for a new one. The last place is kept for one
 * that succeeds: refusals alone must not keep money out. */
static bool check_payment(struct report *report)
{
    static const struct rejection too_many =
        STATE_REJECTION(invalid_state, "The order has as many payments as it may have.");
    const struct order_payment *payment = report->payment;
    size_t most =
        report->command->outcome == PAYMENT_OK ? ORDER_MAX_PAYMENTS : ORDER_MAX_PAYMENTS - 1;
    if (payment == NULL && report->order->money.payment_count >= most)
        return !decision_refuse_with(report->out, &too_many, "payment_id");
    if (payment != NULL && !slice_equal(payment->provider, report->command->provider))
        return refused(report, REJECTION_bad_field, "provider");
    return true;
}

static bool fits(struct report *report, int64_t sum)
{
    int64_t ignored;
    return checked_add_i64(sum, report->amount, &ignored) ||
           refused(report, REJECTION_amount_overflow, "amount");
}

/* The code of a refusal. Where the provider was at fault and gave none, that is the code. */
static bool find_code(const struct record_payment_result *command, struct slice *out)
{
    *out = command->has_decline_code ? command->decline_code : slice_of_text("error");
    return command->has_decline_code || command->outcome == PAYMENT_ERROR;
}

/* ---- what happened ---- */

/* It may have been told after its capture, and may be smaller or have lapsed: it is recorded, and stands
 * behind the order as far as it holds. */
static bool authorized(struct report *report)
{
    const struct record_payment_result *command = report->command;
    if (!check_payment(report) || !fits(report, report->order->sums.authorised) ||
        !fits(report, order_funds(report->order)))
        return true;
    struct payment_authorized *event = arena_new(report->context->arena, struct payment_authorized);
    if (event == NULL)
        return false;
    *event = (struct payment_authorized){
        .payment_id = command->payment_id,
        .provider = command->provider,
        .provider_ref = command->provider_ref,
        .amount = report->amount,
        .currency = report->order->currency,
        .expires_at = command->expires_at,
        .has_expires_at = command->has_expires_at,
        .instrument = command->instrument,
        .has_instrument = command->has_instrument};
    decision_add(report->out, EVENT_PAYMENT_AUTHORIZED, event);
    return true;
}

/* Whatever is told to be taken was taken: without an authorisation, more than it, after it was voided,
 * more than is due. What is too much is to be given back. */
static bool captured(struct report *report)
{
    const struct record_payment_result *command = report->command;
    const struct order_payment *payment = report->payment;
    int64_t open = payment == NULL ? 0 : order_payment_open(payment);
    if (!check_payment(report) || !fits(report, report->order->sums.captured))
        return true;
    if (report->amount > open && !fits(report, order_funds(report->order) - open))
        return true;
    struct payment_captured *event = arena_new(report->context->arena, struct payment_captured);
    if (event == NULL)
        return false;
    *event = (struct payment_captured){
        .payment_id = command->payment_id,
        .capture_id = uuid_v5(&command->payment_id, command->provider_ref),
        .provider = command->provider,
        .provider_ref = command->provider_ref,
        .amount = report->amount,
        .currency = report->order->currency};
    decision_add(report->out, EVENT_PAYMENT_CAPTURED, event);
    return true;
}

/* What still stands behind the order once it is voided. */
static int64_t funds_without(const struct report *report)
{
    int64_t now_us = report->context->now_us;
    int64_t funds = order_funds_at(report->order, now_us);
    return order_payment_lapsed(report->payment, now_us) ? funds : funds - report->amount;
}

static enum payment_void_cause cause_of_void(const struct report *report)
{
    const struct order *order = report->order;
    const struct order_payment *payment = report->payment;
    if (order->status == ORDER_CANCELLED)
        return VOID_CANCELLED;
    if (order->status == ORDER_EXPIRED || order_payment_lapsed(payment, report->context->now_us))
        return VOID_EXPIRED;
    return funds_without(report) < order_due(order) ? VOID_CANCELLED : VOID_REPLACED;
}

/* A confirmed order that has lost its funds is held, not left to be shipped. */
static bool hold_if_underfunded(struct report *report)
{
    const struct order *order = report->order;
    if (order->status != ORDER_CONFIRMED || order->held ||
        funds_without(report) >= order_due(order))
        return true;
    struct order_held *event = arena_new(report->context->arena, struct order_held);
    if (event == NULL)
        return false;
    event->reason = HOLD_UNDERFUNDED;
    decision_add(report->out, EVENT_ORDER_HELD, event);
    return true;
}

static bool voided(struct report *report)
{
    const struct record_payment_result *command = report->command;
    const struct order_payment *payment = report->payment;
    if (payment == NULL)
        return decision_refuse(report->out, REJECTION_not_found, "payment_id");
    if (!check_payment(report))
        return true;
    if (report->amount > order_payment_open(payment))
        return decision_refuse(report->out, REJECTION_insufficient_funds_authorised, "amount");
    struct payment_voided *event = arena_new(report->context->arena, struct payment_voided);
    if (event == NULL)
        return false;
    *event = (struct payment_voided){
        .payment_id = command->payment_id,
        .provider_ref = command->provider_ref,
        .amount = report->amount,
        .cause = cause_of_void(report)};
    decision_add(report->out, EVENT_PAYMENT_VOIDED, event);
    return hold_if_underfunded(report);
}

/* Refused, or the provider was at fault: neither moved any money. */
static bool declined(struct report *report)
{
    const struct record_payment_result *command = report->command;
    const struct order_payment *payment = report->payment;
    if (!check_payment(report))
        return true;
    struct payment_declined *event = arena_new(report->context->arena, struct payment_declined);
    if (event == NULL)
        return false;
    *event = (struct payment_declined){
        .payment_id = command->payment_id,
        .op = command->op,
        .provider = command->provider,
        .provider_ref = command->provider_ref,
        .attempt = payment == NULL ? 1 : payment->declines[command->op] + 1};
    event->has_code = find_code(command, &event->code);
    decision_add(report->out, EVENT_PAYMENT_DECLINED, event);
    return true;
}

/* ---- refunds ---- */

/* The payment that the money went back to. */
static bool check_way_back(struct report *report)
{
    const struct order_payment *payment = report->payment;
    if (payment == NULL)
        return refused(report, REJECTION_not_found, "payment_id");
    if (!check_payment(report))
        return false;
    return report->amount <= payment->captured - payment->refunded ||
           refused(report, REJECTION_exceeds_captured, "amount");
}

static bool add_settled(struct report *report, const struct uuid *refund_id)
{
    const struct record_payment_result *command = report->command;
    struct refund_settled *event = arena_new(report->context->arena, struct refund_settled);
    if (event == NULL)
        return false;
    *event = (struct refund_settled){
        .refund_id = *refund_id,
        .payment_id = command->payment_id,
        .provider_ref = command->provider_ref,
        .amount = report->amount,
        .currency = report->order->currency};
    decision_add(report->out, EVENT_REFUND_SETTLED, event);
    return true;
}

static bool add_failed(struct report *report, const struct uuid *refund_id, int64_t amount)
{
    struct refund_failed *event = arena_new(report->context->arena, struct refund_failed);
    if (event == NULL)
        return false;
    *event = (struct refund_failed){
        .refund_id = *refund_id,
        .payment_id = report->command->payment_id,
        .provider_ref = report->command->provider_ref,
        .amount = amount};
    event->has_code =
        report->command->outcome != PAYMENT_OK && find_code(report->command, &event->code);
    decision_add(report->out, EVENT_REFUND_FAILED, event);
    return true;
}

/* What had failed went after all: requested anew and settled in one. */
static bool settled_late(struct report *report, const struct order_refund *refund)
{
    const struct order *order = report->order;
    int64_t left = order_late_refundable(order, refund);
    struct uuid id = order_late_refund_id(&refund->id, report->command->provider_ref);
    if (left == 0)
        return decision_refuse(report->out, REJECTION_nothing_to_refund, "refund_id");
    if (report->amount > left || report->amount > order_refundable(order))
        return decision_refuse(report->out, REJECTION_exceeds_captured, "amount");
    if (order->money.refund_count == ORDER_MAX_REFUNDS)
        return decision_refuse_with(report->out, &order_too_many_refunds, "refund_id");
    if (order_find_refund(&order->money, &id) != NULL)
        return decision_refuse(report->out, REJECTION_already_exists, "refund_id");
    if (!check_way_back(report))
        return true;
    const struct refund_requested *event =
        order_request_late(order, refund, &id, report->amount, report->context->arena);
    int64_t ignored;
    if (event == NULL)
        return false;
    if (!checked_add_i64(order->money.credit, event->amount, &ignored))
        return decision_refuse(report->out, REJECTION_amount_overflow, "amount");
    decision_add(report->out, EVENT_REFUND_REQUESTED, event);
    return add_settled(report, &id) && (event->amount == report->amount ||
                                        add_failed(report, &id, event->amount - report->amount));
}

/* A refund goes back to where the money came from, so in parts when that were several payments. */
static bool refunded(struct report *report)
{
    bool is_ok = report->command->outcome == PAYMENT_OK;
    const struct order_refund *refund =
        order_find_refund(&report->order->money, &report->command->refund_id);
    if (refund == NULL)
        return decision_refuse(report->out, REJECTION_not_found, "refund_id");
    int64_t pending = order_refund_pending(refund);
    if (!is_ok && pending == 0 && refund->failed > 0)
        return true; /* said again */
    if (is_ok && report->amount > pending && refund->failed > 0)
        return settled_late(report, refund);
    if (pending == 0)
        return decision_refuse(report->out, REJECTION_nothing_to_refund, "refund_id");
    if (report->amount > pending)
        return decision_refuse(report->out, REJECTION_exceeds_captured, "amount");
    if (!is_ok)
        return add_failed(report, &refund->id, report->amount);
    return !check_way_back(report) || add_settled(report, &refund->id);
}

bool order_record_payment(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static report_function *const steps[PAYMENT_OPERATION_COUNT] = {
        [PAYMENT_AUTHORIZE] = authorized,
        [PAYMENT_CAPTURE] = captured,
        [PAYMENT_VOID] = voided,
        [PAYMENT_REFUND] = refunded,
    };
    struct report report = {.order = state, .command = body, .context = context, .out = out};
    if (!check_fields(&report))
        return true;
    if (answer_known(&report))
        return true;
    report.payment = order_find_payment(&report.order->money, &report.command->payment_id);
    bool moved = report.command->outcome == PAYMENT_OK || report.command->op == PAYMENT_REFUND;
    return moved ? steps[report.command->op](&report) : declined(&report);
}
