// SPDX-License-Identifier: Apache-2.0
// `order-shredder init`, `holders` and `ledger verify`: what they print and the code they end with.
#include "runtime/exit_code.h"
#include "shredder/verbs.h"
#include "support/capture.h"
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
    char holders[2 * STAGE_PATH];
    struct vault_options vault;
    char out[2048];
    char err[2048];
};

static int open_scene(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof(scene));
    stage_folder(scene.folder);
    scene.set = stage_names(scene.folder, "set");
    (void)snprintf(
        scene.holders, sizeof(scene.holders), "%s,%s", scene.set.path[1], scene.set.path[2]);
    scene.vault = (struct vault_options){
        .vault = scene.set.path[0],
        .holders = scene.holders,
        .locked_memory = 1,
        .accept_cow = true,
        .allow_unlocked = true};
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    stage_drop(&scene->set);
    return rmdir(scene->folder);
}

static int run(struct scene *scene, int (*verb)(const void *, int, char **), const void *options)
{
    struct capture capture;
    capture_begin(&capture);
    int code = verb(options, 0, NULL);
    capture_end(&capture, scene->out, sizeof(scene->out), scene->err, sizeof(scene->err));
    return code;
}

static int init(struct scene *scene)
{
    struct init_options options = {.vault = scene->vault};
    return run(scene, init_verb, &options);
}

static int holders(struct scene *scene, const char *add, bool json)
{
    struct holders_options options = {.vault = scene->vault, .add = add, .json = json};
    return run(scene, holders_verb, &options);
}

static int drop(struct scene *scene, const char *path)
{
    struct holders_options options = {.vault = scene->vault, .remove = path};
    return run(scene, holders_verb, &options);
}

static int ledger(struct scene *scene)
{
    struct ledger_options options = {.vault = scene->vault};
    return run(scene, ledger_verify_verb, &options);
}

static void says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL)
        fail_msg("'%s' does not say '%s'", text, words);
}

static void a_vault_is_made_once(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(init(scene), EXIT_CODE_OK);
    says(scene->out, "with 2 holders");
    assert_string_equal(scene->err, "");
    assert_int_equal(init(scene), EXIT_CODE_CONFLICT);
    says(scene->err, "there is a vault already");
}

static void too_few_holders_are_warned_of(void **state)
{
    struct scene *scene = *state;
    scene->vault.holders = NULL;
    assert_int_equal(init(scene), EXIT_CODE_OK);
    says(scene->err, "lost");
    assert_int_equal(holders(scene, NULL, false), EXIT_CODE_OK);
    says(scene->out, "no holders");
}

static void holders_are_listed_and_added(void **state)
{
    struct scene *scene = *state;
    char added[2 * STAGE_PATH];
    scene->vault.holders = scene->set.path[1];
    assert_int_equal(init(scene), EXIT_CODE_OK);
    assert_int_equal(holders(scene, scene->set.path[2], true), EXIT_CODE_OK);
    says(scene->out, "{\"generation\":2,\"acknowledged\":2,\"holders\":[{\"path\":\"");
    (void)snprintf(
        added,
        sizeof(added),
        ",{\"path\":\"%s\",\"generation\":2,\"reachable\":true,\"problem\":\"\"}]}",
        scene->set.path[2]);
    says(scene->out, added);
    assert_int_equal(holders(scene, NULL, false), EXIT_CODE_PARTIAL); /* the new one is not given */
    says(scene->out, "has it, older roots destroyed");
    says(scene->out, "in none of the directories");
    assert_int_equal(drop(scene, scene->set.path[2]), EXIT_CODE_OK);
    says(scene->err, "destroy its disk"); /* which is not given, so out of reach */
    assert_int_equal(drop(scene, scene->set.path[2]), EXIT_CODE_UNMET);
    says(scene->err, "is no holder");
    assert_int_equal(holders(scene, NULL, false), EXIT_CODE_OK);
}

static void a_cut_ledger_is_exit_8(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(ledger(scene), EXIT_CODE_UNMET); /* nothing there */
    assert_int_equal(init(scene), EXIT_CODE_OK);
    assert_int_equal(ledger(scene), EXIT_CODE_OK);
    says(scene->out, "sound: 1");
    stage_write(scene->set.path[0], "ledger", (const uint8_t *)"", 0);
    assert_int_equal(ledger(scene), EXIT_CODE_INTEGRITY);
    says(scene->err, "cut off");
}

static void wrong_lists_of_holders_are_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const wrong[] = {"a,,b", "a,", ",a", "1,2,3,4,5,6,7,8,9"};
    for (size_t i = 0; i < countof(wrong); i++) {
        scene->vault.holders = wrong[i];
        assert_int_equal(init(scene), EXIT_CODE_USAGE);
        says(scene->err, "--holders");
    }
    assert_int_not_equal(access(scene->set.path[0], F_OK), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        TEST(a_vault_is_made_once),
        TEST(too_few_holders_are_warned_of),
        TEST(holders_are_listed_and_added),
        TEST(a_cut_ledger_is_exit_8),
        TEST(wrong_lists_of_holders_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
