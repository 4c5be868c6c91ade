// SPDX-License-Identifier: Apache-2.0
// The punctured key tree: one random seed stands for 2^depth keys, any of which can be forgotten for
// good. A node's two children are one-way functions of its key (Goldreich, Goldwasser, Micali 1986);
// to forget a leaf, keep the siblings of its path and wipe the path.
//
// What is kept is the cover: nodes in ascending order that derive every leaf but the forgotten ones.
// It is canonical: the same forgotten leaves give the same bytes, in whatever order they went. Pure:
// no I/O; memory is the caller's and holds keys, so it is locked memory.
//
// Never keep a key of an inner node outside the cover: the next leaf to be forgotten may lie below it.
#ifndef SHREDDER_TREE_H
#define SHREDDER_TREE_H

#include "base/slice.h"

enum {
    TREE_KEY_SIZE = 32,
    TREE_DEPTH = 32,
    TREE_MOST_DEPTH = 63,
    TREE_HEADER_BYTES = 5, /* of a saved tree */
    TREE_NODE_BYTES = 41,  /* of each node in it */
};

struct tree_node {
    uint64_t first; /* leaf; a multiple of the node's width */
    uint8_t depth;
    uint8_t key[TREE_KEY_SIZE];
};

struct tree {
    uint8_t depth; /* number of levels below the root, 1 to TREE_MOST_DEPTH */
    struct tree_node *nodes;
    size_t count;
};

/* What to forget: a leaf (depth of the tree) or all leaves below a node. */
struct tree_target {
    uint64_t first;
    uint8_t depth;
};

/* Number of leaves below a node at `depth`. */
static inline uint64_t tree_width(const struct tree *tree, uint8_t depth)
{
    return UINT64_C(1) << (tree->depth - depth);
}

/* One node, the root; nodes has room for one. */
void tree_plant(struct tree *tree, uint8_t depth, const uint8_t seed[static TREE_KEY_SIZE]);

/* The leaf's key. False: it is forgotten, *key is untouched. A leaf beyond the tree is a bug of the
 * caller: it was never handed out, which is not the same as forgotten. */
MUST_USE bool
tree_derive(const struct tree *tree, uint64_t leaf, uint8_t key[static TREE_KEY_SIZE]);

bool tree_is_forgotten(const struct tree *tree, uint64_t leaf);

/* Derives many leaves of one tree: neighbours share most of the way, which is kept from one to the next.
 * It holds inner nodes, below which somebody may be forgotten next, so that a walk is ended, which wipes
 * it, before anything else becomes of the tree. Locked memory, zeroed. */
struct tree_walk {
    bool begun;
    uint8_t from; /* depth of the covering node */
    uint64_t leaf;
    uint8_t keys[TREE_MOST_DEPTH + 1][TREE_KEY_SIZE]; /* by depth, on the way to `leaf` */
};

/* As tree_derive. */
MUST_USE bool tree_walk_to(
    struct tree_walk *walk,
    const struct tree *tree,
    uint64_t leaf,
    uint8_t key[static TREE_KEY_SIZE]);

void tree_walk_end(struct tree_walk *walk);

/* What is derived from a leaf's key: X(name, context of crypto_kdf, id 1). */
#define LEAF_PURPOSES(X) \
    X(DATA_KEY, "SHRDseal") \
    X(PSEUDONYM, "SHRDpseu") \
    X(EPOCH_SEED, "SHRDepch")
enum leaf_purpose {
#define X(name, context) LEAF_##name,
    LEAF_PURPOSES(X)
#undef X
};
void leaf_derive(
    const uint8_t leaf_key[static TREE_KEY_SIZE],
    enum leaf_purpose purpose,
    uint8_t key[static TREE_KEY_SIZE]);

/* How many nodes tree_puncture will write for these targets; they are sorted in place. */
size_t
tree_puncture_room(const struct tree *tree, struct tree_target *targets, size_t target_count);

/* Writes to `out` (whose nodes have room, and are not those of `tree`) the cover of `tree` without the
 * targets, in one pass; `tree` is unchanged, so that it can be committed first and wiped then. Targets
 * may repeat, nest and be forgotten already; they are sorted in place. */
void tree_puncture(
    const struct tree *tree, struct tree_target *targets, size_t target_count, struct tree *out);

/* Overwrites the nodes; none are left. */
void tree_wipe(struct tree *tree);

/* Number of bytes tree_save appends. */
static inline size_t tree_saved_size(const struct tree *tree)
{
    return TREE_HEADER_BYTES + tree->count * TREE_NODE_BYTES;
}

/* Appends depth u8, count u32 and the nodes (first u64, depth u8, key), big endian. */
void tree_save(const struct tree *tree, struct writer *out);

/* Reads what tree_save wrote into nodes (room for `most`); *used is the number of bytes. False: bytes
 * that are no canonical cover: unsorted, misaligned, overlapping, too deep, cut off, more than `most`,
 * or two nodes where their parent belongs. What was read of them is wiped. */
MUST_USE bool
tree_load(struct slice bytes, struct tree_node *nodes, size_t most, struct tree *out, size_t *used);

#endif
