// SPDX-License-Identifier: Apache-2.0
#include "vault/seal.h"

#include <sodium.h>

#include "base/banned.h"

enum {
    ENVELOPE_VERSION = 1,
    ENVELOPE_ALGORITHM = 1, /* XChaCha20-Poly1305 with the commitment below */
    TREE_AT = 2,
    LEAF_AT = 4,
    NONCE_AT = 12,
    COMMITMENT_AT = 36,
    CIPHERTEXT_AT = 52,
    COMMITMENT_SIZE = 16,
    TAG_SIZE = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    MOST_TEXT = 255,
    /* "SHRD1", header, and eight fields with their lengths, three of them of any size */
    MOST_ASSOCIATED = 5 + NONCE_AT + 8 * 2 + 3 * MOST_TEXT + 16 + 8 + 16 + 4 + 1,
};
static_assert(COMMITMENT_AT == NONCE_AT + (int)SEAL_NONCE_SIZE, "layout");
static_assert(CIPHERTEXT_AT == COMMITMENT_AT + COMMITMENT_SIZE, "layout");
static_assert((int)SEAL_OVERHEAD == CIPHERTEXT_AT + TAG_SIZE, "layout");
static_assert((int)SEAL_NONCE_SIZE == (int)crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");

/* BLAKE2b-512 under the data key, cut into what it is for. */
struct subkeys {
    uint8_t encryption[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    uint8_t commitment[COMMITMENT_SIZE];
    uint8_t unused[crypto_generichash_BYTES_MAX - 32 - COMMITMENT_SIZE];
};
static_assert(sizeof(struct subkeys) == crypto_generichash_BYTES_MAX, "no padding");

size_t seal_size(size_t plain_size)
{
    return SEAL_OVERHEAD + (plain_size / SEAL_BLOCK + 1) * SEAL_BLOCK;
}

static void write_header(struct leaf leaf, uint8_t out[static NONCE_AT])
{
    const uint16_t tree = __builtin_bswap16(leaf.tree);
    const uint64_t number = __builtin_bswap64(leaf.number);
    out[0] = ENVELOPE_VERSION;
    out[1] = ENVELOPE_ALGORITHM;
    memcpy(out + TREE_AT, &tree, sizeof(tree));
    memcpy(out + LEAF_AT, &number, sizeof(number));
}

bool seal_leaf(struct slice envelope, struct leaf *out)
{
    if (envelope.size < seal_size(0) || envelope.size > seal_size(SEAL_MOST_PLAIN) ||
        (envelope.size - SEAL_OVERHEAD) % SEAL_BLOCK != 0 || envelope.data[0] != ENVELOPE_VERSION ||
        envelope.data[1] != ENVELOPE_ALGORITHM)
        return false;
    uint16_t tree;
    uint64_t number;
    memcpy(&tree, envelope.data + TREE_AT, sizeof(tree));
    memcpy(&number, envelope.data + LEAF_AT, sizeof(number));
    *out = (struct leaf){.tree = __builtin_bswap16(tree), .number = __builtin_bswap64(number)};
    return true;
}

/* With its length in front: no two places are the same bytes. */
static void put_field(struct writer *out, const void *data, size_t size)
{
    CHECK(size <= MOST_TEXT);
    writer_u16(out, (uint16_t)size);
    writer_bytes(out, data, size);
}

static struct slice associated_data(
    const uint8_t header[static NONCE_AT],
    const struct seal_place *place,
    uint8_t room[static MOST_ASSOCIATED])
{
    const uint64_t version = __builtin_bswap64((uint64_t)place->version);
    const uint32_t schema_version = __builtin_bswap32((uint32_t)place->schema_version);
    struct writer out = writer_over(room, MOST_ASSOCIATED);
    writer_bytes(&out, "SHRD1", 5);
    writer_bytes(&out, header, NONCE_AT);
    put_field(&out, place->tenant.data, place->tenant.size);
    put_field(&out, place->stream_type.data, place->stream_type.size);
    put_field(&out, place->stream_id.bytes, sizeof(place->stream_id.bytes));
    put_field(&out, &version, sizeof(version));
    put_field(&out, place->event_id.bytes, sizeof(place->event_id.bytes));
    put_field(&out, place->event_type.data, place->event_type.size);
    put_field(&out, &schema_version, sizeof(schema_version));
    put_field(&out, &place->class, sizeof(place->class));
    CHECK(!out.overflow);
    return writer_slice(&out);
}

static void derive(
    const uint8_t key[static DATA_KEY_SIZE],
    const uint8_t nonce[static SEAL_NONCE_SIZE],
    struct slice associated,
    struct subkeys *out)
{
    crypto_generichash_state state;
    CHECK(crypto_generichash_init(&state, key, DATA_KEY_SIZE, sizeof(*out)) == 0);
    CHECK(crypto_generichash_update(&state, nonce, SEAL_NONCE_SIZE) == 0);
    CHECK(crypto_generichash_update(&state, associated.data, associated.size) == 0);
    CHECK(crypto_generichash_final(&state, (uint8_t *)out, sizeof(*out)) == 0);
    sodium_memzero(&state, sizeof(state));
}

void seal(
    const uint8_t key[static DATA_KEY_SIZE],
    struct leaf leaf,
    const struct seal_place *place,
    const uint8_t nonce[static SEAL_NONCE_SIZE],
    struct slice plain,
    uint8_t *out)
{
    CHECK(plain.size <= SEAL_MOST_PLAIN);
    /* A key that was wiped is all zero, and everybody knows it. */
    CHECK(!sodium_is_zero(key, DATA_KEY_SIZE));
    /* Under the leaf of another class it would not go when its class is erased. */
    CHECK(leaf.tree != TREE_SUBJECTS || leaf.number % LEAVES_PER_SUBJECT == place->class);

    uint8_t room[MOST_ASSOCIATED];
    struct subkeys keys;
    write_header(leaf, out);
    struct slice associated = associated_data(out, place, room);
    derive(key, nonce, associated, &keys);
    memcpy(out + NONCE_AT, nonce, SEAL_NONCE_SIZE);
    memcpy(out + COMMITMENT_AT, keys.commitment, COMMITMENT_SIZE);

    /* Padded and encrypted in place: the plaintext is copied nowhere else. */
    uint8_t *text = out + CIPHERTEXT_AT;
    size_t padded;
    if (plain.size != 0)
        memcpy(text, plain.data, plain.size);
    CHECK(sodium_pad(&padded, text, plain.size, SEAL_BLOCK, plain.size + SEAL_BLOCK) == 0);
    CHECK(padded + SEAL_OVERHEAD == seal_size(plain.size));
    CHECK(
        crypto_aead_xchacha20poly1305_ietf_encrypt(
            text,
            NULL,
            text,
            padded,
            associated.data,
            associated.size,
            NULL,
            nonce,
            keys.encryption) == 0);
    sodium_memzero(&keys, sizeof(keys));
}

/* The commitment first: it alone says that there is only one key this can open under. */
static bool
decrypt(const struct subkeys *keys, struct slice envelope, struct slice associated, uint8_t *out)
{
    const uint8_t *bytes = envelope.data;
    if (sodium_memcmp(bytes + COMMITMENT_AT, keys->commitment, COMMITMENT_SIZE) != 0)
        return false;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               out,
               NULL,
               NULL,
               bytes + CIPHERTEXT_AT,
               envelope.size - CIPHERTEXT_AT,
               associated.data,
               associated.size,
               bytes + NONCE_AT,
               keys->encryption) == 0;
}

bool seal_open(
    const uint8_t key[static DATA_KEY_SIZE],
    const struct seal_place *place,
    struct slice envelope,
    uint8_t *out,
    size_t *size)
{
    struct leaf leaf;
    if (!seal_leaf(envelope, &leaf))
        return false;
    uint8_t room[MOST_ASSOCIATED];
    struct subkeys keys;
    struct slice associated = associated_data(envelope.data, place, room);
    derive(key, envelope.data + NONCE_AT, associated, &keys);
    size_t padded = envelope.size - SEAL_OVERHEAD, unpadded = 0;
    bool opened = decrypt(&keys, envelope, associated, out) &&
                  sodium_unpad(&unpadded, out, padded, SEAL_BLOCK) == 0;
    sodium_memzero(&keys, sizeof(keys));
    if (opened)
        *size = unpadded;
    else
        sodium_memzero(out, padded);
    return opened;
}
