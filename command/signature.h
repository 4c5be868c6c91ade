// SPDX-License-Identifier: Apache-2.0
// Who sent a record: a MAC that only the producer and we can make. Kafka authenticates connections but
// does not tell the reader of a record whose it was; and a client may put a record into a topic it was
// not meant for (CVE-2026-35554), so the topic is under the MAC too. Pure.
//
//     mac = BLAKE2b(key, 32 bytes out, over
//               "order-command-mac-v1" | L(topic) | L(record key) |
//               number of signed headers, 4 bytes | for each, in their order: L(name) | L(value) |
//               L(body))
//     L(x) = size of x as 4 bytes | x; numbers are big endian
//
// Signed headers: envelope_is_signed.
#ifndef COMMAND_SIGNATURE_H
#define COMMAND_SIGNATURE_H

#include "command/secret.h"
#include "wire/envelope.h"

enum { SIGNATURE_SIZE = 32 };

struct signed_record {
    struct slice topic;
    struct slice key;
    struct slice value;
    const struct header *headers; /* all of the record; those that are not signed are passed over */
    size_t header_count;
};

void signature_make(
    const struct signed_record *record,
    const uint8_t key[static SECRET_SIZE],
    uint8_t out[static SIGNATURE_SIZE]);

/* In a time that says nothing about where it differs. */
bool signature_holds(
    const struct signed_record *record, const uint8_t key[static SECRET_SIZE], struct slice mac);

#endif
