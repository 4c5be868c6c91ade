// SPDX-License-Identifier: Apache-2.0
// The customer's state machine: who somebody is goes into the event and never into the state.
#include "support/person.h"
#include "support/stage.h"

static int open_customer(void **state)
{
    static struct stage stage;
    stage_open(&stage, CATEGORY_CUSTOMER);
    stage.context.subject = SUBJECT_ACTIVE;
    *state = &stage;
    return 0;
}

static int close_customer(void **state)
{
    stage_close(*state);
    return 0;
}

static struct register_customer ada_registers(void)
{
    return (struct register_customer){
        .region = SLICE_LITERAL("eu-west"),
        .locale = SLICE_LITERAL("de-DE"),
        .has_locale = true,
        .contact = ada_customer()};
}

static void register_ada(struct stage *stage)
{
    const struct register_customer command = ada_registers();
    stage_do(stage, COMMAND_REGISTER_CUSTOMER, &command, 1);
}

static void a_customer_is_registered_once(void **state)
{
    struct stage *stage = *state;
    const struct register_customer command = ada_registers();
    register_ada(stage);
    assert_int_equal(stage->decision.events[0].type, EVENT_CUSTOMER_REGISTERED);
    const struct customer_registered *event = stage->decision.events[0].body;
    assert_true(slice_is(event->region, "eu-west"));
    assert_true(event->has_locale && slice_is(event->locale, "de-DE"));
    assert_true(slice_is(event->contact.given_name, "Ada"));
    assert_true(slice_is(event->contact.family_name, "Lovelace"));
    assert_true(slice_is(event->contact.email, "ada@example.org"));
    assert_true(event->contact.has_phone && slice_is(event->contact.phone, "+49 30 1234567"));
    assert_int_equal(stage_customer(stage)->status, CUSTOMER_ACTIVE);
    assert_true(slice_is(stage_customer(stage)->region, "eu-west"));
    stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &command);
    stage_refused(stage, REJECTION_already_exists, NULL);
}

static void a_locale_is_no_must(void **state)
{
    struct stage *stage = *state;
    struct register_customer command = ada_registers();
    command.has_locale = false;
    stage_do(stage, COMMAND_REGISTER_CUSTOMER, &command, 1);
    const struct customer_registered *event = stage->decision.events[0].body;
    assert_false(event->has_locale);
    assert_int_equal(stage_customer(stage)->locale.size, 0);
}

static void a_contact_is_changed_as_a_whole(void **state)
{
    struct stage *stage = *state;
    struct change_contact command = {.contact = ada_customer()};
    stage_decide(stage, COMMAND_CHANGE_CONTACT, &command);
    stage_refused(stage, REJECTION_not_found, NULL);
    register_ada(stage);
    command.contact.family_name = slice_of_text("King");
    command.contact.has_phone = false;
    stage_do(stage, COMMAND_CHANGE_CONTACT, &command, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_CUSTOMER_CONTACT_CHANGED);
    const struct customer_contact_changed *event = stage->decision.events[0].body;
    assert_true(slice_is(event->contact.given_name, "Ada"));
    assert_true(slice_is(event->contact.family_name, "King"));
    assert_false(event->contact.has_phone);
    assert_int_equal(stage->aggregate.version, 2);
}

static void addresses_that_are_none_are_refused(void **state)
{
    struct stage *stage = *state;
    struct register_customer command = ada_registers();
    command.contact.email = slice_of_text("ada at example.org");
    stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &command);
    stage_refused(stage, REJECTION_bad_field, "email");
    register_ada(stage);
    struct change_contact change = {.contact = command.contact};
    stage_decide(stage, COMMAND_CHANGE_CONTACT, &change);
    stage_refused(stage, REJECTION_bad_field, "email");
}

/* Region and locale stay in clear, so nobody may write to us in them. */
static void tags_hold_no_text(void **state)
{
    struct stage *stage = *state;
    static const char *const bad[] = {"Ada Lovelace", "ada@example.org", "d\xc3\xa9", "a.b"};
    for (size_t i = 0; i < countof(bad); i++) {
        struct register_customer command = ada_registers();
        command.region = slice_of_text(bad[i]);
        stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &command);
        stage_refused(stage, REJECTION_bad_field, "region");
        command = ada_registers();
        command.locale = slice_of_text(bad[i]);
        stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &command);
        stage_refused(stage, REJECTION_bad_field, "locale");
    }
}

/* Every aggregate refuses alike: what cannot be sealed is not decided. */
static void erased_subjects_get_typed_refusals(void **state)
{
    struct stage *stage = *state;
    const struct register_customer registers = ada_registers();
    const struct change_contact change = {.contact = ada_customer()};
    stage->context.subject = SUBJECT_ERASED;
    stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &registers);
    stage_refused(stage, REJECTION_customer_erased, NULL);
    stage_decide(stage, COMMAND_CHANGE_CONTACT, &change);
    stage_refused(stage, REJECTION_not_found, NULL); /* the state's own answers come first */
    stage->context.subject = SUBJECT_ACTIVE;
    register_ada(stage);
    stage->context.subject = SUBJECT_ERASING;
    stage_decide(stage, COMMAND_CHANGE_CONTACT, &change);
    stage_refused(stage, REJECTION_erasure_pending, NULL);
    assert_int_equal(stage->decision.rejection->class, REJECTION_CLASS_PRIVACY);
    stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &registers);
    stage_refused(stage, REJECTION_already_exists, NULL);
    stage->context.subject = SUBJECT_ERASED;
    stage_decide(stage, COMMAND_CHANGE_CONTACT, &change);
    stage_refused(stage, REJECTION_customer_erased, NULL);
}

static void contradict(struct stage *stage, enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    int64_t version = stage->aggregate.version;
    assert_false(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
    assert_true(stage->aggregate.contradicted);
    assert_int_equal(stage->aggregate.version, version);
}

static void events_that_cannot_follow_contradict(void **state)
{
    struct stage *stage = *state;
    const struct customer_registered registered = {.region = SLICE_LITERAL("eu")};
    const struct customer_contact_changed changed = {.contact = ada_customer()};
    const struct order_cancelled other = {.reason = 1};
    contradict(stage, EVENT_CUSTOMER_CONTACT_CHANGED, &changed);
    contradict(stage, EVENT_ORDER_CANCELLED, &other);
    register_ada(stage);
    contradict(stage, EVENT_CUSTOMER_REGISTERED, &registered);
}

static void every_cell_is_filled_and_no_other(void **state)
{
    (void)state;
    for (size_t command = 0; command < COMMAND_TYPE_COUNT; command++) {
        bool own = command_descriptions[command].category == CATEGORY_CUSTOMER;
        for (size_t status = 0; status < CUSTOMER_STATUS_COUNT; status++) {
            const struct transition *cell = &customer_transitions[command][status];
            assert_int_equal(cell->outcome != NULL, own);
            assert_false(cell->decide != NULL && cell->refusal.code != NULL);
        }
    }
    assert_string_equal(customer_status_name(CUSTOMER_NONE), "none");
    assert_string_equal(customer_status_name(CUSTOMER_ACTIVE), "active");
    assert_string_equal(customer_status_name(CUSTOMER_ERASURE_REQUESTED), "erasure_requested");
    assert_string_equal(customer_status_name(CUSTOMER_ERASED), "erased");
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    const struct register_customer registers = ada_registers();
    const struct change_contact change = {.contact = ada_customer()};
    struct command commands[] = {
        {COMMAND_REGISTER_CUSTOMER, &registers}, {COMMAND_CHANGE_CONTACT, &change}};
    struct arena small;
    arena_init(&small, 8);
    for (size_t i = 0; i < countof(commands); i++) {
        stage->context.arena = &small;
        assert_false(
            aggregate_decide(&stage->aggregate, &commands[i], &stage->context, &stage->decision));
        stage->context.arena = &stage->arena;
        stage_do(stage, commands[i].type, commands[i].body, 1);
    }
    arena_release(&small);
}

#define CUSTOMER(test) cmocka_unit_test_setup_teardown(test, open_customer, close_customer)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CUSTOMER(a_customer_is_registered_once),
        CUSTOMER(a_locale_is_no_must),
        CUSTOMER(a_contact_is_changed_as_a_whole),
        CUSTOMER(addresses_that_are_none_are_refused),
        CUSTOMER(tags_hold_no_text),
        CUSTOMER(erased_subjects_get_typed_refusals),
        CUSTOMER(events_that_cannot_follow_contradict),
        CUSTOMER(every_cell_is_filled_and_no_other),
        CUSTOMER(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
