// SPDX-License-Identifier: Apache-2.0
// The key tree by example: known answers, a forgotten leaf, saving and what loading refuses. What holds
// for every tree is in tree_property_test.c.
#include "shredder/tree.h"
#include "support/aborts.h"
#include "support/cmocka.h"

#include <sodium.h>

enum { SMALL_DEPTH = 3, SMALL_NODES = 8, KNOWN_LEAF = 0x12345678 };

static const uint8_t seed[TREE_KEY_SIZE] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                            11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                            22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

#define KNOWN(what, hex) static const char known_##what[] = hex;
#include "unit/tree_known.def"
#undef KNOWN

static void assert_hex(const uint8_t bytes[static 32], const char *expected)
{
    char hex[65];
    (void)sodium_bin2hex(hex, sizeof(hex), bytes, 32);
    assert_string_equal(hex, expected);
}

static void keys_are_the_known_answers(void **state)
{
    (void)state;
    struct tree_node root;
    struct tree tree = {.nodes = &root};
    uint8_t leaf[TREE_KEY_SIZE], key[TREE_KEY_SIZE];
    tree_plant(&tree, TREE_DEPTH, seed);
    assert_true(tree_derive(&tree, 0, leaf));
    assert_hex(leaf, known_leaf_0);
    assert_true(tree_derive(&tree, KNOWN_LEAF, leaf));
    assert_hex(leaf, known_leaf_12345678);
    leaf_derive(leaf, LEAF_DATA_KEY, key);
    assert_hex(key, known_data_key);
    leaf_derive(leaf, LEAF_PSEUDONYM, key);
    assert_hex(key, known_pseudonym);
    leaf_derive(leaf, LEAF_EPOCH_SEED, key);
    assert_hex(key, known_epoch_seed);
}

static void a_cover_is_the_known_answer(void **state)
{
    (void)state;
    struct tree_node root, nodes[TREE_DEPTH];
    struct tree tree = {.nodes = &root}, after = {.nodes = nodes};
    struct tree_target target = {KNOWN_LEAF, TREE_DEPTH};
    uint8_t bytes[TREE_HEADER_BYTES + TREE_DEPTH * TREE_NODE_BYTES], digest[32];
    tree_plant(&tree, TREE_DEPTH, seed);
    assert_int_equal(tree_puncture_room(&tree, &target, 1), TREE_DEPTH);
    tree_puncture(&tree, &target, 1, &after);
    assert_int_equal(after.count, TREE_DEPTH);
    assert_int_equal(nodes[0].first, 0);
    assert_int_equal(nodes[0].depth, 4);
    struct writer out = writer_over(bytes, sizeof(bytes));
    tree_save(&after, &out);
    assert_false(out.overflow);
    assert_int_equal(out.size, tree_saved_size(&after));
    crypto_generichash(
        digest, sizeof(digest), bytes + TREE_HEADER_BYTES, out.size - TREE_HEADER_BYTES, NULL, 0);
    assert_hex(digest, known_cover_digest);
}

/* A small tree without leaf 5: nodes 0-3, 4 and 6-7. */
struct small {
    struct tree_node root, nodes[SMALL_NODES];
    struct tree tree;
    uint8_t bytes[TREE_HEADER_BYTES + SMALL_NODES * TREE_NODE_BYTES + 1];
    size_t size;
};

static void small_make(struct small *small)
{
    struct tree whole = {.nodes = &small->root};
    struct tree_target target = {5, SMALL_DEPTH};
    tree_plant(&whole, SMALL_DEPTH, seed);
    small->tree = (struct tree){.nodes = small->nodes};
    tree_puncture(&whole, &target, 1, &small->tree);
    struct writer out = writer_over(small->bytes, sizeof(small->bytes));
    tree_save(&small->tree, &out);
    small->size = out.size;
}

static void what_is_kept_are_the_siblings_of_the_path(void **state)
{
    (void)state;
    struct small small;
    small_make(&small);
    assert_int_equal(small.tree.count, 3);
    assert_int_equal(small.nodes[0].first, 0);
    assert_int_equal(small.nodes[0].depth, 1);
    assert_int_equal(small.nodes[1].first, 4);
    assert_int_equal(small.nodes[1].depth, 3);
    assert_int_equal(small.nodes[2].first, 6);
    assert_int_equal(small.nodes[2].depth, 2);
    for (uint64_t leaf = 0; leaf < 8; leaf++)
        assert_int_equal(tree_is_forgotten(&small.tree, leaf), leaf == 5);
}

static void wiping_leaves_no_byte(void **state)
{
    (void)state;
    struct small small;
    small_make(&small);
    tree_wipe(&small.tree);
    assert_int_equal(small.tree.count, 0);
    assert_true(sodium_is_zero((const uint8_t *)small.nodes, 3 * sizeof(small.nodes[0])));
    tree_wipe(&small.tree);
}

static void loading_gives_what_was_saved(void **state)
{
    (void)state;
    struct small small;
    struct tree_node nodes[SMALL_NODES];
    struct tree tree;
    size_t used = 0;
    uint8_t again[sizeof(small.bytes)];
    small_make(&small);
    /* Bytes behind the tree are whoever called's. */
    assert_true(tree_load(slice_of(small.bytes, small.size + 1), nodes, 3, &tree, &used));
    assert_int_equal(used, small.size);
    assert_int_equal(tree.depth, SMALL_DEPTH);
    assert_int_equal(tree.count, 3);
    struct writer out = writer_over(again, sizeof(again));
    tree_save(&tree, &out);
    assert_memory_equal(again, small.bytes, small.size);
}

static void an_empty_cover_can_be_saved(void **state)
{
    (void)state;
    uint8_t bytes[TREE_HEADER_BYTES];
    struct writer out = writer_over(bytes, sizeof(bytes));
    struct tree tree = {.depth = SMALL_DEPTH}, loaded;
    size_t used = 0;
    tree_save(&tree, &out);
    assert_true(tree_load(writer_slice(&out), NULL, 0, &loaded, &used));
    assert_int_equal(used, TREE_HEADER_BYTES);
    for (uint64_t leaf = 0; leaf < 8; leaf++)
        assert_true(tree_is_forgotten(&loaded, leaf));
}

/* Refused, out-parameters as they were, and no key left behind. */
static void assert_refused(const struct small *small, size_t size, size_t most)
{
    struct tree_node nodes[SMALL_NODES] = {0};
    struct tree tree = {.count = 77};
    size_t used = 88;
    assert_false(tree_load(slice_of(small->bytes, size), nodes, most, &tree, &used));
    assert_int_equal(tree.count, 77);
    assert_int_equal(used, 88);
    assert_true(sodium_is_zero((const uint8_t *)nodes, sizeof(nodes)));
}

static void loading_refuses_what_is_cut_off_or_too_much(void **state)
{
    (void)state;
    struct small small;
    small_make(&small);
    for (size_t size = 0; size < small.size; size++)
        assert_refused(&small, size, SMALL_NODES);
    assert_refused(&small, small.size, 2);
    small.bytes[1] = 0xff; /* four thousand million nodes */
    assert_refused(&small, small.size, SMALL_NODES);
    assert_refused(&small, small.size, SIZE_MAX);
}

static void loading_refuses_what_is_no_cover(void **state)
{
    (void)state;
    enum { DEPTH = 0, FIRST = TREE_HEADER_BYTES + 7, NODE_DEPTH = TREE_HEADER_BYTES + 8 };
    enum { NEXT = TREE_NODE_BYTES };
    static const struct {
        size_t at[2];
        uint8_t byte[2];
    } faults[] = {
        {{DEPTH}, {0}},                             /* a tree without leaves */
        {{DEPTH}, {TREE_MOST_DEPTH + 1}},           /* more leaves than numbers */
        {{DEPTH}, {2}},                             /* a node below the leaves */
        {{NODE_DEPTH + NEXT}, {4}},                 /* the same */
        {{NODE_DEPTH + NEXT}, {255}},               /* the same */
        {{FIRST}, {1}},                             /* not aligned */
        {{FIRST + 2 * NEXT}, {7}},                  /* the same */
        {{FIRST + 2 * NEXT}, {8}},                  /* beyond the tree */
        {{FIRST + 2 * NEXT - 7}, {0x80}},           /* far beyond it */
        {{FIRST + NEXT}, {3}},                      /* inside the node before */
        {{FIRST + NEXT}, {0}},                      /* begins where the node before does */
        {{NODE_DEPTH}, {0}},                        /* reaches over the next */
        {{FIRST + NEXT}, {6}},                      /* the next one begins there */
        {{FIRST, FIRST + NEXT}, {4, 0}},            /* out of order */
        {{FIRST + NEXT, FIRST + 2 * NEXT}, {6, 4}}, /* out of order */
        {{NODE_DEPTH + NEXT}, {2}}, /* 4-5 and 6-7 are siblings: 4-7 belongs there */
    };
    for (size_t i = 0; i < countof(faults); i++) {
        struct small small;
        small_make(&small);
        small.bytes[faults[i].at[0]] = faults[i].byte[0];
        if (faults[i].at[1] != 0)
            small.bytes[faults[i].at[1]] = faults[i].byte[1];
        assert_refused(&small, small.size, SMALL_NODES);
    }
}

/* Whatever is accepted is saved as the same bytes: there is no second spelling of a cover. */
static void every_changed_byte_is_refused_or_another_cover(void **state)
{
    (void)state;
    struct small small;
    small_make(&small);
    for (size_t at = 0; at < small.size; at++) {
        uint8_t before = small.bytes[at];
        for (unsigned value = 0; value < 256; value++) {
            struct tree_node nodes[SMALL_NODES];
            struct tree tree;
            size_t used;
            uint8_t again[sizeof(small.bytes)];
            small.bytes[at] = (uint8_t)value;
            struct slice bytes = slice_of(small.bytes, small.size);
            if (!tree_load(bytes, nodes, SMALL_NODES, &tree, &used))
                continue;
            struct writer out = writer_over(again, sizeof(again));
            tree_save(&tree, &out);
            assert_int_equal(out.size, used);
            assert_memory_equal(again, small.bytes, used);
        }
        small.bytes[at] = before;
    }
}

enum mistake { LEAF_BEYOND, TARGET_BEYOND, TARGET_MISALIGNED, TARGET_TOO_DEEP, SAME_NODES };

static void make_mistake(void *argument)
{
    struct small small;
    struct tree_node nodes[SMALL_NODES];
    struct tree out = {.nodes = nodes};
    struct tree_target beyond = {8, 3}, misaligned = {2, 1}, too_deep = {0, 4}, good = {0, 3};
    small_make(&small);
    switch (*(const enum mistake *)argument) {
    case LEAF_BEYOND:
        (void)tree_is_forgotten(&small.tree, 8);
        break;
    case TARGET_BEYOND:
        tree_puncture(&small.tree, &beyond, 1, &out);
        break;
    case TARGET_MISALIGNED:
        tree_puncture(&small.tree, &misaligned, 1, &out);
        break;
    case TARGET_TOO_DEEP:
        tree_puncture(&small.tree, &too_deep, 1, &out);
        break;
    case SAME_NODES:
        out.nodes = small.nodes;
        tree_puncture(&small.tree, &good, 1, &out);
        break;
    }
}

static void mistakes_of_the_caller_end_the_program(void **state)
{
    (void)state;
    for (enum mistake mistake = LEAF_BEYOND; mistake <= SAME_NODES; mistake++)
        assert_true(aborts(make_mistake, &mistake));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_the_known_answers),
        cmocka_unit_test(a_cover_is_the_known_answer),
        cmocka_unit_test(what_is_kept_are_the_siblings_of_the_path),
        cmocka_unit_test(wiping_leaves_no_byte),
        cmocka_unit_test(loading_gives_what_was_saved),
        cmocka_unit_test(an_empty_cover_can_be_saved),
        cmocka_unit_test(loading_refuses_what_is_cut_off_or_too_much),
        cmocka_unit_test(loading_refuses_what_is_no_cover),
        cmocka_unit_test(every_changed_byte_is_refused_or_another_cover),
        cmocka_unit_test(mistakes_of_the_caller_end_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
