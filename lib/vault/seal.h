// SPDX-License-Identifier: Apache-2.0
// The envelope around personal data: XChaCha20-Poly1305 (IETF) under a key derived for this one
// envelope, with a commitment to the data key.
//
//     0  version 1, algorithm 1, tree u16, leaf u64          all integers big endian
//    12  nonce, 24
//    36  commitment, 16
//    52  ciphertext of the padded plaintext (multiple of 64), tag 16
//
// BLAKE2b-512(key = data key, nonce || associated data) gives the encryption key (first 32 bytes) and
// the commitment (next 16): an envelope opens under one data key only. The associated data name the
// one place the envelope belongs to, so it opens nowhere else. Pure: no I/O, no random numbers.
#ifndef VAULT_SEAL_H
#define VAULT_SEAL_H

#include "base/slice.h"
#include "base/uuid.h"

enum {
    DATA_KEY_SIZE = 32,
    SEAL_NONCE_SIZE = 24,
    SEAL_BLOCK = 64,
    SEAL_OVERHEAD = 68,
    SEAL_MOST_PLAIN = 64 * 1024,
};

/* Trees of leaves; numbers are stored in every envelope. */
enum vault_tree {
    TREE_SUBJECTS = 1,
    TREE_EPOCHS = 2,
};

/* A leaf of the key tree: what a data key is derived from. A subject has eight leaves from a multiple
 * of eight on, one per retention class. */
struct leaf {
    uint16_t tree; /* enum vault_tree */
    uint64_t number;
};

enum { LEAVES_PER_SUBJECT = 8 };

/* Where an envelope belongs. Slices at most 255 bytes. */
struct seal_place {
    struct slice tenant;      /* the 16 bytes of the tenant's UUID */
    struct slice stream_type; /* "order" */
    struct uuid stream_id;
    int64_t version;      /* of the stream, of the event that holds it */
    struct uuid event_id; /* the id of the command that caused the event */
    struct slice event_type;
    int32_t schema_version; /* as stored */
    uint8_t class;          /* number of the leaf within its subject */
};

/* Size of the envelope of a plaintext: 68 + 64 n. sodium_pad always pads: 64 bytes take 128. */
size_t seal_size(size_t plain_size);

/* Writes seal_size(plain.size) bytes to `out`. The nonce is used once and never again
 * (vault/nonces.h). The key is that of the leaf, and the leaf the one of place->class: a wiped key or the
 * leaf of another class is a bug that ends the program. */
void seal(
    const uint8_t key[static DATA_KEY_SIZE],
    struct leaf leaf,
    const struct seal_place *place,
    const uint8_t nonce[static SEAL_NONCE_SIZE],
    struct slice plain,
    uint8_t *out);

/* The leaf an envelope names; false: these bytes are no envelope. Not yet authenticated. */
MUST_USE bool seal_leaf(struct slice envelope, struct leaf *out);

/* Opens into `out` (envelope.size - SEAL_OVERHEAD bytes of room); *size is what the plaintext has.
 * False: tampered, moved from another place, or another key; `out` is wiped. */
MUST_USE bool seal_open(
    const uint8_t key[static DATA_KEY_SIZE],
    const struct seal_place *place,
    struct slice envelope,
    uint8_t *out,
    size_t *size);

#endif
