// SPDX-License-Identifier: Apache-2.0
// Memory for keys: one mapping, locked, left out of core dumps, zero in a forked child. Keys live
// here and nowhere else, so that wiping it is wiping them.
//
// One mapping and not a guarded allocation per key: sodium_malloc ignores a failed mlock
// (libsodium 1.0.18, sodium/utils.c) and takes four mappings each.
#ifndef VAULT_SLAB_H
#define VAULT_SLAB_H

#include "base/error.h"

#include <stdint.h>

struct slab {
    uint8_t *memory;
    size_t size;
    size_t used;
    bool locked; /* false only when it was allowed to stay unlocked */
};

/* Maps `size` bytes. ERROR_denied when they cannot be locked (RLIMIT_MEMLOCK; the text says the limit
 * and the remedy), unless allow_unlocked. */
MUST_USE bool slab_open(struct slab *slab, size_t size, bool allow_unlocked, struct error *err);

/* Wipes and unmaps. */
void slab_close(struct slab *slab);

/* size bytes, zeroed, aligned for any type, until slab_close; NULL when the slab is full. */
MUST_USE void *slab_take(struct slab *slab, size_t size);

/* No core dump, no ptrace by others (PR_SET_DUMPABLE 0, RLIMIT_CORE 0). Early in main of every program
 * that holds keys; initialises libsodium too. */
MUST_USE bool process_harden(struct error *err);

#endif
