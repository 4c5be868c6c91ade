// SPDX-License-Identifier: Apache-2.0
// Where an order goes to: changed within the country until the first unit is shipped.
#include "support/person.h"
#include "support/stage.h"

static int open_order(void **state)
{
    static struct stage stage;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    *state = &stage;
    return 0;
}

static int close_order(void **state)
{
    stage_close(*state);
    return 0;
}

static struct change_shipping_address to_ada(const char *country)
{
    struct change_shipping_address command = {
        .country = slice_of_text(country), .address = ada_address()};
    command.address.country = slice_of_text(country);
    return command;
}

static void refuse(
    struct stage *stage,
    const struct change_shipping_address *command,
    enum rejection_code code,
    const char *field)
{
    stage_decide(stage, COMMAND_CHANGE_SHIPPING_ADDRESS, command);
    stage_refused(stage, code, field);
}

static void an_address_changes_within_the_country(void **state)
{
    struct stage *stage = *state;
    struct order before = *stage_order(stage);
    const struct change_shipping_address command = to_ada("DE");
    stage_do(stage, COMMAND_CHANGE_SHIPPING_ADDRESS, &command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_SHIPPING_ADDRESS_CHANGED);
    const struct shipping_address_changed *event = stage->decision.events[0].body;
    assert_true(slice_is(event->country, "DE"));
    assert_true(slice_is(event->address.city, "Berlin"));
    assert_true(slice_is(event->address.postal_code, "10115"));
    assert_int_equal(stage->aggregate.version, 2);
    assert_memory_equal(stage_order(stage), &before, sizeof(before)); /* nothing the state knows */
    stage_do(stage, COMMAND_CHANGE_SHIPPING_ADDRESS, &command, 1);
}

static void another_country_would_change_the_taxes(void **state)
{
    struct stage *stage = *state;
    const struct change_shipping_address abroad = to_ada("FR");
    refuse(stage, &abroad, REJECTION_country_change, "country");
    const struct change_shipping_address nowhere = to_ada("de");
    refuse(stage, &nowhere, REJECTION_bad_field, "country");
    struct change_shipping_address two = to_ada("DE");
    two.address.country = slice_of_text("FR");
    refuse(stage, &two, REJECTION_bad_field, "address");
}

static void erased_customers_are_refused(void **state)
{
    struct stage *stage = *state;
    const struct change_shipping_address command = to_ada("DE");
    const struct cancel_order cancel = {.reason = 0};
    stage->context.subject = SUBJECT_ERASED;
    refuse(stage, &command, REJECTION_customer_erased, NULL);
    stage->context.subject = SUBJECT_ERASING;
    refuse(stage, &command, REJECTION_erasure_pending, NULL);
    stage->context.subject = SUBJECT_NONE_NEEDED; /* nothing of a cancellation is sealed */
    stage_do(stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    refuse(stage, &command, REJECTION_invalid_state, NULL);
}

static void contradict(struct stage *stage, const char *country)
{
    const struct shipping_address_changed body = {.country = slice_of_text(country)};
    struct event event = {.type = EVENT_SHIPPING_ADDRESS_CHANGED, .body = &body};
    assert_false(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
    assert_true(stage->aggregate.contradicted);
}

static void events_that_cannot_follow_contradict(void **state)
{
    struct stage *stage = *state;
    const struct cancel_order cancel = {.reason = 0};
    contradict(stage, "FR");
    stage_do(stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    contradict(stage, "DE");
    assert_true(aggregate_init(&stage->aggregate, CATEGORY_ORDER, &stage->arena));
    contradict(stage, "DE");
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    const struct change_shipping_address body = to_ada("DE");
    struct command command = {COMMAND_CHANGE_SHIPPING_ADDRESS, &body};
    struct arena small;
    arena_init(&small, 8);
    stage->context.arena = &small;
    assert_false(aggregate_decide(&stage->aggregate, &command, &stage->context, &stage->decision));
    arena_release(&small);
}

#define ORDER(test) cmocka_unit_test_setup_teardown(test, open_order, close_order)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ORDER(an_address_changes_within_the_country),
        ORDER(another_country_would_change_the_taxes),
        ORDER(erased_customers_are_refused),
        ORDER(events_that_cannot_follow_contradict),
        ORDER(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
