// SPDX-License-Identifier: Apache-2.0
// What holds for every key tree: a forgotten leaf is derived in no later state, and every other leaf
// gives the key it always gave. Exhaustive where the tree is small, random where it is not; and
// punctures with planted faults, which the same checks must find.
#include "support/tree_grove.h"

enum { MOST_BATCH = 24, EXHAUSTIVE_DEPTH = 10 };

/* ---- exhaustive ---- */

static size_t targets_of_mask(unsigned mask, struct tree_target targets[static 8])
{
    size_t count = 0;
    for (unsigned leaf = 0; leaf < 8; leaf++) {
        if (mask >> leaf & 1)
            targets[count++] = (struct tree_target){leaf, 3};
    }
    return count;
}

/* Every state of a tree of eight leaves, every batch from there: by induction, every history. */
static void every_step_from_every_state_of_eight_leaves(void **state)
{
    (void)state;
    for (unsigned before = 0; before < 256; before++) {
        for (unsigned batch = 0; batch < 256; batch++) {
            struct tree_target targets[8];
            plant(3);
            forget(targets, targets_of_mask(before, targets));
            forget(targets, targets_of_mask(batch, targets));
            assert_no_fault(oracle_cover_fault(&grove.oracle, &grove.tree));
            for (uint64_t leaf = 0; leaf < 8; leaf++)
                assert_no_fault(oracle_leaf_fault(&grove.oracle, &grove.tree, leaf));
        }
    }
}

static void every_node_of_a_thousand_leaves(void **state)
{
    (void)state;
    uint64_t leaves = UINT64_C(1) << EXHAUSTIVE_DEPTH;
    for (uint8_t depth = 0; depth <= EXHAUSTIVE_DEPTH; depth++) {
        for (uint64_t first = 0; first < leaves; first += leaves >> depth) {
            struct tree_target target = {first, depth};
            plant(EXHAUSTIVE_DEPTH);
            forget(&target, 1);
            assert_int_equal(grove.tree.count, depth);
            assert_no_fault(oracle_cover_fault(&grove.oracle, &grove.tree));
            /* All leaves would take minutes: all of some trees, one in 31 of the others. */
            uint64_t step = (first >> (EXHAUSTIVE_DEPTH - depth)) % 64 == 5 ? 1 : 31;
            for (uint64_t leaf = first % step; leaf < leaves; leaf += step)
                assert_no_fault(oracle_leaf_fault(&grove.oracle, &grove.tree, leaf));
        }
    }
}

/* Near and far from each other, over nodes of the cover and gaps. */
static void a_walk_derives_what_single_steps_derive(void **state)
{
    (void)state;
    static struct tree_walk walk;
    static const struct tree_walk nothing;
    uint8_t alone[TREE_KEY_SIZE], along[TREE_KEY_SIZE];
    for (uint8_t depth = 3; depth <= TREE_DEPTH; depth = (uint8_t)(depth + 29)) {
        uint64_t leaves = UINT64_C(1) << depth;
        uint64_t leaf = 0;
        plant(depth);
        for (int turn = 0; turn < 4; turn++) {
            for (int i = 0; i < 2000; i++) {
                uint64_t jump = UINT64_C(1) << randombytes_uniform(depth);
                leaf = (leaf + jump + randombytes_uniform(3)) % leaves;
                bool known = tree_derive(&grove.tree, leaf, alone);
                assert_int_equal(tree_walk_to(&walk, &grove.tree, leaf, along), known);
                if (known)
                    assert_memory_equal(along, alone, TREE_KEY_SIZE);
            }
            tree_walk_end(&walk);
            assert_memory_equal(&walk, &nothing, sizeof(walk));
            struct tree_target target = {leaf, depth};
            forget(&target, 1);
        }
    }
}

static void one_by_one_until_nothing_is_left(void **state)
{
    (void)state;
    static struct tree_target order[1 << EXHAUSTIVE_DEPTH];
    uint64_t random = 7;
    plant(EXHAUSTIVE_DEPTH);
    for (uint64_t leaf = 0; leaf < countof(order); leaf++)
        order[leaf] = target_at(leaf, EXHAUSTIVE_DEPTH);
    shuffle(order, countof(order), &random);
    for (size_t i = 0; i < countof(order); i++) {
        forget(&order[i], 1);
        assert_no_fault(oracle_cover_fault(&grove.oracle, &grove.tree));
        for (size_t victim = 0; victim <= i; victim++)
            assert_true(tree_is_forgotten(&grove.tree, order[victim].first));
    }
    assert_int_equal(grove.tree.count, 0);
}

/* ---- random, and the punctures that must be found out ---- */

/* Forgets in batches and looks at every state on the way: the cover, and the leaves at the edges of
 * all that was ever forgotten. NULL: no fault. */
static const char *fault_of_history(puncture_function *puncture, uint8_t depth, uint64_t seed)
{
    plant(depth);
    for (int batch = 0; batch < 8; batch++) {
        struct tree_target targets[MOST_BATCH];
        size_t count = 1 + (size_t)(draw(&seed) % MOST_BATCH);
        draw_targets(targets, count, &seed);
        forget_by(puncture, targets, count);
        oracle_forget(&grove.oracle, targets, count);
        const char *fault = oracle_cover_fault(&grove.oracle, &grove.tree);
        for (size_t i = 0; fault == NULL && i < grove.oracle.span_count; i++) {
            struct span span = grove.oracle.spans[i];
            fault = oracle_leaf_fault(&grove.oracle, &grove.tree, span.first);
            if (fault == NULL && span.first > 0)
                fault = oracle_leaf_fault(&grove.oracle, &grove.tree, span.first - 1);
            if (fault == NULL && span.end < tree_width(&grove.tree, 0))
                fault = oracle_leaf_fault(&grove.oracle, &grove.tree, span.end);
        }
        if (fault != NULL)
            return fault;
        save_and_load();
    }
    return NULL;
}

static void no_later_state_derives_what_was_forgotten(void **state)
{
    (void)state;
    static const uint8_t depths[] = {EXHAUSTIVE_DEPTH, TREE_DEPTH, TREE_MOST_DEPTH};
    for (uint64_t seed = 0; seed < 6; seed++) {
        for (size_t i = 0; i < countof(depths); i++)
            assert_no_fault(fault_of_history(tree_puncture, depths[i], seed));
    }
}

static void insert(struct tree *tree, const struct tree_node *node)
{
    size_t at = 0;
    while (at < tree->count && tree->nodes[at].first < node->first)
        at++;
    memmove(&tree->nodes[at + 1], &tree->nodes[at], (tree->count - at) * sizeof(*node));
    tree->nodes[at] = *node;
    tree->count++;
}

/* The classic mistake: the siblings are kept, and so is what they were made from. */
static void keeps_the_ancestor(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out)
{
    tree_puncture(tree, targets, target_count, out);
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_node *node = &tree->nodes[i];
        if (targets[0].first - node->first < tree_width(tree, node->depth))
            insert(out, node);
    }
}

static void keeps_the_parent_of_a_leaf(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out)
{
    tree_puncture(tree, targets, target_count, out);
    struct tree_target parent = target_at(targets[0].first, (uint8_t)(targets[0].depth - 1));
    struct tree_node node = {.first = parent.first, .depth = parent.depth};
    oracle_key(&grove.oracle, node.first, node.depth, node.key);
    struct tree without = {.nodes = grove.nodes[0] == out->nodes ? grove.nodes[1] : grove.nodes[0]};
    tree_puncture(out, &parent, 1, &without); /* what would lie over the parent */
    memcpy(out->nodes, without.nodes, without.count * sizeof(node));
    out->count = without.count;
    insert(out, &node);
}

static void changes_nothing(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out)
{
    (void)targets;
    (void)target_count;
    memcpy(out->nodes, tree->nodes, tree->count * sizeof(*tree->nodes));
    out->depth = tree->depth;
    out->count = tree->count;
}

static void loses_a_node(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out)
{
    tree_puncture(tree, targets, target_count, out);
    out->count--;
}

static void takes_left_for_right(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out)
{
    tree_puncture(tree, targets, target_count, out);
    for (size_t i = 0; i < out->count; i++) {
        struct tree_node *node = &out->nodes[i];
        oracle_key(
            &grove.oracle, node->first ^ tree_width(tree, node->depth), node->depth, node->key);
    }
}

static void keeps_halves_of_a_node(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out)
{
    tree_puncture(tree, targets, target_count, out);
    size_t at = 0;
    while (out->nodes[at].depth == tree->depth)
        at++;
    struct tree_node *left = &out->nodes[at];
    left->depth++;
    struct tree_node right = {left->first + tree_width(tree, left->depth), left->depth, {0}};
    oracle_key(&grove.oracle, left->first, left->depth, left->key);
    oracle_key(&grove.oracle, right.first, right.depth, right.key);
    insert(out, &right);
}

/* Negative control of the checks above. */
static void a_broken_puncture_is_found_out(void **state)
{
    (void)state;
    static const struct {
        puncture_function *puncture;
        const char *fault;
    } broken[] = {
        {keeps_the_ancestor, "a node above a forgotten leaf"},
        {keeps_the_parent_of_a_leaf, "a node above a forgotten leaf"},
        {changes_nothing, "a node above a forgotten leaf"},
        {loses_a_node, "a leaf that was lost"},
        {takes_left_for_right, "a node with another key"},
        {keeps_halves_of_a_node, "a node where its parent belongs"},
    };
    for (size_t i = 0; i < countof(broken); i++) {
        const char *fault = fault_of_history(broken[i].puncture, TREE_DEPTH, 3);
        assert_non_null(fault);
        assert_string_equal(fault, broken[i].fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_from_every_state_of_eight_leaves),
        cmocka_unit_test(every_node_of_a_thousand_leaves),
        cmocka_unit_test(a_walk_derives_what_single_steps_derive),
        cmocka_unit_test(one_by_one_until_nothing_is_left),
        cmocka_unit_test(no_later_state_derives_what_was_forgotten),
        cmocka_unit_test(a_broken_puncture_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
