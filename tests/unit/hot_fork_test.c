// SPDX-License-Identifier: Apache-2.0
// A kept state is only a baseline: rounds are decided on forks of it, and it moves when they are
// appended and not before. Neither its size nor its number is without bounds.
#include "support/kitchen.h"

#include <inttypes.h>
#include <stdlib.h>

static int open_kitchen(void **state)
{
    static struct kitchen kitchen;
    kitchen_open(&kitchen);
    *state = &kitchen;
    return 0;
}

static int close_kitchen(void **state)
{
    kitchen_close(*state);
    return 0;
}

static void what_was_lost_leaves_no_trace(void **state)
{
    assert_true(kitchen_forgets_what_was_lost(*state));
}

/* The stored item after the round: as a reader of the store would fold it. */
static void follow(struct kitchen *kitchen, uint32_t order)
{
    const struct reserve_stock command = {
        .sku = SLICE_LITERAL("A-1"), .order_id = kitchen_order(order), .qty = 1};
    stage_decide(&kitchen->stage, COMMAND_RESERVE_STOCK, &command);
    if (kitchen->stage.decision.event_count == 1)
        stage_do(&kitchen->stage, COMMAND_RESERVE_STOCK, &command, 1);
}

/* Appended, refused by the store or lost: what is kept is what is stored, or nothing is. */
static void it_is_what_is_stored_or_nothing(void **state)
{
    struct kitchen *kitchen = *state;
    const char *given = getenv("ORDER_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : UINT64_C(20260131);
    print_message("seed %" PRIu64 "\n", seed);
    kitchen_fill(kitchen, KITCHEN_OPEN);
    for (int round = 0; round < 300; round++) {
        uint32_t orders[8];
        kitchen_begin(kitchen);
        for (size_t i = 0; i < countof(orders); i++) {
            orders[i] = (uint32_t)stage_draw_below(&seed, 500);
            (void)kitchen_reserve(kitchen, orders[i], 1);
        }
        if (!kitchen_decide(kitchen)) {
            kitchen_keep_as(kitchen, kitchen->stage.context.stream_id);
            continue;
        }
        assert_int_equal(
            kitchen->round.appends[0].expected_version, kitchen->stage.aggregate.version);
        switch (stage_draw_below(&seed, 4)) {
        case 0:
            kitchen_learn(kitchen, APPEND_CONFLICT);
            break;
        case 1:
            break; /* lost */
        default:
            kitchen_learn(kitchen, APPEND_OK);
            for (size_t i = 0; i < countof(orders); i++)
                follow(kitchen, orders[i]);
        }
    }
    assert_true(stage_item(&kitchen->stage)->reservations.count > 400);
}

/* A round of a hundred thousand open reservations takes as much memory as one of forty. */
static void a_round_costs_what_it_changes(void **state)
{
    struct kitchen *kitchen = *state;
    size_t used[2];
    for (size_t i = 0; i < countof(used); i++) {
        kitchen_fill(kitchen, i == 0 ? KITCHEN_OPEN : 100000);
        kitchen_begin(kitchen);
        for (uint32_t order = 0; order < KITCHEN_ITEMS; order++)
            (void)kitchen_reserve(kitchen, 1000000 + order, 1);
        assert_true(kitchen_decide(kitchen));
        assert_int_equal(kitchen->items[KITCHEN_ITEMS - 1].answer.outcome, ANSWER_ACCEPTED);
        used[i] = kitchen->arena.used;
        kitchen_close(kitchen);
        kitchen_open(kitchen);
    }
    assert_in_range(used[1], used[0], used[0] + 8 * KITCHEN_ITEMS); /* larger numbers in events */
}

static size_t size_of(const struct hot *hot)
{
    size_t size = 0;
    for (size_t i = 0; i < HOT_ENTRIES; i++)
        size += hot->entries[i].arena.used;
    return size;
}

/* It is loaded anew then, and takes less. */
static void an_item_that_outgrows_its_room_is_dropped(void **state)
{
    struct kitchen *kitchen = *state;
    uint32_t order = 100000;
    bool kept = true;
    kitchen_fill(kitchen, order);
    while (kept) {
        kitchen_begin(kitchen);
        for (size_t i = 0; i < KITCHEN_ITEMS; i++)
            (void)kitchen_reserve(kitchen, order++, 1);
        kept = kitchen_decide(kitchen);
        if (kept)
            kitchen_learn(kitchen, APPEND_OK);
        assert_true(size_of(&kitchen->hot) <= HOT_STATE_SIZE);
        assert_true(order < 1000000);
    }
    assert_int_equal(size_of(&kitchen->hot), 0);
    print_message("dropped at %" PRIu32 " open reservations\n", order - KITCHEN_ITEMS);
    assert_true(order > 200000);
}

static void all_together_are_within_a_limit(void **state)
{
    struct kitchen *kitchen = *state;
    kitchen_fill(kitchen, 100000);
    for (uint8_t i = 0; i < 20; i++) {
        kitchen_keep_as(kitchen, test_uuid(i));
        assert_true(size_of(&kitchen->hot) <= HOT_WHOLE_SIZE);
    }
    assert_true(size_of(&kitchen->hot) > HOT_WHOLE_SIZE / 2);
    kitchen_begin(kitchen);
    (void)kitchen_reserve(kitchen, 1, 1);
    assert_false(kitchen_decide(kitchen)); /* the first one had to go */
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_kitchen, close_kitchen)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_was_lost_leaves_no_trace),
        CASE(it_is_what_is_stored_or_nothing),
        CASE(a_round_costs_what_it_changes),
        CASE(an_item_that_outgrows_its_room_is_dropped),
        CASE(all_together_are_within_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
