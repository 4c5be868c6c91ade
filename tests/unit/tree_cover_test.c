// SPDX-License-Identifier: Apache-2.0
// The cover tells what is forgotten and not how it came about: the same set gives the same bytes. And
// it stays small.
#include "support/tree_grove.h"

static struct slice bytes_after(struct tree_target *targets, size_t count, size_t batch, int which)
{
    plant(TREE_DEPTH);
    for (size_t i = 0; i < count; i += batch)
        forget(&targets[i], count - i < batch ? count - i : batch);
    return saved(which);
}

static void order_and_batches_leave_no_trace(void **state)
{
    (void)state;
    uint64_t random = 11;
    struct tree_target targets[120];
    plant(TREE_DEPTH);
    for (int round = 0; round < 10; round++) {
        draw_targets(targets, countof(targets), &random);
        struct slice expected = bytes_after(targets, countof(targets), countof(targets), 0);
        assert_no_fault(oracle_cover_fault(&grove.oracle, &grove.tree));
        for (size_t batch = 1; batch < countof(targets); batch = 3 * batch + 1) {
            shuffle(targets, countof(targets), &random);
            struct slice got = bytes_after(targets, countof(targets), batch, 1);
            assert_true(slice_equal(got, expected));
        }
    }
}

static void forgetting_twice_changes_nothing(void **state)
{
    (void)state;
    uint64_t random = 13;
    struct tree_target targets[40];
    plant(TREE_DEPTH);
    draw_targets(targets, 20, &random);
    memcpy(&targets[20], targets, 20 * sizeof(targets[0]));
    struct slice once = bytes_after(targets, 20, 20, 0);
    forget(targets, 20);
    assert_true(slice_equal(saved(1), once));
    assert_true(slice_equal(bytes_after(targets, 40, 40, 1), once));
    forget(targets, 0);
    assert_true(slice_equal(saved(1), once));
}

static void a_subject_is_its_eight_leaves(void **state)
{
    (void)state;
    struct tree_target leaves[9], subject = {UINT64_C(8) * 123456, TREE_DEPTH - 3};
    plant(TREE_DEPTH);
    for (uint64_t class = 0; class < 8; class ++)
        leaves[class] = (struct tree_target){subject.first + class, TREE_DEPTH};
    struct slice as_leaves = bytes_after(leaves, 8, 3, 0);
    assert_int_equal(grove.tree.count, TREE_DEPTH - 3);
    assert_true(slice_equal(bytes_after(&subject, 1, 1, 1), as_leaves));
    leaves[8] = subject; /* and both, in one batch */
    assert_true(slice_equal(bytes_after(leaves, 9, 9, 1), as_leaves));
}

/* k forgotten targets share the top log2(k) levels of their paths. */
static void a_cover_is_never_larger_than_its_bound(void **state)
{
    (void)state;
    uint64_t random = 17, levels_shared = 0;
    plant(TREE_DEPTH);
    for (uint64_t k = 1; k <= 2000; k++) {
        struct tree_target target = target_at(draw(&random) & UINT32_MAX, TREE_DEPTH);
        forget_by(tree_puncture, &target, 1);
        if (k == UINT64_C(2) << levels_shared)
            levels_shared++;
        assert_true(grove.tree.count <= k * (TREE_DEPTH - levels_shared));
    }
}

/* 10,000 of a million subjects: k * log2(N / k) nodes, and fewer again when neighbours go. */
static void ten_thousand_of_a_million_fit_two_and_a_half_megabytes(void **state)
{
    (void)state;
    enum { SUBJECTS = 1000000, ERASED = 10000 };
    static struct tree_target targets[ERASED];
    uint64_t random = 19;
    plant(TREE_DEPTH);
    for (size_t i = 0; i < ERASED; i++)
        targets[i] = target_at(draw(&random) % SUBJECTS * 8, TREE_DEPTH - 3);
    forget_by(tree_puncture, targets, ERASED);
    assert_true(tree_saved_size(&grove.tree) < 2500000);
    assert_true(tree_saved_size(&grove.tree) > 2000000); /* or they were not random */
    size_t before = grove.tree.count;
    struct tree_target half = target_at(0, TREE_DEPTH - 22);
    forget_by(tree_puncture, &half, 1);
    assert_true(grove.tree.count < before * 6 / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_batches_leave_no_trace),
        cmocka_unit_test(forgetting_twice_changes_nothing),
        cmocka_unit_test(a_subject_is_its_eight_leaves),
        cmocka_unit_test(a_cover_is_never_larger_than_its_bound),
        cmocka_unit_test(ten_thousand_of_a_million_fit_two_and_a_half_megabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
