// SPDX-License-Identifier: Apache-2.0
// Files of the vault that somebody, or a disk, has changed: torn and flipped slots, old files put back,
// a ledger cut, reordered or edited. What can be told from a crash is undone, the rest is refused.
#include "support/vault_stage.h"

/* Copies are made right after this step, when `at` is set. */
static struct {
    const char *act;
    const char *file;
    const struct stage_set *from, *to;
} snap;

bool vault_step(enum step_time time, const char *act, const char *file)
{
    if (snap.act != NULL && time == STEP_AFTER && strcmp(act, snap.act) == 0 &&
        strcmp(file, snap.file) == 0) {
        snap.act = NULL;
        stage_copy(snap.from, snap.to);
    }
    return true;
}

struct scene {
    char folder[STAGE_FOLDER];
    struct stage_set set;     /* after the puncture */
    struct stage_set before;  /* the same before it */
    struct stage_set between; /* with both roots: the new one is written, the old one still there */
    struct stage_set work;
    uint64_t generation;    /* before */
    struct needles needles; /* old root, new root */
};

static void puncture(const struct stage_set *set)
{
    struct error err;
    struct key_vault *vault = stage_open(set);
    struct vault_target target = stage_subject(5);
    stage_fail_on(key_vault_puncture(vault, &target, 1, NULL, 0, &err), &err);
    key_vault_close(vault);
}

static void take_root(struct scene *scene, const struct stage_set *set)
{
    struct key_vault *vault = stage_open(set);
    needle_add(&scene->needles, vault->secrets->root.key);
    scene->generation = key_vault_generation(vault);
    key_vault_close(vault);
}

static int open_scene(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof(scene));
    stage_folder(scene.folder);
    scene.set = stage_names(scene.folder, "set");
    scene.before = stage_names(scene.folder, "before");
    scene.between = stage_names(scene.folder, "between");
    scene.work = stage_names(scene.folder, "work");
    stage_make(&scene.set);
    stage_copy(&scene.set, &scene.before);
    snap.act = "sync";
    snap.file = "root.b";
    snap.from = &scene.set;
    snap.to = &scene.between;
    puncture(&scene.set);
    take_root(&scene, &scene.set);
    take_root(&scene, &scene.before);
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    stage_drop(&scene->set);
    stage_drop(&scene->before);
    stage_drop(&scene->between);
    stage_drop(&scene->work);
    return rmdir(scene->folder);
}

static bool is_erased(const struct key_vault *vault)
{
    uint8_t key[TREE_KEY_SIZE];
    struct leaf leaf = {.tree = TREE_SUBJECTS, .number = 5 * LEAVES_PER_SUBJECT};
    return key_vault_derive(vault, leaf, LEAF_DATA_KEY, key) == KEY_ERASED;
}

/* The write of the new root did not take place: the old generation, and the puncture made again leaves
 * neither root. */
static void falls_back(struct scene *scene)
{
    struct key_vault *vault = stage_open(&scene->work);
    assert_int_equal(key_vault_generation(vault), scene->generation);
    assert_false(is_erased(vault));
    key_vault_close(vault);
    puncture(&scene->work);
    needles_are_gone(&scene->needles, &scene->work);
}

static void a_torn_slot_is_no_root(void **state)
{
    struct scene *scene = *state;
    static uint8_t old[STAGE_FILE], new[STAGE_FILE];
    assert_int_equal(stage_read(scene->before.path[0], "root.b", old), ROOT_SLOT_SIZE);
    assert_int_equal(stage_read(scene->between.path[0], "root.b", new), ROOT_SLOT_SIZE);
    for (size_t cut = 512; cut < ROOT_SLOT_SIZE; cut += 512) {
        stage_copy(&scene->between, &scene->work);
        uint8_t torn[ROOT_SLOT_SIZE];
        memcpy(torn, old, sizeof(torn));
        memcpy(torn, new, cut);
        stage_write(scene->work.path[0], "root.b", torn, sizeof(torn));
        falls_back(scene);
        stage_copy(&scene->between, &scene->work); /* or the sectors went out of order */
        memcpy(torn, new, sizeof(torn));
        memcpy(torn, old, cut);
        stage_write(scene->work.path[0], "root.b", torn, sizeof(torn));
        falls_back(scene);
        stage_copy(&scene->between, &scene->work); /* or the file was cut */
        stage_write(scene->work.path[0], "root.b", new, cut);
        falls_back(scene);
    }
}

static void a_flipped_bit_is_no_root(void **state)
{
    struct scene *scene = *state;
    static uint8_t slot[STAGE_FILE];
    struct error err;
    struct vault_settings settings = stage_settings(&scene->work);
    static const size_t at[] = {0, 7, 8, 23, 24, 31, 32, 63, 64, 511, 2048, 4063, 4064, 4095};
    for (size_t i = 0; i < countof(at); i++) {
        (void)stage_read(scene->between.path[0], "root.b", slot);
        stage_copy(&scene->between, &scene->work);
        slot[at[i]] ^= 0x10;
        stage_write(scene->work.path[0], "root.b", slot, ROOT_SLOT_SIZE);
        falls_back(scene);
        /* The only root there is: nothing to fall back to, and nothing is overwritten. */
        stage_copy(&scene->set, &scene->work);
        (void)stage_read(scene->work.path[0], "root.b", slot);
        slot[at[i]] ^= 0x10;
        stage_write(scene->work.path[0], "root.b", slot, ROOT_SLOT_SIZE);
        stage_refused(&scene->work, ERROR_tampered, "neither slot holds a root");
        assert_false(key_vault_init(&settings, &err)); /* nor is a new one made over it */
        assert_int_equal(err.kind, ERROR_conflict);
        slot[at[i]] ^= 0x10;
        stage_write(scene->work.path[0], "root.b", slot, ROOT_SLOT_SIZE);
        key_vault_close(stage_open(&scene->work));
    }
}

static void an_old_tree_file_does_not_open(void **state)
{
    struct scene *scene = *state;
    static uint8_t tree[STAGE_FILE];
    char name[TREE_FILE_NAME_SIZE];
    tree_file_name(scene->generation, name);
    size_t size = stage_read(scene->before.path[0], name, tree);
    tree_file_name(scene->generation + 1, name);
    stage_copy(&scene->set, &scene->work);
    stage_write(scene->work.path[0], name, tree, size);
    stage_refused(&scene->work, ERROR_tampered, "is not what was sealed");
    tree[31]++; /* nor when its header says the newer generation */
    stage_write(scene->work.path[0], name, tree, size);
    stage_refused(&scene->work, ERROR_tampered, "is not what was sealed");
    stage_drop_file(scene->work.path[0], name, NULL);
    stage_refused(&scene->work, ERROR_tampered, "No such file");
}

static void a_changed_tree_file_does_not_open(void **state)
{
    struct scene *scene = *state;
    static uint8_t tree[STAGE_FILE];
    char name[TREE_FILE_NAME_SIZE];
    tree_file_name(scene->generation + 1, name);
    size_t size = stage_read(scene->set.path[0], name, tree);
    stage_copy(&scene->set, &scene->work);
    for (size_t at = 0; at < size; at += at < TREE_FILE_HEADER ? 4 : 97) {
        tree[at] ^= 1;
        stage_write(scene->work.path[0], name, tree, size);
        stage_refused(&scene->work, ERROR_tampered, "is not what was sealed");
        tree[at] ^= 1;
    }
    stage_write(scene->work.path[0], name, tree, size - 1);
    stage_refused(&scene->work, ERROR_tampered, "is not what was sealed");
    stage_write(scene->work.path[0], name, tree, TREE_FILE_HEADER);
    stage_refused(&scene->work, ERROR_tampered, "is not what was sealed");
}

/* A copy of the old slot beside the new root: the newer one counts, the old one is destroyed again. */
static void an_old_slot_put_back_is_destroyed(void **state)
{
    struct scene *scene = *state;
    static uint8_t slot[STAGE_FILE];
    (void)stage_read(scene->before.path[0], "root.a", slot);
    stage_copy(&scene->set, &scene->work);
    stage_write(scene->work.path[0], "root.a", slot, ROOT_SLOT_SIZE);
    struct key_vault *vault = stage_open(&scene->work);
    assert_int_equal(key_vault_generation(vault), scene->generation + 1);
    assert_true(is_erased(vault));
    key_vault_close(vault);
    scene->needles.count = 0;
    needle_add(&scene->needles, slot + 32);
    needles_are_gone(&scene->needles, &scene->work);
    /* Without the new root the old one has no file to open. */
    stage_write(scene->work.path[0], "root.a", slot, ROOT_SLOT_SIZE);
    stage_write(scene->work.path[0], "root.b", slot + ROOT_SLOT_SIZE, 0);
    stage_refused(&scene->work, ERROR_tampered, "No such file");
}

static void a_slot_of_another_vault_is_refused(void **state)
{
    struct scene *scene = *state;
    static uint8_t slot[STAGE_FILE];
    stage_make(&scene->work);
    (void)stage_read(scene->work.path[0], "root.a", slot);
    stage_copy(&scene->set, &scene->work);
    stage_write(scene->work.path[0], "root.a", slot, ROOT_SLOT_SIZE);
    stage_refused(&scene->work, ERROR_tampered, "different vaults");
}

/* ---- ledger ---- */

struct ledger_copy {
    uint8_t bytes[STAGE_FILE];
    size_t size;
    size_t at[16]; /* where records begin; the last entry is the end */
    size_t count;
};

static void read_ledger(const struct scene *scene, struct ledger_copy *out)
{
    out->size = stage_read(scene->set.path[0], "ledger", out->bytes);
    out->count = 0;
    for (size_t at = 0; at < out->size;) {
        out->at[out->count++] = at;
        at += (size_t)out->bytes[at + 2] << 8 | out->bytes[at + 3];
    }
    out->at[out->count] = out->size;
    assert_int_equal(out->count, scene->generation + 1);
}

static void refused_by_verify(const struct scene *scene, const char *words)
{
    struct error err;
    uint64_t records;
    assert_false(key_vault_verify_ledger(scene->work.path[0], &records, &err));
    assert_int_equal(err.kind, ERROR_tampered);
    if (strstr(err.text, words) == NULL)
        fail_msg("%s; not %s", err.text, words);
}

static void write_ledger(struct scene *scene, const uint8_t *bytes, size_t size)
{
    stage_copy(&scene->set, &scene->work);
    stage_write(scene->work.path[0], "ledger", bytes, size);
}

static void a_cut_ledger_is_noticed(void **state)
{
    struct scene *scene = *state;
    static struct ledger_copy ledger;
    read_ledger(scene, &ledger);
    for (size_t i = 0; i < ledger.count; i++) {
        write_ledger(scene, ledger.bytes, ledger.at[i]);
        refused_by_verify(scene, "cut off");
        /* The newest record alone may be missing after a crash: it comes out of the tree file. */
        if (i + 1 < ledger.count)
            stage_refused(&scene->work, ERROR_tampered, "ledger: ends at byte");
        write_ledger(scene, ledger.bytes, ledger.at[i] + 50);
        refused_by_verify(scene, "cut off");
    }
    struct error err;
    uint64_t records;
    key_vault_close(stage_open(&scene->work)); /* half of the newest record */
    stage_fail_on(key_vault_verify_ledger(scene->work.path[0], &records, &err), &err);
    assert_int_equal(records, ledger.count);
    write_ledger(scene, ledger.bytes, ledger.size);
    stage_drop_file(scene->work.path[0], "ledger", NULL);
    stage_refused(&scene->work, ERROR_tampered, "ledger");
}

static void an_edited_ledger_is_noticed(void **state)
{
    struct scene *scene = *state;
    static struct ledger_copy ledger;
    read_ledger(scene, &ledger);
    for (size_t at = 0; at < ledger.size; at += 7) {
        ledger.bytes[at] ^= 0x40;
        write_ledger(scene, ledger.bytes, ledger.size);
        refused_by_verify(scene, "");
        bool newest = at >= ledger.at[ledger.count - 1];
        bool signature = false;
        for (size_t i = 1; i <= ledger.count; i++)
            signature = signature || (at < ledger.at[i] && at >= ledger.at[i] - 64);
        if (!newest &&
            !signature) /* signatures are for others; our chain hangs on the sealed head */
            stage_refused(&scene->work, ERROR_tampered, "ledger");
        ledger.bytes[at] ^= 0x40;
    }
}

static void a_reordered_ledger_is_noticed(void **state)
{
    struct scene *scene = *state;
    static struct ledger_copy ledger;
    static uint8_t bytes[STAGE_FILE];
    read_ledger(scene, &ledger);
    size_t first = ledger.at[1], second = ledger.at[2] - ledger.at[1];
    memcpy(bytes, ledger.bytes + first, second);
    memcpy(bytes + second, ledger.bytes, first);
    memcpy(bytes + first + second, ledger.bytes + ledger.at[2], ledger.size - ledger.at[2]);
    write_ledger(scene, bytes, ledger.size);
    refused_by_verify(scene, "another generation");
    stage_refused(&scene->work, ERROR_tampered, "another generation");
    memcpy(bytes, ledger.bytes, ledger.size); /* and one record twice */
    memcpy(bytes + ledger.size, ledger.bytes + ledger.at[ledger.count - 1], 100);
    write_ledger(scene, bytes, ledger.size + 100);
    refused_by_verify(scene, "");
    stage_refused(&scene->work, ERROR_tampered, "goes on");
}

/* The whole ledger of another vault, well signed by that one's key. */
static void a_ledger_of_another_vault_is_noticed(void **state)
{
    struct scene *scene = *state;
    static uint8_t ledger[STAGE_FILE], key[STAGE_FILE];
    struct error err;
    uint64_t records;
    stage_make(&scene->work);
    puncture(&scene->work);
    size_t size = stage_read(scene->work.path[0], "ledger", ledger);
    (void)stage_read(scene->work.path[0], "signing.pub", key);
    write_ledger(scene, ledger, size);
    refused_by_verify(scene, "wrong signature");
    stage_refused(&scene->work, ERROR_tampered, "ledger");
    stage_copy(&scene->set, &scene->work);
    stage_write(scene->work.path[0], "signing.pub", key, LEDGER_KEY_SIZE);
    refused_by_verify(scene, "wrong signature");
    stage_refused(&scene->work, ERROR_tampered, "signing.pub");
    stage_fail_on(key_vault_verify_ledger(scene->set.path[0], &records, &err), &err);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scene, close_scene)
    const struct CMUnitTest tests[] = {
        TEST(a_torn_slot_is_no_root),
        TEST(a_flipped_bit_is_no_root),
        TEST(an_old_tree_file_does_not_open),
        TEST(a_changed_tree_file_does_not_open),
        TEST(an_old_slot_put_back_is_destroyed),
        TEST(a_slot_of_another_vault_is_refused),
        TEST(a_cut_ledger_is_noticed),
        TEST(an_edited_ledger_is_noticed),
        TEST(a_reordered_ledger_is_noticed),
        TEST(a_ledger_of_another_vault_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
