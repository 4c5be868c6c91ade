// SPDX-License-Identifier: Apache-2.0
// What a tree file holds, unsealed: all that the vault knows of one generation.
//
//     format 1, first subject never reserved u64, epoch u64, signing key 64
//     the ledger before this step: records u64, size u64, hash 32; size u32 of the record and the record
//     number of holders u8, of each: public key 32, length u8 and path
//     of each tree: number u16 and cover (tree_save)
//
// The ledger's record is in here so that a crash right after the commit loses none.
#ifndef SHREDDER_VAULT_STATE_H
#define SHREDDER_VAULT_STATE_H

#include "shredder/covers.h"
#include "shredder/holders.h"

struct vault_state {
    uint64_t reserved; /* first subject that was never reserved */
    uint64_t epoch;
    struct holder_pin pins[VAULT_MOST_HOLDERS];
    size_t pin_count;
    struct ledger_head ledger; /* before the record */
    struct slice record;
    uint8_t *signing_key; /* LEDGER_SIGNING_KEY_SIZE bytes of locked memory */
};

/* Bytes that vault_state_write appends, with the next covers. */
size_t vault_state_size(const struct vault_state *state, const struct covers *covers);
void vault_state_write(
    const struct vault_state *state, const struct covers *covers, struct writer *out);

/* Reads into `state`, whose signing_key is given and whose record becomes a view into `bytes`, and into
 * the empty covers. ERROR_tampered: damaged; ERROR_denied: too large for the locked memory. */
MUST_USE bool vault_state_read(
    struct slice bytes, struct vault_state *state, struct covers *covers, struct error *err);

#endif
