// SPDX-License-Identifier: Apache-2.0
#include "domain/customer.h"
#include "domain/clear_text.h"
#include "domain/personal.h"

#include "base/banned.h"

static const char *const status_names[] = {"none", "active", "erasure_requested", "erased"};
_Static_assert(countof(status_names) == CUSTOMER_STATUS_COUNT, "each status has a name");

static decide_function register_customer;
static decide_function change_contact;
static decide_function request_erasure;
static decide_function request_again;
static decide_function confirm_erasure;

#define NEVER_REGISTERED TRANSITION_REFUSE(not_found, "The customer was never registered.")
#define REFUSED_ERASING TRANSITION_DECIDE(refuse_erasing, "refused: erasure_pending")
#define REFUSED_ERASED TRANSITION_DECIDE(refuse_erased, "refused: customer_erased")

static decide_function refuse_erasing;
static decide_function refuse_erased;

const struct transition customer_transitions[COMMAND_TYPE_COUNT][CUSTOMER_STATUS_COUNT] = {
    [COMMAND_REGISTER_CUSTOMER] =
        {
            [CUSTOMER_NONE] = TRANSITION_DECIDE(register_customer, "active"),
            [CUSTOMER_ACTIVE] =
                TRANSITION_REFUSE(already_exists, "The customer is registered already."),
            [CUSTOMER_ERASURE_REQUESTED] = REFUSED_ERASING,
            [CUSTOMER_ERASED] = REFUSED_ERASED,
        },
    [COMMAND_CHANGE_CONTACT] =
        {
            [CUSTOMER_NONE] = NEVER_REGISTERED,
            [CUSTOMER_ACTIVE] = TRANSITION_DECIDE(change_contact, "stays"),
            [CUSTOMER_ERASURE_REQUESTED] = REFUSED_ERASING,
            [CUSTOMER_ERASED] = REFUSED_ERASED,
        },
    [COMMAND_REQUEST_ERASURE] =
        {
            [CUSTOMER_NONE] = NEVER_REGISTERED,
            [CUSTOMER_ACTIVE] = TRANSITION_DECIDE(request_erasure, "erasure_requested"),
            [CUSTOMER_ERASURE_REQUESTED] =
                TRANSITION_DECIDE(request_again, "the same request: nothing, else refused"),
            [CUSTOMER_ERASED] = REFUSED_ERASED,
        },
    [COMMAND_CONFIRM_ERASURE] =
        {
            [CUSTOMER_NONE] = NEVER_REGISTERED,
            [CUSTOMER_ACTIVE] = TRANSITION_REFUSE(invalid_state, "Nobody asked for an erasure."),
            [CUSTOMER_ERASURE_REQUESTED] = TRANSITION_DECIDE(confirm_erasure, "erased"),
            [CUSTOMER_ERASED] =
                TRANSITION_DECIDE(confirm_erasure, "further classes: stays, else refused"),
        },
};

const char *customer_status_name(enum customer_status status)
{
    CHECK(status < CUSTOMER_STATUS_COUNT);
    return status_names[status];
}

/* A name of a region or of a language (BCP 47): no room in it for anything personal. */
static bool is_tag(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t letter = text.data[i];
        uint8_t lower = letter | 0x20;
        if (!(lower >= 'a' && lower <= 'z') && !(letter >= '0' && letter <= '9') && letter != '-' &&
            letter != '_')
            return false;
    }
    return true;
}

static const char *contact_fault(const struct customer_contact *contact)
{
    return personal_is_email(contact->email) ? NULL : "email";
}

static bool register_customer(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)state;
    const struct register_customer *command = body;
    if (!is_tag(command->region))
        return decision_refuse(out, REJECTION_bad_field, "region");
    if (command->has_locale && !is_tag(command->locale))
        return decision_refuse(out, REJECTION_bad_field, "locale");
    const char *fault = contact_fault(&command->contact);
    if (fault != NULL)
        return decision_refuse(out, REJECTION_bad_field, fault);
    struct customer_registered *event = arena_new(context->arena, struct customer_registered);
    if (event == NULL)
        return false;
    *event = (struct customer_registered){
        .region = command->region,
        .locale = command->locale,
        .has_locale = command->has_locale,
        .contact = command->contact};
    decision_add(out, EVENT_CUSTOMER_REGISTERED, event);
    return true;
}

static bool change_contact(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)state;
    const struct change_contact *command = body;
    const char *fault = contact_fault(&command->contact);
    if (fault != NULL)
        return decision_refuse(out, REJECTION_bad_field, fault);
    struct customer_contact_changed *event =
        arena_new(context->arena, struct customer_contact_changed);
    if (event == NULL)
        return false;
    event->contact = command->contact;
    decision_add(out, EVENT_CUSTOMER_CONTACT_CHANGED, event);
    return true;
}

static bool refuse_erasing(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)state;
    (void)body;
    (void)context;
    return decision_refuse(out, REJECTION_erasure_pending, NULL);
}

static bool refuse_erased(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)state;
    (void)body;
    (void)context;
    return decision_refuse(out, REJECTION_customer_erased, NULL);
}

static bool request_erasure(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)state;
    const struct request_erasure *command = body;
    if (!clear_text_check(true, command->request_ref, CLEAR_REFERENCE, "request_ref", out))
        return true;
    struct erasure_requested *event = arena_new(context->arena, struct erasure_requested);
    if (event == NULL)
        return false;
    *event = (struct erasure_requested){
        .request_ref = command->request_ref,
        .legal_basis = command->legal_basis,
        .not_before = command->not_before,
        .has_not_before = command->has_not_before};
    decision_add(out, EVENT_ERASURE_REQUESTED, event);
    return true;
}

static bool request_again(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)context;
    const struct customer *customer = state;
    const struct request_erasure *command = body;
    return slice_equal(customer->request_ref, command->request_ref) ||
           decision_refuse(out, REJECTION_erasure_pending, "request_ref");
}

/* A bit per class. False: a class twice. */
static bool classes_of(const struct destroyed_class *classes, size_t count, uint8_t *out)
{
    uint8_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t bit = (uint8_t)(1u << classes[i].class_name);
        if ((bits & bit) != 0)
            return false;
        bits |= bit;
    }
    *out = bits;
    return true;
}

/* Whether one of the classes is said to be kept. */
static bool is_retained(const struct retained_class *retained, size_t count, uint8_t classes)
{
    for (size_t i = 0; i < count; i++) {
        if ((classes >> retained[i].class_name & 1) != 0)
            return true;
    }
    return false;
}

/* Keys that are gone are gone: what was destroyed before is not destroyed again. */
static bool confirm_erasure(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct customer *customer = state;
    const struct confirm_erasure *command = body;
    uint8_t classes = 0;
    if (!classes_of(command->classes, command->classes_count, &classes) || classes == 0)
        return decision_refuse(out, REJECTION_bad_field, "classes");
    if ((classes & customer->destroyed) != 0)
        return decision_refuse(out, REJECTION_customer_erased, "classes");
    if (is_retained(command->retained, command->retained_count, classes | customer->destroyed))
        return decision_refuse(out, REJECTION_bad_field, "retained");
    struct customer_erased *event = arena_new(context->arena, struct customer_erased);
    if (event == NULL)
        return false;
    *event = (struct customer_erased){
        .key_fingerprint = command->key_fingerprint,
        .destroyed_at = command->destroyed_at,
        .streams = command->streams,
        .events = command->events,
        .snapshots = command->snapshots,
        .classes = command->classes,
        .classes_count = command->classes_count,
        .retained = command->retained,
        .retained_count = command->retained_count,
        .has_retained = command->has_retained};
    decision_add(out, EVENT_CUSTOMER_ERASED, event);
    return true;
}

bool customer_decide(
    const struct customer *customer,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    const struct transition *cell = &customer_transitions[command->type][customer->status];
    return transition_decide(cell, customer, command->body, context, out);
}

static bool registered(struct customer *customer, const struct customer_registered *event)
{
    if (customer->status != CUSTOMER_NONE)
        return false;
    customer->status = CUSTOMER_ACTIVE;
    customer->region = event->region;
    customer->locale = event->has_locale ? event->locale : slice_of(NULL, 0);
    return true;
}

static enum evolve_result on_customer_registered(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(registered(state, body));
}

static enum evolve_result
on_customer_contact_changed(void *state, const void *body, struct arena *arena)
{
    (void)body;
    (void)arena;
    return evolve_if(((const struct customer *)state)->status == CUSTOMER_ACTIVE);
}

static bool erasing(struct customer *customer, const struct erasure_requested *event)
{
    if (customer->status != CUSTOMER_ACTIVE)
        return false;
    customer->status = CUSTOMER_ERASURE_REQUESTED;
    customer->request_ref = event->request_ref;
    return true;
}

static enum evolve_result on_erasure_requested(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(erasing(state, body));
}

static bool erased(struct customer *customer, const struct customer_erased *event)
{
    uint8_t classes = 0;
    bool follows =
        customer->status == CUSTOMER_ERASURE_REQUESTED || customer->status == CUSTOMER_ERASED;
    if (!follows || !classes_of(event->classes, event->classes_count, &classes) || classes == 0 ||
        (classes & customer->destroyed) != 0)
        return false;
    customer->status = CUSTOMER_ERASED;
    customer->destroyed |= classes;
    return true;
}

static enum evolve_result on_customer_erased(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(erased(state, body));
}

static evolve_function *const evolvers[EVENT_TYPE_COUNT] = {
    [EVENT_CUSTOMER_REGISTERED] = on_customer_registered,
    [EVENT_CUSTOMER_CONTACT_CHANGED] = on_customer_contact_changed,
    [EVENT_ERASURE_REQUESTED] = on_erasure_requested,
    [EVENT_CUSTOMER_ERASED] = on_customer_erased,
};

enum evolve_result
customer_evolve(struct customer *customer, const struct event *event, struct arena *arena)
{
    return evolve_by(evolvers, customer, event, arena);
}
