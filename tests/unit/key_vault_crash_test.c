// SPDX-License-Identifier: Apache-2.0
// The vault killed at every write, sync, rename and removal: restarted from a copy of its directories
// made right then, it is at the old generation or at the new one, never between, and no root that was
// left behind opens anything.
#include "support/vault_stage.h"

enum { MOST_POINTS = 200, NAME_ROOM = 80 };

/* What is done to the vault while copies are made of it. */
struct operation {
    const char *name;
    bool (*run)(struct key_vault *vault, struct error *err);
    uint64_t forgets; /* bit per subject */
};

static const struct uuid request = {{7}};

static bool puncture(struct key_vault *vault, struct error *err)
{
    struct vault_target targets[] = {
        stage_subject(5), stage_leaf(7 * 8 + 2), stage_subject(3), stage_subject(5)};
    return key_vault_puncture(vault, targets, countof(targets), &request, 1, err);
}

static bool reserve(struct key_vault *vault, struct error *err)
{
    uint64_t first;
    return key_vault_reserve(vault, &first, err);
}

static bool next_epoch(struct key_vault *vault, struct error *err)
{
    uint64_t number;
    return key_vault_next_epoch(vault, &number, err);
}

static const struct operation operations[] = {
    {"puncture", puncture, UINT64_C(1) << 5},
    {"reserve", reserve, 0},
    {"next epoch", next_epoch, 0},
};

/* ---- the seam ---- */

static struct {
    const struct stage_set *from; /* NULL: nothing is copied */
    const char *folder;
    size_t points;
    char names[MOST_POINTS][NAME_ROOM];
} camera;

static struct stage_set copy_of_point(size_t point)
{
    char name[16];
    (void)snprintf(name, sizeof(name), "at%zu", point);
    return stage_names(camera.folder, name);
}

bool vault_step(enum step_time time, const char *act, const char *file)
{
    if (camera.from == NULL || time != STEP_AFTER)
        return true;
    assert_true(camera.points < MOST_POINTS);
    struct stage_set to = copy_of_point(camera.points);
    stage_copy(camera.from, &to);
    (void)snprintf(camera.names[camera.points++], NAME_ROOM, "%s %.60s", act, file);
    return true;
}

/* ---- a scene: the vault before, the copies made during the operation, and what must be gone ---- */

struct scene {
    char folder[STAGE_FOLDER];
    struct stage_set live;
    struct stage_keys before;
    uint64_t generation;
    struct needles needles;
};

static int open_scene(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof(scene));
    memset(&camera, 0, sizeof(camera));
    stage_split = false;
    stage_folder(scene.folder);
    camera.folder = scene.folder;
    scene.live = stage_names(scene.folder, "live");
    *state = &scene;
    return 0;
}

/* The same with a root that is split. */
static int open_split_scene(void **state)
{
    int done = open_scene(state);
    stage_split = true;
    return done;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < camera.points; i++) {
        struct stage_set copy = copy_of_point(i);
        stage_drop(&copy);
    }
    stage_drop(&scene->live);
    return rmdir(scene->folder);
}

/* Whether the operation forgets the leaf; subject 3 was forgotten before. */
static bool is_victim(const struct operation *operation, uint64_t leaf)
{
    if (operation->forgets == 0)
        return false;
    return (operation->forgets >> leaf / LEAVES_PER_SUBJECT & 1) != 0 || leaf == 7 * 8 + 2;
}

/* Of the old root neither share may stay. Whatever the other slots hold goes, too. */
static void remember_shares(struct scene *scene)
{
    static uint8_t slot[STAGE_FILE];
    static const char *const names[] = {"root.a", "root.b"};
    for (size_t i = 0; i < countof(names); i++) {
        assert_int_equal(stage_read(scene->live.path[0], names[i], slot), ROOT_SLOT_SIZE);
        needle_add(&scene->needles, slot + 32);
        assert_int_equal(
            stage_read(scene->live.path[STAGE_SECOND], names[i], slot), ROOT_SLOT_SIZE);
        needle_add(&scene->needles, slot + 32);
    }
}

static void remember(struct scene *scene, const struct operation *operation)
{
    struct key_vault *vault = stage_open(&scene->live);
    stage_keys_of(vault, &scene->before);
    scene->generation = key_vault_generation(vault);
    needle_add(&scene->needles, vault->secrets->root.key);
    if (stage_split)
        remember_shares(scene);
    for (uint64_t leaf = 0; leaf < STAGE_LEAVES; leaf++) {
        if (is_victim(operation, leaf))
            needle_add_path(&scene->needles, covers_tree(&vault->covers, TREE_SUBJECTS), leaf);
    }
    key_vault_close(vault);
}

/* Runs the operation and copies the directories at every point of it. */
static void film(struct scene *scene, const struct operation *operation)
{
    struct error err;
    struct key_vault *vault = stage_open(&scene->live);
    camera.from = &scene->live;
    stage_fail_on(operation->run(vault, &err), &err);
    camera.from = NULL;
    assert_int_equal(key_vault_generation(vault), scene->generation + 1);
    needles_are_gone(&scene->needles, &scene->live);
    /* A copy that falls back to the old generation must destroy this root, too. */
    needle_add(&scene->needles, vault->secrets->root.key);
    key_vault_close(vault);
}

/* The victims are forgotten, all of them or none; all others as before. */
static bool compare_keys(
    const struct scene *scene, const struct operation *operation, const struct key_vault *vault)
{
    static const uint8_t none[TREE_KEY_SIZE];
    static struct stage_keys now;
    size_t victims = 0, gone = 0;
    stage_keys_of(vault, &now);
    for (uint64_t i = 0; i < STAGE_LEAVES; i++) {
        if (!is_victim(operation, i)) {
            assert_memory_equal(now.leaf[i], scene->before.leaf[i], TREE_KEY_SIZE);
            continue;
        }
        victims++;
        if (memcmp(now.leaf[i], none, sizeof(none)) == 0)
            gone++;
        else
            assert_memory_equal(now.leaf[i], scene->before.leaf[i], TREE_KEY_SIZE);
    }
    assert_memory_equal(now.epoch, scene->before.epoch, TREE_KEY_SIZE);
    assert_true(gone == 0 || gone == victims);
    return victims != 0 && gone == victims;
}

/* One root, one tree file, in every place; all holders have signed for it. */
static void one_generation_everywhere(struct key_vault *vault, const struct stage_set *set)
{
    struct error err;
    struct place_view view;
    struct holder_state states[2 * VAULT_MOST_HOLDERS];
    assert_int_equal(key_vault_push(vault), STAGE_HOLDERS);
    assert_int_equal(key_vault_holders(vault, states, countof(states)), STAGE_HOLDERS);
    for (int i = 0; i <= STAGE_HOLDERS; i++) {
        struct vault_place place;
        stage_fail_on(place_open(&place, set->path[i], true, &vault->secrets->slots, &err), &err);
        if (i == 0 && stage_split)
            stage_fail_on(place_split(&place, set->path[STAGE_SECOND], true, &err), &err);
        stage_fail_on(place_look(&place, &vault->secrets->root, &view, &err), &err);
        place_close(&place);
        assert_true(view.clean && view.same);
        assert_int_equal(view.generation, key_vault_generation(vault));
        if (i > 0)
            assert_int_equal(states[i - 1].generation, view.generation);
    }
}

static void ledger_is_whole(const struct stage_set *set, uint64_t generation)
{
    struct error err;
    uint64_t records;
    for (int i = 0; i <= STAGE_HOLDERS; i++) {
        stage_fail_on(key_vault_verify_ledger(set->path[i], &records, &err), &err);
        assert_int_equal(records, generation);
    }
}

/* Restarts from the copy; where the old generation is found, the request is made again. */
static bool restart(struct scene *scene, const struct operation *operation, size_t point)
{
    struct error err;
    struct stage_set copy = copy_of_point(point);
    struct key_vault *vault = stage_open(&copy);
    uint64_t generation = key_vault_generation(vault);
    bool rolled_forward = generation == scene->generation + 1;
    assert_true(rolled_forward || generation == scene->generation);
    one_generation_everywhere(vault, &copy);
    bool forgotten = compare_keys(scene, operation, vault);
    if (operation->forgets != 0)
        assert_int_equal(forgotten, rolled_forward);
    if (!rolled_forward) {
        stage_fail_on(operation->run(vault, &err), &err);
        one_generation_everywhere(vault, &copy);
        assert_int_equal(compare_keys(scene, operation, vault), operation->forgets != 0);
    }
    assert_int_equal(key_vault_generation(vault), scene->generation + 1);
    key_vault_close(vault);
    if (!rolled_forward)
        needles_are_gone(&scene->needles, &copy);
    ledger_is_whole(&copy, scene->generation + 1);
    return rolled_forward;
}

static void every_point_is_before_or_after(void **state)
{
    struct scene *scene = *state;
    for (size_t o = 0; o < countof(operations); o++) {
        stage_drop(&scene->live);
        stage_make(&scene->live);
        scene->needles.count = 0;
        camera.points = 0;
        remember(scene, &operations[o]);
        film(scene, &operations[o]);
        bool forward = false;
        for (size_t i = 0; i < camera.points; i++) {
            bool now = restart(scene, &operations[o], i);
            if (now != forward)
                print_message(
                    "%s: committed by '%s', point %zu of %zu\n",
                    operations[o].name,
                    camera.names[i],
                    i,
                    camera.points);
            assert_true(now || !forward); /* committed stays committed */
            forward = now;
        }
        assert_true(forward);
    }
}

/* What a copy of the directories cannot show: that names and bytes are on the disk, and not only in the
 * kernel, before the next step counts on them. */
static void every_step_is_synced_before_the_next(void **state)
{
    struct scene *scene = *state;
    static const char *const wanted[] = {
        "write tree.4.new", "sync tree.4.new", "rename tree.4", "sync directory",
        "write root.b",     "sync root.b", /* committed */
        "write ledger",     "sync ledger",     "write root.a",  "sync root.a",
        "remove tree.3",    "sync directory", /* and the same at a holder */
        "write tree.4.new", "sync tree.4.new", "rename tree.4", "sync directory",
        "write root.b",     "sync root.b",     "write root.a",  "sync root.a",
        "remove tree.3",    "sync directory",  "write ledger",  "sync ledger",
        "write ack.new",    "sync ack.new",    "rename ack",    "sync directory",
    };
    stage_make(&scene->live);
    remember(scene, &operations[0]);
    film(scene, &operations[0]);
    assert_true(camera.points > countof(wanted));
    for (size_t i = 0; i < countof(wanted); i++)
        assert_string_equal(camera.names[i], wanted[i]);
}

/* The old root and the keys of the erased are in none of the copies made after their restart either,
 * when they rolled forward: the newest root is then the one that opens. */
static void nothing_of_the_erased_is_left(void **state)
{
    struct scene *scene = *state;
    stage_make(&scene->live);
    remember(scene, &operations[0]);
    film(scene, &operations[0]);
    scene->needles.count--; /* the root that is in force now */
    for (size_t i = 0; i < camera.points; i++) {
        struct stage_set copy = copy_of_point(i);
        struct key_vault *vault = stage_open(&copy);
        if (key_vault_generation(vault) == scene->generation + 1)
            needles_are_gone(&scene->needles, &copy);
        bool in_memory = needle_within(&scene->needles, vault->slab.memory, vault->slab.size);
        assert_int_equal(in_memory, key_vault_generation(vault) == scene->generation);
        key_vault_close(vault);
    }
}

static void an_init_can_be_begun_again(void **state)
{
    struct scene *scene = *state;
    struct error err;
    struct vault_settings settings = stage_settings(&scene->live);
    camera.from = &scene->live;
    stage_fail_on(key_vault_init(&settings, &err), &err);
    camera.from = NULL;
    bool made = false;
    for (size_t i = 0; i < camera.points; i++) {
        struct stage_set copy = copy_of_point(i);
        struct key_vault *vault = NULL;
        settings = stage_settings(&copy);
        bool opened = key_vault_open(&vault, &settings, &err);
        bool none = err.kind == ERROR_not_found || (stage_split && err.kind == ERROR_transient);
        assert_true(opened || (!made && none));
        made = opened;
        if (!opened) {
            stage_fail_on(key_vault_init(&settings, &err), &err);
            vault = stage_open(&copy);
        }
        assert_int_equal(key_vault_generation(vault), 1);
        one_generation_everywhere(vault, &copy);
        key_vault_close(vault);
        ledger_is_whole(&copy, 1);
        assert_false(key_vault_init(&settings, &err));
        assert_int_equal(err.kind, ERROR_conflict);
    }
    assert_true(made);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
#define SPLIT(name) \
    { \
#name " (split)", name, open_split_scene, close_scene, NULL \
    }
    const struct CMUnitTest tests[] = {
        TEST(every_point_is_before_or_after),
        TEST(every_step_is_synced_before_the_next),
        TEST(nothing_of_the_erased_is_left),
        TEST(an_init_can_be_begun_again),
        SPLIT(every_point_is_before_or_after),
        SPLIT(nothing_of_the_erased_is_left),
        SPLIT(an_init_can_be_begun_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
