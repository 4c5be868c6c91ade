// SPDX-License-Identifier: Apache-2.0
// The mix and the sell-out: the same in every run of a seed, in the intended shares, and every command
// decided by the real domain exactly as the source says beforehand.
#include "load/hot.h"
#include "load/mixed.h"
#include "support/load_stage.h"

static void
visit_mixed(const char *run_id, int64_t commands, int64_t seed, load_visit *visit, void *to)
{
    const struct mixed_options options = {.commands = commands, .seed = seed};
    struct run_identity identity;
    struct mixed *mixed;
    struct error err;
    assert_true(run_identity_init(&identity, &load_tenant, run_id));
    assert_true(mixed_open(&mixed, &options, &identity, &err));
    load_visit_all(mixed_source(mixed), visit, to);
    mixed_close(mixed);
}

static void
visit_hot(const char *run_id, const struct hot_sale_options *options, load_visit *visit, void *to)
{
    struct run_identity identity;
    struct hot_sale *sale;
    struct error err;
    assert_true(run_identity_init(&identity, &load_tenant, run_id));
    assert_true(hot_sale_open(&sale, options, &identity, &err));
    load_visit_all(hot_sale_source(sale), visit, to);
    hot_sale_close(sale);
}

/* ---- the mix ---- */

static uint64_t mixed_digest(const char *run_id, int64_t commands, int64_t seed)
{
    struct load_run run = {.digest = LOAD_RUN_START};
    visit_mixed(run_id, commands, seed, load_count, &run);
    assert_int_equal(run.commands, commands);
    return run.digest;
}

static void the_same_mix_is_the_same(void **state)
{
    (void)state;
    uint64_t first = mixed_digest("a", 3000, 1);
    assert_true(mixed_digest("a", 3000, 1) == first);
    assert_true(mixed_digest("a", 3000, 2) != first);
    assert_true(mixed_digest("b", 3000, 1) != first);
    assert_true(mixed_digest("a", 3001, 1) != first);
}

/* Commands of the start-up phase are counted apart: there is nothing yet to be paid. */
struct shares {
    int64_t skipped;
    int64_t types[COMMAND_TYPE_COUNT];
};

enum { START_UP = 2000, COUNTED = 40000, PER_CENT = COUNTED / 100 };

static void count_shares(const struct outgoing *command, void *context)
{
    struct shares *shares = context;
    if (shares->skipped < START_UP)
        shares->skipped++;
    else
        shares->types[command->type]++;
}

static void the_mix_has_its_shares(void **state)
{
    (void)state;
    struct shares shares = {.skipped = 0};
    visit_mixed("shares", START_UP + COUNTED, 11, count_shares, &shares);
    assert_in_range(shares.types[COMMAND_PLACE_ORDER], 44 * PER_CENT, 47 * PER_CENT);
    assert_in_range(shares.types[COMMAND_RECORD_PAYMENT_RESULT], 42 * PER_CENT, 44 * PER_CENT);
    assert_in_range(shares.types[COMMAND_CANCEL_LINES], 2 * PER_CENT, 5 * PER_CENT);
    assert_in_range(shares.types[COMMAND_RECEIVE_STOCK], 3 * PER_CENT, 5 * PER_CENT);
    assert_in_range(shares.types[COMMAND_RESERVE_STOCK], 3 * PER_CENT, 5 * PER_CENT);
    int64_t sum = 0;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++)
        sum += shares.types[i];
    assert_int_equal(sum, COUNTED);
    assert_int_equal(
        shares.types[COMMAND_PLACE_ORDER] + shares.types[COMMAND_RECORD_PAYMENT_RESULT] +
            shares.types[COMMAND_CANCEL_LINES] + shares.types[COMMAND_RECEIVE_STOCK] +
            shares.types[COMMAND_RESERVE_STOCK],
        COUNTED);
}

static void every_command_of_the_mix_is_accepted(void **state)
{
    (void)state;
    enum { COMMANDS = 20000 };
    struct load_stage *stage = load_stage_new();
    visit_mixed("decided", COMMANDS, 5, load_stage_take, stage);
    assert_int_equal(stage->commands, COMMANDS);
    assert_int_equal(stage->refused, 0);
    assert_int_equal(stage->undetermined, 0);
    load_stage_free(stage);
}

/* ---- the sell-out ---- */

static uint64_t hot_digest(const char *run_id, const struct hot_sale_options *options)
{
    struct load_run run = {.digest = LOAD_RUN_START};
    visit_hot(run_id, options, load_count, &run);
    assert_int_equal(run.types[COMMAND_RECEIVE_STOCK], 1);
    assert_int_equal(run.types[COMMAND_RESERVE_STOCK], options->orders);
    return run.digest;
}

static void the_same_sale_is_the_same(void **state)
{
    (void)state;
    const struct hot_sale_options options = {.orders = 2000, .stock = 1000, .seed = 1};
    const struct hot_sale_options other_seed = {.orders = 2000, .stock = 1000, .seed = 2};
    const struct hot_sale_options more_stock = {.orders = 2000, .stock = 1001, .seed = 1};
    uint64_t first = hot_digest("a", &options);
    assert_true(hot_digest("a", &options) == first);
    assert_true(hot_digest("a", &other_seed) != first);
    assert_true(hot_digest("a", &more_stock) != first);
    assert_true(hot_digest("b", &options) != first);
}

/* Who comes when there is enough gets it, everybody later is refused: up to the last unit. */
static void a_sale_sells_out_as_it_says(void **state)
{
    (void)state;
    const struct hot_sale_options options = {.orders = 5000, .stock = 4000, .seed = 9};
    struct load_stage *stage = load_stage_new();
    visit_hot("sold", &options, load_stage_take, stage);
    assert_int_equal(stage->commands, options.orders + 1);
    assert_int_equal(stage->numbers.count, 1);
    assert_in_range(stage->refused, options.orders - options.stock, options.orders * 7 / 10);
    const struct stock_item *item = stage->aggregates[0].state;
    assert_int_equal(item->on_hand, options.stock);
    assert_int_equal(item->reserved, options.stock);
    load_stage_free(stage);
}

static void a_sale_with_enough_refuses_nobody(void **state)
{
    (void)state;
    const struct hot_sale_options options = {.orders = 1000, .stock = 3000, .seed = 9};
    struct load_stage *stage = load_stage_new();
    visit_hot("enough", &options, load_stage_take, stage);
    assert_int_equal(stage->refused, 0);
    load_stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_mix_is_the_same),
        cmocka_unit_test(the_mix_has_its_shares),
        cmocka_unit_test(every_command_of_the_mix_is_accepted),
        cmocka_unit_test(the_same_sale_is_the_same),
        cmocka_unit_test(a_sale_sells_out_as_it_says),
        cmocka_unit_test(a_sale_with_enough_refuses_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
