// SPDX-License-Identifier: Apache-2.0
// A cover as bytes. Reading is strict: there is one cover for each set of forgotten leaves, and one
// row of bytes for each cover, so that anything else is damage or somebody's hand.
#include "shredder/tree.h"

#include <sodium.h>

#include "base/banned.h"

void tree_save(const struct tree *tree, struct writer *out)
{
    CHECK(tree->count <= UINT32_MAX);
    writer_byte(out, tree->depth);
    writer_u32(out, (uint32_t)tree->count);
    for (size_t i = 0; i < tree->count; i++) {
        writer_u64(out, tree->nodes[i].first);
        writer_byte(out, tree->nodes[i].depth);
        writer_bytes(out, tree->nodes[i].key, TREE_KEY_SIZE);
    }
}

static uint64_t read_number(const uint8_t *at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | at[i];
    return number;
}

/* Whether a node may stand behind the one before; NULL: it is the first. */
static bool
follows(const struct tree *tree, const struct tree_node *before, const struct tree_node *node)
{
    if (node->depth > tree->depth || node->first >= tree_width(tree, 0))
        return false;
    uint64_t width = tree_width(tree, node->depth);
    if (node->first % width != 0)
        return false;
    if (before == NULL)
        return true;
    if (node->first < before->first + tree_width(tree, before->depth))
        return false;
    bool siblings = node->depth == before->depth && (node->first ^ before->first) == width;
    return !siblings; /* their parent would stand here */
}

static bool read_nodes(struct tree *tree, const uint8_t *at)
{
    for (size_t i = 0; i < tree->count; i++, at += TREE_NODE_BYTES) {
        struct tree_node *node = &tree->nodes[i];
        node->first = read_number(at, 8);
        node->depth = at[8];
        memcpy(node->key, at + 9, TREE_KEY_SIZE);
        if (!follows(tree, i == 0 ? NULL : node - 1, node)) {
            sodium_memzero(tree->nodes, (i + 1) * sizeof(*tree->nodes));
            return false;
        }
    }
    return true;
}

bool tree_load(
    struct slice bytes, struct tree_node *nodes, size_t most, struct tree *out, size_t *used)
{
    if (bytes.size < TREE_HEADER_BYTES)
        return false;
    struct tree tree = {
        .depth = bytes.data[0],
        .nodes = nodes,
        .count = (size_t)read_number(bytes.data + 1, 4),
    };
    if (tree.depth < 1 || tree.depth > TREE_MOST_DEPTH || tree.count > most ||
        tree.count > (bytes.size - TREE_HEADER_BYTES) / TREE_NODE_BYTES)
        return false;
    if (!read_nodes(&tree, bytes.data + TREE_HEADER_BYTES))
        return false;
    *used = tree_saved_size(&tree);
    *out = tree;
    return true;
}
