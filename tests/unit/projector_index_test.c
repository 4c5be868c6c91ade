// SPDX-License-Identifier: Apache-2.0
// The hash table: finds what was added and nothing else, however the hashes fall.
#include "projector/index.h"
#include "support/cmocka.h"

enum { MANY = 5000 };

static struct arena arena;
static struct index table;
static int64_t numbers[MANY];

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 4 << 20);
    index_init(&table, &arena);
    for (int64_t i = 0; i < MANY; i++)
        numbers[i] = i * 3;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static bool is_number(const void *item, const void *key)
{
    return memcmp(item, key, sizeof(int64_t)) == 0;
}

static uint64_t spread(int64_t number)
{
    return index_hash_number((uint64_t)number);
}

static uint64_t all_alike(int64_t number)
{
    (void)number;
    return UINT64_MAX; /* the search must go round the end */
}

static void finds_each(uint64_t (*hash)(int64_t), size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_null(index_find(&table, hash(numbers[i]), is_number, &numbers[i]));
        assert_true(index_add(&table, hash(numbers[i]), &numbers[i]));
    }
    assert_int_equal(table.count, count);
    for (size_t i = 0; i < count; i++) {
        int64_t absent = numbers[i] + 1;
        assert_ptr_equal(index_find(&table, hash(numbers[i]), is_number, &numbers[i]), &numbers[i]);
        assert_null(index_find(&table, hash(absent), is_number, &absent));
    }
}

static void test_finds_what_was_added(void **state)
{
    (void)state;
    finds_each(spread, MANY);
}

static void test_equal_hashes_are_told_apart(void **state)
{
    (void)state;
    finds_each(all_alike, 300);
}

static void test_forgets_everything(void **state)
{
    (void)state;
    finds_each(spread, 100);
    index_reset(&table);
    arena_reset(&arena);
    finds_each(spread, 100);
}

static void test_an_exhausted_arena_is_an_answer(void **state)
{
    (void)state;
    struct arena tiny;
    struct index small;
    arena_init(&tiny, 64 * sizeof(struct index_slot));
    index_init(&small, &tiny);
    size_t added = 0;
    while (added < MANY && index_add(&small, spread(numbers[added]), &numbers[added]))
        added++;
    assert_int_equal(added, 32); /* half full: there is always a free slot */
    for (size_t i = 0; i < added; i++)
        assert_ptr_equal(
            index_find(&small, spread(numbers[i]), is_number, &numbers[i]), &numbers[i]);
    arena_release(&tiny);
}

static void test_every_byte_and_the_length_count(void **state)
{
    (void)state;
    char text[40];
    memset(text, 'x', sizeof(text));
    for (size_t size = 0; size < sizeof(text); size++) {
        uint64_t hash = index_hash_bytes(1, slice_of(text, size));
        assert_true(hash != index_hash_bytes(2, slice_of(text, size)));
        assert_true(hash != index_hash_bytes(1, slice_of(text, size + 1)));
        for (size_t i = 0; i < size; i++) {
            text[i] = 'y';
            assert_true(hash != index_hash_bytes(1, slice_of(text, size)));
            text[i] = 'x';
        }
    }
}

int main(void)
{
#define INDEX_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        INDEX_TEST(test_finds_what_was_added),
        INDEX_TEST(test_equal_hashes_are_told_apart),
        INDEX_TEST(test_forgets_everything),
        INDEX_TEST(test_an_exhausted_arena_is_an_answer),
        INDEX_TEST(test_every_byte_and_the_length_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
