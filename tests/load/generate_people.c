// SPDX-License-Identifier: Apache-2.0
#include "load/generate_people.h"

#include "load/generate_parts.h"

#include <stdlib.h>

#include "base/banned.h"

#define COUNTRY "GB"

struct returning {
    struct uuid id;
    char text[UUID_TEXT_SIZE];
    uint32_t revision; /* changes of the contact so far */
    bool registered;
    uint8_t *part; /* of an order, packed; owned; NULL: not yet */
    size_t part_size;
};

struct people {
    const struct run_identity *identity;
    uint8_t clear[PERSON_PACKED_SIZE]; /* of the command given out last */
    uint8_t personal[PERSON_PACKED_SIZE];
    struct returning rows[GENERATED_CUSTOMERS];
};

struct people *people_new(const struct run_identity *identity)
{
    struct people *people = calloc(1, sizeof(*people));
    if (people == NULL)
        return NULL;
    people->identity = identity;
    for (uint32_t i = 0; i < GENERATED_CUSTOMERS; i++) {
        struct returning *row = &people->rows[i];
        row->id = shared_id(identity, "generated customer", slice_of(&i, sizeof(i)));
        uuid_format(&row->id, row->text);
    }
    return people;
}

void people_free(struct people *people)
{
    if (people == NULL)
        return;
    for (size_t i = 0; i < GENERATED_CUSTOMERS; i++)
        free(people->rows[i].part);
    free(people);
}

void people_get(const struct people *people, int64_t number, struct buyer *out)
{
    const struct returning *row = &people->rows[number];
    *out = (struct buyer){.number = (int32_t)number, .id = row->id};
    memcpy(out->text, row->text, sizeof(out->text));
}

bool people_register(struct people *people, const struct buyer *buyer)
{
    if (buyer->number == GUEST)
        return true;
    struct returning *row = &people->rows[buyer->number];
    bool due = !row->registered;
    row->registered = true;
    return due;
}

static void make(const struct people *people, const struct buyer *buyer, struct person *out)
{
    uint32_t revision = buyer->number == GUEST ? 0 : people->rows[buyer->number].revision;
    person_make(&buyer->id, revision, COUNTRY, out);
}

static struct slice pack_order_part(struct people *people, const struct buyer *buyer)
{
    struct person person;
    struct writer out = writer_over(people->personal, sizeof(people->personal));
    make(people, buyer, &person);
    person_pack_order(&person, &out);
    CHECK(!out.overflow);
    return writer_slice(&out);
}

bool people_order_part(
    struct people *people, const struct buyer *buyer, struct slice *out, struct error *err)
{
    if (buyer->number == GUEST) {
        *out = pack_order_part(people, buyer);
        return true;
    }
    struct returning *row = &people->rows[buyer->number];
    if (row->part == NULL) {
        struct slice packed = pack_order_part(people, buyer);
        row->part = malloc(packed.size);
        if (row->part == NULL)
            return error_set(err, ERROR_fatal, "out of memory");
        memcpy(row->part, packed.data, packed.size);
        row->part_size = packed.size;
    }
    *out = slice_of(row->part, row->part_size);
    return true;
}

void people_put_registration(struct people *people, const struct buyer *buyer, struct outgoing *out)
{
    struct person person;
    struct writer clear = writer_over(people->clear, sizeof(people->clear));
    struct writer personal = writer_over(people->personal, sizeof(people->personal));
    make(people, buyer, &person);
    person_pack_registration(&person, &clear);
    person_pack_contact(&person, &personal);
    CHECK(!clear.overflow && !personal.overflow);
    out->type = COMMAND_REGISTER_CUSTOMER;
    out->stream_id = buyer->id;
    out->bytes = writer_slice(&clear);
    out->personal = writer_slice(&personal);
}

void people_put_contact_change(
    struct people *people, const struct buyer *buyer, struct outgoing *out)
{
    struct person person;
    struct writer clear = writer_over(people->clear, sizeof(people->clear));
    struct writer personal = writer_over(people->personal, sizeof(people->personal));
    CHECK(buyer->number != GUEST);
    struct returning *row = &people->rows[buyer->number];
    row->revision++;
    free(row->part);
    row->part = NULL;
    make(people, buyer, &person);
    person_pack_nothing(&clear);
    person_pack_contact(&person, &personal);
    CHECK(!clear.overflow && !personal.overflow);
    out->type = COMMAND_CHANGE_CONTACT;
    out->stream_id = buyer->id;
    out->bytes = writer_slice(&clear);
    out->personal = writer_slice(&personal);
}

void people_put_address_change(
    struct people *people,
    const struct buyer *buyer,
    const struct uuid *order,
    struct outgoing *out)
{
    struct person person;
    struct writer clear = writer_over(people->clear, sizeof(people->clear));
    struct writer personal = writer_over(people->personal, sizeof(people->personal));
    /* Where another order of another life would go. */
    person_make(&buyer->id, UINT32_MAX, COUNTRY, &person);
    person_pack_country(&person, &clear);
    person_pack_address(&person, &personal);
    CHECK(!clear.overflow && !personal.overflow);
    out->type = COMMAND_CHANGE_SHIPPING_ADDRESS;
    out->stream_id = *order;
    out->bytes = writer_slice(&clear);
    out->personal = writer_slice(&personal);
}
