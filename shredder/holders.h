// SPDX-License-Identifier: Apache-2.0
// Holders: directories, on other devices if possible, that hold a copy of the current generation, so that
// one lost disk does not lose all personal data. A key is destroyed only when it is destroyed there too:
// a holder signs with a key of its own "I hold generation N, all older roots are destroyed".
//
// In its directory: root.a, root.b, tree.<generation>, ledger, signing.pub as in the vault's: a holder's
// directory, copied, opens as a vault. Beside them holder.key, holder.pub and the acknowledgement:
//
//     ack: magic, vault id 16, generation u64, size of its ledger u64, time i64, public key 32,
//          Ed25519 signature 64 over all before it
//
// The public keys of the enrolled holders stand in the sealed tree file.
#ifndef SHREDDER_HOLDERS_H
#define SHREDDER_HOLDERS_H

#include "shredder/ledger.h"
#include "shredder/root_slots.h"

enum { VAULT_MOST_HOLDERS = 8, HOLDER_PATH_SIZE = 256, HOLDER_KEY_SIZE = 32 };

/* How a holder stands. */
struct holder_state {
    char path[HOLDER_PATH_SIZE];
    uint64_t generation; /* that it has acknowledged, signature checked; 0: none */
    bool reachable;
    char problem[160]; /* empty: none */
};

/* Whom the vault expects. */
struct holder_pin {
    uint8_t key[HOLDER_KEY_SIZE];
    char path[HOLDER_PATH_SIZE]; /* where it was when it was enrolled */
};

struct holder {
    struct holder_state state;
    struct holder_pin pin;
    bool enrolled;        /* false: configured, but the vault does not know it */
    bool configured;      /* false: enrolled, but in none of our directories; never touched then */
    uint64_t newest;      /* generation of any root or acknowledgement seen there */
    uint64_t ledger_size; /* of its copy, acknowledged */
};

/* What holders are given, and what it takes to give it. */
struct holding {
    const struct root *root; /* of the current generation */
    uint64_t ledger_size;
    int directory;                  /* of the vault */
    const struct root_slots *slots; /* of the vault */
    struct slot_room *room;
    uint8_t *key_room; /* LEDGER_SIGNING_KEY_SIZE bytes of locked memory */
    bool accept_cow;
};

/* Makes a holder of an empty directory; *out has its new key. ERROR_conflict: it holds a vault's
 * generation already, or is the vault's own directory. */
MUST_USE bool holder_enrol(
    const char *path, const struct holding *holding, struct holder_pin *out, struct error *err);

/* Whether the holder's key lies there. */
bool holder_is_at(const struct holder_pin *pin, const char *path);

/* Fills `holders` (room for 2 * VAULT_MOST_HOLDERS) from the pins and the configured paths: a path is the
 * holder whose key lies there, or else the one that was enrolled there. Returns how many. Only
 * configured paths count: a copy of the vault, tried out elsewhere, leaves the real holders alone. */
size_t holders_match(
    const struct holder_pin *pins,
    size_t pin_count,
    const char *const *paths,
    size_t path_count,
    struct holder *holders);

/* Looks at what is there, without changing it. */
void holder_look(struct holder *holder, const struct holding *holding);

/* Destroys its root, if it can be reached. */
MUST_USE bool
holder_retire(struct holder *holder, const struct holding *holding, struct error *err);

/* Looks, and brings it to the current generation if it is not there. False: its state says why. */
bool holder_push(struct holder *holder, const struct holding *holding);

#endif
