// SPDX-License-Identifier: Apache-2.0
// States of short streams between batches: the newest ones are there, memory is bounded, and what was
// found stays as it is until the generations change.
#include "command/recent.h"
#include "domain/stock_item.h"
#include "support/cmocka.h"

struct shelf {
    struct recent recent;
    struct arena arena;
};

static int open_shelf(void **state)
{
    static struct shelf shelf;
    recent_init(&shelf.recent);
    arena_init(&shelf.arena, (size_t)1 << 20);
    *state = &shelf;
    return 0;
}

static int close_shelf(void **state)
{
    struct shelf *shelf = *state;
    recent_release(&shelf->recent);
    arena_release(&shelf->arena);
    return 0;
}

static struct stream_id stream_of(uint32_t number)
{
    struct stream_id stream = {.tenant_id = 1, .category = CATEGORY_STOCK};
    memcpy(stream.id.bytes, &number, sizeof(number));
    return stream;
}

/* A stock item of as many units as its version says. */
static void keep(struct shelf *shelf, uint32_t number, int64_t version)
{
    const struct stream_id stream = stream_of(number);
    struct aggregate aggregate;
    arena_reset(&shelf->arena);
    assert_true(aggregate_init(&aggregate, CATEGORY_STOCK, &shelf->arena));
    ((struct stock_item *)aggregate.state)->on_hand = version;
    aggregate.version = version;
    (void)recent_keep(&shelf->recent, &stream, &aggregate);
}

/* The version that is kept, 0: none. */
static int64_t kept(const struct shelf *shelf, uint32_t number)
{
    const struct stream_id stream = stream_of(number);
    const struct aggregate *found = recent_find(&shelf->recent, &stream);
    if (found == NULL)
        return 0;
    assert_int_equal(((const struct stock_item *)found->state)->on_hand, found->version);
    return found->version;
}

static void the_newest_state_is_there(void **state)
{
    struct shelf *shelf = *state;
    assert_int_equal(kept(shelf, 1), 0);
    keep(shelf, 1, 5);
    keep(shelf, 2, 7);
    keep(shelf, 1, 6);
    assert_int_equal(kept(shelf, 1), 6);
    assert_int_equal(kept(shelf, 2), 7);
    assert_int_equal(kept(shelf, 3), 0);
}

static void streams_of_two_tenants_are_two(void **state)
{
    struct shelf *shelf = *state;
    struct stream_id other = stream_of(1);
    other.tenant_id = 2;
    keep(shelf, 1, 5);
    assert_null(recent_find(&shelf->recent, &other));
}

static void what_is_dropped_is_gone_from_both_generations(void **state)
{
    struct shelf *shelf = *state;
    const struct stream_id stream = stream_of(1);
    keep(shelf, 1, 5);
    for (uint32_t i = 0; i < RECENT_GENERATION_MOST; i++)
        keep(shelf, 100 + i, 1);
    recent_turn(&shelf->recent);
    assert_int_equal(kept(shelf, 1), 5);
    keep(shelf, 1, 6);
    recent_drop(&shelf->recent, &stream);
    assert_int_equal(kept(shelf, 1), 0);
    keep(shelf, 1, 8);
    assert_int_equal(kept(shelf, 1), 8);
}

/* Ten times as many as fit: the youngest are there, the oldest are not, and memory stays. */
static void the_oldest_make_room(void **state)
{
    struct shelf *shelf = *state;
    const uint32_t count = 10 * RECENT_GENERATION_MOST;
    for (uint32_t i = 0; i < count; i++) {
        if (i % 512 == 0)
            recent_turn(&shelf->recent);
        keep(shelf, i, 1 + i);
        assert_int_equal(kept(shelf, i), 1 + i);
    }
    assert_int_equal(kept(shelf, 0), 0);
    assert_int_equal(
        kept(shelf, count - RECENT_GENERATION_MOST / 2), 1 + count - RECENT_GENERATION_MOST / 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(shelf->recent.generations[i].arena.used <= RECENT_GENERATION_SIZE);
}

/* What a round was given must hold although the round itself fills the generation up. */
static void what_was_found_stays_until_the_next_turn(void **state)
{
    struct shelf *shelf = *state;
    const struct stream_id stream = stream_of(1);
    keep(shelf, 1, 5);
    const struct aggregate *found = recent_find(&shelf->recent, &stream);
    const void *item = found->state;
    for (uint32_t i = 0; i < 3 * RECENT_GENERATION_MOST; i++)
        keep(shelf, 100 + i, 1);
    assert_ptr_equal(found->state, item);
    assert_int_equal(((const struct stock_item *)item)->on_hand, 5);
}

/* An older state than the stored one would be a conflict for every command to come. */
static void a_state_that_finds_no_room_leaves_none_behind(void **state)
{
    struct shelf *shelf = *state;
    for (int64_t round = 0; round < 2; round++) {
        keep(shelf, 1, 5);
        assert_int_equal(kept(shelf, 1), 5);
        shelf->recent.state_size = round == 0 ? 0 : RECENT_GENERATION_SIZE;
        keep(shelf, 1, 6);
        assert_int_equal(kept(shelf, 1), 0);
        shelf->recent.state_size = RECENT_STATE_SIZE;
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_shelf, close_shelf)
    const struct CMUnitTest tests[] = {
        CASE(the_newest_state_is_there),
        CASE(streams_of_two_tenants_are_two),
        CASE(what_is_dropped_is_gone_from_both_generations),
        CASE(the_oldest_make_room),
        CASE(what_was_found_stays_until_the_next_turn),
        CASE(a_state_that_finds_no_room_leaves_none_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
