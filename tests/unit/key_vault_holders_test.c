// SPDX-License-Identifier: Apache-2.0
// Holders: a key is destroyed when every one of them has signed for it, and no other signature counts.
#include "support/vault_stage.h"

static size_t steps;

bool vault_step(enum step_time time, const char *act, const char *file)
{
    (void)time;
    (void)act;
    (void)file;
    steps++;
    return true;
}

struct scene {
    char folder[STAGE_FOLDER];
    struct stage_set set;
    struct stage_set away; /* where a place is put out of reach */
    struct stage_set other;
    struct key_vault *vault;
    struct holder_state rows[2 * VAULT_MOST_HOLDERS];
};

static int open_scene(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof(scene));
    stage_folder(scene.folder);
    scene.set = stage_names(scene.folder, "set");
    scene.away = stage_names(scene.folder, "away");
    scene.other = stage_names(scene.folder, "other");
    stage_make(&scene.set);
    scene.vault = stage_open(&scene.set);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    key_vault_close(scene->vault);
    stage_drop(&scene->set);
    stage_drop(&scene->away);
    stage_drop(&scene->other);
    return rmdir(scene->folder);
}

static void erase(struct scene *scene, uint64_t subject)
{
    struct error err;
    struct vault_target target = stage_subject(subject);
    stage_fail_on(key_vault_puncture(scene->vault, &target, 1, NULL, 0, &err), &err);
}

static const struct holder_state *row(struct scene *scene, size_t index)
{
    size_t count = key_vault_holders(scene->vault, scene->rows, countof(scene->rows));
    assert_true(index < count);
    return &scene->rows[index];
}

static void reopen(struct scene *scene)
{
    key_vault_close(scene->vault);
    scene->vault = stage_open(&scene->set);
}

static void a_missing_holder_is_told_later(void **state)
{
    struct scene *scene = *state;
    struct needles old = {.count = 0};
    needle_add(&old, scene->vault->secrets->root.key);
    assert_int_equal(rename(scene->set.path[2], scene->away.path[2]), 0);
    erase(scene, 5);
    erase(scene, 6);
    assert_int_equal(key_vault_push(scene->vault), 1);
    assert_true(row(scene, 0)->reachable);
    assert_false(row(scene, 1)->reachable);
    assert_int_equal(row(scene, 1)->generation, 0);
    assert_non_null(strstr(row(scene, 1)->problem, "cannot open"));
    reopen(scene); /* the vault works without it */
    assert_int_equal(key_vault_push(scene->vault), 1);
    assert_int_equal(rename(scene->away.path[2], scene->set.path[2]), 0);
    assert_int_equal(key_vault_push(scene->vault), 2);
    assert_string_equal(row(scene, 1)->problem, "");
    assert_int_equal(row(scene, 1)->generation, key_vault_generation(scene->vault));
    needles_are_gone(&old, &scene->set);
}

static void a_push_without_news_writes_nothing(void **state)
{
    struct scene *scene = *state;
    steps = 0;
    assert_int_equal(key_vault_push(scene->vault), 2);
    assert_int_equal(steps, 0);
}

/* Puts an acknowledgement of the newest generation, signed by another key, where an old one is. */
static void a_forged_acknowledgement_does_not_count(void **state)
{
    struct scene *scene = *state;
    uint8_t ack[256];
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    size_t size = stage_read(scene->set.path[1], "ack", ack);
    assert_int_equal(crypto_sign_keypair(public_key, secret_key), 0);
    assert_int_equal(rename(scene->set.path[1], scene->away.path[1]), 0);
    erase(scene, 5);
    ack[31]++; /* the generation's last byte */
    size_t signed_size = size - crypto_sign_BYTES;
    (void)crypto_sign_detached(ack + signed_size, NULL, ack, signed_size, secret_key);
    stage_write(scene->away.path[1], "ack", ack, size);
    assert_int_equal(rename(scene->away.path[1], scene->set.path[1]), 0);
    struct holding holding = vault_holding(scene->vault);
    holder_look(&scene->vault->holders[0], &holding);
    assert_int_equal(row(scene, 0)->generation, 0);
    assert_non_null(strstr(row(scene, 0)->problem, "forged"));
    assert_int_equal(key_vault_push(scene->vault), 2); /* a true one takes its place */
    assert_string_equal(row(scene, 0)->problem, "");
}

/* Its own old acknowledgement does not speak for what lies there now. */
static void an_acknowledgement_counts_while_it_is_true(void **state)
{
    struct scene *scene = *state;
    static uint8_t old_slot[2][STAGE_FILE];
    (void)stage_read(scene->set.path[1], "root.a", old_slot[0]);
    (void)stage_read(scene->set.path[1], "root.b", old_slot[1]);
    erase(scene, 5);
    stage_write(scene->set.path[1], "root.a", old_slot[0], ROOT_SLOT_SIZE);
    struct holding holding = vault_holding(scene->vault);
    holder_look(&scene->vault->holders[0], &holding);
    assert_int_equal(row(scene, 0)->generation, 0);
    assert_int_equal(key_vault_push(scene->vault), 2);
    holder_look(&scene->vault->holders[0], &holding);
    assert_int_equal(row(scene, 0)->generation, key_vault_generation(scene->vault));
}

static void one_holder_does_not_sign_for_another(void **state)
{
    struct scene *scene = *state;
    static uint8_t ack[STAGE_FILE];
    size_t size = stage_read(scene->set.path[2], "ack", ack);
    stage_write(scene->set.path[1], "ack", ack, size);
    struct holding holding = vault_holding(scene->vault);
    holder_look(&scene->vault->holders[0], &holding);
    assert_int_equal(row(scene, 0)->generation, 0);
    assert_non_null(strstr(row(scene, 0)->problem, "forged"));
}

static void a_replaced_holder_is_not_trusted(void **state)
{
    struct scene *scene = *state;
    uint8_t key[HOLDER_KEY_SIZE] = {1};
    stage_write(scene->set.path[1], "holder.pub", key, sizeof(key));
    erase(scene, 5);
    assert_int_equal(key_vault_push(scene->vault), 1);
    assert_non_null(strstr(row(scene, 0)->problem, "another key"));
    reopen(scene);
    assert_int_equal(key_vault_push(scene->vault), 1);
}

/* An unmounted disk leaves an empty mount point: not a holder, and not made one by itself. */
static void an_empty_directory_is_no_holder(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(rename(scene->set.path[1], scene->away.path[1]), 0);
    assert_int_equal(mkdir(scene->set.path[1], S_IRWXU), 0);
    reopen(scene);
    assert_int_equal(key_vault_push(scene->vault), 1);
    assert_non_null(strstr(row(scene, 0)->problem, "or none"));
    assert_false(stage_exists(scene->set.path[1], "root.a"));
}

static void a_holder_is_added_by_asking(void **state)
{
    struct scene *scene = *state;
    struct error err;
    const char *path = scene->other.path[0];
    uint64_t generation = key_vault_generation(scene->vault);
    stage_fail_on(key_vault_add_holder(scene->vault, path, &err), &err);
    assert_int_equal(key_vault_generation(scene->vault), generation + 1);
    assert_int_equal(key_vault_push(scene->vault), 3);
    assert_int_equal(row(scene, 2)->generation, generation + 1);
    assert_false(key_vault_add_holder(scene->vault, path, &err));
    assert_int_equal(err.kind, ERROR_conflict);
    assert_false(key_vault_add_holder(scene->vault, scene->set.path[0], &err));
    assert_int_equal(err.kind, ERROR_conflict);
    /* Not given at the next start: it is missed, and left alone. */
    reopen(scene);
    erase(scene, 5);
    assert_int_equal(key_vault_push(scene->vault), 2);
    assert_non_null(strstr(row(scene, 2)->problem, "none of the directories"));
    assert_int_equal(row(scene, 2)->generation, 0);
    assert_true(stage_exists(path, "tree.4"));
}

static void a_holder_is_dropped_by_asking(void **state)
{
    struct scene *scene = *state;
    struct error err;
    bool destroyed;
    struct needles old = {.count = 0};
    needle_add(&old, scene->vault->secrets->root.key);
    stage_fail_on(key_vault_drop_holder(scene->vault, scene->set.path[1], &destroyed, &err), &err);
    assert_true(destroyed);
    needles_are_gone(&old, &scene->set);
    assert_int_equal(key_vault_push(scene->vault), 1);
    assert_int_equal(key_vault_holders(scene->vault, scene->rows, countof(scene->rows)), 1);
    assert_string_equal(row(scene, 0)->path, scene->set.path[2]);
    assert_false(key_vault_drop_holder(scene->vault, scene->set.path[1], &destroyed, &err));
    assert_int_equal(err.kind, ERROR_not_found);
    assert_int_equal(rename(scene->set.path[2], scene->away.path[2]), 0); /* a lost disk */
    stage_fail_on(key_vault_drop_holder(scene->vault, scene->set.path[2], &destroyed, &err), &err);
    assert_false(destroyed);
    reopen(scene);
    assert_int_equal(key_vault_push(scene->vault), 0);
    assert_non_null(strstr(row(scene, 0)->problem, "not enrolled"));
    stage_fail_on(key_vault_add_holder(scene->vault, scene->set.path[1], &err), &err);
    assert_int_equal(key_vault_push(scene->vault), 1);
}

static void a_configured_stranger_is_named(void **state)
{
    struct scene *scene = *state;
    struct error err;
    struct vault_settings settings = stage_settings(&scene->set);
    settings.holders[settings.holder_count++] = scene->other.path[1];
    key_vault_close(scene->vault);
    scene->vault = NULL;
    stage_fail_on(key_vault_open(&scene->vault, &settings, &err), &err);
    assert_int_equal(key_vault_push(scene->vault), 2);
    assert_non_null(strstr(row(scene, 2)->problem, "holders --add"));
}

/* Promotion: all that a vault needs is there. */
static void a_copy_of_a_holder_is_a_vault(void **state)
{
    struct scene *scene = *state;
    struct stage_keys before, after;
    erase(scene, 5);
    stage_keys_of(scene->vault, &before);
    key_vault_close(scene->vault);
    scene->vault = NULL;
    stage_copy_place(scene->set.path[1], scene->other.path[0]);
    assert_int_equal(rename(scene->set.path[0], scene->away.path[0]), 0);
    assert_int_equal(rename(scene->other.path[0], scene->set.path[0]), 0);
    scene->vault = stage_open(&scene->set);
    stage_keys_of(scene->vault, &after);
    assert_memory_equal(&before, &after, sizeof(before));
    erase(scene, 6);
    assert_int_equal(key_vault_push(scene->vault), 2);
}

/* A holder that is ahead is the witness of a vault restored from a copy. */
static void an_older_vault_is_refused(void **state)
{
    struct scene *scene = *state;
    key_vault_close(scene->vault);
    scene->vault = NULL;
    stage_copy_place(scene->set.path[0], scene->away.path[0]);
    scene->vault = stage_open(&scene->set);
    erase(scene, 5);
    key_vault_close(scene->vault);
    scene->vault = NULL;
    assert_int_equal(rename(scene->set.path[0], scene->other.path[0]), 0);
    assert_int_equal(rename(scene->away.path[0], scene->set.path[0]), 0);
    stage_refused(&scene->set, ERROR_tampered, "older copy");
}

/* A second process with a copy of the vault, and the same holders. */
static void two_copies_of_a_vault_are_noticed(void **state)
{
    struct scene *scene = *state;
    struct error err;
    struct key_vault *copy = NULL;
    struct vault_target target = stage_subject(6);
    struct vault_settings settings = stage_settings(&scene->set);
    settings.directory = scene->other.path[0];
    stage_copy_place(scene->set.path[0], scene->other.path[0]);
    stage_fail_on(key_vault_open(&copy, &settings, &err), &err);
    stage_fail_on(key_vault_puncture(copy, &target, 1, NULL, 0, &err), &err);
    erase(scene, 5); /* as many generations as the copy, but others */
    assert_int_equal(key_vault_push(scene->vault), 0);
    assert_non_null(strstr(row(scene, 0)->problem, "two copies"));
    stage_fail_on(key_vault_rotate(copy, &err), &err);
    assert_int_equal(key_vault_push(scene->vault), 0);
    assert_non_null(strstr(row(scene, 0)->problem, "ahead of the vault"));
    assert_int_equal(key_vault_push(copy), 2); /* and nothing was overwritten */
    key_vault_close(copy);
}

static void a_vault_is_not_made_over_another(void **state)
{
    struct scene *scene = *state;
    struct error err;
    struct vault_settings settings = stage_settings(&scene->other);
    settings.holders[0] = scene->set.path[1]; /* a holder of another vault */
    assert_false(key_vault_init(&settings, &err));
    assert_int_equal(err.kind, ERROR_conflict);
    settings.holders[0] = scene->other.path[1];
    settings.holders[1] = scene->other.path[1]; /* twice the same */
    assert_false(key_vault_init(&settings, &err));
    assert_int_equal(err.kind, ERROR_conflict);
    settings.holders[1] = scene->other.path[0]; /* the vault's own */
    assert_false(key_vault_init(&settings, &err));
    assert_int_equal(err.kind, ERROR_conflict);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        TEST(a_missing_holder_is_told_later),
        TEST(a_push_without_news_writes_nothing),
        TEST(a_forged_acknowledgement_does_not_count),
        TEST(an_acknowledgement_counts_while_it_is_true),
        TEST(one_holder_does_not_sign_for_another),
        TEST(a_replaced_holder_is_not_trusted),
        TEST(an_empty_directory_is_no_holder),
        TEST(a_holder_is_added_by_asking),
        TEST(a_holder_is_dropped_by_asking),
        TEST(a_configured_stranger_is_named),
        TEST(a_copy_of_a_holder_is_a_vault),
        TEST(an_older_vault_is_refused),
        TEST(two_copies_of_a_vault_are_noticed),
        TEST(a_vault_is_not_made_over_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
