// SPDX-License-Identifier: Apache-2.0
// Who may hold which key until when, against a plain list of the same; and who is waited for when keys
// are called back.
#include "shredder/lease_table.h"
#include "support/cmocka.h"

#include <stdlib.h>

enum { SECOND = 1000000, NOW = 1000 * SECOND };

static struct leaf leaf_of(uint64_t number)
{
    return (struct leaf){.tree = TREE_SUBJECTS, .number = number};
}

static struct lease_table table;

static int set_up(void **state)
{
    (void)state;
    assert_true(lease_table_init(&table, 100000));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lease_table_release(&table);
    return 0;
}

static void a_lease_runs_until_its_time(void **state)
{
    (void)state;
    assert_true(lease_table_add(&table, 1, leaf_of(8), NOW + SECOND));
    assert_true(lease_table_has(&table, 1, leaf_of(8), NOW));
    assert_true(lease_table_has(&table, 1, leaf_of(8), NOW + SECOND - 1));
    assert_false(lease_table_has(&table, 1, leaf_of(8), NOW + SECOND));
    assert_false(lease_table_has(&table, 2, leaf_of(8), NOW));
    assert_false(lease_table_has(&table, 1, leaf_of(9), NOW));
}

static void a_renewal_never_shortens(void **state)
{
    (void)state;
    assert_true(lease_table_add(&table, 1, leaf_of(8), NOW + 10 * SECOND));
    assert_true(lease_table_add(&table, 1, leaf_of(8), NOW + SECOND));
    assert_true(lease_table_has(&table, 1, leaf_of(8), NOW + 9 * SECOND));
    assert_int_equal(table.count, 1);
}

static void trees_are_kept_apart(void **state)
{
    (void)state;
    const struct leaf epoch = {.tree = TREE_EPOCHS, .number = 8};
    assert_true(lease_table_add(&table, 1, epoch, NOW + SECOND));
    assert_false(lease_table_has(&table, 1, leaf_of(8), NOW));
    const struct leaf_span span = {.tree = TREE_SUBJECTS, .first = 0, .count = 100};
    assert_false(leaf_spans_have(&span, 1, epoch));
}

static void a_full_table_refuses_new_ones_only(void **state)
{
    (void)state;
    struct lease_table small;
    assert_true(lease_table_init(&small, 2));
    assert_true(lease_table_add(&small, 1, leaf_of(1), NOW));
    assert_true(lease_table_add(&small, 1, leaf_of(2), NOW));
    assert_false(lease_table_add(&small, 1, leaf_of(3), NOW));
    assert_true(lease_table_add(&small, 1, leaf_of(2), NOW + SECOND));
    lease_table_drop(&small, 1, leaf_of(1));
    assert_true(lease_table_add(&small, 1, leaf_of(3), NOW));
    lease_table_release(&small);
}

/* ---- against a plain list ---- */

enum { PLAIN_HOLDERS = 4, PLAIN_LEAVES = 512, STEPS = 60000 };
static int64_t plain[PLAIN_HOLDERS][PLAIN_LEAVES]; /* until; 0: not held */

static bool is_odd(struct leaf leaf, const void *context)
{
    (void)context;
    return leaf.number % 2 == 1;
}

static void plain_drop(uint32_t holder, bool only_odd)
{
    for (size_t i = 0; i < PLAIN_LEAVES; i++) {
        if (!only_odd || i % 2 == 1)
            plain[holder][i] = 0;
    }
}

static void plain_expire(int64_t now_us)
{
    for (size_t h = 0; h < PLAIN_HOLDERS; h++)
        for (size_t i = 0; i < PLAIN_LEAVES; i++)
            plain[h][i] = plain[h][i] <= now_us ? 0 : plain[h][i];
}

static void one_step(unsigned *seed, int64_t now_us)
{
    uint32_t holder = (uint32_t)rand_r(seed) % PLAIN_HOLDERS;
    size_t number = (size_t)rand_r(seed) % PLAIN_LEAVES;
    int64_t until_us = now_us + 1 + rand_r(seed) % (200 * SECOND);
    switch (rand_r(seed) % 200) {
    case 0:
        lease_table_drop_all(&table, holder + 1, NULL, NULL);
        plain_drop(holder, false);
        break;
    case 1:
        lease_table_drop_all(&table, holder + 1, is_odd, NULL);
        plain_drop(holder, true);
        break;
    case 2:
        lease_table_expire(&table, now_us);
        plain_expire(now_us);
        break;
    default:
        if (rand_r(seed) % 3 == 0) {
            lease_table_drop(&table, holder + 1, leaf_of(number));
            plain[holder][number] = 0;
        } else {
            assert_true(lease_table_add(&table, holder + 1, leaf_of(number), until_us));
            if (plain[holder][number] < until_us)
                plain[holder][number] = until_us;
        }
    }
}

static void assert_same(int64_t now_us)
{
    size_t count = 0;
    for (uint32_t h = 0; h < PLAIN_HOLDERS; h++) {
        for (size_t i = 0; i < PLAIN_LEAVES; i++) {
            assert_int_equal(
                lease_table_has(&table, h + 1, leaf_of(i), now_us), plain[h][i] > now_us);
            count += plain[h][i] != 0;
        }
    }
    assert_int_equal(table.count, count);
}

static void it_is_what_a_plain_list_would_be(void **state)
{
    (void)state;
    unsigned seed = 20261121;
    int64_t now_us = NOW;
    memset(plain, 0, sizeof(plain));
    for (int step = 0; step < STEPS; step++) {
        now_us += 1000;
        one_step(&seed, now_us);
        if (step % 1000 == 0)
            assert_same(now_us);
    }
    assert_same(now_us);
}

/* ---- spans ---- */

static void spans_have_their_leaves_only(void **state)
{
    (void)state;
    struct leaf_span spans[] = {
        {.tree = TREE_EPOCHS, .first = 3, .count = 1},
        {.tree = TREE_SUBJECTS, .first = 80, .count = 8},
        {.tree = TREE_SUBJECTS, .first = 8, .count = 8},
        {.tree = TREE_SUBJECTS, .first = 41, .count = 1}};
    leaf_spans_sort(spans, countof(spans));
    for (uint64_t leaf = 0; leaf < 100; leaf++) {
        bool inside = (leaf >= 8 && leaf < 16) || leaf == 41 || (leaf >= 80 && leaf < 88);
        assert_int_equal(leaf_spans_have(spans, countof(spans), leaf_of(leaf)), inside);
        const struct leaf epoch = {.tree = TREE_EPOCHS, .number = leaf};
        assert_int_equal(leaf_spans_have(spans, countof(spans), epoch), leaf == 3);
    }
    assert_false(leaf_spans_have(NULL, 0, leaf_of(1)));
}

/* ---- calling back ---- */

static const struct leaf_span one_subject = {.tree = TREE_SUBJECTS, .first = 8, .count = 8};

static void only_those_who_hold_something_are_waited_for(void **state)
{
    (void)state;
    struct drain drain;
    assert_true(lease_table_add(&table, 1, leaf_of(9), NOW + 5 * SECOND));
    assert_true(lease_table_add(&table, 1, leaf_of(10), NOW + 7 * SECOND));
    assert_true(lease_table_add(&table, 2, leaf_of(16), NOW + 9 * SECOND)); /* another subject */
    assert_true(lease_table_add(&table, 3, leaf_of(15), NOW));              /* has run out */
    drain_begin(&drain, &table, &one_subject, 1, NOW);
    assert_int_equal(drain.count, 1);
    assert_int_equal(drain.holders[0].holder, 1);
    assert_int_equal(drain.holders[0].until_us, NOW + 7 * SECOND);
    assert_false(drain_done(&drain, NOW));
}

static void nobody_to_wait_for_is_done_at_once(void **state)
{
    (void)state;
    struct drain drain;
    drain_begin(&drain, &table, &one_subject, 1, NOW);
    assert_true(drain_done(&drain, NOW));
}

static void an_acknowledgement_counts_for_the_last_frame_only(void **state)
{
    (void)state;
    struct drain drain;
    assert_true(lease_table_add(&table, 1, leaf_of(9), NOW + 5 * SECOND));
    drain_begin(&drain, &table, &one_subject, 1, NOW);
    assert_false(drain_acked(&drain, 1, 7)); /* nothing was sent yet */
    drain_sent(&drain, 1, 7);
    assert_false(drain_acked(&drain, 1, 6)); /* of an earlier call back */
    assert_false(drain_acked(&drain, 2, 7)); /* somebody else's */
    assert_false(drain_done(&drain, NOW));
    assert_true(drain_acked(&drain, 1, 7));
    assert_true(drain_done(&drain, NOW));
    assert_int_equal(drain_count(&drain, DRAIN_ACKED), 1);
    assert_int_equal(drain_count(&drain, DRAIN_EXPIRED), 0);
}

static void silence_ends_with_the_last_lease(void **state)
{
    (void)state;
    struct drain drain;
    assert_true(lease_table_add(&table, 1, leaf_of(9), NOW + 5 * SECOND));
    assert_true(lease_table_add(&table, 2, leaf_of(9), NOW + 6 * SECOND));
    drain_begin(&drain, &table, &one_subject, 1, NOW);
    drain_sent(&drain, 1, 1);
    drain_sent(&drain, 2, 1);
    assert_true(drain_acked(&drain, 2, 1));
    assert_false(drain_done(&drain, NOW + 5 * SECOND - 1));
    assert_true(drain_done(&drain, NOW + 5 * SECOND));
    assert_false(drain_acked(&drain, 1, 1)); /* too late: it stays recorded as silent */
    assert_int_equal(drain_count(&drain, DRAIN_EXPIRED), 1);
    assert_int_equal(drain_count(&drain, DRAIN_ACKED), 1);
}

static void who_hangs_up_has_wiped(void **state)
{
    (void)state;
    struct drain drain;
    assert_true(lease_table_add(&table, 1, leaf_of(9), NOW + 5 * SECOND));
    drain_begin(&drain, &table, &one_subject, 1, NOW);
    drain_gone(&drain, 1);
    assert_true(drain_done(&drain, NOW));
}

static void who_was_hung_up_on_may_still_hold_keys(void **state)
{
    (void)state;
    struct drain drain;
    for (uint32_t holder = 1; holder < 200; holder++) {
        assert_true(lease_table_add(&table, holder, leaf_of(9), NOW + (int64_t)holder * SECOND));
        lease_table_orphan(&table, holder);
    }
    assert_int_equal(table.count, 1);
    drain_begin(&drain, &table, &one_subject, 1, NOW);
    assert_int_equal(drain.count, 1);
    assert_int_equal(drain.holders[0].holder, HOLDER_GONE);
    assert_false(drain_done(&drain, NOW + 199 * SECOND - 1));
    assert_true(drain_done(&drain, NOW + 199 * SECOND));
}

static void leases_of_an_earlier_life_are_waited_for(void **state)
{
    (void)state;
    struct drain drain;
    drain_begin(&drain, &table, &one_subject, 1, NOW);
    drain.unknown_until_us = NOW + SECOND;
    assert_false(drain_done(&drain, NOW));
    assert_true(drain_done(&drain, NOW + SECOND));
    assert_int_equal(drain_count(&drain, DRAIN_EXPIRED), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lease_runs_until_its_time),
        TEST(a_renewal_never_shortens),
        TEST(trees_are_kept_apart),
        TEST(a_full_table_refuses_new_ones_only),
        TEST(it_is_what_a_plain_list_would_be),
        TEST(spans_have_their_leaves_only),
        TEST(only_those_who_hold_something_are_waited_for),
        TEST(nobody_to_wait_for_is_done_at_once),
        TEST(an_acknowledgement_counts_for_the_last_frame_only),
        TEST(silence_ends_with_the_last_lease),
        TEST(who_hangs_up_has_wiped),
        TEST(who_was_hung_up_on_may_still_hold_keys),
        TEST(leases_of_an_earlier_life_are_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
