// SPDX-License-Identifier: Apache-2.0
// A key tree beside its oracle, and the ways tests treat it: forget, save and load, draw what to forget.
#ifndef SUPPORT_TREE_GROVE_H
#define SUPPORT_TREE_GROVE_H

#include "support/cmocka.h"
#include "support/tree_oracle.h"

enum { MOST_NODES = 1 << 17 };

typedef void puncture_function(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out);

/* A tree, what it has to be, and room for its next state. */
struct grove {
    struct oracle oracle;
    struct tree tree;
    struct tree_node nodes[2][MOST_NODES];
    uint8_t bytes[2][TREE_HEADER_BYTES + MOST_NODES * TREE_NODE_BYTES];
};
static struct grove grove;

static inline void plant(uint8_t depth)
{
    oracle_open(&grove.oracle, depth);
    grove.tree.nodes = grove.nodes[0];
    tree_plant(&grove.tree, depth, grove.oracle.seed);
}

static inline struct tree_node *unused_nodes(void)
{
    return grove.nodes[grove.tree.nodes == grove.nodes[0] ? 1 : 0];
}

static inline void forget_by(puncture_function *puncture, struct tree_target *targets, size_t count)
{
    struct tree next = {.nodes = unused_nodes()};
    assert_true(tree_puncture_room(&grove.tree, targets, count) < MOST_NODES);
    puncture(&grove.tree, targets, count, &next);
    tree_wipe(&grove.tree);
    grove.tree = next;
}

/* Forgets, for good. */
static inline void forget(struct tree_target *targets, size_t count)
{
    size_t room = tree_puncture_room(&grove.tree, targets, count);
    forget_by(tree_puncture, targets, count);
    assert_int_equal(grove.tree.count, room);
    oracle_forget(&grove.oracle, targets, count);
}

static inline void assert_no_fault(const char *fault)
{
    if (fault != NULL)
        fail_msg("%s", fault);
}

static inline struct slice saved(int which)
{
    struct writer out = writer_over(grove.bytes[which], sizeof(grove.bytes[which]));
    tree_save(&grove.tree, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

/* The state goes to disk and comes back, as it does with every step of the vault. */
static inline void save_and_load(void)
{
    struct slice bytes = saved(0);
    struct tree loaded;
    size_t used = 0;
    assert_true(tree_load(bytes, unused_nodes(), MOST_NODES, &loaded, &used));
    assert_int_equal(used, bytes.size);
    tree_wipe(&grove.tree);
    grove.tree = loaded;
    assert_true(slice_equal(saved(1), bytes));
}

static inline uint64_t draw(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 20 ^ *state >> 43;
}

static inline struct tree_target target_at(uint64_t leaf, uint8_t depth)
{
    return (struct tree_target){leaf - leaf % tree_width(&grove.tree, depth), depth};
}

/* Leaves and small subtrees; every second one near another, so that they nest, repeat and touch. */
static inline void draw_targets(struct tree_target *targets, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t choice = draw(state), all = tree_width(&grove.tree, 0), leaf = draw(state);
        uint8_t depth = grove.tree.depth;
        if (choice % 2 == 0)
            depth = (uint8_t)(depth - draw(state) % 7);
        if (i > 0 && choice / 2 % 2 == 0)
            leaf = targets[i - 1].first + leaf % 40;
        targets[i] = target_at(leaf % all, depth);
    }
}

static inline void shuffle(struct tree_target *targets, size_t count, uint64_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)(draw(state) % i);
        struct tree_target kept = targets[i - 1];
        targets[i - 1] = targets[other];
        targets[other] = kept;
    }
}

#endif
