// SPDX-License-Identifier: Apache-2.0
// The personal part of a command on its way: sealed by the sender to the public key of the current
// command epoch. It is NaCl's crypto_box (X25519, XSalsa20-Poly1305) as every NaCl library has it:
// `Box(sender_private, epoch_public)` in PyNaCl. A sender makes a key pair of its own per process and
// epoch and names the public half; both sides then compute the shared key once and not per command
// (crypto_box_seal does it per message: 61 us to seal, 33 us to open).
//
//     box = nonce (24 random bytes) || ciphertext with tag
//
// The plaintext begins with the 16 bytes of the command id: a box moved to another command is refused.
#ifndef VAULT_EPOCH_BOX_H
#define VAULT_EPOCH_BOX_H

#include "base/uuid.h"
#include "vault/slab.h"

#include <sodium.h>

enum {
    EPOCH_BOX_OUTSIDE = crypto_box_NONCEBYTES + crypto_box_MACBYTES, /* nonce and tag */
    EPOCH_BOX_OVERHEAD = EPOCH_BOX_OUTSIDE + 16,                     /* and the command id */
};

/* The key pair of an epoch from its leaf's seed (crypto_box_seed_keypair). */
void epoch_key_pair(
    const uint8_t seed[static crypto_box_SEEDBYTES],
    uint8_t public_key[static crypto_box_PUBLICKEYBYTES],
    uint8_t secret_key[static crypto_box_SECRETKEYBYTES]);

/* What sender and epoch share; into locked memory. False: a public key of small order. */
MUST_USE bool epoch_shared_key(
    const uint8_t their_public[static crypto_box_PUBLICKEYBYTES],
    const uint8_t our_secret[static crypto_box_SECRETKEYBYTES],
    uint8_t shared[static crypto_box_BEFORENMBYTES]);

/* Writes plain.size + EPOCH_BOX_OVERHEAD bytes to `out`. The nonce is used once. */
void epoch_box_seal(
    const uint8_t shared[static crypto_box_BEFORENMBYTES],
    const struct uuid *command_id,
    const uint8_t nonce[static crypto_box_NONCEBYTES],
    struct slice plain,
    uint8_t *out);

/* Opens into `room`, box.size - EPOCH_BOX_OUTSIDE bytes; *plain is what follows the command id in
 * there. False: tampered, or made for another command or epoch; `room` is wiped. */
MUST_USE bool epoch_box_open(
    const uint8_t shared[static crypto_box_BEFORENMBYTES],
    const struct uuid *command_id,
    struct slice box,
    uint8_t *room,
    struct slice *plain);

#endif
