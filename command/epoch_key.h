// SPDX-License-Identifier: Apache-2.0
// The public key of the current command epoch, for those who send: from its topic, or from a file that
// `order-shredder epoch show --json` has printed. Kafka is not trusted with it: the vault has signed it.
#ifndef COMMAND_EPOCH_KEY_H
#define COMMAND_EPOCH_KEY_H

#include "base/error.h"
#include "base/slice.h"

#include <sodium.h>

struct epoch_key {
    int64_t number;
    uint8_t public_key[crypto_box_PUBLICKEYBYTES];
};

enum { VAULT_KEY_SIZE = crypto_sign_PUBLICKEYBYTES };

/* Reads the vault's public key: a file of 32 bytes, or of 64 hexadecimal digits. */
MUST_USE bool
epoch_read_vault_key(const char *path, uint8_t key[static VAULT_KEY_SIZE], struct error *err);

/* Reads a record: {"epoch": N, "public_key": hex, "signature": hex, "signed_by": hex}. The signature
 * (Ed25519 over "order-epoch-v1", the number as 8 bytes big endian and the key) must be by vault_key;
 * NULL: by the key that the record names, which finds accidents and no forger. ERROR_tampered: it is
 * not; ERROR_invalid: this is no such record. */
MUST_USE bool epoch_key_read(
    struct slice json, const uint8_t *vault_key, struct epoch_key *out, struct error *err);

MUST_USE bool epoch_key_from_file(
    const char *path, const uint8_t *vault_key, struct epoch_key *out, struct error *err);

/* The newest one of the topic. ERROR_not_found: there is no such topic, or nothing in it. */
MUST_USE bool epoch_key_from_topic(
    const char *brokers,
    const char *topic,
    const uint8_t *vault_key,
    struct epoch_key *out,
    struct error *err);

#endif
