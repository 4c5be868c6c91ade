// SPDX-License-Identifier: Apache-2.0
// One round: who takes part, what is loaded, and what becomes of the items when the append answers.
#include "command/round.h"
#include "support/command_item.h"

enum { MOST_ITEMS = 16 };

static const struct cancel_order cancel = {.reason = 0};

struct table {
    struct arena arena;
    struct item items[MOST_ITEMS];
    size_t count;
    struct round round;
};

static int open_table(void **state)
{
    static struct table table;
    memset(&table, 0, sizeof(table));
    arena_init(&table.arena, (size_t)1 << 20);
    *state = &table;
    return 0;
}

static int close_table(void **state)
{
    arena_release(&((struct table *)*state)->arena);
    return 0;
}

/* The body is never looked at before a decision. */
static struct item *add(struct table *table, enum command_type type, uint8_t stream, uint8_t id)
{
    assert_true(table->count < MOST_ITEMS);
    table->items[table->count] = test_item(type, &cancel, stream, id);
    return &table->items[table->count++];
}

static void build(struct table *table, size_t most)
{
    arena_reset(&table->arena);
    assert_true(round_build(&table->round, table->items, table->count, most, &table->arena));
}

static size_t group_size(const struct table *table, uint8_t stream)
{
    struct uuid id = test_uuid(stream);
    for (size_t i = 0; i < table->round.group_count; i++) {
        if (uuid_equal(&table->round.groups[i].stream.id, &id))
            return table->round.groups[i].count;
    }
    return 0;
}

/* Pretends that every item was decided with one event, and that the append said so. */
static int64_t answer(struct table *table, enum append_status status, int64_t first_position)
{
    struct round *round = &table->round;
    round->appends = arena_array(&table->arena, round->group_count, struct append_group);
    round->appended = arena_array(&table->arena, round->group_count, struct group *);
    for (size_t i = 0; i < round->group_count; i++) {
        struct group *group = &round->groups[i];
        round->appended[i] = group;
        round->appends[i] = (struct append_group){
            .status = status,
            .version = (int64_t)group->count,
            .first_position = status == APPEND_OK ? first_position : 0};
        first_position += (int64_t)group->count;
        for (struct item *item = group->first; item != NULL; item = item->next) {
            item->fate = FATE_DECIDED;
            item->event_count = 1;
        }
    }
    round->append_count = round->group_count;
    return round_finish(round);
}

static void commands_of_a_stream_stay_in_order(void **state)
{
    struct table *table = *state;
    const struct item *first = add(table, COMMAND_CANCEL_LINES, 1, 1);
    (void)add(table, COMMAND_CANCEL_LINES, 2, 2);
    const struct item *second = add(table, COMMAND_CANCEL_ORDER, 1, 3);
    build(table, MOST_ITEMS);
    assert_int_equal(table->round.group_count, 2);
    assert_int_equal(group_size(table, 1), 2);
    assert_ptr_equal(table->round.groups[0].first, first);
    assert_ptr_equal(table->round.groups[0].first->next, second);
}

static void an_order_and_a_stock_item_of_one_id_are_two_streams(void **state)
{
    struct table *table = *state;
    (void)add(table, COMMAND_CANCEL_ORDER, 1, 1);
    (void)add(table, COMMAND_ADJUST_STOCK, 1, 2);
    build(table, MOST_ITEMS);
    assert_int_equal(table->round.group_count, 2);
}

static void a_creating_command_asks_nothing(void **state)
{
    struct table *table = *state;
    (void)add(table, COMMAND_PLACE_ORDER, 1, 1);
    (void)add(table, COMMAND_CANCEL_ORDER, 1, 2);
    (void)add(table, COMMAND_CANCEL_ORDER, 2, 3);
    (void)add(table, COMMAND_PLACE_ORDER, 2, 4);
    build(table, MOST_ITEMS);
    assert_false(table->round.groups[0].loads);
    assert_true(table->round.groups[1].loads);
    assert_int_equal(table->round.loading_groups, 1);
    assert_int_equal(table->round.loading_items, 2);
}

static void the_same_id_waits_for_the_next_round(void **state)
{
    struct table *table = *state;
    (void)add(table, COMMAND_PLACE_ORDER, 1, 1);
    struct item *repeated = add(table, COMMAND_PLACE_ORDER, 1, 1);
    struct item *elsewhere = add(table, COMMAND_PLACE_ORDER, 2, 1);
    build(table, MOST_ITEMS);
    assert_int_equal(table->round.item_count, 1);
    assert_int_equal(answer(table, APPEND_OK, 7), 7);
    build(table, MOST_ITEMS);
    assert_int_equal(table->round.item_count, 1);
    assert_ptr_equal(table->round.groups[0].first, repeated);
    assert_true(table->round.groups[0].loads); /* its answer is to be looked up */
    (void)answer(table, APPEND_OK, 8);
    build(table, MOST_ITEMS);
    assert_ptr_equal(table->round.groups[0].first, elsewhere);
}

static void a_limit_takes_the_first_ones(void **state)
{
    struct table *table = *state;
    for (uint8_t i = 0; i < 6; i++)
        (void)add(table, COMMAND_CANCEL_ORDER, i % 2, i);
    build(table, 3);
    assert_int_equal(table->round.item_count, 3);
    assert_int_equal(group_size(table, 0), 2);
    assert_int_equal(group_size(table, 1), 1);
}

static void answered_items_take_no_part(void **state)
{
    struct table *table = *state;
    add(table, COMMAND_CANCEL_ORDER, 1, 1)->state = ITEM_ANSWERED;
    add(table, COMMAND_CANCEL_ORDER, 1, 2)->state = ITEM_SENT;
    (void)add(table, COMMAND_CANCEL_ORDER, 1, 3);
    build(table, MOST_ITEMS);
    assert_int_equal(table->round.item_count, 1);
}

static void what_is_wanted_is_what_loads(void **state)
{
    struct table *table = *state;
    struct load_request request = {0};
    (void)add(table, COMMAND_PLACE_ORDER, 1, 1);
    (void)add(table, COMMAND_CANCEL_ORDER, 2, 2);
    (void)add(table, COMMAND_CANCEL_ORDER, 3, 3);
    (void)add(table, COMMAND_CANCEL_LINES, 2, 4);
    build(table, MOST_ITEMS);
    assert_true(round_wanted(&table->round, &request));
    assert_int_equal(request.stream_count, 2);
    assert_int_equal(request.command_count, 3);
    const struct command_key expected[] = {{test_uuid(2), 1}, {test_uuid(4), 1}, {test_uuid(3), 1}};
    assert_memory_equal(request.commands, expected, sizeof(expected));
    struct loaded_stream loaded[2] = {{.version = 20}, {.version = 30}};
    struct stored_outcome outcomes[3] = {0};
    round_loaded(&table->round, loaded, outcomes);
    assert_null(table->round.groups[0].loaded);
    assert_int_equal(table->round.groups[1].loaded->version, 20);
    assert_ptr_equal(table->round.groups[1].known, &outcomes[0]);
    assert_int_equal(table->round.groups[2].loaded->version, 30);
    assert_ptr_equal(table->round.groups[2].known, &outcomes[2]);
}

/* Streams and command ids are of their tenant: the same ids of two are nothing to each other. */
static void tenants_do_not_meet_in_a_round(void **state)
{
    struct table *table = *state;
    struct load_request request = {0};
    (void)add(table, COMMAND_CANCEL_ORDER, 1, 1);
    add(table, COMMAND_CANCEL_ORDER, 1, 1)->stream.tenant_id = 2;
    (void)add(table, COMMAND_CANCEL_ORDER, 1, 2);
    build(table, MOST_ITEMS);
    assert_int_equal(table->round.group_count, 2);
    assert_int_equal(table->round.groups[0].count, 2);
    assert_int_equal(table->round.groups[1].count, 1);
    assert_true(round_wanted(&table->round, &request));
    assert_int_equal(request.streams[0].tenant_id, 1);
    assert_int_equal(request.streams[1].tenant_id, 2);
    const struct command_key expected[] = {{test_uuid(1), 1}, {test_uuid(2), 1}, {test_uuid(1), 2}};
    assert_memory_equal(request.commands, expected, sizeof(expected));
}

static void positions_are_those_of_the_last_event_of_each_command(void **state)
{
    struct table *table = *state;
    (void)add(table, COMMAND_PLACE_ORDER, 1, 1);
    (void)add(table, COMMAND_PLACE_ORDER, 2, 2);
    (void)add(table, COMMAND_CANCEL_ORDER, 1, 3);
    build(table, MOST_ITEMS);
    assert_int_equal(answer(table, APPEND_OK, 100), 102);
    assert_int_equal(table->items[0].answer.position, 100);
    assert_int_equal(table->items[2].answer.position, 101);
    assert_int_equal(table->items[1].answer.position, 102);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(table->items[i].state, ITEM_ANSWERED);
}

static void a_conflict_is_tried_again_and_given_up_in_the_end(void **state)
{
    struct table *table = *state;
    struct item *item = add(table, COMMAND_PLACE_ORDER, 1, 1);
    for (int attempt = 1; attempt < ROUND_MOST_ATTEMPTS; attempt++) {
        build(table, MOST_ITEMS);
        assert_int_equal(table->round.groups[0].loads, attempt > 1);
        assert_int_equal(answer(table, APPEND_CONFLICT, 0), 0);
        assert_int_equal(item->state, ITEM_OPEN);
    }
    build(table, MOST_ITEMS);
    (void)answer(table, APPEND_DUPLICATE, 0);
    assert_int_equal(item->state, ITEM_ANSWERED);
    assert_int_equal(item->answer.outcome, ANSWER_UNAVAILABLE);
    assert_string_equal(item->answer.code, "stream_busy");
    assert_true(item->answer.retryable);
    assert_false(item->answer.dead_letter);
}

static void after_an_unknown_outcome_everything_is_looked_up(void **state)
{
    struct table *table = *state;
    struct item *item = add(table, COMMAND_PLACE_ORDER, 1, 1);
    build(table, MOST_ITEMS);
    round_look_up(&table->round);
    assert_int_equal(item->state, ITEM_OPEN);
    assert_int_equal(item->attempts, 0); /* an outage is nobody's conflict */
    build(table, MOST_ITEMS);
    assert_true(table->round.groups[0].loads);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_table, close_table)
    const struct CMUnitTest tests[] = {
        CASE(commands_of_a_stream_stay_in_order),
        CASE(an_order_and_a_stock_item_of_one_id_are_two_streams),
        CASE(a_creating_command_asks_nothing),
        CASE(the_same_id_waits_for_the_next_round),
        CASE(a_limit_takes_the_first_ones),
        CASE(answered_items_take_no_part),
        CASE(what_is_wanted_is_what_loads),
        CASE(tenants_do_not_meet_in_a_round),
        CASE(positions_are_those_of_the_last_event_of_each_command),
        CASE(a_conflict_is_tried_again_and_given_up_in_the_end),
        CASE(after_an_unknown_outcome_everything_is_looked_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
