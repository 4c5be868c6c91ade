// SPDX-License-Identifier: Apache-2.0
#include "schema/contracts.h"

#include "command/epoch_record.h"
#include "command/reply_message.h"
#include "domain/catalog.h"

#include "base/banned.h"

/* What stands behind the commands. */
static const struct contract others[] = {
    {.name = REPLY_CE_TYPE,
     .what = "Body",
     .subject = REPLY_CE_TYPE,
     .part = PART_BODY,
     .message = &reply_message},
    {.name = CONTRACT_EPOCH,
     .what = "Body",
     .subject = "a record of order.epochs",
     .part = PART_BODY,
     .message = &epoch_record_message},
    {.name = CONTRACT_COMMAND_HEADERS,
     .what = "Headers",
     .subject = "a command in the binary mode of CloudEvents; others are ignored",
     .part = PART_HEADERS,
     .headers = &command_headers},
    {.name = CONTRACT_REPLY_HEADERS,
     .what = "Headers",
     .subject = "a reply",
     .part = PART_HEADERS,
     .headers = &reply_headers},
    {.name = CONTRACT_DEAD_LETTER_HEADERS,
     .what = "Headers",
     .subject = "a dead letter, besides those the record came with",
     .part = PART_HEADERS,
     .headers = &dead_letter_headers},
};

static struct contract
of_command(const struct command_description *command, enum contract_part part)
{
    bool is_body = part == PART_BODY;
    struct contract contract = {
        .what = is_body ? "Body" : "Plaintext of the box",
        .subject = command->ce_type,
        .part = part,
        .message = command->message};
    int size = snprintf(
        contract.name, sizeof(contract.name), "%s%s", command->ce_type, is_body ? "" : ".personal");
    CHECK(size > 0 && (size_t)size < sizeof(contract.name));
    return contract;
}

bool contract_at(size_t place, struct contract *out)
{
    for (enum command_type type = 0; type < COMMAND_TYPE_COUNT; type++) {
        if (place-- == 0) {
            *out = of_command(&command_descriptions[type], PART_BODY);
            return true;
        }
        if (command_may_be_personal(type) && place-- == 0) {
            *out = of_command(&command_descriptions[type], PART_PERSONAL);
            return true;
        }
    }
    if (place >= countof(others))
        return false;
    *out = others[place];
    return true;
}
