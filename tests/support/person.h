// SPDX-License-Identifier: Apache-2.0
// Ada, whom tests know everything of.
#ifndef SUPPORT_PERSON_H
#define SUPPORT_PERSON_H

#include "domain/customer_messages.h"
#include "domain/order_messages.h"

static inline struct postal_address ada_address(void)
{
    return (struct postal_address){
        .line1 = SLICE_LITERAL("12 St James's Square"),
        .postal_code = SLICE_LITERAL("10115"),
        .has_postal_code = true,
        .city = SLICE_LITERAL("Berlin"),
        .country = SLICE_LITERAL("DE")};
}

static inline struct person_contact ada_contact(void)
{
    return (struct person_contact){
        .name = SLICE_LITERAL("Ada Lovelace"),
        .email = SLICE_LITERAL("ada@example.org"),
        .has_email = true,
        .phone = SLICE_LITERAL("+49 30 1234567"),
        .has_phone = true};
}

static inline struct order_delivery ada_delivery(void)
{
    return (struct order_delivery){
        .ship_to = ada_address(), .note = SLICE_LITERAL("Ring twice."), .has_note = true};
}

static inline struct customer_contact ada_customer(void)
{
    return (struct customer_contact){
        .given_name = SLICE_LITERAL("Ada"),
        .family_name = SLICE_LITERAL("Lovelace"),
        .email = SLICE_LITERAL("ada@example.org"),
        .phone = SLICE_LITERAL("+49 30 1234567"),
        .has_phone = true};
}

/* Has Ada order it, and get it. */
static inline void ada_orders(struct place_order *order)
{
    order->contact = ada_contact();
    order->has_contact = true;
    order->delivery = ada_delivery();
    order->has_delivery = true;
}

#endif
