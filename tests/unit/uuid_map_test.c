// SPDX-License-Identifier: Apache-2.0
// The map does what a plain list of pairs does, forks of forks included, and a fork leaves what it was
// made of alone.
#include "domain/uuid_map.h"
#include "support/stage.h"

#include <inttypes.h>
#include <stdlib.h>

enum { KEYS = 60, STEPS = 3000, ROUNDS = 20 };

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct uuid key_of(int64_t number)
{
    struct uuid key = {{0}};
    memcpy(key.bytes, &number, sizeof(number));
    return key;
}

static struct uuid_value value_of(int64_t number)
{
    return (struct uuid_value){.number = number, .id = key_of(-number)};
}

/* By key number; 0: absent. */
struct model {
    int64_t values[KEYS];
};

static void assert_equal(const struct uuid_map *map, const struct model *model)
{
    struct uuid_value value;
    size_t count = 0;
    for (int64_t i = 0; i < KEYS; i++) {
        struct uuid key = key_of(i);
        bool there = uuid_map_find(map, &key, &value);
        assert_int_equal(there, model->values[i] != 0);
        if (there)
            assert_int_equal(value.number, model->values[i]);
        count += there;
    }
    assert_int_equal(map->count, count);
}

/* A walk meets every entry once. */
static void assert_walks(const struct uuid_map *map, const struct model *model)
{
    struct model met = {{0}};
    struct uuid_map_walk walk;
    uuid_map_walk_start(&walk, map);
    while (uuid_map_walk_next(&walk)) {
        int64_t number;
        memcpy(&number, walk.key.bytes, sizeof(number));
        assert_int_equal(met.values[number], 0);
        met.values[number] = walk.value.number;
    }
    assert_memory_equal(&met, model, sizeof(met));
}

static void change(struct uuid_map *map, struct model *model, uint64_t *seed)
{
    int64_t number = stage_draw_below(seed, KEYS);
    struct uuid key = key_of(number);
    if (stage_draw_below(seed, 2) == 0) {
        model->values[number] = 1 + stage_draw_below(seed, 1000);
        struct uuid_value value = value_of(model->values[number]);
        assert_true(uuid_map_put(map, &key, &value, &arena));
    } else {
        model->values[number] = 0;
        assert_true(uuid_map_remove(map, &key, &arena));
    }
}

static uint64_t first_seed(void)
{
    const char *given = getenv("ORDER_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : UINT64_C(20260131);
    print_message("seed %" PRIu64 "\n", seed);
    return seed;
}

static void it_does_what_a_list_does(void **state)
{
    (void)state;
    uint64_t seed = first_seed();
    struct uuid_map map = {0};
    struct model model = {{0}};
    for (int i = 0; i < STEPS; i++) {
        change(&map, &model, &seed);
        assert_equal(&map, &model);
    }
    assert_walks(&map, &model);
    assert_true(map.capacity <= 128); /* removals leave nothing behind that it would grow by */
}

static void forks_do_and_leave_the_base_alone(void **state)
{
    (void)state;
    uint64_t seed = first_seed();
    for (int round = 0; round < ROUNDS; round++) {
        struct uuid_map maps[3] = {{0}};
        struct model models[3] = {{{0}}};
        for (size_t level = 0; level < countof(maps); level++) {
            for (int i = 0; i < round * 10; i++)
                change(&maps[level], &models[level], &seed);
            for (size_t below = 0; below <= level; below++)
                assert_equal(&maps[below], &models[below]);
            assert_walks(&maps[level], &models[level]);
            if (level + 1 == countof(maps))
                break;
            maps[level + 1] = uuid_map_fork(&maps[level]);
            models[level + 1] = models[level];
        }
    }
}

static void a_joined_fork_is_what_the_map_becomes(void **state)
{
    (void)state;
    uint64_t seed = first_seed();
    struct uuid_map map = {0};
    struct model model = {{0}};
    for (int round = 0; round < 10 * ROUNDS; round++) {
        struct uuid_map fork = uuid_map_fork(&map);
        struct uuid_map nested = uuid_map_fork(&fork);
        for (int i = 0; i < 10; i++)
            change(&nested, &model, &seed);
        assert_true(uuid_map_join(&fork, &nested, &arena));
        assert_equal(&fork, &model);
        assert_true(uuid_map_join(&map, &fork, &arena));
        assert_equal(&map, &model);
        assert_null(map.base);
    }
    assert_walks(&map, &model);
}

static void a_copy_stands_on_its_own(void **state)
{
    (void)state;
    uint64_t seed = first_seed();
    struct uuid_map map = {0};
    struct model model = {{0}};
    struct arena other;
    arena_init(&other, (size_t)1 << 20);
    for (int i = 0; i < STEPS; i++)
        change(&map, &model, &seed);
    struct uuid_map fork = uuid_map_fork(&map);
    for (int i = 0; i < 20; i++)
        change(&fork, &model, &seed);
    struct uuid_map copy;
    assert_true(uuid_map_copy(&fork, &other, &copy));
    arena_release(&arena);
    arena_init(&arena, (size_t)64 << 20);
    assert_equal(&copy, &model);
    assert_walks(&copy, &model);
    struct uuid_map none = {0};
    assert_true(uuid_map_copy(&none, &other, &copy));
    assert_int_equal(copy.count, 0);
    arena_release(&other);
}

/* The work of a fork is that of its changes, not of what it was made of. */
static void a_fork_of_many_is_small(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    struct uuid_map map = {0};
    struct arena little;
    for (int64_t i = 0; i < MANY; i++) {
        struct uuid key = key_of(i);
        struct uuid_value value = value_of(i + 1);
        assert_true(uuid_map_put(&map, &key, &value, &arena));
    }
    assert_int_equal(map.count, MANY);
    assert_int_equal(map.capacity, 131072);
    arena_init(&little, 4096);
    struct uuid_map fork = uuid_map_fork(&map);
    for (int64_t i = 0; i < 12; i++) {
        struct uuid key = key_of(i * 1000);
        assert_true(uuid_map_remove(&fork, &key, &little));
    }
    assert_int_equal(fork.count, MANY - 12);
    assert_int_equal(map.count, MANY);
    size_t before = arena.used;
    assert_true(uuid_map_join(&map, &fork, &arena));
    assert_int_equal(arena.used, before);
    assert_int_equal(map.count, MANY - 12);
    arena_release(&little);
}

static void an_exhausted_arena_is_said_and_changes_nothing(void **state)
{
    (void)state;
    struct uuid_map map = {0};
    struct uuid_value value;
    struct arena small;
    int64_t put = 0;
    arena_init(&small, 1400);
    for (;; put++) {
        struct uuid key = key_of(put);
        struct uuid_value wanted = value_of(put + 1);
        if (!uuid_map_put(&map, &key, &wanted, &small))
            break;
    }
    assert_int_equal(map.count, put);
    for (int64_t i = 0; i <= put; i++) {
        struct uuid key = key_of(i);
        assert_int_equal(uuid_map_find(&map, &key, &value), i < put);
    }
    struct arena none;
    struct uuid key = key_of(0);
    arena_init(&none, 0);
    struct uuid_map fork = uuid_map_fork(&map);
    assert_false(uuid_map_remove(&fork, &key, &none));
    assert_true(uuid_map_find(&fork, &key, &value));
    assert_int_equal(fork.count, put);
    struct uuid_map copy;
    assert_false(uuid_map_copy(&map, &none, &copy));
    arena_release(&none);
    arena_release(&small);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(it_does_what_a_list_does),
        CASE(forks_do_and_leave_the_base_alone),
        CASE(a_joined_fork_is_what_the_map_becomes),
        CASE(a_copy_stands_on_its_own),
        CASE(a_fork_of_many_is_small),
        CASE(an_exhausted_arena_is_said_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
