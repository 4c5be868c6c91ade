// SPDX-License-Identifier: Apache-2.0
// A full disk at every step of a change and of a recovery, for one step or from then on: no root is
// lost, nothing is half done, and the same request succeeds once there is room again.
#include "support/vault_stage.h"

enum { LARGEST_FILE = 8192 }; /* of a tree, here */

static const struct uuid request = {{9}};
static const uint64_t victim = 5;

/* ---- the seam: steps are counted, and some fail ---- */

static struct {
    bool armed;
    size_t steps;
    size_t first, end;   /* which fail */
    enum step_time time; /* with act and file: the first step that fails, instead of a number */
    const char *act;
    const char *file;
} disk;

bool vault_step(enum step_time time, const char *act, const char *file)
{
    if (!disk.armed)
        return true;
    size_t step = disk.steps++;
    bool named = disk.act != NULL && time == disk.time && strcmp(act, disk.act) == 0 &&
                 strcmp(file, disk.file) == 0;
    if (named)
        disk.first = step;
    return step < disk.first || step >= disk.end;
}

static void arm(size_t first, size_t end)
{
    memset(&disk, 0, sizeof(disk));
    disk.armed = true;
    disk.first = first;
    disk.end = end;
}

/* Full from the first step of this name on. */
static void arm_at(enum step_time time, const char *act, const char *file)
{
    arm(SIZE_MAX, SIZE_MAX);
    disk.time = time;
    disk.act = act;
    disk.file = file;
}

/* ---- a vault, its copy to work on, and what must be gone ---- */

struct scene {
    char folder[STAGE_FOLDER];
    struct stage_set origin;
    struct stage_set work;
    struct stage_keys before;
    struct needles needles;
};

static int make_scene(void **state, bool split)
{
    static struct scene scene;
    stage_split = split;
    memset(&scene, 0, sizeof(scene));
    memset(&disk, 0, sizeof(disk));
    stage_folder(scene.folder);
    scene.origin = stage_names(scene.folder, "origin");
    scene.work = stage_names(scene.folder, "work");
    stage_make(&scene.origin);
    struct key_vault *vault = stage_open(&scene.origin);
    stage_keys_of(vault, &scene.before);
    needle_add(&scene.needles, vault->secrets->root.key);
    for (uint64_t i = 0; i < LEAVES_PER_SUBJECT; i++)
        needle_add_path(
            &scene.needles,
            covers_tree(&vault->covers, TREE_SUBJECTS),
            victim * LEAVES_PER_SUBJECT + i);
    key_vault_close(vault);
    *state = &scene;
    return 0;
}

static int open_scene(void **state)
{
    return make_scene(state, false);
}

static int open_split_scene(void **state)
{
    return make_scene(state, true);
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    stage_drop(&scene->origin);
    stage_drop(&scene->work);
    return rmdir(scene->folder);
}

static bool puncture(struct key_vault *vault, struct error *err)
{
    struct vault_target target = stage_subject(victim);
    return key_vault_puncture(vault, &target, 1, &request, 1, err);
}

/* Whether the victim is forgotten, whole; everybody else is as before. */
static bool is_forgotten(const struct scene *scene, const struct key_vault *vault)
{
    static struct stage_keys now;
    static const uint8_t none[LEAVES_PER_SUBJECT][TREE_KEY_SIZE];
    size_t first = victim * LEAVES_PER_SUBJECT;
    stage_keys_of(vault, &now);
    bool gone = memcmp(now.leaf[first], none, sizeof(none)) == 0;
    if (gone)
        memcpy(now.leaf[first], scene->before.leaf[first], sizeof(none));
    assert_memory_equal(&now, &scene->before, sizeof(now));
    return gone;
}

/* With room again: the request succeeds, in the same process or in the next one. */
static void ends_well(struct scene *scene, struct key_vault *vault, bool restart)
{
    struct error err;
    uint64_t records;
    bool doubtful = vault->doubtful;
    if (doubtful) {
        assert_false(puncture(vault, &err));
        assert_int_equal(err.kind, ERROR_transient);
    }
    if (restart || doubtful) {
        key_vault_close(vault);
        vault = stage_open(&scene->work);
        (void)is_forgotten(scene, vault);
    }
    stage_fail_on(puncture(vault, &err), &err);
    assert_true(is_forgotten(scene, vault));
    assert_int_equal(key_vault_push(vault), STAGE_HOLDERS);
    assert_false(needle_within(&scene->needles, vault->slab.memory, vault->slab.size));
    uint64_t generation = key_vault_generation(vault);
    key_vault_close(vault);
    needles_are_gone(&scene->needles, &scene->work);
    for (int i = 0; i <= STAGE_HOLDERS; i++) {
        stage_fail_on(key_vault_verify_ledger(scene->work.path[i], &records, &err), &err);
        assert_int_equal(records, generation);
    }
}

/* One run with a full disk from step `first` to `end`. False: the change has fewer steps. */
static bool run_with_fault(struct scene *scene, size_t first, size_t end, bool restart)
{
    struct error err;
    stage_copy(&scene->origin, &scene->work);
    struct key_vault *vault = stage_open(&scene->work);
    arm(first, end);
    bool done = puncture(vault, &err);
    bool reached = disk.steps > first;
    memset(&disk, 0, sizeof(disk));
    if (!done)
        assert_int_equal(err.kind, ERROR_transient);
    if (done)
        assert_true(is_forgotten(scene, vault));
    stage_memory_is_clean(vault, LARGEST_FILE);
    ends_well(scene, vault, restart);
    return reached;
}

static void every_step_may_fail_once(void **state)
{
    size_t first = 0;
    while (run_with_fault(*state, first, first + 1, false))
        first++;
    assert_true(first > 40); /* of one place twelve steps, before and after, and three places */
}

static void every_step_may_fail_once_and_the_process_end(void **state)
{
    for (size_t first = 0; run_with_fault(*state, first, first + 1, true); first++)
        ;
}

static void the_disk_may_stay_full_from_any_step(void **state)
{
    for (size_t first = 0; run_with_fault(*state, first, SIZE_MAX, true); first++)
        ;
}

/* The old root and the old keys are gone when the call says so, and not when it says no. */
static void a_failed_overwrite_is_not_success(void **state)
{
    struct scene *scene = *state;
    struct error err;
    stage_copy(&scene->origin, &scene->work);
    struct key_vault *vault = stage_open(&scene->work);
    uint64_t generation = key_vault_generation(vault);
    arm_at(STEP_BEFORE, "sync", "ledger");
    assert_false(puncture(vault, &err));
    assert_non_null(strstr(err.text, "committed"));
    assert_int_equal(key_vault_generation(vault), generation + 1);
    assert_true(is_forgotten(scene, vault));
    assert_int_equal(key_vault_push(vault), 0); /* nor do holders get ahead of us */
    assert_false(puncture(vault, &err));        /* still full */
    memset(&disk, 0, sizeof(disk));
    assert_true(puncture(vault, &err)); /* the same call finishes it */
    assert_int_equal(key_vault_generation(vault), generation + 1);
    ends_well(scene, vault, false);
}

/* Another change comes first: what the one before left is done before it. */
static void what_is_unfinished_is_finished_by_any_change(void **state)
{
    struct scene *scene = *state;
    struct error err;
    uint64_t first;
    stage_copy(&scene->origin, &scene->work);
    struct key_vault *vault = stage_open(&scene->work);
    uint64_t generation = key_vault_generation(vault);
    arm_at(STEP_BEFORE, "write", "ledger");
    assert_false(puncture(vault, &err));
    assert_false(key_vault_reserve(vault, &first, &err)); /* still full */
    assert_int_equal(key_vault_generation(vault), generation + 1);
    memset(&disk, 0, sizeof(disk));
    assert_true(key_vault_reserve(vault, &first, &err));
    assert_int_equal(key_vault_generation(vault), generation + 2);
    ends_well(scene, vault, true);
}

/* The new root may be in its slot, and could not be destroyed there: another tree file of its generation
 * would not open under it. */
static void a_root_that_may_be_there_is_not_built_upon(void **state)
{
    struct scene *scene = *state;
    struct error err;
    stage_copy(&scene->origin, &scene->work);
    struct key_vault *vault = stage_open(&scene->work);
    arm_at(STEP_AFTER, "write", "root.b");
    assert_false(puncture(vault, &err));
    arm_at(STEP_BEFORE, "write", "root.b");
    assert_false(puncture(vault, &err));
    assert_non_null(strstr(err.text, "restart"));
    memset(&disk, 0, sizeof(disk));
    ends_well(scene, vault, true);
}

static void recovery_may_meet_a_full_disk_too(void **state)
{
    struct scene *scene = *state;
    struct stage_set crashed = stage_names(scene->folder, "crashed");
    struct error err;
    stage_copy(&scene->origin, &crashed);
    struct key_vault *vault = stage_open(&crashed);
    arm_at(STEP_BEFORE, "write", "ledger"); /* both roots are valid now */
    assert_false(puncture(vault, &err));
    memset(&disk, 0, sizeof(disk));
    key_vault_close(vault);
    bool reached = true;
    for (size_t first = 0; reached; first++) {
        struct vault_settings settings = stage_settings(&scene->work);
        stage_copy(&crashed, &scene->work);
        arm(first, SIZE_MAX);
        bool opened = key_vault_open(&vault, &settings, &err);
        reached = disk.steps > first;
        memset(&disk, 0, sizeof(disk));
        if (!opened) {
            assert_int_equal(err.kind, ERROR_transient);
            vault = stage_open(&scene->work);
        }
        assert_true(is_forgotten(scene, vault)); /* committed, whatever the disk says */
        ends_well(scene, vault, false);
    }
    stage_drop(&crashed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
#define SPLIT(name) \
    { \
#name " (split)", name, open_split_scene, close_scene, NULL \
    }
    const struct CMUnitTest tests[] = {
        TEST(every_step_may_fail_once),
        TEST(every_step_may_fail_once_and_the_process_end),
        TEST(the_disk_may_stay_full_from_any_step),
        TEST(a_failed_overwrite_is_not_success),
        TEST(what_is_unfinished_is_finished_by_any_change),
        TEST(a_root_that_may_be_there_is_not_built_upon),
        TEST(recovery_may_meet_a_full_disk_too),
        SPLIT(every_step_may_fail_once),
        SPLIT(the_disk_may_stay_full_from_any_step),
        SPLIT(recovery_may_meet_a_full_disk_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
