// SPDX-License-Identifier: Apache-2.0
// Synthetic persons: a name, an e-mail address, a phone number and a postal address that follow from
// the id of a customer, so that every run makes the same ones. Nobody real: the domains and the phone
// numbers are reserved for examples. Names are of many languages, so that bytes beyond ASCII travel.
#ifndef LOAD_PERSON_H
#define LOAD_PERSON_H

#include "base/uuid.h"

struct person {
    char given_name[64];
    char family_name[64];
    char name[128]; /* both */
    char email[96]; /* no other customer has it */
    char phone[24];
    char line1[96];
    char line2[48]; /* may be empty */
    char postal_code[16];
    char city[64];
    char country[3];  /* two letters */
    bool other_payer; /* the invoice goes to somebody else's address */
};

/* The customer's data after `revision` changes. country: two letters. */
void person_make(
    const struct uuid *customer, uint32_t revision, const char *country, struct person *out);

/* ---- as parts of commands: MessagePack maps in the contract form ---- */

enum { PERSON_PACKED_SIZE = 2048 }; /* more than any of these takes */

/* Personal part of PlaceOrder: contact, delivery and, with another payer, bill_to. */
void person_pack_order(const struct person *person, struct writer *out);

/* Personal part of RegisterCustomer and ChangeContact: contact. */
void person_pack_contact(const struct person *person, struct writer *out);

/* Personal part of ChangeShippingAddress: address. */
void person_pack_address(const struct person *person, struct writer *out);

/* Clear parts of the same: RegisterCustomer {region, locale}, ChangeContact {}, and
 * ChangeShippingAddress {country}. */
void person_pack_registration(const struct person *person, struct writer *out);
void person_pack_nothing(struct writer *out);
void person_pack_country(const struct person *person, struct writer *out);

#endif
