// SPDX-License-Identifier: Apache-2.0
// The end of a customer: asked for, confirmed class by class, and nothing else after that.
#include "support/person.h"
#include "support/stage.h"

static int open_customer(void **state)
{
    static struct stage stage;
    const struct register_customer ada = {
        .region = SLICE_LITERAL("eu-west"), .contact = ada_customer()};
    stage_open(&stage, CATEGORY_CUSTOMER);
    stage.context.subject = SUBJECT_ACTIVE;
    stage_do(&stage, COMMAND_REGISTER_CUSTOMER, &ada, 1);
    stage.context.subject = SUBJECT_NONE_NEEDED;
    *state = &stage;
    return 0;
}

static int close_customer(void **state)
{
    stage_close(*state);
    return 0;
}

enum { CONTACT, DELIVERY, INVOICE, PAYMENT }; /* index into customer_classes */

static const uint8_t fingerprint[16] = {0xf1, [15] = 0x9e};
static const struct destroyed_class most_classes[] = {{CONTACT}, {DELIVERY}, {PAYMENT}};
static const struct destroyed_class invoice_class[] = {{INVOICE}};
static const struct retained_class invoice_kept[] = {
    {.class_name = INVOICE, .basis = 0, .until = STAGE_NOW + 1}};

static struct request_erasure requests(const char *ref)
{
    return (struct request_erasure){
        .request_ref = slice_of_text(ref),
        .legal_basis = 1,
        .requested_by = SLICE_LITERAL("desk 3"),
        .not_before = STAGE_NOW + 5,
        .has_not_before = true};
}

/* All but the invoices. */
static struct confirm_erasure confirms(void)
{
    return (struct confirm_erasure){
        .key_fingerprint = {fingerprint, sizeof(fingerprint)},
        .destroyed_at = STAGE_NOW,
        .streams = 3,
        .events = 14,
        .snapshots = 1,
        .classes = most_classes,
        .classes_count = countof(most_classes),
        .retained = invoice_kept,
        .retained_count = 1,
        .has_retained = true};
}

static struct confirm_erasure confirms_invoices(void)
{
    struct confirm_erasure command = confirms();
    command.classes = invoice_class;
    command.classes_count = 1;
    command.retained_count = 0;
    command.has_retained = false;
    return command;
}

static void request(struct stage *stage)
{
    const struct request_erasure command = requests("R-1");
    stage_do(stage, COMMAND_REQUEST_ERASURE, &command, 1);
}

static void confirm(struct stage *stage)
{
    const struct confirm_erasure command = confirms();
    stage_do(stage, COMMAND_CONFIRM_ERASURE, &command, 1);
}

static void an_erasure_is_asked_for(void **state)
{
    struct stage *stage = *state;
    request(stage);
    assert_int_equal(stage->decision.events[0].type, EVENT_ERASURE_REQUESTED);
    const struct erasure_requested *event = stage->decision.events[0].body;
    assert_true(slice_is(event->request_ref, "R-1"));
    assert_int_equal(event->legal_basis, 1);
    assert_true(event->has_not_before && event->not_before == STAGE_NOW + 5);
    assert_int_equal(stage_customer(stage)->status, CUSTOMER_ERASURE_REQUESTED);
}

static void asked_for_again_nothing_happens(void **state)
{
    struct stage *stage = *state;
    struct request_erasure command = requests("R-1");
    request(stage);
    stage_decide(stage, COMMAND_REQUEST_ERASURE, &command);
    stage_accepted(stage, 0);
    command = requests("R-2");
    stage_decide(stage, COMMAND_REQUEST_ERASURE, &command);
    stage_refused(stage, REJECTION_erasure_pending, "request_ref");
}

static void references_hold_no_addresses(void **state)
{
    struct stage *stage = *state;
    const struct request_erasure command = requests("ada@example.org");
    stage_decide(stage, COMMAND_REQUEST_ERASURE, &command);
    stage_refused(stage, REJECTION_bad_field, "request_ref");
}

static void while_it_is_pending_nothing_else_happens(void **state)
{
    struct stage *stage = *state;
    const struct register_customer ada = {
        .region = SLICE_LITERAL("eu-west"), .contact = ada_customer()};
    const struct change_contact change = {.contact = ada_customer()};
    request(stage);
    stage->context.subject = SUBJECT_ACTIVE;
    stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &ada);
    stage_refused(stage, REJECTION_erasure_pending, NULL);
    stage_decide(stage, COMMAND_CHANGE_CONTACT, &change);
    stage_refused(stage, REJECTION_erasure_pending, NULL);
}

static void an_erasure_is_confirmed(void **state)
{
    struct stage *stage = *state;
    request(stage);
    confirm(stage);
    assert_int_equal(stage->decision.events[0].type, EVENT_CUSTOMER_ERASED);
    const struct customer_erased *event = stage->decision.events[0].body;
    assert_true(slice_equal(event->key_fingerprint, slice_of(fingerprint, sizeof(fingerprint))));
    assert_int_equal(event->destroyed_at, STAGE_NOW);
    assert_int_equal(event->streams, 3);
    assert_int_equal(event->events, 14);
    assert_int_equal(event->snapshots, 1);
    assert_int_equal(event->classes_count, 3);
    assert_int_equal(event->classes[2].class_name, PAYMENT);
    assert_true(event->has_retained);
    assert_int_equal(event->retained_count, 1);
    assert_int_equal(event->retained[0].class_name, INVOICE);
    assert_int_equal(stage_customer(stage)->status, CUSTOMER_ERASED);
}

static void what_was_kept_is_confirmed_later_and_once(void **state)
{
    struct stage *stage = *state;
    struct confirm_erasure command = confirms();
    request(stage);
    confirm(stage);
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &command);
    stage_refused(stage, REJECTION_customer_erased, "classes");
    command = confirms_invoices();
    command.retained = (const struct retained_class[]){{.class_name = CONTACT}};
    command.retained_count = 1;
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &command);
    stage_refused(stage, REJECTION_bad_field, "retained"); /* it is gone */
    command = confirms_invoices();
    stage_do(stage, COMMAND_CONFIRM_ERASURE, &command, 1);
    assert_int_equal(stage_customer(stage)->status, CUSTOMER_ERASED);
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &command);
    stage_refused(stage, REJECTION_customer_erased, "classes");
}

static void after_it_nothing_else_happens(void **state)
{
    struct stage *stage = *state;
    const struct register_customer ada = {
        .region = SLICE_LITERAL("eu-west"), .contact = ada_customer()};
    const struct change_contact change = {.contact = ada_customer()};
    const struct request_erasure again = requests("R-1");
    request(stage);
    confirm(stage);
    stage->context.subject = SUBJECT_ACTIVE;
    stage_decide(stage, COMMAND_REGISTER_CUSTOMER, &ada);
    stage_refused(stage, REJECTION_customer_erased, NULL);
    stage_decide(stage, COMMAND_CHANGE_CONTACT, &change);
    stage_refused(stage, REJECTION_customer_erased, NULL);
    stage_decide(stage, COMMAND_REQUEST_ERASURE, &again);
    stage_refused(stage, REJECTION_customer_erased, NULL);
}

static void a_confirmation_says_what_is_gone_and_what_is_not(void **state)
{
    static const struct destroyed_class twice[] = {{CONTACT}, {DELIVERY}, {CONTACT}};
    struct stage *stage = *state;
    struct confirm_erasure command = confirms();
    request(stage);
    command.classes = twice;
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &command);
    stage_refused(stage, REJECTION_bad_field, "classes");
    command.classes_count = 0;
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &command);
    stage_refused(stage, REJECTION_bad_field, "classes");
    command = confirms();
    command.classes = invoice_class;
    command.classes_count = 1;
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &command);
    stage_refused(stage, REJECTION_bad_field, "retained");
}

static void nothing_is_confirmed_that_nobody_asked_for(void **state)
{
    struct stage *stage = *state;
    const struct request_erasure asks = requests("R-1");
    const struct confirm_erasure says = confirms();
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &says);
    stage_refused(stage, REJECTION_invalid_state, NULL);
    assert_true(aggregate_init(&stage->aggregate, CATEGORY_CUSTOMER, &stage->arena));
    stage_decide(stage, COMMAND_CONFIRM_ERASURE, &says);
    stage_refused(stage, REJECTION_not_found, NULL);
    stage_decide(stage, COMMAND_REQUEST_ERASURE, &asks);
    stage_refused(stage, REJECTION_not_found, NULL);
}

static void contradicts(struct stage *stage, enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    assert_false(aggregate_evolve(&stage->aggregate, &event, &stage->arena));
    assert_true(stage->aggregate.contradicted);
}

static void events_that_cannot_follow_contradict(void **state)
{
    struct stage *stage = *state;
    const struct erasure_requested requested = {.request_ref = SLICE_LITERAL("R-1")};
    const struct customer_erased erased = {
        .classes = most_classes, .classes_count = countof(most_classes)};
    const struct customer_erased nothing = {.classes = most_classes};
    const struct customer_contact_changed changed = {.contact = ada_customer()};
    contradicts(stage, EVENT_CUSTOMER_ERASED, &erased);
    request(stage);
    contradicts(stage, EVENT_ERASURE_REQUESTED, &requested);
    contradicts(stage, EVENT_CUSTOMER_CONTACT_CHANGED, &changed);
    contradicts(stage, EVENT_CUSTOMER_ERASED, &nothing);
    confirm(stage);
    contradicts(stage, EVENT_CUSTOMER_ERASED, &erased);
    contradicts(stage, EVENT_ERASURE_REQUESTED, &requested);
    contradicts(stage, EVENT_CUSTOMER_CONTACT_CHANGED, &changed);
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    const struct request_erasure asks = requests("R-1");
    const struct confirm_erasure says = confirms();
    const struct command commands[] = {
        {COMMAND_REQUEST_ERASURE, &asks}, {COMMAND_CONFIRM_ERASURE, &says}};
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
        CUSTOMER(an_erasure_is_asked_for),
        CUSTOMER(asked_for_again_nothing_happens),
        CUSTOMER(references_hold_no_addresses),
        CUSTOMER(while_it_is_pending_nothing_else_happens),
        CUSTOMER(an_erasure_is_confirmed),
        CUSTOMER(what_was_kept_is_confirmed_later_and_once),
        CUSTOMER(after_it_nothing_else_happens),
        CUSTOMER(a_confirmation_says_what_is_gone_and_what_is_not),
        CUSTOMER(nothing_is_confirmed_that_nobody_asked_for),
        CUSTOMER(events_that_cannot_follow_contradict),
        CUSTOMER(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
