// SPDX-License-Identifier: Apache-2.0
// What the files of the vault share: key_vault.c (what others see), key_vault_init.c, key_vault_open.c,
// key_vault_commit.c. Nobody else includes this but tests.
#ifndef SHREDDER_KEY_VAULT_PARTS_H
#define SHREDDER_KEY_VAULT_PARTS_H

#include "shredder/key_vault.h"
#include "shredder/vault_place.h"
#include "shredder/vault_state.h"

/* In locked memory. */
struct vault_secrets {
    struct root root; /* of the current generation */
    struct root next; /* while a change is made */
    struct slot_room slots;
    struct tree_walk walk; /* of the subjects' tree, while many keys are derived */
    uint8_t signing_key[LEDGER_SIGNING_KEY_SIZE];
    uint8_t holder_key[LEDGER_SIGNING_KEY_SIZE];
};

struct key_vault {
    struct slab slab;
    struct vault_secrets *secrets;
    struct covers covers;
    struct vault_state state;
    struct vault_place place;
    int lock;        /* file that is locked as long as we live */
    bool accept_cow; /* also of holders */
    struct ledger_head ledger;
    uint8_t
        *record;  /* of the newest generation, until it is in the ledger; state.record views it */
    bool walking; /* from key_vault_begin_walk to key_vault_end_walk */
    bool unfinished; /* steps 3 to 5 of the newest generation are still to be done */
    bool doubtful;   /* whether the next generation was committed: the next start finds out */
    struct holder holders[2 * VAULT_MOST_HOLDERS];
    size_t holder_count;
};

/* One step from a generation to the next: what is different afterwards. */
struct vault_change {
    enum ledger_kind kind;
    uint64_t reserved;
    uint64_t epoch;
    const struct vault_target *targets;
    size_t target_count;
    const struct uuid *requests;
    size_t request_count;
};

/* Memory, lock and directory. */
MUST_USE bool
vault_begin(struct key_vault *vault, const struct vault_settings *settings, struct error *err);
void vault_end(struct key_vault *vault);

/* A change of nothing: the values as they are. */
struct vault_change vault_no_change(const struct key_vault *vault, enum ledger_kind kind);

/* The rows of the holders: those that are enrolled, with the directories that were given. */
void vault_match_holders(struct key_vault *vault, const struct vault_settings *settings);

/* Makes a holder of the directory; the vault knows it from the next commit on. */
MUST_USE bool vault_enrol(struct key_vault *vault, const char *path, struct error *err);

/* Makes the change durable: steps 1 to 6. After an error in steps 3 to 5 the change is made, and is
 * finished by the next call. */
MUST_USE bool
vault_commit(struct key_vault *vault, const struct vault_change *change, struct error *err);

/* Steps 3 to 5, if they are still to be done. */
MUST_USE bool vault_finish(struct key_vault *vault, struct error *err);

/* What holders are given. */
struct holding vault_holding(struct key_vault *vault);

#endif
