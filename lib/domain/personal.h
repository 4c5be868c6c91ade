// SPDX-License-Identifier: Apache-2.0
// What is checked of personal data before it is sealed: afterwards nobody can.
#ifndef DOMAIN_PERSONAL_H
#define DOMAIN_PERSONAL_H

#include "domain/order_messages.h"

/* One '@' with something on both sides, no blanks, at most 254 bytes. Whether somebody reads mail there
 * only a mail can tell. */
bool personal_is_email(struct slice text);

/* Two capital letters. */
bool personal_is_country(struct slice code);

/* Whether 13 to 19 digits, with blanks or dashes between groups of them or not, pass Luhn's check: what
 * looks like the number of a payment card does not belong into free text. */
bool personal_has_card_number(struct slice text);

/* The address for the invoice of an order: its own, or that of the delivery in the name of the
 * contact, because it must outlive the delivery's. False: the order has none, and needs none. */
MUST_USE bool personal_bill_to(const struct place_order *order, struct postal_address *out);

#endif
