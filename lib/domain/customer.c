// SPDX-License-Identifier: Apache-2.0
#include "domain/customer.h"
#include "domain/personal.h"

#include "base/banned.h"

static const char *const status_names[] = {"none", "active"};
_Static_assert(countof(status_names) == CUSTOMER_STATUS_COUNT, "each status has a name");

static decide_function register_customer;
static decide_function change_contact;

const struct transition customer_transitions[COMMAND_TYPE_COUNT][CUSTOMER_STATUS_COUNT] = {
    [COMMAND_REGISTER_CUSTOMER] =
        {
            [CUSTOMER_NONE] = TRANSITION_DECIDE(register_customer, "active"),
            [CUSTOMER_ACTIVE] =
                TRANSITION_REFUSE(already_exists, "The customer is registered already."),
        },
    [COMMAND_CHANGE_CONTACT] =
        {
            [CUSTOMER_NONE] = TRANSITION_REFUSE(not_found, "The customer was never registered."),
            [CUSTOMER_ACTIVE] = TRANSITION_DECIDE(change_contact, "stays"),
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

static evolve_function *const evolvers[EVENT_TYPE_COUNT] = {
    [EVENT_CUSTOMER_REGISTERED] = on_customer_registered,
    [EVENT_CUSTOMER_CONTACT_CHANGED] = on_customer_contact_changed,
};

enum evolve_result
customer_evolve(struct customer *customer, const struct event *event, struct arena *arena)
{
    return evolve_by(evolvers, customer, event, arena);
}
