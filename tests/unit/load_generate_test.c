// SPDX-License-Identifier: Apache-2.0
// Generated commands: the same in every run of a seed, accepted by the domain, in the intended mix.
#include "load/generate.h"
#include "support/load_stage.h"

static void visit_all(
    const char *run_id, const struct generator_options *options, load_visit *visit, void *context)
{
    struct run_identity identity;
    struct generator *generator;
    struct error err;
    assert_true(run_identity_init(&identity, &load_tenant, run_id));
    assert_true(generator_open(&generator, options, &identity, &err));
    load_visit_all(generator_source(generator), visit, context);
    generator_close(generator);
}

static struct load_run run_of(const char *run_id, int64_t orders, int64_t seed)
{
    struct load_run run = {.digest = LOAD_RUN_START};
    const struct generator_options options = {.orders = orders, .seed = seed};
    visit_all(run_id, &options, load_count, &run);
    return run;
}

static void the_same_run_is_the_same(void **state)
{
    (void)state;
    struct load_run first = run_of("a", 500, 1);
    assert_true(run_of("a", 500, 1).digest == first.digest);
    assert_true(run_of("a", 500, 2).digest != first.digest);
    assert_true(run_of("b", 500, 1).digest != first.digest);
    assert_true(run_of("", 500, 1).digest != first.digest);
}

static void the_mix_is_as_intended(void **state)
{
    (void)state;
    enum { ORDERS = 20000 };
    struct load_run run = run_of("mix", ORDERS, 7);
    assert_int_equal(run.types[COMMAND_PLACE_ORDER], ORDERS);
    assert_int_equal(run.types[COMMAND_RECEIVE_STOCK], ORDERS / 50);
    assert_in_range(run.types[COMMAND_CANCEL_LINES], ORDERS * 25 / 1000, ORDERS * 35 / 1000);
    assert_in_range(run.types[COMMAND_CANCEL_ORDER], ORDERS * 7 / 1000, ORDERS * 13 / 1000);
    assert_int_equal(run.types[COMMAND_ADJUST_STOCK], 0);
}

/* ---- orders of the shape of the real ones ---- */

enum { SHAPED = 20000 };

struct shape {
    int64_t orders;
    int64_t counts[SHAPED];
    int64_t repeated; /* orders that hold a SKU twice */
    int64_t first;    /* lines of the article sold most */
    int64_t lines;
};

static int by_size(const void *a, const void *b)
{
    int64_t left, right;
    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

/* SKUs are in the bytes as "G00001". */
static void count_skus(struct slice bytes, struct shape *shape)
{
    static int64_t seen_in[100000];
    bool repeated = false;
    for (size_t at = 1; at + 6 <= bytes.size; at++) {
        if (bytes.data[at - 1] != 0xa6 || bytes.data[at] != 'G')
            continue;
        size_t number = 0;
        for (size_t digit = 1; digit < 6; digit++)
            number = number * 10 + (size_t)(bytes.data[at + digit] - '0');
        assert_true(number < countof(seen_in));
        shape->first += number == 1;
        repeated = repeated || seen_in[number] == shape->orders;
        seen_in[number] = shape->orders;
    }
    shape->repeated += repeated;
}

static void measure(const struct outgoing *command, void *context)
{
    struct shape *shape = context;
    if (command->type != COMMAND_PLACE_ORDER)
        return;
    shape->counts[shape->orders++] = command->lines;
    shape->lines += command->lines;
    count_skus(command->bytes, shape);
}

static void retail_orders_are_shaped_like_the_real_ones(void **state)
{
    (void)state;
    static struct shape shape;
    const struct generator_options options = {.orders = SHAPED, .seed = 5, .shape = SHAPE_RETAIL};
    visit_all("shape", &options, measure, &shape);
    qsort(shape.counts, SHAPED, sizeof(shape.counts[0]), by_size);
    assert_in_range(shape.counts[SHAPED / 2], 13, 17);
    assert_in_range(shape.counts[SHAPED * 9 / 10], 43, 53);
    assert_in_range(shape.counts[SHAPED * 99 / 100], 85, 150); /* of 4,096 drafts */
    assert_in_range(shape.counts[SHAPED - 1], 400, 1100);
    assert_in_range(shape.repeated, SHAPED * 12 / 100, SHAPED * 18 / 100);
    assert_in_range(shape.first * 1000 / shape.lines, 3, 6);
}

/* ---- every command is accepted, in the order in which it is sent ---- */

static void accept_all(const struct generator_options *options, int64_t least, int64_t most)
{
    struct load_stage *stage = load_stage_new();
    visit_all("accepted", options, load_stage_take, stage);
    assert_in_range(stage->lines, least, most);
    assert_int_equal(stage->refused, 0);
    load_stage_free(stage);
}

static void every_command_is_accepted(void **state)
{
    (void)state;
    const struct generator_options options = {.orders = 600, .seed = 3};
    accept_all(&options, 600 * 2, 600 * 4);
}

static void commands_with_personal_data_are_accepted(void **state)
{
    (void)state;
    const struct generator_options options = {
        .orders = 400, .seed = 3, .shape = SHAPE_RETAIL, .personal = true, .registers = true};
    accept_all(&options, 400 * 15, 400 * 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_run_is_the_same),
        cmocka_unit_test(the_mix_is_as_intended),
        cmocka_unit_test(retail_orders_are_shaped_like_the_real_ones),
        cmocka_unit_test(every_command_is_accepted),
        cmocka_unit_test(commands_with_personal_data_are_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
