// SPDX-License-Identifier: Apache-2.0
// The bytes of `tree.<generation>`: the vault's state sealed under the root of its generation. Without
// that root they are noise, so old ones may lie in backups.
//
//     0  magic, vault id 16, generation u64 (big endian)
//    32  nonce, 24
//    56  commitment, 16
//    72  XChaCha20-Poly1305 (IETF) of the state, tag 16; the 72 bytes are the associated data
//
// BLAKE2b-512(key = root, nonce || first 32 bytes) gives the encryption key and the commitment to the
// root, as in an envelope (vault/seal.h). Sealed and opened in place: the state never lies in memory
// twice.
#ifndef SHREDDER_TREE_FILE_H
#define SHREDDER_TREE_FILE_H

#include "base/slice.h"
#include "shredder/root_slots.h"

enum { TREE_FILE_HEADER = 72, TREE_FILE_TAG = 16, TREE_FILE_NAME_SIZE = 32 };
enum { TREE_FILE_OVERHEAD = TREE_FILE_HEADER + TREE_FILE_TAG };

#define TREE_FILE_PREFIX "tree."

/* "tree.17" */
void tree_file_name(uint64_t generation, char out[static TREE_FILE_NAME_SIZE]);

/* The state of plain_size bytes stands at file + TREE_FILE_HEADER and becomes ciphertext; header and
 * tag are written around it. */
void tree_file_seal(const struct root *root, uint8_t *file, size_t plain_size);

/* The other way; *plain is a view into `file`. ERROR_tampered: not what was sealed under this root;
 * `file` is wiped. */
MUST_USE bool tree_file_open(
    const struct root *root, uint8_t *file, size_t size, struct slice *plain, struct error *err);

#endif
