// SPDX-License-Identifier: Apache-2.0
// Holds and notes.
#include "support/till.h"

static const struct hold_order fraud = {.reason = HOLD_FRAUD};
static const struct release_hold release = {.has_note = false};

static const void *only_event(const struct stage *stage, enum event_type type)
{
    assert_int_equal(stage->decision.event_count, 1);
    assert_int_equal(stage->decision.events[0].type, type);
    return stage->decision.events[0].body;
}

static void a_hold_stands_until_it_is_released(void **state)
{
    struct stage *stage = *state;
    struct hold_order hold = {
        .reason = HOLD_ADDRESS, .has_note = true, .note.text = SLICE_LITERAL("which house?")};
    stage_do(stage, COMMAND_HOLD_ORDER, &hold, 1);
    const struct order_held *held = only_event(stage, EVENT_ORDER_HELD);
    assert_int_equal(held->reason, HOLD_ADDRESS);
    assert_true(held->has_note);
    assert_true(slice_is(held->note.text, "which house?"));
    assert_true(stage_order(stage)->held);
    stage_do(stage, COMMAND_HOLD_ORDER, &hold, 0); /* the same again */
    stage_decide(stage, COMMAND_HOLD_ORDER, &fraud);
    stage_refused(stage, REJECTION_on_hold, NULL);
    stage_do(stage, COMMAND_RELEASE_HOLD, &release, 1);
    const struct order_released *released = only_event(stage, EVENT_ORDER_RELEASED);
    assert_int_equal(released->reason, HOLD_ADDRESS);
    assert_false(released->has_note);
    assert_false(stage_order(stage)->held);
    stage_do(stage, COMMAND_HOLD_ORDER, &fraud, 1);
}

static void nothing_is_released_that_is_not_held(void **state)
{
    struct stage *stage = *state;
    stage_decide(stage, COMMAND_RELEASE_HOLD, &release);
    stage_refused(stage, REJECTION_invalid_state, NULL);
    assert_string_equal(stage->decision.rejection->text, "The order is not on hold.");
}

/* Complete but for the hold: the release confirms. */
static void a_release_confirms_a_complete_order(void **state)
{
    struct stage *stage = *state;
    stage_do(stage, COMMAND_HOLD_ORDER, &fraud, 1);
    till_reserve(stage, 0, 1);
    till_authorize(stage, 1, "a1", TILL_TOTAL, 1);
    assert_int_equal(stage_order(stage)->status, ORDER_PLACED);
    stage_do(stage, COMMAND_RELEASE_HOLD, &release, 2);
    assert_int_equal(stage->decision.events[1].type, EVENT_ORDER_CONFIRMED);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
}

static void a_confirmed_order_can_be_held_and_released(void **state)
{
    struct stage *stage = *state;
    struct hold_order failed = {.reason = HOLD_CAPTURE_FAILED};
    till_confirm(stage);
    stage_do(stage, COMMAND_HOLD_ORDER, &failed, 1);
    stage_do(stage, COMMAND_RELEASE_HOLD, &release, 1);
    till_ship(stage, 1, 1, 1);
    stage_do(stage, COMMAND_HOLD_ORDER, &failed, 1);
    assert_int_equal(stage_order(stage)->status, ORDER_PART_SHIPPED);
    stage_do(stage, COMMAND_RELEASE_HOLD, &release, 1);
}

/* What the order finds out by itself nobody can claim. */
static void reasons_of_the_orders_own_are_refused(void **state)
{
    struct stage *stage = *state;
    struct hold_order own = {.reason = HOLD_UNDERFUNDED};
    stage_decide(stage, COMMAND_HOLD_ORDER, &own);
    stage_refused(stage, REJECTION_bad_field, "reason");
    own.reason = HOLD_AUTHORIZATION_EXPIRED;
    stage_decide(stage, COMMAND_HOLD_ORDER, &own);
    stage_refused(stage, REJECTION_bad_field, "reason");
}

static void notes_are_kept_as_they_are(void **state)
{
    struct stage *stage = *state;
    struct add_note note = {.visibility = 1, .note.text = SLICE_LITERAL("call 2 days before")};
    stage_do(stage, COMMAND_ADD_NOTE, &note, 1);
    const struct note_added *event = only_event(stage, EVENT_NOTE_ADDED);
    assert_int_equal(event->visibility, 1);
    assert_true(slice_is(event->note.text, "call 2 days before"));
    for (size_t status = ORDER_PLACED; status < ORDER_STATUS_COUNT; status++) {
        till_order(stage)->status = (enum order_status)status;
        stage_do(stage, COMMAND_ADD_NOTE, &note, 1);
        assert_int_equal(stage_order(stage)->status, status);
    }
}

static void no_note_holds_a_card_number(void **state)
{
    struct stage *stage = *state;
    const struct order_note card = {.text = SLICE_LITERAL("paid with 4242-4242-4242-4242")};
    struct add_note note = {.note = card};
    struct hold_order hold = {.has_note = true, .note = card};
    struct release_hold let_go = {.has_note = true, .note = card};
    stage_decide(stage, COMMAND_ADD_NOTE, &note);
    stage_refused(stage, REJECTION_pan_detected, "note");
    stage_decide(stage, COMMAND_HOLD_ORDER, &hold);
    stage_refused(stage, REJECTION_pan_detected, "note");
    stage_do(stage, COMMAND_HOLD_ORDER, &fraud, 1);
    stage_decide(stage, COMMAND_RELEASE_HOLD, &let_go);
    stage_refused(stage, REJECTION_pan_detected, "note");
}

static void contradicts(struct stage *stage, enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    struct aggregate aggregate;
    assert_true(aggregate_copy(&stage->aggregate, &stage->arena, &aggregate));
    assert_false(aggregate_evolve(&aggregate, &event, &stage->arena));
    assert_true(aggregate.contradicted);
}

static void events_that_cannot_be_are_not_folded(void **state)
{
    struct stage *stage = *state;
    const struct order_held held = {.reason = HOLD_FRAUD};
    const struct order_held unknown = {.reason = 99};
    const struct order_released released = {.reason = HOLD_FRAUD};
    const struct order_released other = {.reason = HOLD_ADDRESS};
    contradicts(stage, EVENT_ORDER_RELEASED, &released);
    contradicts(stage, EVENT_ORDER_HELD, &unknown);
    stage_do(stage, COMMAND_HOLD_ORDER, &fraud, 1);
    contradicts(stage, EVENT_ORDER_HELD, &held);
    contradicts(stage, EVENT_ORDER_RELEASED, &other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        AT_TILL(a_hold_stands_until_it_is_released),
        AT_TILL(nothing_is_released_that_is_not_held),
        AT_TILL(a_release_confirms_a_complete_order),
        AT_TILL(a_confirmed_order_can_be_held_and_released),
        AT_TILL(reasons_of_the_orders_own_are_refused),
        AT_TILL(notes_are_kept_as_they_are),
        AT_TILL(no_note_holds_a_card_number),
        AT_TILL(events_that_cannot_be_are_not_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
