// SPDX-License-Identifier: Apache-2.0
// The cache of leases against a plain model of it, over random steps: what is found, what is given out
// within a turn, and that no key is in memory whose lease has ended.
#include "support/cmocka.h"
#include "vault/lease_cache.h"

enum {
    FIRST_LEAF = 800,
    LEAVES = 48, /* six subjects */
    LEASE_US = 1000,
    STEPS = 20000,
    MOST_GIVEN = 4096,
    SLAB_SIZE = 64 * 1024,
};

/* What should be known of one leaf. */
struct expected {
    bool held;
    bool by_subject; /* it is found by its subject, too */
    bool used;
    enum key_state state;
    int64_t expires_us;
    uint64_t revocations;
};

struct model {
    struct expected leaves[LEAVES];
    struct lease given[MOST_GIVEN]; /* in this turn */
    size_t given_count;
    uint64_t revocations;
    int64_t now_us;
    uint64_t random;
    bool evicts; /* the cache is smaller than what is put in */
};

static struct slab slab;
static struct lease_cache cache;
static struct model model;

static uint64_t pick(uint64_t below)
{
    model.random = model.random * 6364136223846793005u + 1442695040888963407u;
    return (model.random >> 33) % below;
}

static void key_of_leaf(uint64_t leaf, uint8_t key[static DATA_KEY_SIZE])
{
    for (size_t i = 0; i < DATA_KEY_SIZE; i++)
        key[i] = (uint8_t)(leaf * 5 + i * 7 + 1);
}

static struct leaf leaf_of(uint64_t leaf)
{
    return (struct leaf){.tree = TREE_SUBJECTS, .number = FIRST_LEAF + leaf};
}

static struct lease_wish wish_of(uint64_t leaf, bool by_leaf)
{
    struct lease_wish wish = {.by_leaf = by_leaf};
    if (by_leaf) {
        wish.leaf = leaf_of(leaf);
    } else {
        wish.class = leaf % LEAVES_PER_SUBJECT;
        wish.subject.bytes[3] = (uint8_t)(leaf / LEAVES_PER_SUBJECT);
    }
    return wish;
}

static void remember(const struct lease *lease)
{
    if (lease->state == KEY_LIVE && model.given_count < MOST_GIVEN)
        model.given[model.given_count++] = *lease;
}

/* ---- steps ---- */

static void find(uint64_t leaf, bool by_leaf)
{
    struct expected *expected = &model.leaves[leaf];
    const struct lease_wish wish = wish_of(leaf, by_leaf);
    struct lease lease;
    bool counts = expected->held && (by_leaf || expected->by_subject) &&
                  expected->expires_us > model.now_us &&
                  (expected->state == KEY_LIVE || expected->revocations == model.revocations);
    bool found = lease_cache_find(&cache, &wish, model.now_us, &lease);
    if (model.evicts ? found && !counts : found != counts)
        fail_msg("leaf %d: found %d, should be %d", (int)leaf, found, counts);
    if (!found)
        return;
    assert_int_equal(lease.state, expected->state);
    assert_int_equal(lease.leaf.number, FIRST_LEAF + leaf);
    expected->used = true;
    remember(&lease);
}

static void put(uint64_t leaf, bool by_leaf)
{
    uint8_t key[DATA_KEY_SIZE];
    struct expected *expected = &model.leaves[leaf];
    const struct lease_wish wish = wish_of(leaf, by_leaf);
    const enum key_state state = pick(3) != 0 ? KEY_LIVE : (enum key_state)pick(KEY_UNKNOWN + 1);
    const struct lease_answer answer = {
        .state = state,
        .leaf = leaf_of(leaf),
        .key = key,
        .asked_us = model.now_us,
        .expires_us = model.now_us + LEASE_US};
    struct lease lease;
    key_of_leaf(leaf, key);
    bool kept = state != KEY_RESTRICTED && state != KEY_UNKNOWN;
    if (!lease_cache_put(&cache, &wish, &answer, &lease)) {
        assert_true(model.evicts);
        *expected = (struct expected){0};
        return;
    }
    bool same = expected->held && expected->state == state;
    *expected = (struct expected){
        .held = kept,
        .by_subject = kept && (!by_leaf || (same && expected->by_subject)),
        .state = state,
        .expires_us = answer.expires_us,
        .revocations = model.revocations};
    assert_int_equal(lease.state, state);
    remember(&lease);
}

/* `first` may lie before the leaves there are. */
static void revoke(int64_t first, int64_t count)
{
    size_t keys = 0;
    for (int64_t leaf = first > 0 ? first : 0; leaf < first + count && leaf < LEAVES; leaf++) {
        keys += model.leaves[leaf].held && model.leaves[leaf].state == KEY_LIVE;
        model.leaves[leaf] = (struct expected){0};
    }
    size_t revoked = lease_cache_revoke(&cache, leaf_of((uint64_t)first), (uint64_t)count);
    assert_true(model.evicts ? revoked <= keys : revoked == keys);
    model.revocations++;
}

/* No key is in the slab of a leaf that is not held live. */
static void assert_only_held_keys_in_memory(void)
{
    for (uint64_t leaf = 0; leaf < LEAVES; leaf++) {
        uint8_t key[DATA_KEY_SIZE];
        key_of_leaf(leaf, key);
        bool live = model.leaves[leaf].held && model.leaves[leaf].state == KEY_LIVE;
        for (size_t at = 0; !live && at + DATA_KEY_SIZE <= slab.used; at += DATA_KEY_SIZE)
            assert_memory_not_equal(slab.memory + at, key, sizeof(key));
    }
}

static void begin_turn(void)
{
    for (size_t i = 0; i < model.given_count; i++) {
        uint8_t key[DATA_KEY_SIZE];
        key_of_leaf(model.given[i].leaf.number - FIRST_LEAF, key);
        assert_memory_equal(model.given[i].key, key, sizeof(key));
    }
    model.given_count = 0;
    lease_cache_begin_turn(&cache);
    assert_only_held_keys_in_memory();
}

static void sweep(void)
{
    struct leaf_list renew = {0}, release = {0};
    int64_t old_us = model.now_us - LEASE_US / 3;
    (void)lease_cache_sweep(&cache, model.now_us, old_us, &renew, &release);
    for (uint64_t leaf = 0; leaf < LEAVES; leaf++) {
        if (model.leaves[leaf].expires_us < model.now_us)
            model.leaves[leaf] = (struct expected){0};
    }
    for (size_t i = 0; i < release.count; i++) {
        struct expected *released = &model.leaves[release.leaves[i].number - FIRST_LEAF];
        assert_true(released->held && released->state == KEY_LIVE && !released->used);
        assert_true(released->expires_us - LEASE_US < old_us);
        *released = (struct expected){0};
    }
    for (size_t i = 0; i < renew.count; i++) {
        struct expected *renewed = &model.leaves[renew.leaves[i].number - FIRST_LEAF];
        assert_true(renewed->held && renewed->state == KEY_LIVE && renewed->used);
        assert_true(renewed->expires_us - LEASE_US < old_us);
        renewed->expires_us = model.now_us + LEASE_US;
        renewed->used = false;
        lease_cache_renew(&cache, renew.leaves[i], model.now_us, model.now_us + LEASE_US);
    }
    assert_only_held_keys_in_memory();
}

static void step(void)
{
    uint64_t leaf = pick(LEAVES);
    uint64_t what = pick(100);
    bool by_leaf = pick(2) == 0;
    model.now_us += pick(300) == 0 ? LEASE_US : (int64_t)pick(4);
    if (what < 55)
        find(leaf, by_leaf);
    else if (what < 88)
        put(leaf, by_leaf);
    else if (what < 91)
        revoke((int64_t)leaf, 1 + (int64_t)pick(9));
    else if (what < 92)
        revoke((int64_t)leaf - 70, 65 + (int64_t)pick(20));
    else if (what < 97)
        begin_turn();
    else {
        begin_turn();
        sweep();
    }
}

/* ---- tests ---- */

static void run(size_t most, bool evicts)
{
    struct error err;
    model = (struct model){.now_us = 1000000, .random = most, .evicts = evicts};
    assert_true(slab_open(&slab, SLAB_SIZE, false, &err));
    assert_true(lease_cache_open(&cache, most, &slab));
    for (size_t i = 0; i < STEPS; i++)
        step();
    begin_turn();
    size_t live = 0;
    for (size_t leaf = 0; leaf < LEAVES; leaf++)
        live += model.leaves[leaf].held && model.leaves[leaf].state == KEY_LIVE;
    assert_true(evicts ? cache.live <= most : cache.live == live);
    lease_cache_wipe(&cache);
    assert_true(sodium_is_zero(slab.memory, slab.size));
    assert_int_equal(cache.live, 0);
    lease_cache_close(&cache);
    slab_close(&slab);
}

static void behaves_like_the_model(void **state)
{
    (void)state;
    run(1024, false); /* the doomed of a long turn have room as well */
}

static void a_cache_that_is_too_small_finds_less_but_nothing_wrong(void **state)
{
    (void)state;
    run(20, true);
    run(1, true);
}

static void a_slab_that_is_too_small_is_refused(void **state)
{
    (void)state;
    struct error err;
    assert_true(slab_open(&slab, SLAB_SIZE, false, &err));
    assert_false(lease_cache_open(&cache, SLAB_SIZE / DATA_KEY_SIZE + 1, &slab));
    slab_close(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behaves_like_the_model),
        cmocka_unit_test(a_cache_that_is_too_small_finds_less_but_nothing_wrong),
        cmocka_unit_test(a_slab_that_is_too_small_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
