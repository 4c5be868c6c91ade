// SPDX-License-Identifier: Apache-2.0
// What a cover has to be, said without the code that makes it: from the seed and the forgotten leaves
// alone. Answers a fault in words and asserts nothing, so that tests can show it faults broken trees.
#ifndef SUPPORT_TREE_ORACLE_H
#define SUPPORT_TREE_ORACLE_H

#include "shredder/tree.h"

#include <sodium.h>
#include <stdlib.h>

enum { ORACLE_MOST = 4096 };

struct span {
    uint64_t first, end;
};

/* Seed, depth and all that was ever forgotten: apart from each other, ascending. */
struct oracle {
    uint8_t seed[TREE_KEY_SIZE];
    uint8_t depth;
    struct span spans[ORACLE_MOST];
    size_t span_count;
};

static inline void oracle_open(struct oracle *oracle, uint8_t depth)
{
    oracle->depth = depth;
    oracle->span_count = 0;
    for (uint8_t i = 0; i < TREE_KEY_SIZE; i++)
        oracle->seed[i] = i;
}

/* BLAKE2b keyed with the parent, over nothing, with the number of the child as salt. */
static inline void oracle_key(
    const struct oracle *oracle, uint64_t first, uint8_t depth, uint8_t key[static TREE_KEY_SIZE])
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] = "SHRDtree";
    uint8_t child[TREE_KEY_SIZE];
    memcpy(key, oracle->seed, TREE_KEY_SIZE);
    for (int level = 1; level <= depth; level++) {
        uint8_t salt[crypto_generichash_blake2b_SALTBYTES] = {
            (uint8_t)(first >> (oracle->depth - level) & 1)};
        CHECK(
            crypto_generichash_blake2b_salt_personal(
                child, TREE_KEY_SIZE, NULL, 0, key, TREE_KEY_SIZE, salt, personal) == 0);
        memcpy(key, child, TREE_KEY_SIZE);
    }
}

static inline int oracle_compare(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

/* Takes note that the targets are forgotten from now on, for ever. */
static inline void
oracle_forget(struct oracle *oracle, const struct tree_target *targets, size_t target_count)
{
    CHECK(oracle->span_count + target_count <= ORACLE_MOST);
    for (size_t i = 0; i < target_count; i++) {
        uint64_t width = UINT64_C(1) << (oracle->depth - targets[i].depth);
        oracle->spans[oracle->span_count++] =
            (struct span){targets[i].first, targets[i].first + width};
    }
    qsort(oracle->spans, oracle->span_count, sizeof(struct span), oracle_compare);
    size_t kept = 0;
    for (size_t i = 0; i < oracle->span_count; i++) {
        struct span *last = kept > 0 ? &oracle->spans[kept - 1] : NULL;
        if (last == NULL || oracle->spans[i].first > last->end)
            oracle->spans[kept++] = oracle->spans[i];
        else if (oracle->spans[i].end > last->end)
            last->end = oracle->spans[i].end;
    }
    oracle->span_count = kept;
}

/* How many of the leaves from first to end - 1 are forgotten. */
static inline uint64_t oracle_forgotten(const struct oracle *oracle, uint64_t first, uint64_t end)
{
    size_t low = 0, high = oracle->span_count; /* spans before low end at `first` or before */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (oracle->spans[middle].end <= first)
            low = middle + 1;
        else
            high = middle;
    }
    uint64_t count = 0;
    for (; low < oracle->span_count && oracle->spans[low].first < end; low++) {
        struct span span = oracle->spans[low];
        count += (span.end < end ? span.end : end) - (span.first > first ? span.first : first);
    }
    return count;
}

static inline const char *
oracle_node_fault(const struct oracle *oracle, const struct tree_node *node, uint64_t behind)
{
    if (node->depth > oracle->depth)
        return "a node below the leaves";
    uint64_t width = UINT64_C(1) << (oracle->depth - node->depth), sibling = node->first ^ width;
    uint8_t key[TREE_KEY_SIZE];
    if (node->first % width != 0)
        return "a node that is not aligned";
    if (node->first < behind)
        return "nodes out of order or over each other";
    if (oracle_forgotten(oracle, node->first, node->first + width) != 0)
        return "a node above a forgotten leaf";
    if (node->depth > 0 && oracle_forgotten(oracle, sibling, sibling + width) == 0)
        return "a node where its parent belongs";
    oracle_key(oracle, node->first, node->depth, key);
    return memcmp(key, node->key, TREE_KEY_SIZE) == 0 ? NULL : "a node with another key";
}

/* What is wrong with a cover; NULL: nothing, and it is the only one without a fault. */
static inline const char *oracle_cover_fault(const struct oracle *oracle, const struct tree *tree)
{
    uint64_t all = UINT64_C(1) << oracle->depth, covered = 0, behind = 0;
    if (tree->depth != oracle->depth)
        return "another depth";
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree_node *node = &tree->nodes[i];
        const char *fault = oracle_node_fault(oracle, node, behind);
        if (fault != NULL)
            return fault;
        uint64_t width = UINT64_C(1) << (oracle->depth - node->depth);
        covered += width;
        behind = node->first + width;
    }
    return covered + oracle_forgotten(oracle, 0, all) == all ? NULL : "a leaf that was lost";
}

/* What is wrong with the answer for one leaf; NULL: nothing. */
static inline const char *
oracle_leaf_fault(const struct oracle *oracle, const struct tree *tree, uint64_t leaf)
{
    static const uint8_t untouched[TREE_KEY_SIZE] = "untouched";
    bool forgotten = oracle_forgotten(oracle, leaf, leaf + 1) != 0;
    uint8_t key[TREE_KEY_SIZE], right[TREE_KEY_SIZE];
    memcpy(key, untouched, TREE_KEY_SIZE);
    if (tree_is_forgotten(tree, leaf) != forgotten)
        return forgotten ? "a forgotten leaf is not called so" : "a live leaf is called forgotten";
    if (tree_derive(tree, leaf, key) == forgotten)
        return forgotten ? "a forgotten leaf was derived" : "a live leaf was not derived";
    if (forgotten)
        return memcmp(key, untouched, TREE_KEY_SIZE) == 0 ? NULL : "bytes for a forgotten leaf";
    oracle_key(oracle, leaf, oracle->depth, right);
    return memcmp(key, right, TREE_KEY_SIZE) == 0 ? NULL : "a leaf with another key";
}

#endif
