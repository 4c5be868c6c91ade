// SPDX-License-Identifier: Apache-2.0
// Commands and events of the customer, as lists of fields (rules: order_messages.h). The stream's id
// is a pseudonym, and the subject whose keys seal everything personal of the customer's, in orders too.
#ifndef DOMAIN_CUSTOMER_MESSAGES_H
#define DOMAIN_CUSTOMER_MESSAGES_H

#include "message/sealed.h"

// clang-format off

/* Who has one name only has an empty family name. */
#define CUSTOMER_CONTACT_FIELDS(F, T) \
    F(T, TEXT, given_name,  REQUIRED, INHERITED, 1, 200) \
    F(T, TEXT, family_name, REQUIRED, INHERITED, 0, 200) \
    F(T, TEXT, email,       REQUIRED, INHERITED, 3, 254) \
    F(T, TEXT, phone,       OPTIONAL, INHERITED, 3, 32)
DECLARE_MESSAGE(customer_contact, CUSTOMER_CONTACT_FIELDS)

/* ---- commands ---- */

#define REGISTER_CUSTOMER_FIELDS(F, T) \
    F(T, TEXT,   region,  REQUIRED, NONE, 2, 64) \
    F(T, TEXT,   locale,  OPTIONAL, NONE, 2, 35) \
    F(T, RECORD, contact, REQUIRED, CONTACT, customer_contact, 0) \
    F(T, RECORD, sealed,  OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(register_customer, REGISTER_CUSTOMER_FIELDS)

#define CHANGE_CONTACT_FIELDS(F, T) \
    F(T, RECORD, contact, REQUIRED, CONTACT, customer_contact, 0) \
    F(T, RECORD, sealed,  OPTIONAL, NONE, sealed_box, 0)
DECLARE_MESSAGE(change_contact, CHANGE_CONTACT_FIELDS)

/* ---- events ---- */

#define CUSTOMER_REGISTERED_FIELDS(F, T) \
    F(T, TEXT,   region,  REQUIRED, NONE, 2, 64) \
    F(T, TEXT,   locale,  OPTIONAL, NONE, 2, 35) \
    F(T, RECORD, contact, REQUIRED, CONTACT, customer_contact, 0)
DECLARE_MESSAGE(customer_registered, CUSTOMER_REGISTERED_FIELDS)

/* The whole group: the newest one holds. Nothing of it is clear. */
#define CUSTOMER_CONTACT_CHANGED_FIELDS(F, T) \
    F(T, RECORD, contact, REQUIRED, CONTACT, customer_contact, 0)
DECLARE_MESSAGE(customer_contact_changed, CUSTOMER_CONTACT_CHANGED_FIELDS)

// clang-format on

#endif
