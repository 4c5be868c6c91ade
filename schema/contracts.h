// SPDX-License-Identifier: Apache-2.0
// What other services may rely on, one JSON Schema each: bodies, the plaintext of boxes, headers.
// Events are not among them: they are stored, not published.
#ifndef SCHEMA_CONTRACTS_H
#define SCHEMA_CONTRACTS_H

#include "message/describe.h"
#include "wire/headers.h"

#include <stdio.h>

enum contract_part {
    PART_BODY,     /* of `message`: all its fields */
    PART_PERSONAL, /* of `message`: what is in the box of a command */
    PART_HEADERS,  /* of a record: `headers` */
};

enum { CONTRACT_NAME_SIZE = 96 };

/* Owns nothing but its name. */
struct contract {
    char name[CONTRACT_NAME_SIZE]; /* "order.command.place-order.v1"; of the file, without .json */
    const char *what;              /* "Body", */
    const char *subject;           /* of what: the type of the record */
    enum contract_part part;
    const struct message *message;
    const struct header_descriptions *headers;
};

/* The contract at a place from 0 on; false behind the last one. */
bool contract_at(size_t place, struct contract *out);

/* Names of the topics' headers, as contract_at gives them. */
#define CONTRACT_COMMAND_HEADERS "headers.command"
#define CONTRACT_REPLY_HEADERS "headers.reply"
#define CONTRACT_DEAD_LETTER_HEADERS "headers.dead-letter"
#define CONTRACT_EPOCH "order.epoch.v1"

/* Writes the JSON Schema (2020-12) of one, on its own. */
void schema_print(FILE *out, const struct contract *contract);

/* Writes all of them as one JSON map: name to schema. */
void schema_print_all(FILE *out);

/* Writes the AsyncAPI document, in YAML. */
void asyncapi_print(FILE *out);

#endif
