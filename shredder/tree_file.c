// SPDX-License-Identifier: Apache-2.0
#include "shredder/tree_file.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "base/banned.h"

static const uint8_t magic[8] = {'S', 'H', 'R', 'D', 'T', 'R', 'E', '1'};

enum {
    VAULT_AT = 8,
    GENERATION_AT = 24,
    IDENTITY_SIZE = 32,
    NONCE_SIZE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    COMMITMENT_SIZE = 16,
    KEY_SIZE = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
};
static_assert(IDENTITY_SIZE + NONCE_SIZE + COMMITMENT_SIZE == TREE_FILE_HEADER, "layout");
static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == TREE_FILE_TAG, "layout");

void tree_file_name(uint64_t generation, char out[static TREE_FILE_NAME_SIZE])
{
    (void)snprintf(out, TREE_FILE_NAME_SIZE, TREE_FILE_PREFIX "%" PRIu64, generation);
}

static void write_identity(const struct root *root, uint8_t header[static IDENTITY_SIZE])
{
    uint64_t generation = __builtin_bswap64(root->generation);
    memcpy(header, magic, sizeof(magic));
    memcpy(header + VAULT_AT, root->vault.bytes, sizeof(root->vault.bytes));
    memcpy(header + GENERATION_AT, &generation, sizeof(generation));
}

/* 64 bytes: the key, then the commitment. */
static void split_root(const struct root *root, const uint8_t *header, uint8_t out[static 64])
{
    uint8_t message[NONCE_SIZE + IDENTITY_SIZE];
    memcpy(message, header + IDENTITY_SIZE, NONCE_SIZE);
    memcpy(message + NONCE_SIZE, header, IDENTITY_SIZE);
    int failed =
        crypto_generichash(out, 64, message, sizeof(message), root->key, sizeof(root->key));
    CHECK(failed == 0);
}

void tree_file_seal(const struct root *root, uint8_t *file, size_t plain_size)
{
    uint8_t keys[64];
    uint8_t *nonce = file + IDENTITY_SIZE;
    uint8_t *plain = file + TREE_FILE_HEADER;
    write_identity(root, file);
    randombytes_buf(nonce, NONCE_SIZE);
    split_root(root, file, keys);
    memcpy(nonce + NONCE_SIZE, keys + KEY_SIZE, COMMITMENT_SIZE);
    int failed = crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
        plain,
        plain + plain_size,
        NULL,
        plain,
        plain_size,
        file,
        TREE_FILE_HEADER,
        NULL,
        nonce,
        keys);
    CHECK(failed == 0);
    sodium_memzero(keys, sizeof(keys));
}

static bool decrypt(const struct root *root, uint8_t *file, size_t plain_size)
{
    uint8_t identity[IDENTITY_SIZE];
    uint8_t keys[64];
    const uint8_t *nonce = file + IDENTITY_SIZE;
    uint8_t *plain = file + TREE_FILE_HEADER;
    write_identity(root, identity);
    split_root(root, file, keys);
    bool ok = memcmp(file, identity, sizeof(identity)) == 0 &&
              sodium_memcmp(nonce + NONCE_SIZE, keys + KEY_SIZE, COMMITMENT_SIZE) == 0 &&
              crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
                  plain,
                  NULL,
                  plain,
                  plain_size,
                  plain + plain_size,
                  file,
                  TREE_FILE_HEADER,
                  nonce,
                  keys) == 0;
    sodium_memzero(keys, sizeof(keys));
    return ok;
}

bool tree_file_open(
    const struct root *root, uint8_t *file, size_t size, struct slice *plain, struct error *err)
{
    if (size < TREE_FILE_OVERHEAD || !decrypt(root, file, size - TREE_FILE_OVERHEAD)) {
        sodium_memzero(file, size);
        return error_set(
            err,
            ERROR_tampered,
            TREE_FILE_PREFIX "%" PRIu64 ": is not what was sealed under the root of its generation",
            root->generation);
    }
    *plain = slice_of(file + TREE_FILE_HEADER, size - TREE_FILE_OVERHEAD);
    return true;
}
