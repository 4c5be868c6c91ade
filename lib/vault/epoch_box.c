// SPDX-License-Identifier: Apache-2.0
#include "vault/epoch_box.h"

#include "base/banned.h"

enum { ID_SIZE = sizeof(struct uuid) };
static_assert((int)EPOCH_BOX_OVERHEAD == (int)EPOCH_BOX_OUTSIDE + ID_SIZE, "the id is inside");

void epoch_key_pair(
    const uint8_t seed[static crypto_box_SEEDBYTES],
    uint8_t public_key[static crypto_box_PUBLICKEYBYTES],
    uint8_t secret_key[static crypto_box_SECRETKEYBYTES])
{
    CHECK(crypto_box_seed_keypair(public_key, secret_key, seed) == 0);
}

bool epoch_shared_key(
    const uint8_t their_public[static crypto_box_PUBLICKEYBYTES],
    const uint8_t our_secret[static crypto_box_SECRETKEYBYTES],
    uint8_t shared[static crypto_box_BEFORENMBYTES])
{
    return crypto_box_beforenm(shared, their_public, our_secret) == 0;
}

void epoch_box_seal(
    const uint8_t shared[static crypto_box_BEFORENMBYTES],
    const struct uuid *command_id,
    const uint8_t nonce[static crypto_box_NONCEBYTES],
    struct slice plain,
    uint8_t *out)
{
    memcpy(out, nonce, crypto_box_NONCEBYTES);
    uint8_t *sealed = out + crypto_box_NONCEBYTES;
    /* In place, where the ciphertext will be: tag first. */
    uint8_t *text = sealed + crypto_box_MACBYTES;
    memcpy(text, command_id->bytes, ID_SIZE);
    if (plain.size != 0)
        memcpy(text + ID_SIZE, plain.data, plain.size);
    CHECK(crypto_box_easy_afternm(sealed, text, ID_SIZE + plain.size, nonce, shared) == 0);
}

bool epoch_box_open(
    const uint8_t shared[static crypto_box_BEFORENMBYTES],
    const struct uuid *command_id,
    struct slice box,
    uint8_t *room,
    struct slice *plain)
{
    if (box.size < EPOCH_BOX_OVERHEAD)
        return false;
    const uint8_t *sealed = box.data + crypto_box_NONCEBYTES;
    size_t size = box.size - EPOCH_BOX_OUTSIDE;
    if (crypto_box_open_easy_afternm(
            room, sealed, box.size - crypto_box_NONCEBYTES, box.data, shared) != 0 ||
        sodium_memcmp(room, command_id->bytes, ID_SIZE) != 0) {
        sodium_memzero(room, size);
        return false;
    }
    *plain = slice_of(room + ID_SIZE, size - ID_SIZE);
    return true;
}
