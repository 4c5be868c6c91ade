// SPDX-License-Identifier: Apache-2.0
// A root that is split between two directories: one of the shares gives nothing. Crashes between the
// shares are in key_vault_crash_test.c.
#include "support/vault_stage.h"

bool vault_step(enum step_time time, const char *act, const char *file)
{
    (void)time;
    (void)act;
    (void)file;
    return true;
}

struct scene {
    char folder[STAGE_FOLDER];
    struct stage_set set;
    struct stage_set before; /* one generation earlier */
    struct stage_set work;
};

static int open_scene(void **state)
{
    static struct scene scene;
    struct error err;
    memset(&scene, 0, sizeof(scene));
    stage_split = true;
    stage_folder(scene.folder);
    scene.set = stage_names(scene.folder, "set");
    scene.before = stage_names(scene.folder, "before");
    scene.work = stage_names(scene.folder, "work");
    stage_make(&scene.set);
    stage_copy(&scene.set, &scene.before);
    struct key_vault *vault = stage_open(&scene.set);
    struct vault_target target = stage_subject(5);
    stage_fail_on(key_vault_puncture(vault, &target, 1, NULL, 0, &err), &err);
    key_vault_close(vault);
    stage_copy(&scene.set, &scene.work);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    stage_drop(&scene->set);
    stage_drop(&scene->before);
    stage_drop(&scene->work);
    return rmdir(scene->folder);
}

static void copy_slot(const struct stage_set *from, const struct stage_set *to, int place)
{
    static uint8_t slot[STAGE_FILE];
    assert_int_equal(stage_read(from->path[place], "root.a", slot), ROOT_SLOT_SIZE);
    stage_write(to->path[place], "root.a", slot, ROOT_SLOT_SIZE);
}

static void the_root_is_in_neither_file(void **state)
{
    struct scene *scene = *state;
    struct needles needles = {.count = 0};
    struct key_vault *vault = stage_open(&scene->set);
    needle_add(&needles, vault->secrets->root.key);
    key_vault_close(vault);
    stage_each(scene->set.path[0], needle_look, &needles);
    stage_each(scene->set.path[STAGE_SECOND], needle_look, &needles);
    assert_int_equal(needles.found, 0);
}

/* What overwriting failed to reach on one device is worth nothing when it reached the other. */
static void one_old_share_gives_nothing(void **state)
{
    struct scene *scene = *state;
    static const int places[] = {0, STAGE_SECOND};
    static const uint8_t zeros[ROOT_SLOT_SIZE];
    for (size_t i = 0; i < countof(places); i++) {
        stage_copy(&scene->before, &scene->work);
        stage_write(scene->work.path[places[i]], "root.a", zeros, sizeof(zeros));
        stage_refused(&scene->work, ERROR_tampered, "neither slot holds a root");
        stage_copy(&scene->set, &scene->work); /* put back beside the newer root */
        copy_slot(&scene->before, &scene->work, places[i]);
        struct key_vault *vault = stage_open(&scene->work);
        uint8_t key[TREE_KEY_SIZE];
        struct leaf leaf = {.tree = TREE_SUBJECTS, .number = 5 * LEAVES_PER_SUBJECT};
        assert_int_equal(key_vault_derive(vault, leaf, LEAF_DATA_KEY, key), KEY_ERASED);
        assert_int_equal(key_vault_push(vault), STAGE_HOLDERS);
        key_vault_close(vault);
    }
}

static void shares_of_two_generations_are_no_root(void **state)
{
    struct scene *scene = *state;
    static uint8_t slot[STAGE_FILE];
    (void)stage_read(
        scene->set.path[0], "root.b", slot); /* the newer one, under the older's name */
    stage_copy(&scene->before, &scene->work);
    stage_write(scene->work.path[0], "root.a", slot, ROOT_SLOT_SIZE);
    stage_refused(&scene->work, ERROR_tampered, "neither slot holds a root");
}

static void the_other_directory_has_to_be_given(void **state)
{
    struct scene *scene = *state;
    stage_split = false;
    stage_refused(&scene->set, ERROR_invalid, "--second DIR");
    stage_drop(&scene->work);
    stage_make(&scene->work);
    assert_int_equal(mkdir(scene->work.path[STAGE_SECOND], S_IRWXU), 0);
    stage_split = true;
    stage_refused(&scene->work, ERROR_invalid, "leave out --second");
}

/* A device that is not mounted is no reason to say that there is no vault. */
static void a_missing_device_is_no_missing_vault(void **state)
{
    struct scene *scene = *state;
    stage_drop(&scene->before);
    assert_int_equal(rename(scene->work.path[STAGE_SECOND], scene->before.path[STAGE_SECOND]), 0);
    stage_refused(&scene->work, ERROR_transient, "cannot open");
}

static void shares_are_kept_apart(void **state)
{
    struct scene *scene = *state;
    struct error err;
    stage_drop(&scene->work);
    struct vault_settings settings = stage_settings(&scene->work);
    settings.second = settings.directory;
    assert_false(key_vault_init(&settings, &err));
    assert_int_equal(err.kind, ERROR_invalid);
    settings.second = scene->work.path[STAGE_SECOND];
    settings.holders[0] = settings.second;
    assert_false(key_vault_init(&settings, &err));
    assert_int_equal(err.kind, ERROR_conflict);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        TEST(the_root_is_in_neither_file),
        TEST(one_old_share_gives_nothing),
        TEST(shares_of_two_generations_are_no_root),
        TEST(the_other_directory_has_to_be_given),
        TEST(a_missing_device_is_no_missing_vault),
        TEST(shares_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
