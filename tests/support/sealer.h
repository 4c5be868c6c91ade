// SPDX-License-Identifier: Apache-2.0
// Keys for tests that seal: made of the subject's id, as support/fake_broker.h makes them, so that
// nobody has to hand them out.
#ifndef SUPPORT_SEALER_H
#define SUPPORT_SEALER_H

#include "aggregate/personal.h"
#include "support/cmocka.h"

#include <sodium.h>

struct test_sealer {
    struct slab slab;
    struct nonces nonces;
    uint8_t keys[LEAVES_PER_SUBJECT][DATA_KEY_SIZE];
    struct lease leases[LEAVES_PER_SUBJECT];
    struct sealer sealer;
};

static inline void test_sealer_open(struct test_sealer *test)
{
    struct error err;
    *test = (struct test_sealer){0};
    if (sodium_init() < 0 || !slab_open(&test->slab, (size_t)16 << 10, true, &err) ||
        !nonces_open(&test->nonces, &test->slab))
        fail_msg("no memory for nonces");
}

static inline void test_sealer_close(struct test_sealer *test)
{
    slab_close(&test->slab);
}

/* The subject's keys. */
static inline const struct sealer *
test_sealer_of(struct test_sealer *test, const struct uuid *subject)
{
    for (uint8_t i = 0; i < LEAVES_PER_SUBJECT; i++) {
        uint64_t number = subject->bytes[15] * (uint64_t)LEAVES_PER_SUBJECT + i;
        memset(test->keys[i], (int)(number & 0x7f) + 1, DATA_KEY_SIZE);
        test->leases[i] = (struct lease){
            .state = KEY_LIVE,
            .leaf = {.tree = TREE_SUBJECTS, .number = number},
            .key = test->keys[i]};
    }
    test->sealer = (struct sealer){.leases = test->leases, .nonces = &test->nonces};
    return &test->sealer;
}

#endif
