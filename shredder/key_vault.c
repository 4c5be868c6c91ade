// SPDX-License-Identifier: Apache-2.0
// What the vault answers, and the changes others may ask for.
#include "shredder/key_vault.h"

#include "shredder/disk.h"
#include "shredder/key_vault_parts.h"

#include <inttypes.h>
#include <sodium.h>

#include "base/banned.h"

struct uuid key_vault_id(const struct key_vault *vault)
{
    return vault->secrets->root.vault;
}

uint64_t key_vault_generation(const struct key_vault *vault)
{
    return vault->secrets->root.generation;
}

struct slab *key_vault_slab(struct key_vault *vault)
{
    return &vault->slab;
}

uint64_t key_vault_reserved(const struct key_vault *vault)
{
    return vault->state.reserved;
}

uint64_t key_vault_epoch(const struct key_vault *vault)
{
    return vault->state.epoch;
}

/* The first leaf of a tree that was never given out; epochs begin at 1. */
static bool was_given_out(const struct key_vault *vault, struct leaf leaf)
{
    if (leaf.tree == TREE_SUBJECTS)
        return leaf.number / LEAVES_PER_SUBJECT < vault->state.reserved;
    return leaf.tree == TREE_EPOCHS && leaf.number >= 1 && leaf.number <= vault->state.epoch;
}

enum key_state key_vault_derive(
    const struct key_vault *vault,
    struct leaf leaf,
    enum leaf_purpose purpose,
    uint8_t key[static TREE_KEY_SIZE])
{
    if (!was_given_out(vault, leaf))
        return KEY_UNKNOWN;
    uint8_t leaf_key[TREE_KEY_SIZE];
    const struct tree *tree = covers_tree(&vault->covers, leaf.tree);
    bool derived = vault->walking && leaf.tree == TREE_SUBJECTS
                       ? tree_walk_to(&vault->secrets->walk, tree, leaf.number, leaf_key)
                       : tree_derive(tree, leaf.number, leaf_key);
    if (!derived)
        return KEY_ERASED;
    leaf_derive(leaf_key, purpose, key);
    sodium_memzero(leaf_key, sizeof(leaf_key));
    return KEY_LIVE;
}

void key_vault_begin_walk(struct key_vault *vault)
{
    vault->walking = true;
}

void key_vault_end_walk(struct key_vault *vault)
{
    tree_walk_end(&vault->secrets->walk);
    vault->walking = false;
}

/* ---- changes ---- */

bool key_vault_reserve(struct key_vault *vault, uint64_t *first, struct error *err)
{
    struct vault_change change = vault_no_change(vault, LEDGER_RESERVE);
    uint64_t most = (UINT64_C(1) << TREE_DEPTH) / LEAVES_PER_SUBJECT;
    if (change.reserved > most - VAULT_BLOCK)
        return error_set(
            err, ERROR_fatal, "all %" PRIu64 " subjects of the key tree are given out", most);
    change.reserved += VAULT_BLOCK;
    if (!vault_commit(vault, &change, err))
        return false;
    *first = change.reserved - VAULT_BLOCK;
    return true;
}

bool key_vault_next_epoch(struct key_vault *vault, uint64_t *number, struct error *err)
{
    struct vault_change change = vault_no_change(vault, LEDGER_EPOCH);
    change.epoch++;
    if (!vault_commit(vault, &change, err))
        return false;
    *number = change.epoch;
    return true;
}

bool key_vault_rotate(struct key_vault *vault, struct error *err)
{
    struct vault_change change = vault_no_change(vault, LEDGER_ROTATE);
    return vault_commit(vault, &change, err);
}

/* A target is a leaf, a subject, or something between: never more, which would be somebody's mistake,
 * and nothing that was not given out. */
static bool
check_target(const struct key_vault *vault, const struct vault_target *target, struct error *err)
{
    uint8_t least = TREE_DEPTH;
    if (target->tree == TREE_SUBJECTS)
        least = TREE_DEPTH - 3; /* eight leaves */
    uint64_t first = target->target.first;
    uint8_t depth = target->target.depth;
    if (!was_given_out(vault, (struct leaf){.tree = target->tree, .number = first}) ||
        depth < least || depth > TREE_DEPTH || first % (UINT64_C(1) << (TREE_DEPTH - depth)) != 0)
        return error_set(
            err,
            ERROR_invalid,
            "tree %u, leaf %" PRIu64 ", depth %u: no leaf or subject that was given out",
            (unsigned)target->tree,
            first,
            (unsigned)depth);
    return true;
}

/* Whether every leaf below the target is forgotten. */
static bool is_gone(const struct key_vault *vault, const struct vault_target *target)
{
    const struct tree *tree = covers_tree(&vault->covers, target->tree);
    uint64_t count = UINT64_C(1) << (TREE_DEPTH - target->target.depth);
    for (uint64_t i = 0; i < count; i++) {
        if (!tree_is_forgotten(tree, target->target.first + i))
            return false;
    }
    return true;
}

bool key_vault_puncture(
    struct key_vault *vault,
    const struct vault_target *targets,
    size_t target_count,
    const struct uuid *requests,
    size_t request_count,
    struct error *err)
{
    if (target_count > LEDGER_MOST_TARGETS || request_count > LEDGER_MOST_TARGETS)
        return error_set(
            err, ERROR_invalid, "at most %d targets or requests at once", LEDGER_MOST_TARGETS);
    bool all_gone = true;
    for (size_t i = 0; i < target_count; i++) {
        if (!check_target(vault, &targets[i], err))
            return false;
        all_gone = all_gone && is_gone(vault, &targets[i]);
    }
    /* Asked again after a crash or an error, it is done when the root before is destroyed. */
    if (all_gone)
        return vault_finish(vault, err);
    struct vault_change change = vault_no_change(vault, LEDGER_ERASE);
    change.targets = targets;
    change.target_count = target_count;
    change.requests = requests;
    change.request_count = request_count;
    return vault_commit(vault, &change, err);
}

/* ---- holders ---- */

size_t key_vault_push(struct key_vault *vault)
{
    struct error ignored; /* who asks for a change is told */
    struct holding holding = vault_holding(vault);
    size_t have = 0;
    if (!vault_finish(vault, &ignored))
        return 0;
    for (size_t i = 0; i < vault->holder_count; i++)
        have += holder_push(&vault->holders[i], &holding) ? 1 : 0;
    return have;
}

size_t key_vault_holders(const struct key_vault *vault, struct holder_state *out, size_t most)
{
    size_t count = vault->holder_count < most ? vault->holder_count : most;
    for (size_t i = 0; i < count; i++)
        out[i] = vault->holders[i].state;
    return count;
}

/* The row of a directory that is no holder yet, else a new one. */
static struct holder *row_for(struct key_vault *vault, const char *path)
{
    for (size_t i = 0; i < vault->holder_count; i++) {
        if (!vault->holders[i].enrolled && strcmp(vault->holders[i].state.path, path) == 0)
            return &vault->holders[i];
    }
    CHECK(vault->holder_count < countof(vault->holders));
    return &vault->holders[vault->holder_count++];
}

bool key_vault_add_holder(struct key_vault *vault, const char *path, struct error *err)
{
    struct vault_state *state = &vault->state;
    if (!vault_enrol(vault, path, err))
        return false;
    bool ok = key_vault_rotate(vault, err);
    if (!ok && !vault->unfinished) {
        state->pin_count--;
        return false;
    }
    const char *paths[] = {path};
    (void)holders_match(&state->pins[state->pin_count - 1], 1, paths, 1, row_for(vault, path));
    (void)key_vault_push(vault);
    return ok;
}

static struct holder *enrolled_at(struct key_vault *vault, const char *path)
{
    for (size_t i = 0; i < vault->holder_count; i++) {
        if (vault->holders[i].enrolled && strcmp(vault->holders[i].state.path, path) == 0)
            return &vault->holders[i];
    }
    return NULL;
}

static void drop_pin(struct vault_state *state, const struct holder_pin *pin)
{
    for (size_t i = 0; i < state->pin_count; i++) {
        if (memcmp(state->pins[i].key, pin->key, sizeof(pin->key)) == 0) {
            state->pins[i] = state->pins[--state->pin_count];
            return;
        }
    }
}

bool key_vault_drop_holder(
    struct key_vault *vault, const char *path, bool *destroyed, struct error *err)
{
    struct error why;
    struct holding holding = vault_holding(vault);
    struct holder *holder = enrolled_at(vault, path);
    if (holder == NULL)
        return error_set(err, ERROR_not_found, "%.200s: is no holder", path);
    /* First, so that a crash leaves a holder that lacks its copy, and not a copy that nobody knows. */
    *destroyed = holder_retire(holder, &holding, &why);
    struct holder dropped = *holder;
    drop_pin(&vault->state, &dropped.pin);
    *holder = vault->holders[--vault->holder_count];
    bool ok = key_vault_rotate(vault, err);
    if (!ok && !vault->unfinished) {
        vault->state.pins[vault->state.pin_count++] = dropped.pin;
        vault->holders[vault->holder_count++] = dropped;
    }
    return ok;
}

/* ---- ledger and signatures ---- */

uint64_t key_vault_ledger(const struct key_vault *vault, uint8_t hash[static 32])
{
    memcpy(hash, vault->ledger.hash, LEDGER_HASH_SIZE);
    return vault->ledger.records;
}

void key_vault_sign(const struct key_vault *vault, struct slice bytes, uint8_t signature[static 64])
{
    int failed =
        crypto_sign_detached(signature, NULL, bytes.data, bytes.size, vault->secrets->signing_key);
    CHECK(failed == 0);
}

void key_vault_public_key(const struct key_vault *vault, uint8_t key[static 32])
{
    int failed = crypto_sign_ed25519_sk_to_pk(key, vault->secrets->signing_key);
    CHECK(failed == 0);
}
