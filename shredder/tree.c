// SPDX-License-Identifier: Apache-2.0
// Deriving keys from the cover, and carving forgotten leaves out of it. Saving is in tree_bytes.c.
#include "shredder/tree.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

static_assert(TREE_KEY_SIZE == crypto_kdf_KEYBYTES, "a node's key is a key of crypto_kdf");

/* More than crypto_kdf uses of the stack, where it leaves whole keys. Wiped by the function that derives
 * and not by its caller: from there part of it would go into the frame of the function in between. */
enum { STACK_OF_KDF = 4096 };

static const char node_context[] = "SHRDtree";

/* out may be key: the KDF (BLAKE2b) takes its key in before it writes. A parent that is replaced by
 * its child in place needs no wiping. */
static void derive_step(uint8_t *out, const uint8_t *key, uint64_t id, const char *context)
{
    CHECK(crypto_kdf_derive_from_key(out, TREE_KEY_SIZE, id, context, key) == 0);
}

void tree_plant(struct tree *tree, uint8_t depth, const uint8_t seed[static TREE_KEY_SIZE])
{
    CHECK(depth >= 1 && depth <= TREE_MOST_DEPTH);
    tree->depth = depth;
    tree->count = 1;
    tree->nodes[0] = (struct tree_node){.first = 0, .depth = 0};
    memcpy(tree->nodes[0].key, seed, TREE_KEY_SIZE);
}

/* The node that covers the leaf; NULL in a gap. */
static const struct tree_node *find(const struct tree *tree, uint64_t leaf)
{
    size_t low = 0, high = tree->count; /* nodes before low begin at the leaf or before it */
    CHECK(leaf < tree_width(tree, 0));
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (tree->nodes[middle].first <= leaf)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct tree_node *node = &tree->nodes[low - 1];
    return leaf - node->first < tree_width(tree, node->depth) ? node : NULL;
}

bool tree_is_forgotten(const struct tree *tree, uint64_t leaf)
{
    return find(tree, leaf) == NULL;
}

bool tree_derive(const struct tree *tree, uint64_t leaf, uint8_t key[static TREE_KEY_SIZE])
{
    const struct tree_node *node = find(tree, leaf);
    if (node == NULL)
        return false;
    memcpy(key, node->key, TREE_KEY_SIZE);
    for (int level = tree->depth - node->depth; level > 0; level--)
        derive_step(key, key, leaf >> (level - 1) & 1, node_context);
    sodium_stackzero(STACK_OF_KDF);
    return true;
}

/* How deep the ways to two leaves are the same. */
static uint8_t common_depth(const struct tree *tree, uint64_t a, uint64_t b)
{
    uint8_t depth = tree->depth;
    for (uint64_t differing = a ^ b; differing != 0; differing >>= 1)
        depth--;
    return depth;
}

bool tree_walk_to(
    struct tree_walk *walk,
    const struct tree *tree,
    uint64_t leaf,
    uint8_t key[static TREE_KEY_SIZE])
{
    const struct tree_node *node = find(tree, leaf);
    if (node == NULL)
        return false;
    uint8_t depth = walk->begun ? common_depth(tree, walk->leaf, leaf) : 0;
    if (!walk->begun || depth < node->depth || walk->from != node->depth) {
        memcpy(walk->keys[node->depth], node->key, TREE_KEY_SIZE);
        depth = node->depth;
    }
    for (; depth < tree->depth; depth++)
        derive_step(
            walk->keys[depth + 1],
            walk->keys[depth],
            leaf >> (tree->depth - depth - 1) & 1,
            node_context);
    memcpy(key, walk->keys[tree->depth], TREE_KEY_SIZE);
    walk->begun = true;
    walk->from = node->depth;
    walk->leaf = leaf;
    sodium_stackzero(STACK_OF_KDF);
    return true;
}

void tree_walk_end(struct tree_walk *walk)
{
    sodium_memzero(walk, sizeof(*walk));
}

void leaf_derive(
    const uint8_t leaf_key[static TREE_KEY_SIZE],
    enum leaf_purpose purpose,
    uint8_t key[static TREE_KEY_SIZE])
{
    static const char *const contexts[] = {
#define X(name, context) [LEAF_##name] = (context),
        LEAF_PURPOSES(X)
#undef X
    };
    CHECK((size_t)purpose < countof(contexts));
    derive_step(key, leaf_key, 1, contexts[purpose]);
    sodium_stackzero(STACK_OF_KDF);
}

/* One walk through cover and targets together, both ascending. */
struct carving {
    const struct tree *tree;
    const struct tree_target *next, *end; /* targets that do not lie behind the walk */
    struct tree_node *out;                /* NULL: nodes are only counted and no key is derived */
    size_t count;
};

static uint64_t target_end(const struct carving *work, const struct tree_target *target)
{
    return target->first + tree_width(work->tree, target->depth);
}

enum fate { KEPT, SPLIT, GONE };

/* What becomes of a node. It and a target are nested or apart, never half over each other; of targets
 * inside one another the widest comes first and decides. */
static enum fate fate_of(struct carving *work, const struct tree_node *node)
{
    while (work->next < work->end && target_end(work, work->next) <= node->first)
        work->next++;
    if (work->next == work->end ||
        work->next->first >= node->first + tree_width(work->tree, node->depth))
        return KEPT;
    return work->next->depth <= node->depth ? GONE : SPLIT;
}

/* Turns the node into its right child and puts the left one behind it. */
static void split(const struct carving *work, struct tree_node *node)
{
    struct tree_node *left = node + 1;
    node->depth++;
    left->depth = node->depth;
    left->first = node->first;
    node->first += tree_width(work->tree, node->depth);
    if (work->out == NULL)
        return;
    derive_step(left->key, node->key, 0, node_context);
    derive_step(node->key, node->key, 1, node_context);
}

static void keep(struct carving *work, const struct tree_node *node)
{
    if (work->out != NULL)
        work->out[work->count] = *node;
    work->count++;
}

/* Walks over the cover. `pending` has the node in hand on top and, below it, the right halves of its
 * ancestors: at most one for each level. */
static void carve(struct carving *work)
{
    struct tree_node pending[TREE_MOST_DEPTH + 1];
    for (size_t i = 0; i < work->tree->count; i++) {
        pending[0] = work->tree->nodes[i];
        for (size_t height = 1; height > 0;) {
            struct tree_node *node = &pending[height - 1];
            switch (fate_of(work, node)) {
            case KEPT:
                keep(work, node);
                height--;
                break;
            case SPLIT:
                split(work, node);
                height++;
                break;
            case GONE:
                height--;
                break;
            }
        }
    }
    sodium_memzero(pending, sizeof(pending));
    sodium_stackzero(STACK_OF_KDF);
}

static int compare_targets(const void *left, const void *right)
{
    const struct tree_target *a = left, *b = right;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->depth > b->depth) - (a->depth < b->depth);
}

static struct carving
begin_carving(const struct tree *tree, struct tree_target *targets, size_t target_count)
{
    for (size_t i = 0; i < target_count; i++) {
        CHECK(targets[i].depth <= tree->depth && targets[i].first < tree_width(tree, 0));
        CHECK(targets[i].first % tree_width(tree, targets[i].depth) == 0);
    }
    if (target_count > 1)
        qsort(targets, target_count, sizeof(*targets), compare_targets);
    return (struct carving){.tree = tree, .next = targets, .end = targets + target_count};
}

size_t tree_puncture_room(const struct tree *tree, struct tree_target *targets, size_t target_count)
{
    struct carving work = begin_carving(tree, targets, target_count);
    carve(&work);
    return work.count;
}

void tree_puncture(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out)
{
    CHECK(out->nodes != tree->nodes);
    struct carving work = begin_carving(tree, targets, target_count);
    work.out = out->nodes;
    carve(&work);
    out->depth = tree->depth;
    out->count = work.count;
}

void tree_wipe(struct tree *tree)
{
    if (tree->count > 0)
        sodium_memzero(tree->nodes, tree->count * sizeof(*tree->nodes));
    tree->count = 0;
}
