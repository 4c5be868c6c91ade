// SPDX-License-Identifier: Apache-2.0
// The vault in daily use: which keys it gives, what it forgets, its limits, and what it refuses to live
// on. Crashes, full disks and changed files have tests of their own (key_vault_*_test.c).
#include "support/vault_stage.h"

#include <sys/vfs.h>

bool vault_step(enum step_time time, const char *act, const char *file)
{
    (void)time;
    (void)act;
    (void)file;
    return true;
}

/* The linker gives us the calls of fstatfs (--wrap): a test chooses the file system. */
static uint32_t pretended_magic;
int __real_fstatfs(int file, struct statfs *out);
int __wrap_fstatfs(int file, struct statfs *out);
int __wrap_fstatfs(int file, struct statfs *out)
{
    int done = __real_fstatfs(file, out);
    if (pretended_magic != 0)
        out->f_type = (__typeof__(out->f_type))pretended_magic;
    return done;
}

enum { LARGEST_FILE = 8192 }; /* of a tree, here */

struct scene {
    char folder[STAGE_FOLDER];
    struct stage_set set;
    struct key_vault *vault;
};

static int open_scene(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof(scene));
    stage_folder(scene.folder);
    scene.set = stage_names(scene.folder, "set");
    stage_make(&scene.set);
    scene.vault = stage_open(&scene.set);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    pretended_magic = 0;
    key_vault_close(scene->vault);
    stage_drop(&scene->set);
    return rmdir(scene->folder);
}

static enum key_state state_of(const struct scene *scene, uint16_t tree, uint64_t number)
{
    uint8_t key[TREE_KEY_SIZE];
    struct leaf leaf = {.tree = tree, .number = number};
    return key_vault_derive(scene->vault, leaf, LEAF_DATA_KEY, key);
}

static void erased_is_not_unknown(void **state)
{
    struct scene *scene = *state;
    const uint64_t end = VAULT_BLOCK * LEAVES_PER_SUBJECT;
    assert_int_equal(state_of(scene, TREE_SUBJECTS, 0), KEY_LIVE);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, 23), KEY_LIVE);
    for (uint64_t leaf = 24; leaf < 32; leaf++) /* subject 3 */
        assert_int_equal(state_of(scene, TREE_SUBJECTS, leaf), KEY_ERASED);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, 32), KEY_LIVE);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, end - 1), KEY_LIVE);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, end), KEY_UNKNOWN);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, UINT64_MAX), KEY_UNKNOWN);
    assert_int_equal(state_of(scene, TREE_EPOCHS, 0), KEY_UNKNOWN);
    assert_int_equal(state_of(scene, TREE_EPOCHS, 1), KEY_LIVE);
    assert_int_equal(state_of(scene, TREE_EPOCHS, 2), KEY_UNKNOWN);
    assert_int_equal(state_of(scene, 0, 0), KEY_UNKNOWN);
    assert_int_equal(state_of(scene, 3, 0), KEY_UNKNOWN);
}

static void keys_are_told_apart_and_stay(void **state)
{
    struct scene *scene = *state;
    static struct stage_keys before, after;
    struct error err;
    uint8_t pseudonym[TREE_KEY_SIZE];
    stage_keys_of(scene->vault, &before);
    for (size_t i = 0; i < STAGE_LEAVES; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(
                memcmp(before.leaf[i], before.leaf[j], TREE_KEY_SIZE) != 0 ||
                (i / LEAVES_PER_SUBJECT == 3 && j / LEAVES_PER_SUBJECT == 3));
    struct leaf leaf = {.tree = TREE_SUBJECTS, .number = 0};
    assert_int_equal(key_vault_derive(scene->vault, leaf, LEAF_PSEUDONYM, pseudonym), KEY_LIVE);
    assert_memory_not_equal(pseudonym, before.leaf[0], TREE_KEY_SIZE);
    stage_fail_on(key_vault_rotate(scene->vault, &err), &err);
    key_vault_close(scene->vault);
    scene->vault = stage_open(&scene->set);
    stage_keys_of(scene->vault, &after);
    assert_memory_equal(&before, &after, sizeof(before));
}

static void two_vaults_have_nothing_in_common(void **state)
{
    struct scene *scene = *state;
    static struct stage_keys ours, theirs;
    struct stage_set other = stage_names(scene->folder, "other");
    stage_make(&other);
    struct key_vault *vault = stage_open(&other);
    stage_keys_of(scene->vault, &ours);
    stage_keys_of(vault, &theirs);
    struct uuid our_id = key_vault_id(scene->vault), their_id = key_vault_id(vault);
    key_vault_close(vault);
    stage_drop(&other);
    assert_memory_not_equal(ours.leaf[0], theirs.leaf[0], TREE_KEY_SIZE);
    assert_memory_not_equal(ours.epoch, theirs.epoch, TREE_KEY_SIZE);
    assert_false(uuid_equal(&our_id, &their_id));
}

static void blocks_are_given_out_once(void **state)
{
    struct scene *scene = *state;
    struct error err;
    uint64_t first;
    uint64_t generation = key_vault_generation(scene->vault);
    assert_int_equal(key_vault_reserved(scene->vault), VAULT_BLOCK);
    for (uint64_t i = 1; i < 4; i++) {
        stage_fail_on(key_vault_reserve(scene->vault, &first, &err), &err);
        assert_int_equal(first, i * VAULT_BLOCK);
        key_vault_close(scene->vault);
        scene->vault = stage_open(&scene->set);
        assert_int_equal(key_vault_reserved(scene->vault), (i + 1) * VAULT_BLOCK);
        assert_int_equal(key_vault_generation(scene->vault), generation + i);
    }
}

static void an_old_epoch_ends_when_it_is_forgotten(void **state)
{
    struct scene *scene = *state;
    struct error err;
    uint64_t number;
    struct vault_target first = {.tree = TREE_EPOCHS, .target = {.first = 1, .depth = TREE_DEPTH}};
    stage_fail_on(key_vault_next_epoch(scene->vault, &number, &err), &err);
    assert_int_equal(number, 2);
    assert_int_equal(key_vault_epoch(scene->vault), 2);
    assert_int_equal(state_of(scene, TREE_EPOCHS, 1), KEY_LIVE);
    stage_fail_on(key_vault_puncture(scene->vault, &first, 1, NULL, 0, &err), &err);
    assert_int_equal(state_of(scene, TREE_EPOCHS, 1), KEY_ERASED);
    assert_int_equal(state_of(scene, TREE_EPOCHS, 2), KEY_LIVE);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, 1), KEY_LIVE);
}

static void what_is_forgotten_is_not_in_memory(void **state)
{
    struct scene *scene = *state;
    struct error err;
    static const uint64_t leaves[] = {40, 0, 47, 9, 41};
    for (size_t i = 0; i < countof(leaves); i++) {
        struct needles needles = {.count = 0};
        struct vault_target target = stage_leaf(leaves[i]);
        needle_add(&needles, scene->vault->secrets->root.key);
        needle_add_path(&needles, covers_tree(&scene->vault->covers, TREE_SUBJECTS), leaves[i]);
        stage_fail_on(key_vault_puncture(scene->vault, &target, 1, NULL, 0, &err), &err);
        const struct slab *slab = key_vault_slab(scene->vault);
        assert_false(needle_within(&needles, slab->memory, slab->size));
        stage_memory_is_clean(scene->vault, LARGEST_FILE);
    }
    /* A cover that becomes smaller leaves nothing behind either, nor what was read at the start. */
    key_vault_close(scene->vault);
    scene->vault = stage_open(&scene->set);
    stage_memory_is_clean(scene->vault, 0);
    struct needles needles = {.count = 0};
    struct vault_target whole = stage_subject(5);
    for (uint64_t leaf = 42; leaf < 47; leaf++)
        needle_add_path(&needles, covers_tree(&scene->vault->covers, TREE_SUBJECTS), leaf);
    stage_fail_on(key_vault_puncture(scene->vault, &whole, 1, NULL, 0, &err), &err);
    const struct slab *slab = key_vault_slab(scene->vault);
    assert_false(needle_within(&needles, slab->memory, slab->size));
    stage_memory_is_clean(scene->vault, LARGEST_FILE);
}

static void once_is_enough(void **state)
{
    struct scene *scene = *state;
    struct error err;
    struct vault_target targets[] = {stage_subject(3), stage_leaf(24), stage_leaf(31)};
    uint64_t generation = key_vault_generation(scene->vault);
    stage_fail_on(key_vault_puncture(scene->vault, targets, countof(targets), NULL, 0, &err), &err);
    assert_int_equal(key_vault_generation(scene->vault), generation);
    targets[1] = stage_leaf(32); /* one of them is new */
    stage_fail_on(key_vault_puncture(scene->vault, targets, countof(targets), NULL, 0, &err), &err);
    assert_int_equal(key_vault_generation(scene->vault), generation + 1);
}

static void nothing_wider_than_a_subject_is_forgotten(void **state)
{
    struct scene *scene = *state;
    struct error err;
    static const struct vault_target wrong[] = {
        {TREE_SUBJECTS, {0, 0}},                        /* everybody */
        {TREE_SUBJECTS, {0, TREE_DEPTH - 4}},           /* two subjects */
        {TREE_SUBJECTS, {4, TREE_DEPTH - 3}},           /* no subject's first leaf */
        {TREE_SUBJECTS, {0, TREE_DEPTH + 1}},           /* below a leaf */
        {TREE_SUBJECTS, {VAULT_BLOCK * 8, TREE_DEPTH}}, /* not given out */
        {TREE_EPOCHS, {0, TREE_DEPTH - 1}},             /* two epochs */
        {TREE_EPOCHS, {2, TREE_DEPTH}},                 /* not begun */
        {3, {0, TREE_DEPTH}},
    };
    uint64_t generation = key_vault_generation(scene->vault);
    for (size_t i = 0; i < countof(wrong); i++) {
        struct vault_target targets[] = {stage_leaf(1), wrong[i]};
        assert_false(key_vault_puncture(scene->vault, targets, 2, NULL, 0, &err));
        assert_int_equal(err.kind, ERROR_invalid);
    }
    assert_int_equal(key_vault_generation(scene->vault), generation);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, 1), KEY_LIVE);
}

static void one_process_has_it(void **state)
{
    struct scene *scene = *state;
    stage_refused(&scene->set, ERROR_conflict, "another process");
    key_vault_close(scene->vault);
    scene->vault = stage_open(&scene->set);
}

/* Every second subject of a block, the worst there is, in memory that is too small for it. */
static void full_memory_is_said_before_anything_is_done(void **state)
{
    struct scene *scene = *state;
    struct error err;
    static struct vault_target targets[VAULT_BLOCK / 2];
    for (size_t i = 0; i < countof(targets); i++)
        targets[i] = stage_subject(2 * i + 4);
    struct vault_settings settings = stage_settings(&scene->set);
    settings.locked_memory = (size_t)128 << 10;
    key_vault_close(scene->vault);
    scene->vault = NULL;
    stage_fail_on(key_vault_open(&scene->vault, &settings, &err), &err);
    uint64_t generation = key_vault_generation(scene->vault);
    size_t fewer = countof(targets) - 2;
    assert_false(key_vault_puncture(scene->vault, targets, fewer, NULL, 0, &err));
    assert_int_equal(err.kind, ERROR_denied);
    assert_non_null(strstr(err.text, "--locked-memory"));
    assert_int_equal(key_vault_generation(scene->vault), generation);
    stage_fail_on(key_vault_puncture(scene->vault, targets, 1, NULL, 0, &err), &err);
    key_vault_close(scene->vault);
    scene->vault = stage_open(&scene->set); /* with 1 MiB */
    stage_fail_on(key_vault_puncture(scene->vault, targets, fewer, NULL, 0, &err), &err);
    key_vault_close(scene->vault);
    scene->vault = NULL;
    assert_false(key_vault_open(&scene->vault, &settings, &err));
    assert_int_equal(err.kind, ERROR_denied);
    assert_non_null(strstr(err.text, "--locked-memory"));
    scene->vault = stage_open(&scene->set);
    assert_int_equal(state_of(scene, TREE_SUBJECTS, 4 * LEAVES_PER_SUBJECT), KEY_ERASED);
}

static void others_may_not_look(void **state)
{
    struct scene *scene = *state;
    key_vault_close(scene->vault);
    scene->vault = NULL;
    assert_int_equal(chmod(scene->set.path[0], 0750), 0);
    stage_refused(&scene->set, ERROR_denied, "chmod 700");
    assert_int_equal(chmod(scene->set.path[0], 0700), 0);
    struct stat status;
    char path[2 * STAGE_PATH];
    static const char *const files[] = {"root.a", "root.b", "ledger", "tree.3", "lock"};
    for (size_t i = 0; i < countof(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", scene->set.path[0], files[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void file_systems_that_keep_are_refused(void **state)
{
    struct scene *scene = *state;
    struct error err;
    static const uint32_t magics[] = {0x9123683e, 0x2fc12fc1, 0x794c7630, 0xca451a4e, 0xf2f52010};
    struct vault_settings settings = stage_settings(&scene->set);
    settings.accept_cow = false;
    settings.holder_count = 0;
    key_vault_close(scene->vault);
    scene->vault = NULL;
    for (size_t i = 0; i < countof(magics); i++) {
        pretended_magic = magics[i];
        assert_false(key_vault_open(&scene->vault, &settings, &err));
        assert_int_equal(err.kind, ERROR_denied);
        assert_non_null(strstr(err.text, "--accept-cow"));
        assert_false(key_vault_init(&settings, &err));
        assert_int_equal(err.kind, ERROR_denied);
    }
    pretended_magic = 0xef53; /* ext4 */
    stage_fail_on(key_vault_open(&scene->vault, &settings, &err), &err);
    key_vault_close(scene->vault);
    pretended_magic = magics[0];
    scene->vault = stage_open(&scene->set); /* accept_cow */
}

static void no_vault_is_told_with_the_remedy(void **state)
{
    struct scene *scene = *state;
    struct stage_set none = stage_names(scene->folder, "none");
    stage_refused(&none, ERROR_not_found, "order-shredder init");
    assert_int_equal(mkdir(none.path[0], S_IRWXU), 0);
    stage_refused(&none, ERROR_not_found, "order-shredder init");
    stage_drop(&none);
}

static void it_signs(void **state)
{
    struct scene *scene = *state;
    uint8_t signature[64], key[32], stored[STAGE_PATH];
    struct slice text = slice_of_text("order-epoch-v1");
    key_vault_sign(scene->vault, text, signature);
    key_vault_public_key(scene->vault, key);
    assert_int_equal(crypto_sign_verify_detached(signature, text.data, text.size, key), 0);
    assert_int_equal(stage_read(scene->set.path[0], "signing.pub", stored), sizeof(key));
    assert_memory_equal(stored, key, sizeof(key));
}

static void the_ledger_names_its_end(void **state)
{
    struct scene *scene = *state;
    struct error err;
    uint8_t before[32], after[32];
    uint64_t records;
    assert_int_equal(key_vault_ledger(scene->vault, before), 3);
    stage_fail_on(key_vault_rotate(scene->vault, &err), &err);
    assert_int_equal(key_vault_ledger(scene->vault, after), 4);
    assert_memory_not_equal(before, after, sizeof(before));
    stage_fail_on(key_vault_verify_ledger(scene->set.path[0], &records, &err), &err);
    assert_int_equal(records, 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        TEST(erased_is_not_unknown),
        TEST(keys_are_told_apart_and_stay),
        TEST(two_vaults_have_nothing_in_common),
        TEST(blocks_are_given_out_once),
        TEST(an_old_epoch_ends_when_it_is_forgotten),
        TEST(what_is_forgotten_is_not_in_memory),
        TEST(once_is_enough),
        TEST(nothing_wider_than_a_subject_is_forgotten),
        TEST(one_process_has_it),
        TEST(full_memory_is_said_before_anything_is_done),
        TEST(others_may_not_look),
        TEST(file_systems_that_keep_are_refused),
        TEST(no_vault_is_told_with_the_remedy),
        TEST(it_signs),
        TEST(the_ledger_names_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
