// SPDX-License-Identifier: Apache-2.0
// The vault: the covers of all trees in a sealed file, its root key in two slots, a ledger of every
// change. Each change is one generation: a new file under a fresh root, the new root into the unused
// slot (the commit point), the ledger record, the old root overwritten, the old file removed, the
// holders told. After a crash anywhere there is one generation, and never two usable roots.
//
// In DIR: lock, root.a and root.b (4,096 bytes each, root_slots.h), tree.<generation> (tree_file.h),
// ledger (ledger.h) and signing.pub (Ed25519; the secret half is in the tree file). Holders: holders.h.
#ifndef SHREDDER_KEY_VAULT_H
#define SHREDDER_KEY_VAULT_H

#include "shredder/holders.h"
#include "shredder/ledger.h"
#include "shredder/tree.h"
#include "vault/frames.h"
#include "vault/slab.h"

enum {
    VAULT_BLOCK = 4096, /* subjects reserved at a time */
    VAULT_LOCKED_MEMORY =
        32 << 20,           /* unless told otherwise; enough for 50,000 erasures of 1 M subjects */
    VAULT_OTHERS_SHARE = 4, /* one part in so many of it is left for the broker's own keys */
};

struct vault_settings {
    const char *directory;
    const char
        *second; /* directory on another device, the root is split between; NULL: not split */
    const char *holders[VAULT_MOST_HOLDERS]; /* directories on other devices, if possible */
    size_t holder_count;
    bool accept_cow;      /* copy-on-write file systems keep what was overwritten */
    bool allow_unlocked;  /* keys may be swapped out */
    size_t locked_memory; /* bytes; 0: VAULT_LOCKED_MEMORY */
};

/* Creates the vault and its holders' copies; ERROR_conflict when there is one. What a crash within it
 * leaves is no vault, and the next init begins anew. */
MUST_USE bool key_vault_init(const struct vault_settings *settings, struct error *err);

struct key_vault; /* opaque */

/* Locks the directory, finishes or undoes what a crash left (the table is in key_vault_open.c), checks
 * slots, file, ledger and holders. ERROR_conflict: another process has it. ERROR_tampered: it does not
 * add up. ERROR_denied: memory cannot be locked, or a copy-on-write file system. ERROR_not_found: no
 * vault there; the text says `order-shredder init`. */
MUST_USE bool
key_vault_open(struct key_vault **out, const struct vault_settings *settings, struct error *err);
void key_vault_close(struct key_vault *vault);

struct uuid key_vault_id(const struct key_vault *vault);
uint64_t key_vault_generation(const struct key_vault *vault);
struct slab *key_vault_slab(struct key_vault *vault); /* for the broker's own keys */

/* Derives for a purpose. KEY_UNKNOWN: a leaf that was never reserved. */
enum key_state key_vault_derive(
    const struct key_vault *vault,
    struct leaf leaf,
    enum leaf_purpose purpose,
    uint8_t key[static TREE_KEY_SIZE]);

/* Around many calls of key_vault_derive: the way that neighbouring subjects share is derived once. Ended,
 * which wipes it, before any change. */
void key_vault_begin_walk(struct key_vault *vault);
void key_vault_end_walk(struct key_vault *vault);

/* Number of the first subject never reserved; all below were, even if a database forgot them. */
uint64_t key_vault_reserved(const struct key_vault *vault);

/* ---- changes: one generation each ----
 *
 * True: committed, and the root before is destroyed in the vault's directory; what the holders say is
 * asked separately. False: not committed; or committed and the root before not destroyed yet, which the
 * next call does first (so the same call again is right in either case). ERROR_denied: locked memory is
 * full, the text names --locked-memory. ERROR_transient: the disk; a restart is needed when it says so. */

/* Reserves the next VAULT_BLOCK subjects. */
MUST_USE bool key_vault_reserve(struct key_vault *vault, uint64_t *first, struct error *err);

/* Opens the next command epoch. The one before stays usable until it is punctured. */
MUST_USE bool key_vault_next_epoch(struct key_vault *vault, uint64_t *number, struct error *err);
uint64_t key_vault_epoch(const struct key_vault *vault); /* the current one */

/* A fresh root, nothing else. */
MUST_USE bool key_vault_rotate(struct key_vault *vault, struct error *err);

/* Forgets all targets, for ever: leaves that were given out, or whole subjects. The ledger names them
 * and the request ids, LEDGER_MOST_TARGETS of each at most. When all are forgotten already there is no
 * new generation: it is done, as soon as the root before is destroyed. */
MUST_USE bool key_vault_puncture(
    struct key_vault *vault,
    const struct vault_target *targets,
    size_t target_count,
    const struct uuid *requests,
    size_t request_count,
    struct error *err);

/* ---- holders ---- */

/* Pushes the current generation to holders that lack it; returns how many have it and have signed that
 * nothing older is left with them. 0 as well while the vault's own old root is not destroyed. */
size_t key_vault_push(struct key_vault *vault);

/* One row for each enrolled holder, and for each configured directory that is none; at most
 * 2 * VAULT_MOST_HOLDERS. A key is destroyed for good when key_vault_push returned as many. */
size_t key_vault_holders(const struct key_vault *vault, struct holder_state *out, size_t most);

/* Makes a holder of an empty directory: one generation, of kind rotate. */
MUST_USE bool key_vault_add_holder(struct key_vault *vault, const char *path, struct error *err);

/* Expects it no longer: one generation, of kind rotate. *destroyed: its root was, as far as overwriting
 * goes; else its copy still opens what was erased since. ERROR_not_found: no such row. */
MUST_USE bool key_vault_drop_holder(
    struct key_vault *vault, const char *path, bool *destroyed, struct error *err);

/* ---- ledger and signatures ---- */

/* Sequence number of the newest ledger record, and its hash. */
uint64_t key_vault_ledger(const struct key_vault *vault, uint8_t hash[static 32]);
/* Reads the whole ledger and checks hashes, signatures and rising generations; *records: how many. */
MUST_USE bool key_vault_verify_ledger(const char *directory, uint64_t *records, struct error *err);

/* Ed25519 over `bytes` by the vault's signing key; and the key to check it with. */
void key_vault_sign(
    const struct key_vault *vault, struct slice bytes, uint8_t signature[static 64]);
void key_vault_public_key(const struct key_vault *vault, uint8_t key[static 32]);

#endif
