// SPDX-License-Identifier: Apache-2.0
// Random nonces from a pool, because a system call for each costs as much as the sealing. The pool is
// zero in a forked child, who then draws a new one: no two processes give out the same.
#ifndef VAULT_NONCES_H
#define VAULT_NONCES_H

#include "vault/slab.h"
#include "vault/seal.h"

enum { NONCE_POOL_SIZE = 4096 };

struct nonces {
    uint8_t *pool; /* in a slab: first byte is 1 once it is filled */
    size_t at;
};

MUST_USE bool nonces_open(struct nonces *nonces, struct slab *slab);

/* The next 24 random bytes, wiped in the pool. */
void nonces_next(struct nonces *nonces, uint8_t out[static SEAL_NONCE_SIZE]);

#endif
