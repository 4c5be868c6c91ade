// SPDX-License-Identifier: Apache-2.0
#include "vault/nonces.h"

#include <sodium.h>

#include "base/banned.h"

/* The first nonce stands behind the mark; what is left is a whole number of them. */
enum { MARK_SIZE = 16, FILLED = 1 };
static_assert((NONCE_POOL_SIZE - MARK_SIZE) % SEAL_NONCE_SIZE == 0, "no byte is left over");

bool nonces_open(struct nonces *nonces, struct slab *slab)
{
    uint8_t *pool = slab_take(slab, NONCE_POOL_SIZE);
    if (pool == NULL)
        return false;
    *nonces = (struct nonces){.pool = pool};
    return true;
}

static void fill(struct nonces *nonces)
{
    randombytes_buf(nonces->pool + MARK_SIZE, NONCE_POOL_SIZE - MARK_SIZE);
    nonces->pool[0] = FILLED;
    nonces->at = MARK_SIZE;
}

void nonces_next(struct nonces *nonces, uint8_t out[static SEAL_NONCE_SIZE])
{
    /* The mark is in the pool, because `at` is not wiped in a forked child. */
    if (nonces->pool[0] != FILLED || nonces->at == NONCE_POOL_SIZE)
        fill(nonces);
    memcpy(out, nonces->pool + nonces->at, SEAL_NONCE_SIZE);
    sodium_memzero(nonces->pool + nonces->at, SEAL_NONCE_SIZE);
    nonces->at += SEAL_NONCE_SIZE;
}
