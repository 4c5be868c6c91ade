// SPDX-License-Identifier: Apache-2.0
// Commands and events of the customer, as lists of fields (rules: order_messages.h). The stream's id
// is a pseudonym, and the subject whose keys seal everything personal of the customer's, in orders too.
#ifndef DOMAIN_CUSTOMER_MESSAGES_H
#define DOMAIN_CUSTOMER_MESSAGES_H

#include "message/sealed.h"

enum { CUSTOMER_MAX_RETAINED = 16 };

extern const struct message_enum customer_legal_bases;
extern const struct message_enum customer_retention_bases;
extern const struct message_enum customer_classes; /* index + 1 = enum message_class */

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

/* requested_by: who handled it, for the audit; it is in no event. */
#define REQUEST_ERASURE_FIELDS(F, T) \
    F(T, TEXT, request_ref,  REQUIRED, NONE, 1, 64) \
    F(T, ENUM, legal_basis,  REQUIRED, NONE, customer_legal_bases, 0) \
    F(T, TEXT, requested_by, REQUIRED, NONE, 1, 64) \
    F(T, TIME, not_before,   OPTIONAL, NONE, 0, 0)
DECLARE_MESSAGE(request_erasure, REQUEST_ERASURE_FIELDS)

#define DESTROYED_CLASS_FIELDS(F, T) \
    F(T, ENUM, class_name, REQUIRED, NONE, customer_classes, 0)
DECLARE_MESSAGE(destroyed_class, DESTROYED_CLASS_FIELDS)

#define RETAINED_CLASS_FIELDS(F, T) \
    F(T, ENUM, class_name, REQUIRED, NONE, customer_classes, 0) \
    F(T, ENUM, basis,      REQUIRED, NONE, customer_retention_bases, 0) \
    F(T, TIME, until,      REQUIRED, NONE, 0, 0)
DECLARE_MESSAGE(retained_class, RETAINED_CLASS_FIELDS)

/* What the shredder did, and nobody else may say. Counts of what the keys were for. */
#define CONFIRM_ERASURE_FIELDS(F, T) \
    F(T, BYTES, key_fingerprint, REQUIRED, NONE, 16, 64) \
    F(T, TIME,  destroyed_at,    REQUIRED, NONE, 0, 0) \
    F(T, INT,   streams,         REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,   events,          REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,   snapshots,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, LIST,  classes,         REQUIRED, NONE, destroyed_class, MESSAGE_CLASSES) \
    F(T, LIST,  retained,        OPTIONAL, NONE, retained_class, CUSTOMER_MAX_RETAINED)
DECLARE_MESSAGE(confirm_erasure, CONFIRM_ERASURE_FIELDS)

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

#define ERASURE_REQUESTED_FIELDS(F, T) \
    F(T, TEXT, request_ref, REQUIRED, NONE, 1, 64) \
    F(T, ENUM, legal_basis, REQUIRED, NONE, customer_legal_bases, 0) \
    F(T, TIME, not_before,  OPTIONAL, NONE, 0, 0)
DECLARE_MESSAGE(erasure_requested, ERASURE_REQUESTED_FIELDS)

#define CUSTOMER_ERASED_FIELDS(F, T) \
    F(T, BYTES, key_fingerprint, REQUIRED, NONE, 16, 64) \
    F(T, TIME,  destroyed_at,    REQUIRED, NONE, 0, 0) \
    F(T, INT,   streams,         REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,   events,          REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,   snapshots,       REQUIRED, NONE, 0, INT64_MAX) \
    F(T, LIST,  classes,         REQUIRED, NONE, destroyed_class, MESSAGE_CLASSES) \
    F(T, LIST,  retained,        OPTIONAL, NONE, retained_class, CUSTOMER_MAX_RETAINED)
DECLARE_MESSAGE(customer_erased, CUSTOMER_ERASED_FIELDS)

// clang-format on

#endif
