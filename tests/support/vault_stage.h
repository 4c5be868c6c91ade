// SPDX-License-Identifier: Apache-2.0
// A vault with two holders in a scratch directory, copies of all of it, and needles to look for in
// their files. The test that includes this defines vault_step, and so stands behind every write, sync,
// rename and removal.
#ifndef SUPPORT_VAULT_STAGE_H
#define SUPPORT_VAULT_STAGE_H

#include "shredder/disk.h"
#include "shredder/key_vault_parts.h"
#include "shredder/tree_file.h"
#include "shredder/vault_step.h"
#include "support/cmocka.h"

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STAGE_PLACES = 4, /* the vault, two holders, and where the root is split: the other shares */
    STAGE_HOLDERS = 2,
    STAGE_SECOND = 3,
    STAGE_FOLDER = 32,
    STAGE_PATH = 128,
    STAGE_SUBJECTS = 12,
    STAGE_LEAVES = STAGE_SUBJECTS * LEAVES_PER_SUBJECT,
    STAGE_FILE = 1 << 20,
};

/* Whether the vaults of this test split their root. */
static bool stage_split;

/* One set of the directories. */
struct stage_set {
    char path[STAGE_PLACES][STAGE_PATH];
};

static inline void stage_fail_on(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s: %s", error_kind_name(err->kind), err->text);
}

/* A scratch folder; in memory where that is possible, because the tests sync thousands of times and look
 * at the order of steps, not at a disk. */
static inline void stage_folder(char out[static STAGE_FOLDER])
{
    (void)snprintf(out, STAGE_FOLDER, "/dev/shm/order-vault-XXXXXX");
    if (mkdtemp(out) != NULL)
        return;
    (void)snprintf(out, STAGE_FOLDER, "order-vault-XXXXXX");
    assert_non_null(mkdtemp(out));
}

static inline struct stage_set stage_names(const char *folder, const char *name)
{
    struct stage_set set;
    for (int i = 0; i < STAGE_PLACES; i++)
        (void)snprintf(set.path[i], STAGE_PATH, "%s/%s.%d", folder, name, i);
    return set;
}

static inline struct vault_settings stage_settings(const struct stage_set *set)
{
    return (struct vault_settings){
        .directory = set->path[0],
        .second = stage_split ? set->path[STAGE_SECOND] : NULL,
        .holders = {set->path[1], set->path[2]},
        .holder_count = STAGE_HOLDERS,
        .accept_cow = true, /* wherever the tests run */
        .allow_unlocked = true,
        .locked_memory = 1 << 20};
}

/* ---- files ---- */

static inline size_t stage_read(const char *directory, const char *name, uint8_t *out)
{
    char path[2 * STAGE_PATH];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    size_t size = fread(out, 1, STAGE_FILE, file);
    (void)fclose(file);
    return size;
}

static inline void
stage_write(const char *directory, const char *name, const uint8_t *bytes, size_t size)
{
    char path[2 * STAGE_PATH];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline bool stage_exists(const char *directory, const char *name)
{
    char path[2 * STAGE_PATH];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    return access(path, F_OK) == 0;
}

/* Calls take(directory, name, context) for each file; a missing directory has none. */
static inline void stage_each(
    const char *directory,
    void (*take)(const char *directory, const char *name, void *context),
    void *context)
{
    DIR *entries = opendir(directory);
    const struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.')
            take(directory, entry->d_name, context);
    }
    if (entries != NULL)
        (void)closedir(entries);
}

static inline void stage_drop_file(const char *directory, const char *name, void *context)
{
    (void)context;
    char path[2 * STAGE_PATH];
    (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
    assert_int_equal(unlink(path), 0);
}

static inline void stage_drop(const struct stage_set *set)
{
    for (int i = 0; i < STAGE_PLACES; i++) {
        stage_each(set->path[i], stage_drop_file, NULL);
        (void)rmdir(set->path[i]);
    }
}

static inline void stage_copy_file(const char *directory, const char *name, void *context)
{
    static uint8_t bytes[STAGE_FILE];
    size_t size = stage_read(directory, name, bytes);
    stage_write(context, name, bytes, size);
}

static inline void stage_copy_place(const char *from, const char *to)
{
    char target[STAGE_PATH];
    (void)snprintf(target, sizeof(target), "%s", to);
    if (access(from, F_OK) != 0)
        return;
    assert_int_equal(mkdir(to, S_IRWXU), 0);
    stage_each(from, stage_copy_file, target);
}

static inline void stage_copy(const struct stage_set *from, const struct stage_set *to)
{
    stage_drop(to);
    for (int i = 0; i < STAGE_PLACES; i++)
        stage_copy_place(from->path[i], to->path[i]);
}

/* ---- needles: keys that no file may have ---- */

enum { NEEDLE_SIZE = 32, MOST_NEEDLES = 512 };

struct needles {
    uint8_t bytes[MOST_NEEDLES][NEEDLE_SIZE];
    size_t count;
    size_t found; /* files that have one */
};

static inline void needle_add(struct needles *needles, const uint8_t bytes[static NEEDLE_SIZE])
{
    assert_true(needles->count < MOST_NEEDLES);
    memcpy(needles->bytes[needles->count++], bytes, NEEDLE_SIZE);
}

static inline bool needle_within(const struct needles *needles, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < needles->count; i++) {
        for (const uint8_t *at = bytes; size >= NEEDLE_SIZE; at++) {
            at = memchr(at, needles->bytes[i][0], (size_t)(bytes + size - at));
            if (at == NULL || (size_t)(bytes + size - at) < NEEDLE_SIZE)
                break;
            if (memcmp(at, needles->bytes[i], NEEDLE_SIZE) == 0)
                return true;
        }
    }
    return false;
}

static inline void needle_look(const char *directory, const char *name, void *context)
{
    static uint8_t bytes[STAGE_FILE];
    struct needles *needles = context;
    size_t size = stage_read(directory, name, bytes);
    if (needle_within(needles, bytes, size)) {
        print_message("a key is in %s/%s\n", directory, name);
        needles->found++;
    }
}

static inline void needles_are_gone(struct needles *needles, const struct stage_set *set)
{
    needles->found = 0;
    for (int i = 0; i < STAGE_PLACES; i++)
        stage_each(set->path[i], needle_look, needles);
    assert_int_equal(needles->found, 0);
}

/* The children of a key on the way to the leaf, the leaf's key and what is derived from it. */
static inline void needle_add_path(struct needles *needles, const struct tree *tree, uint64_t leaf)
{
    uint8_t key[NEEDLE_SIZE] = {0};
    uint8_t derived[NEEDLE_SIZE];
    uint8_t depth = 0;
    for (size_t i = 0; i < tree->count && tree->nodes[i].first <= leaf; i++) {
        memcpy(key, tree->nodes[i].key, sizeof(key));
        depth = tree->nodes[i].depth;
    }
    for (; depth < TREE_DEPTH; depth++) {
        needle_add(needles, key);
        uint64_t bit = leaf >> (TREE_DEPTH - 1 - depth) & 1;
        (void)crypto_kdf_derive_from_key(derived, sizeof(derived), bit, "SHRDtree", key);
        memcpy(key, derived, sizeof(key));
    }
    needle_add(needles, key);
    leaf_derive(key, LEAF_DATA_KEY, derived);
    needle_add(needles, derived);
}

/* Between the covers and the newest tree file no byte of an old cover is left in memory. */
static inline void stage_memory_is_clean(const struct key_vault *vault, size_t largest_file)
{
    const struct covers *covers = &vault->covers;
    assert_int_equal(covers->next_used, 0);
    size_t size = covers->size - covers->used - largest_file;
    assert_true(sodium_is_zero(covers->memory + covers->used, size));
}

/* ---- keys ---- */

/* What every leaf of the stage derives; all zero: forgotten. */
struct stage_keys {
    uint8_t leaf[STAGE_LEAVES][TREE_KEY_SIZE];
    uint8_t epoch[TREE_KEY_SIZE];
};

static inline void stage_keys_of(const struct key_vault *vault, struct stage_keys *out)
{
    memset(out, 0, sizeof(*out));
    for (uint64_t i = 0; i < STAGE_LEAVES; i++) {
        struct leaf leaf = {.tree = TREE_SUBJECTS, .number = i};
        enum key_state is = key_vault_derive(vault, leaf, LEAF_DATA_KEY, out->leaf[i]);
        assert_true(is == KEY_LIVE || is == KEY_ERASED);
    }
    struct leaf epoch = {.tree = TREE_EPOCHS, .number = 1};
    assert_int_equal(key_vault_derive(vault, epoch, LEAF_EPOCH_SEED, out->epoch), KEY_LIVE);
}

static inline struct key_vault *stage_open(const struct stage_set *set)
{
    struct error err;
    struct key_vault *vault = NULL;
    struct vault_settings settings = stage_settings(set);
    stage_fail_on(key_vault_open(&vault, &settings, &err), &err);
    return vault;
}

/* Expects that the vault does not open, and why. */
static inline void
stage_refused(const struct stage_set *set, enum error_kind kind, const char *words)
{
    struct error err;
    struct key_vault *vault = NULL;
    struct vault_settings settings = stage_settings(set);
    assert_false(key_vault_open(&vault, &settings, &err));
    if (err.kind != kind || strstr(err.text, words) == NULL)
        fail_msg("%s: %s; not %s", error_kind_name(err.kind), err.text, words);
}

static inline struct vault_target stage_leaf(uint64_t leaf)
{
    return (struct vault_target){
        .tree = TREE_SUBJECTS, .target = {.first = leaf, .depth = TREE_DEPTH}};
}

static inline struct vault_target stage_subject(uint64_t subject)
{
    return (struct vault_target){
        .tree = TREE_SUBJECTS,
        .target = {.first = subject * LEAVES_PER_SUBJECT, .depth = TREE_DEPTH - 3}};
}

/* A vault with subjects, one of which is erased already. */
static inline void stage_make(const struct stage_set *set)
{
    struct error err;
    struct vault_settings settings = stage_settings(set);
    stage_fail_on(key_vault_init(&settings, &err), &err);
    struct key_vault *vault = stage_open(set);
    struct vault_target target = stage_subject(3);
    uint64_t first;
    stage_fail_on(key_vault_reserve(vault, &first, &err), &err);
    stage_fail_on(key_vault_puncture(vault, &target, 1, NULL, 0, &err), &err);
    key_vault_close(vault);
}

#endif
