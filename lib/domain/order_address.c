// SPDX-License-Identifier: Apache-2.0
// ChangeShippingAddress. The address is sealed with the event; the order knows its country only, which
// its taxes depend on and which therefore stays.
#include "domain/order_steps.h"
#include "domain/personal.h"

#include "base/banned.h"

bool order_change_address(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct change_shipping_address *command = body;
    if (!personal_is_country(command->country))
        return decision_refuse(out, REJECTION_bad_field, "country");
    if (!slice_equal(command->address.country, command->country))
        return decision_refuse(out, REJECTION_bad_field, "address");
    if (!slice_equal(command->country, order->ship_country))
        return decision_refuse(out, REJECTION_country_change, "country");
    struct shipping_address_changed *event =
        arena_new(context->arena, struct shipping_address_changed);
    if (event == NULL)
        return false;
    event->country = command->country;
    event->address = command->address;
    decision_add(out, EVENT_SHIPPING_ADDRESS_CHANGED, event);
    return true;
}

/* The address itself is sealed: of interest to a read model, not to a decision. */
enum evolve_result
order_on_shipping_address_changed(void *state, const void *body, struct arena *arena)
{
    const struct order *order = state;
    const struct shipping_address_changed *event = body;
    (void)arena;
    return evolve_if(slice_equal(order->ship_country, event->country));
}
