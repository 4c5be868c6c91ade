// SPDX-License-Identifier: Apache-2.0
#include "shredder/covers.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum { NODE = sizeof(struct tree_node) };

bool covers_open(struct covers *covers, struct slab *slab, size_t size)
{
    uint8_t *memory = slab_take(slab, size);
    if (memory == NULL)
        return false;
    *covers = (struct covers){.memory = memory, .size = size};
    return true;
}

/* Where the nodes at a byte of the memory are; a multiple of NODE, so aligned. */
static struct tree_node *nodes_at(const struct covers *covers, size_t at)
{
    return (struct tree_node *)(void *)(covers->memory + at);
}

void covers_plant(struct covers *covers)
{
    uint8_t *seed = covers->memory + covers->size - TREE_KEY_SIZE;
    for (size_t i = 0; i < VAULT_TREES; i++) {
        randombytes_buf(seed, TREE_KEY_SIZE);
        covers->current[i].nodes = nodes_at(covers, covers->used);
        tree_plant(&covers->current[i], TREE_DEPTH, seed);
        covers->used += covers->current[i].count * NODE;
    }
    sodium_memzero(seed, TREE_KEY_SIZE);
}

const struct tree *covers_tree(const struct covers *covers, uint16_t number)
{
    return number >= 1 && number <= VAULT_TREES ? &covers->current[number - 1] : NULL;
}

static bool is_full(const struct covers *covers, size_t wanted, struct error *err)
{
    size_t mebibyte = (size_t)1 << 20;
    return error_set(
        err,
        ERROR_denied,
        "the key tree does not fit into %zu MiB of locked memory; remedy: start with "
        "--locked-memory %zu or more",
        covers->size / mebibyte,
        (covers->size + wanted) * 2 / mebibyte + 1);
}

static size_t left_over(const struct covers *covers)
{
    return covers->size - covers->used - covers->next_used;
}

/* The targets of one tree, copied out. */
static size_t
pick(const struct vault_target *targets, size_t count, uint16_t number, struct tree_target *out)
{
    size_t picked = 0;
    for (size_t i = 0; i < count; i++) {
        if (targets[i].tree == number)
            out[picked++] = targets[i].target;
    }
    return picked;
}

static bool puncture_one(
    struct covers *covers,
    size_t index,
    struct tree_target *targets,
    size_t target_count,
    struct error *err)
{
    const struct tree *from = &covers->current[index];
    struct tree *to = &covers->next[index];
    size_t room = tree_puncture_room(from, targets, target_count) * NODE;
    if (room > left_over(covers))
        return is_full(covers, room, err);
    *to = (struct tree){
        .depth = from->depth, .nodes = nodes_at(covers, covers->used + covers->next_used)};
    tree_puncture(from, targets, target_count, to);
    covers->next_used += to->count * NODE;
    return true;
}

bool covers_make_next(
    struct covers *covers,
    const struct vault_target *targets,
    size_t target_count,
    struct error *err)
{
    struct tree_target *picked = calloc(target_count + 1, sizeof(*picked));
    if (picked == NULL)
        return error_set(err, ERROR_fatal, "no memory for the targets");
    bool ok = true;
    for (size_t i = 0; ok && i < VAULT_TREES; i++) {
        size_t count = pick(targets, target_count, (uint16_t)(i + 1), picked);
        ok = puncture_one(covers, i, picked, count, err);
    }
    if (!ok)
        covers_drop(covers);
    free(picked);
    return ok;
}

bool covers_tail(struct covers *covers, size_t size, uint8_t **out, struct error *err)
{
    if (size > left_over(covers))
        return is_full(covers, size, err);
    *out = covers->memory + covers->size - size;
    return true;
}

void covers_swap(struct covers *covers)
{
    /* Over the old ones; what is left of them and of the place the next ones come from is wiped. */
    memmove(covers->memory, covers->memory + covers->used, covers->next_used);
    sodium_memzero(covers->memory + covers->next_used, covers->used);
    size_t at = 0;
    for (size_t i = 0; i < VAULT_TREES; i++) {
        covers->current[i] = covers->next[i];
        covers->current[i].nodes = nodes_at(covers, at);
        at += covers->current[i].count * NODE;
    }
    CHECK(at == covers->next_used);
    covers->used = at;
    covers->next_used = 0;
}

void covers_drop(struct covers *covers)
{
    sodium_memzero(covers->memory + covers->used, covers->next_used);
    covers->next_used = 0;
}

size_t covers_save_size(const struct covers *covers)
{
    size_t size = 0;
    for (size_t i = 0; i < VAULT_TREES; i++)
        size += sizeof(uint16_t) + tree_saved_size(&covers->next[i]);
    return size;
}

void covers_save(const struct covers *covers, struct writer *out)
{
    for (size_t i = 0; i < VAULT_TREES; i++) {
        writer_u16(out, (uint16_t)(i + 1));
        tree_save(&covers->next[i], out);
    }
}

/* Nodes are larger in memory than in the file: whether they would run into it. */
static bool fits(const struct covers *covers, struct slice saved, size_t *most)
{
    struct frame_reader peek = {.rest = saved};
    (void)frame_u8(&peek);
    *most = ((size_t)(saved.data - covers->memory) - covers->used) / NODE;
    return frame_u32(&peek) <= *most;
}

bool covers_load(struct covers *covers, struct frame_reader *in, struct error *err)
{
    CHECK(covers->used == 0);
    for (size_t i = 0; i < VAULT_TREES; i++) {
        struct tree *tree = &covers->current[i];
        struct tree_node *nodes = nodes_at(covers, covers->used);
        uint16_t number = frame_u16(in);
        size_t most;
        size_t taken;
        if (!fits(covers, in->rest, &most))
            return is_full(covers, covers->size, err);
        if (number != i + 1 || !tree_load(in->rest, nodes, most, tree, &taken) ||
            tree->depth != TREE_DEPTH)
            return error_set(
                err, ERROR_tampered, "the tree file holds no cover of tree %zu", i + 1);
        (void)frame_bytes(in, taken);
        covers->used += tree->count * NODE;
    }
    return true;
}
