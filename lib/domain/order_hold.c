// SPDX-License-Identifier: Apache-2.0
// HoldOrder, ReleaseHold, AddNote. An order has one hold at a time: the first one stands until it is
// released, so that no other reason can end what it began.
#include "domain/order_steps.h"

#include "base/banned.h"

static bool has_clean_note(bool has_note, const struct order_note *note, struct decision *out)
{
    return order_note_is_clean(has_note, note) ||
           !decision_refuse(out, REJECTION_pan_detected, "note");
}

bool order_hold(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct hold_order *command = body;
    if (command->reason >= HOLD_UNDERFUNDED) /* the order's own */
        return decision_refuse(out, REJECTION_bad_field, "reason");
    if (!has_clean_note(command->has_note, &command->note, out))
        return true;
    if (order->held && order->hold_reason == (enum order_hold_reason)command->reason)
        return true;
    if (order->held)
        return decision_refuse(out, REJECTION_on_hold, NULL);
    struct order_held *event = arena_new(context->arena, struct order_held);
    if (event == NULL)
        return false;
    event->reason = command->reason;
    event->note = command->note;
    event->has_note = command->has_note;
    decision_add(out, EVENT_ORDER_HELD, event);
    return true;
}

bool order_release(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static const struct rejection not_held = {
        .code = "invalid_state",
        .class = REJECTION_CLASS_STATE,
        .text = "The order is not on hold."};
    const struct order *order = state;
    const struct release_hold *command = body;
    if (!has_clean_note(command->has_note, &command->note, out))
        return true;
    if (!order->held) {
        out->rejection = &not_held;
        return true;
    }
    struct order_released *event = arena_new(context->arena, struct order_released);
    if (event == NULL)
        return false;
    event->reason = (int64_t)order->hold_reason;
    event->note = command->note;
    event->has_note = command->has_note;
    decision_add(out, EVENT_ORDER_RELEASED, event);
    return true;
}

bool order_add_note(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct add_note *command = body;
    (void)state;
    if (!has_clean_note(true, &command->note, out))
        return true;
    struct note_added *event = arena_new(context->arena, struct note_added);
    if (event == NULL)
        return false;
    event->visibility = command->visibility;
    event->note = command->note;
    decision_add(out, EVENT_NOTE_ADDED, event);
    return true;
}

enum evolve_result order_on_order_held(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct order_held *event = body;
    (void)arena;
    if (order->held || event->reason < 0 || event->reason > HOLD_AUTHORIZATION_EXPIRED)
        return EVOLVE_CONTRADICTS;
    order->held = true;
    order->hold_reason = (enum order_hold_reason)event->reason;
    return EVOLVE_OK;
}

enum evolve_result order_on_order_released(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct order_released *event = body;
    (void)arena;
    if (!order->held || event->reason != (int64_t)order->hold_reason)
        return EVOLVE_CONTRADICTS;
    order->held = false;
    return EVOLVE_OK;
}

/* A note is sealed whole: of interest to a read model, not to a decision. */
enum evolve_result order_on_note_added(void *state, const void *body, struct arena *arena)
{
    (void)state;
    (void)body;
    (void)arena;
    return EVOLVE_OK;
}
