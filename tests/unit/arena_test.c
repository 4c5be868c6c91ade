// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "support/cmocka.h"

enum { BLOCK = 256 * 1024 }; /* of arena.c */

static void gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t size = 0; size < 100; size++) {
        uint8_t *at = arena_take(&arena, size);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(at[i], 0);
            at[i] = 0xff;
        }
    }
    arena_release(&arena);
}

static void zeroes_again_what_a_reset_gave_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint8_t *first = arena_take(&arena, 64);
    assert_non_null(first);
    memset(first, 0xff, 64);
    arena_reset(&arena);
    uint8_t *second = arena_take(&arena, 64);
    assert_ptr_equal(first, second); /* the block is kept for the next turn */
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(second[i], 0);
    arena_release(&arena);
}

static void stops_at_its_maximum(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1000);
    assert_null(arena_take(&arena, 1001));
    assert_non_null(arena_take(&arena, 999));
    assert_non_null(arena_take(&arena, 1));
    assert_null(arena_take(&arena, 1));
    assert_non_null(arena_take(&arena, 0));
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 1000));
    arena_release(&arena);
}

static void sizes_that_overflow_give_nothing(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    assert_null(arena_take_raw(&arena, SIZE_MAX));
    assert_null(arena_take_raw(&arena, SIZE_MAX - 8));
    assert_null(arena_take_array(&arena, SIZE_MAX / 8 + 1, 8));
    assert_null(arena_take_array(&arena, 1 << 20, (size_t)1 << 50));
    assert_non_null(arena_take_array(&arena, 3, 8));
    arena_release(&arena);
}

static void earlier_memory_stays_put_across_blocks(void **state)
{
    (void)state;
    struct arena arena;
    uint8_t *parts[8];
    arena_init(&arena, 64 * BLOCK);
    for (uint8_t turn = 0; turn < 3; turn++) {
        for (uint8_t i = 0; i < countof(parts); i++) {
            size_t size =
                i == 3 ? 3 * BLOCK : BLOCK / 2 + 1; /* one that needs a block of its own */
            parts[i] = arena_take(&arena, size);
            assert_non_null(parts[i]);
            memset(parts[i], i, size);
        }
        for (uint8_t i = 0; i < countof(parts); i++) {
            assert_int_equal(parts[i][0], i);
            assert_int_equal(parts[i][BLOCK / 2], i);
        }
        arena_reset(&arena);
    }
    arena_release(&arena);
}

static void copies_bytes_and_leaves_out_alone_on_failure(void **state)
{
    (void)state;
    struct arena arena;
    struct slice copy = slice_of_text("before");
    char text[] = "hello";
    arena_init(&arena, 8);
    assert_false(arena_copy(&arena, slice_of_text("123456789"), &copy));
    assert_true(slice_is(copy, "before"));
    assert_true(arena_copy(&arena, slice_of_text(text), &copy));
    text[0] = 'J';
    assert_true(slice_is(copy, "hello"));
    assert_true(arena_copy(&arena, slice_of(NULL, 0), &copy));
    assert_int_equal(copy.size, 0);
    arena_release(&arena);
}

static void count_letters(struct arena *arena, size_t *found)
{
    static const size_t sizes[] = {100, BLOCK, 3 * BLOCK, 7};
    *found = 0;
    for (size_t i = 0; i < countof(sizes); i++) {
        const uint8_t *part = arena_take_raw(arena, sizes[i]);
        assert_non_null(part);
        for (size_t at = 0; at < sizes[i]; at++)
            *found += part[at] == 'x';
    }
}

static void a_wiped_arena_holds_nothing_of_before(void **state)
{
    (void)state;
    struct arena arena;
    size_t found;
    arena_init(&arena, 64 * BLOCK);
    arena_wipe(&arena); /* nothing to wipe yet */
    for (int turn = 0; turn < 2; turn++) {
        memset(arena_take_raw(&arena, 100), 'x', 100);
        memset(arena_take_raw(&arena, BLOCK), 'x', BLOCK);
        memset(arena_take_raw(&arena, 3 * BLOCK), 'x', 3 * BLOCK);
        memset(arena_take_raw(&arena, 7), 'x', 7);
        arena_reset(&arena);
        count_letters(&arena, &found);
        assert_int_equal(found, 4 * BLOCK + 107); /* a reset leaves them: the test would see */
        arena_reset(&arena);
        assert_non_null(arena_take_raw(&arena, 1)); /* less than what is still there */
        arena_wipe(&arena);
        count_letters(&arena, &found);
        assert_int_equal(found, 0);
        arena_wipe(&arena);
        assert_int_equal(arena.used, 0);
    }
    arena_release(&arena);
}

static void a_released_arena_can_be_released_again(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 100);
    arena_reset(&arena);
    assert_non_null(arena_take(&arena, 1));
    arena_release(&arena);
    arena_release(&arena);
    assert_null(arena_take(&arena, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_memory),
        cmocka_unit_test(zeroes_again_what_a_reset_gave_back),
        cmocka_unit_test(stops_at_its_maximum),
        cmocka_unit_test(sizes_that_overflow_give_nothing),
        cmocka_unit_test(earlier_memory_stays_put_across_blocks),
        cmocka_unit_test(copies_bytes_and_leaves_out_alone_on_failure),
        cmocka_unit_test(a_wiped_arena_holds_nothing_of_before),
        cmocka_unit_test(a_released_arena_can_be_released_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
