// SPDX-License-Identifier: Apache-2.0
// States kept between batches: never after a conflict, never for a command that
// is to be looked up.
#include "command/decide.h"
#include "command/hot.h"
#include "support/command_item.h"

enum { MOST_ITEMS = 8 };

static const struct receive_stock receive = {.sku = SLICE_LITERAL("A-1"), .qty = 5};

struct kitchen {
    struct hot hot;
    struct stage stage; /* a tenant, and the stock item of the test */
    struct arena arena; /* of the round */
    struct item items[MOST_ITEMS];
    size_t count;
    struct round round;
};

static int open_kitchen(void **state)
{
    static struct kitchen kitchen;
    memset(&kitchen, 0, sizeof(kitchen));
    hot_init(&kitchen.hot);
    kitchen.hot.recent.state_size = 0; /* everything is large */
    stage_open(&kitchen.stage, CATEGORY_STOCK);
    arena_init(&kitchen.arena, (size_t)1 << 20);
    *state = &kitchen;
    return 0;
}

static int close_kitchen(void **state)
{
    struct kitchen *kitchen = *state;
    hot_release(&kitchen->hot);
    stage_close(&kitchen->stage);
    arena_release(&kitchen->arena);
    return 0;
}

/* A receipt for the item of the stage; every command has another id. */
static struct item *add(struct kitchen *kitchen)
{
    static uint8_t ids;
    struct item *item = &kitchen->items[kitchen->count++];
    *item = test_item(COMMAND_RECEIVE_STOCK, &receive, 0, ids++);
    item->stream.id = kitchen->stage.context.stream_id;
    item->settings = &kitchen->stage.tenant;
    return item;
}

/* Pretends that the round appended one event of the stage's item at `version`. */
static void learn(struct kitchen *kitchen, int64_t version, enum append_status status)
{
    arena_reset(&kitchen->arena);
    kitchen->count = 0;
    (void)add(kitchen);
    assert_true(round_build(&kitchen->round, kitchen->items, 1, MOST_ITEMS, &kitchen->arena));
    struct group *group = &kitchen->round.groups[0];
    stage_do(&kitchen->stage, COMMAND_RECEIVE_STOCK, &receive, 1);
    assert_true(aggregate_copy(&kitchen->stage.aggregate, &kitchen->arena, &group->aggregate));
    group->aggregate.version = version;
    struct append_group append = {.status = status};
    struct group *appended[] = {group};
    kitchen->round.appends = &append;
    kitchen->round.appended = appended;
    kitchen->round.append_count = 1;
    hot_learn(&kitchen->hot, &kitchen->round);
    arena_reset(&kitchen->arena);
    kitchen->count = 0;
}

static const struct aggregate *serve(struct kitchen *kitchen)
{
    assert_true(
        round_build(&kitchen->round, kitchen->items, kitchen->count, MOST_ITEMS, &kitchen->arena));
    hot_serve(&kitchen->hot, &kitchen->round);
    const struct group *group = &kitchen->round.groups[0];
    assert_int_equal(kitchen->round.loading_groups, group->given == NULL);
    assert_int_equal(group->loads, group->given == NULL);
    return group->given;
}

static void a_large_state_is_kept(void **state)
{
    struct kitchen *kitchen = *state;
    learn(kitchen, 100, APPEND_OK);
    (void)add(kitchen);
    const struct aggregate *given = serve(kitchen);
    assert_non_null(given);
    assert_int_equal(given->version, 100);
    assert_int_equal(((const struct stock_item *)given->state)->on_hand, 5);
}

static void a_small_state_is_kept(void **state)
{
    struct kitchen *kitchen = *state;
    kitchen->hot.recent.state_size = RECENT_STATE_SIZE;
    learn(kitchen, 100, APPEND_OK);
    (void)add(kitchen);
    assert_int_equal(serve(kitchen)->version, 100);
    assert_non_null(recent_find(&kitchen->hot.recent, &kitchen->items[0].stream));
}

/* A state that has grown leaves the small ones for good. */
static void a_state_that_grows_is_kept_once(void **state)
{
    struct kitchen *kitchen = *state;
    kitchen->hot.recent.state_size = RECENT_STATE_SIZE;
    learn(kitchen, 100, APPEND_OK);
    kitchen->hot.recent.state_size = 0;
    learn(kitchen, 101, APPEND_OK);
    (void)add(kitchen);
    assert_int_equal(serve(kitchen)->version, 101);
    assert_null(recent_find(&kitchen->hot.recent, &kitchen->items[0].stream));
}

static void a_conflict_drops_a_small_one(void **state)
{
    struct kitchen *kitchen = *state;
    kitchen->hot.recent.state_size = RECENT_STATE_SIZE;
    learn(kitchen, 1, APPEND_OK);
    learn(kitchen, 2, APPEND_CONFLICT);
    (void)add(kitchen);
    assert_null(serve(kitchen));
}

static void the_newest_state_counts(void **state)
{
    struct kitchen *kitchen = *state;
    learn(kitchen, 100, APPEND_OK);
    learn(kitchen, 101, APPEND_OK);
    (void)add(kitchen);
    const struct aggregate *given = serve(kitchen);
    assert_int_equal(given->version, 101);
    assert_int_equal(((const struct stock_item *)given->state)->on_hand, 10);
}

static void a_conflict_drops_it(void **state)
{
    struct kitchen *kitchen = *state;
    learn(kitchen, 100, APPEND_OK);
    learn(kitchen, 101, APPEND_CONFLICT);
    (void)add(kitchen);
    assert_null(serve(kitchen));
}

static void a_lost_connection_drops_everything(void **state)
{
    struct kitchen *kitchen = *state;
    for (int64_t version = 1; version <= 2; version++) {
        kitchen->hot.recent.state_size = version == 1 ? 0 : RECENT_STATE_SIZE;
        learn(kitchen, version, APPEND_OK);
        hot_clear(&kitchen->hot);
        (void)add(kitchen);
        assert_null(serve(kitchen));
    }
}

static void a_command_to_look_up_is_not_served(void **state)
{
    struct kitchen *kitchen = *state;
    learn(kitchen, 100, APPEND_OK);
    (void)add(kitchen);
    add(kitchen)->look_up = true;
    assert_null(serve(kitchen));
}

static void deciding_leaves_the_kept_state_alone(void **state)
{
    struct kitchen *kitchen = *state;
    struct error err;
    const struct deciding deciding = {.now_us = STAGE_NOW, .answers = &kitchen->arena};
    learn(kitchen, 100, APPEND_OK);
    (void)add(kitchen);
    (void)add(kitchen);
    const struct aggregate *given = serve(kitchen);
    assert_int_equal(round_decide(&kitchen->round, &deciding, &err), DECIDE_OK);
    assert_int_equal(kitchen->items[1].answer.outcome, ANSWER_ACCEPTED);
    assert_int_equal(kitchen->items[1].answer.version, 102);
    assert_int_equal(kitchen->round.appends[0].expected_version, 100);
    assert_int_equal(given->version, 100);
    assert_int_equal(((const struct stock_item *)given->state)->on_hand, 5);
    const struct stock_item *after = kitchen->round.appended[0]->aggregate.state;
    assert_int_equal(after->on_hand, 15);
}

static void the_one_unused_for_longest_makes_room(void **state)
{
    struct kitchen *kitchen = *state;
    struct uuid first = kitchen->stage.context.stream_id;
    for (uint8_t i = 0; i <= HOT_ENTRIES; i++) {
        kitchen->stage.context.stream_id = first; /* the item only knows its own stream */
        stage_close(&kitchen->stage);
        stage_open(&kitchen->stage, CATEGORY_STOCK);
        learn(kitchen, 100 + i, APPEND_OK);
        for (size_t j = 0; j < HOT_ENTRIES; j++) {
            if (uuid_equal(&kitchen->hot.entries[j].stream.id, &first))
                kitchen->hot.entries[j].stream.id = test_uuid(i);
        }
    }
    size_t found[2] = {0};
    for (size_t j = 0; j < HOT_ENTRIES; j++) {
        const struct uuid ids[] = {test_uuid(0), test_uuid(HOT_ENTRIES)};
        found[0] += uuid_equal(&kitchen->hot.entries[j].stream.id, &ids[0]);
        found[1] += uuid_equal(&kitchen->hot.entries[j].stream.id, &ids[1]);
    }
    assert_int_equal(found[0], 0);
    assert_int_equal(found[1], 1);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_kitchen, close_kitchen)
    const struct CMUnitTest tests[] = {
        CASE(a_large_state_is_kept),
        CASE(a_small_state_is_kept),
        CASE(a_state_that_grows_is_kept_once),
        CASE(a_conflict_drops_a_small_one),
        CASE(the_newest_state_counts),
        CASE(a_conflict_drops_it),
        CASE(a_lost_connection_drops_everything),
        CASE(a_command_to_look_up_is_not_served),
        CASE(deciding_leaves_the_kept_state_alone),
        CASE(the_one_unused_for_longest_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
