// SPDX-License-Identifier: Apache-2.0
// Customers: the data has numbers only, so each is a made-up person.
#include "load/person.h"
#include "load/retail_steps.h"

#include <stdio.h>

#include "base/banned.h"

static bool no_memory(struct error *err)
{
    return error_set(err, ERROR_fatal, "out of memory");
}

struct uuid retail_customer(const struct retail *retail, const struct retail_row *row)
{
    char number[24];
    if (row->customer == 0)
        return shared_id(retail->identity, "guest", slice_of_text(row->invoice));
    (void)snprintf(number, sizeof(number), "%lld", (long long)row->customer);
    return shared_id(retail->identity, "customer", slice_of_text(number));
}

/* What was packed, for as long as the plan lives. */
static bool
keep(struct retail *retail, const struct writer *packed, struct slice *out, struct error *err)
{
    CHECK(!packed->overflow);
    return arena_copy(&retail->arena, writer_slice(packed), out) || no_memory(err);
}

bool retail_order_part(
    struct retail *retail, const struct retail_row *row, struct slice *out, struct error *err)
{
    uint8_t bytes[PERSON_PACKED_SIZE];
    struct writer packed = writer_over(bytes, sizeof(bytes));
    struct person person;
    if (!retail->personal)
        return true;
    struct uuid id = retail_customer(retail, row);
    person_make(&id, 0, row->country, &person);
    person_pack_order(&person, &packed);
    return keep(retail, &packed, out, err);
}

static bool pack_registration(
    struct retail *retail,
    const struct uuid *id,
    const char *country,
    struct outgoing *command,
    struct error *err)
{
    uint8_t clear_bytes[PERSON_PACKED_SIZE];
    uint8_t personal_bytes[PERSON_PACKED_SIZE];
    struct writer clear = writer_over(clear_bytes, sizeof(clear_bytes));
    struct writer personal = writer_over(personal_bytes, sizeof(personal_bytes));
    struct person person;
    person_make(id, 0, country, &person);
    person_pack_registration(&person, &clear);
    person_pack_contact(&person, &personal);
    return keep(retail, &clear, &command->bytes, err) &&
           keep(retail, &personal, &command->personal, err);
}

bool retail_plan_customer(struct retail *retail, const struct retail_row *row, struct error *err)
{
    struct uuid id = retail_customer(retail, row);
    struct map16_key key;
    uint32_t known;
    memcpy(key.bytes, id.bytes, sizeof(key.bytes));
    if (!retail->personal || map16_find(&retail->customers, &key, &known))
        return true;
    if (!map16_put(&retail->customers, &key, 0, err))
        return false;
    struct outgoing *command =
        retail_plan_add(retail, COMMAND_REGISTER_CUSTOMER, "registration", err);
    if (command == NULL)
        return false;
    /* Customers are the same in all runs; so is the command that registers them. */
    command->command_id =
        shared_id(retail->identity, "register", slice_of(id.bytes, sizeof(id.bytes)));
    command->stream_id = id;
    return pack_registration(retail, &id, row->country, command, err);
}
