// SPDX-License-Identifier: Apache-2.0
// Inside the generator: its customers, their personal data packed once and used again.
#ifndef LOAD_GENERATE_PEOPLE_H
#define LOAD_GENERATE_PEOPLE_H

#include "load/command_source.h"
#include "load/person.h"

enum { GUEST = -1 };

/* Who orders. */
struct buyer {
    int32_t number; /* of a returning customer; GUEST: comes once */
    struct uuid id;
    char text[UUID_TEXT_SIZE];
};

struct people;

/* NULL: out of memory. */
struct people *people_new(const struct run_identity *identity);
void people_free(struct people *people);

/* The returning customer of this number, below GENERATED_CUSTOMERS. */
void people_get(const struct people *people, int64_t number, struct buyer *out);

/* Whether RegisterCustomer is due; then it counts as sent. Guests always have to. */
bool people_register(struct people *people, const struct buyer *buyer);

/* Personal part of an order of this buyer; valid until the next call. */
MUST_USE bool people_order_part(
    struct people *people, const struct buyer *buyer, struct slice *out, struct error *err);

/* The commands about a person: type, stream, clear and personal part of *out. Another contact holds
 * from then on in orders too. */
void people_put_registration(
    struct people *people, const struct buyer *buyer, struct outgoing *out);
void people_put_contact_change(
    struct people *people, const struct buyer *buyer, struct outgoing *out);
void people_put_address_change(
    struct people *people,
    const struct buyer *buyer,
    const struct uuid *order,
    struct outgoing *out);

#endif
