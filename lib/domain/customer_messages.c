// SPDX-License-Identifier: Apache-2.0
#include "domain/customer_messages.h"

#include "base/banned.h"

static const char *const legal_bases[] = {
    "gdpr_article_17", "consent_withdrawn", "contract_ended", "other"};
const struct message_enum customer_legal_bases = {legal_bases, countof(legal_bases)};

static const char *const retention_bases[] = {"invoice", "legal_claim", "authority", "other"};
const struct message_enum customer_retention_bases = {retention_bases, countof(retention_bases)};

static const char *const classes[] = {"contact", "delivery", "invoice", "payment"};
const struct message_enum customer_classes = {classes, countof(classes)};

DEFINE_MESSAGE(customer_contact, "CustomerContact", 1, CUSTOMER_CONTACT_FIELDS)
DEFINE_MESSAGE(register_customer, "RegisterCustomer", 1, REGISTER_CUSTOMER_FIELDS)
DEFINE_MESSAGE(change_contact, "ChangeContact", 1, CHANGE_CONTACT_FIELDS)
DEFINE_MESSAGE(request_erasure, "RequestErasure", 1, REQUEST_ERASURE_FIELDS)
DEFINE_MESSAGE(destroyed_class, "DestroyedClass", 1, DESTROYED_CLASS_FIELDS)
DEFINE_MESSAGE(retained_class, "RetainedClass", 1, RETAINED_CLASS_FIELDS)
DEFINE_MESSAGE(confirm_erasure, "ConfirmErasure", 1, CONFIRM_ERASURE_FIELDS)

/* 1 of CustomerRegistered had no region and one name: the number goes on. */
DEFINE_MESSAGE(customer_registered, "CustomerRegistered", 2, CUSTOMER_REGISTERED_FIELDS)
DEFINE_MESSAGE(
    customer_contact_changed, "CustomerContactChanged", 1, CUSTOMER_CONTACT_CHANGED_FIELDS)
DEFINE_MESSAGE(erasure_requested, "ErasureRequested", 1, ERASURE_REQUESTED_FIELDS)
DEFINE_MESSAGE(customer_erased, "CustomerErased", 1, CUSTOMER_ERASED_FIELDS)
