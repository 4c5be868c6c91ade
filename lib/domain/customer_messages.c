// SPDX-License-Identifier: Apache-2.0
#include "domain/customer_messages.h"

#include "base/banned.h"

DEFINE_MESSAGE(customer_contact, "CustomerContact", 1, CUSTOMER_CONTACT_FIELDS)
DEFINE_MESSAGE(register_customer, "RegisterCustomer", 1, REGISTER_CUSTOMER_FIELDS)
DEFINE_MESSAGE(change_contact, "ChangeContact", 1, CHANGE_CONTACT_FIELDS)

/* 1 of CustomerRegistered had no region and one name: the number goes on. */
DEFINE_MESSAGE(customer_registered, "CustomerRegistered", 2, CUSTOMER_REGISTERED_FIELDS)
DEFINE_MESSAGE(
    customer_contact_changed, "CustomerContactChanged", 1, CUSTOMER_CONTACT_CHANGED_FIELDS)
