// SPDX-License-Identifier: Apache-2.0
// The index of one round finds each key once, also when many share it.
#include "command/index.h"
#include "support/cmocka.h"

enum { KEYS = 4096 };

static void finds_every_key_again(void **state)
{
    (void)state;
    struct arena arena;
    struct index index;
    static uint64_t keys[KEYS];
    arena_init(&arena, (size_t)1 << 20);
    assert_true(index_init(&index, sizeof(keys[0]), KEYS, &arena));
    for (uint64_t i = 0; i < KEYS; i++) {
        keys[i] = i << 32; /* alike in their low bits */
        void **at = index_at(&index, &keys[i]);
        assert_null(*at);
        *at = &keys[i];
    }
    for (uint64_t i = 0; i < KEYS; i++) {
        uint64_t key = i << 32;
        assert_ptr_equal(*index_at(&index, &key), &keys[i]);
    }
    arena_release(&arena);
}

static void an_exhausted_arena_is_said(void **state)
{
    (void)state;
    struct arena arena;
    struct index index;
    arena_init(&arena, 100);
    assert_false(index_init(&index, 8, KEYS, &arena));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_key_again),
        cmocka_unit_test(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
