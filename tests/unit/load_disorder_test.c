// SPDX-License-Identifier: Apache-2.0
// Disorder of the load client: copies and places are within bounds, nothing is lost or made up, and
// what is still expected of a command is what the real domain says to it in the new order.
#include "load/disorder.h"
#include "load/hot.h"
#include "load/mixed.h"
#include "support/load_stage.h"

enum { MOST = 20000 };

/* What came, in the order in which it came. */
struct seen {
    size_t count;
    size_t copies;
    size_t too_early; /* copies that came before their command */
    size_t unlike;    /* copies with another message than their command */
    uint64_t digests[MOST];
    struct map16 numbers; /* place of each command, without copies */
};

static struct map16_key key_of(const struct uuid *id)
{
    struct map16_key key;
    memcpy(key.bytes, id->bytes, sizeof(key.bytes));
    return key;
}

static void see(const struct outgoing *command, void *context)
{
    struct seen *seen = context;
    struct load_run run = {.digest = LOAD_RUN_START};
    struct map16_key key = key_of(&command->command_id);
    struct error err;
    uint32_t number;
    load_count(command, &run);
    bool known = map16_find(&seen->numbers, &key, &number);
    if (command->again) {
        seen->copies++;
        seen->too_early += !known;
        seen->unlike += known && seen->digests[number] != run.digest;
        return;
    }
    assert_false(known);
    assert_true(seen->count < MOST);
    seen->digests[seen->count] = run.digest;
    assert_true(map16_put(&seen->numbers, &key, (uint32_t)seen->count++, &err));
}

static struct seen *seen_new(void)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    struct error err;
    assert_non_null(seen);
    assert_true(map16_init(&seen->numbers, MOST, &err));
    return seen;
}

static void seen_free(struct seen *seen)
{
    map16_release(&seen->numbers);
    free(seen);
}

static void
visit_mixed(const struct disorder_options *options, int64_t commands, load_visit *visit, void *to)
{
    const struct mixed_options mixed_options = {.commands = commands, .seed = 3};
    struct run_identity identity;
    struct mixed *mixed;
    struct disorder *disorder;
    struct error err;
    assert_true(run_identity_init(&identity, &load_tenant, "disorder"));
    assert_true(mixed_open(&mixed, &mixed_options, &identity, &err));
    assert_true(disorder_open(&disorder, options, mixed_source(mixed), &err));
    load_visit_all(disorder_source(disorder), visit, to);
    disorder_close(disorder);
    mixed_close(mixed);
}

static struct seen *seen_of(int64_t duplicate, int64_t window, int64_t seed)
{
    const struct disorder_options options = {
        .duplicate = duplicate, .window = window, .seed = seed};
    struct seen *seen = seen_new();
    visit_mixed(&options, 10000, see, seen);
    assert_int_equal(seen->count, 10000);
    return seen;
}

/* How many places the command that moved most has moved; *out_moved: how many have. The same
 * messages in both, or it fails. */
static int64_t farthest(const struct seen *from, const struct seen *to, size_t *out_moved)
{
    int64_t most = 0;
    *out_moved = 0;
    for (size_t i = 0; i <= from->numbers.mask; i++) {
        const struct map16_entry *entry = &from->numbers.entries[i];
        uint32_t number;
        if (entry->value_plus_one == 0)
            continue;
        assert_true(map16_find(&to->numbers, &entry->key, &number));
        assert_true(from->digests[entry->value_plus_one - 1] == to->digests[number]);
        int64_t moved = llabs((long long)number - (long long)(entry->value_plus_one - 1));
        *out_moved += moved != 0;
        most = moved > most ? moved : most;
    }
    return most;
}

static void commands_move_within_the_window(void **state)
{
    (void)state;
    size_t moved;
    struct seen *in_order = seen_of(0, 1, 1);
    struct seen *shuffled = seen_of(0, 50, 1);
    struct seen *again = seen_of(0, 50, 1);
    struct seen *other = seen_of(0, 50, 2);
    int64_t most = farthest(in_order, shuffled, &moved);
    assert_in_range(most, 25, 49);
    assert_in_range(moved, 9000, 10000);
    assert_int_equal(farthest(shuffled, again, &moved), 0);
    assert_true(farthest(shuffled, other, &moved) > 0);
    seen_free(in_order);
    seen_free(shuffled);
    seen_free(again);
    seen_free(other);
}

static void copies_come_later_and_are_alike(void **state)
{
    (void)state;
    size_t moved;
    struct seen *in_order = seen_of(0, 1, 1);
    struct seen *copied = seen_of(10, 1, 1);
    struct seen *all = seen_of(100, 50, 1);
    assert_int_equal(in_order->copies, 0);
    assert_in_range(copied->copies, 900, 1100);
    assert_int_equal(all->copies, 10000);
    assert_int_equal(copied->too_early + all->too_early, 0);
    assert_int_equal(copied->unlike + all->unlike, 0);
    assert_int_equal(farthest(in_order, copied, &moved), 0);
    seen_free(in_order);
    seen_free(copied);
    seen_free(all);
}

/* ---- what is expected is what happens ---- */

static void a_shuffled_mix_comes_to_what_is_expected(void **state)
{
    (void)state;
    for (int64_t seed = 1; seed <= 10; seed++) {
        const struct disorder_options options = {.duplicate = 10, .window = 50, .seed = seed};
        struct load_stage *stage = load_stage_new();
        visit_mixed(&options, 4000, load_stage_take, stage);
        assert_int_equal(stage->commands, 4000);
        assert_in_range(stage->undetermined, 1, 400);
        assert_true(stage->refused <= stage->undetermined);
        load_stage_free(stage);
    }
}

static void
visit_hot(const struct hot_sale_options *sale_options, int64_t window, load_visit *visit, void *to)
{
    const struct disorder_options options = {.window = window, .seed = sale_options->seed};
    struct run_identity identity;
    struct hot_sale *sale;
    struct disorder *disorder;
    struct error err;
    assert_true(run_identity_init(&identity, &load_tenant, "disorder"));
    assert_true(hot_sale_open(&sale, sale_options, &identity, &err));
    assert_true(disorder_open(&disorder, &options, hot_sale_source(sale), &err));
    load_visit_all(disorder_source(disorder), visit, to);
    disorder_close(disorder);
    hot_sale_close(sale);
}

static const struct hot_sale_options sell_out = {.orders = 1000, .stock = 500, .seed = 4};

/* Of commands that all depend on each other nothing is known: they still do not oversell. */
static void a_shuffled_sale_does_not_oversell(void **state)
{
    (void)state;
    struct load_stage *stage = load_stage_new();
    visit_hot(&sell_out, 50, load_stage_take, stage);
    assert_in_range(stage->undetermined, 950, 1001);
    const struct stock_item *item = stage->aggregates[0].state;
    assert_true(item->reserved <= item->on_hand);
    load_stage_free(stage);
}

/* Who was first in the source may be too late now, too: nothing is expected of either. */
static void the_last_units_go_to_whoever_comes_first(void **state)
{
    (void)state;
    int64_t undetermined = 0;
    for (int64_t seed = 1; seed <= 60; seed++) {
        const struct hot_sale_options few = {.orders = 4, .stock = 3, .seed = seed};
        struct load_stage *stage = load_stage_new();
        visit_hot(&few, 3, load_stage_take, stage);
        undetermined += stage->undetermined;
        load_stage_free(stage);
    }
    assert_in_range(undetermined, 60, 60 * 5 - 30); /* some are still known */
}

static void a_sale_in_order_is_determined(void **state)
{
    (void)state;
    struct load_stage *stage = load_stage_new();
    visit_hot(&sell_out, 1, load_stage_take, stage);
    assert_int_equal(stage->undetermined, 0);
    assert_true(stage->refused > 400);
    load_stage_free(stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_move_within_the_window),
        cmocka_unit_test(copies_come_later_and_are_alike),
        cmocka_unit_test(a_shuffled_mix_comes_to_what_is_expected),
        cmocka_unit_test(a_shuffled_sale_does_not_oversell),
        cmocka_unit_test(the_last_units_go_to_whoever_comes_first),
        cmocka_unit_test(a_sale_in_order_is_determined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
