// SPDX-License-Identifier: Apache-2.0
#include "shredder/vault_place.h"

#include "shredder/disk.h"
#include "shredder/tree_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/banned.h"

bool place_open(
    struct vault_place *place,
    const char *path,
    bool accept_cow,
    struct slot_room *room,
    struct error *err)
{
    int directory;
    if (!disk_open_directory(path, accept_cow, &directory, err))
        return false;
    *place = (struct vault_place){
        .directory = directory,
        .slots = {.directories = {directory}, .shares = 1, .room = room},
        .active = NO_SLOT};
    return true;
}

bool place_split(struct vault_place *place, const char *second, bool accept_cow, struct error *err)
{
    int directory;
    if (disk_is(place->directory, second))
        return error_set(
            err, ERROR_invalid, "%.200s: both shares of the root would be there", second);
    if (!disk_open_directory(second, accept_cow, &directory, err))
        return false;
    place->slots.directories[1] = directory;
    place->slots.shares = 2;
    return true;
}

void place_close(struct vault_place *place)
{
    for (size_t i = 0; i < place->slots.shares; i++)
        disk_close(place->slots.directories[i]);
}

static int spare_slot(const struct vault_place *place)
{
    return place->active == 0 ? 1 : 0;
}

/* Reads both slots into the room and finds the active one. */
static bool read_slots(struct vault_place *place, bool valid[static ROOT_SLOTS], struct error *err)
{
    struct root *seen = place->slots.room->seen;
    for (int slot = 0; slot < ROOT_SLOTS; slot++) {
        if (!root_slot_read(&place->slots, slot, &seen[slot], &valid[slot], err))
            return false;
    }
    if (valid[0] && valid[1] && !uuid_equal(&seen[0].vault, &seen[1].vault))
        return error_set(err, ERROR_tampered, "the two root slots belong to different vaults");
    place->active = NO_SLOT;
    if (valid[0])
        place->active = 0;
    if (valid[1] && (!valid[0] || seen[1].generation > seen[0].generation))
        place->active = 1;
    return true;
}

bool place_newest(struct vault_place *place, struct root *out, bool *found, struct error *err)
{
    struct root *seen = place->slots.room->seen;
    bool valid[ROOT_SLOTS];
    bool ok = read_slots(place, valid, err);
    if (ok)
        *found = place->active != NO_SLOT;
    if (ok && *found)
        *out = seen[place->active];
    sodium_memzero(seen, sizeof(place->slots.room->seen));
    return ok;
}

bool place_put_tree(
    const struct vault_place *place, const struct root *root, struct slice file, struct error *err)
{
    char name[TREE_FILE_NAME_SIZE];
    tree_file_name(root->generation, name);
    return disk_replace(place->directory, name, file, err);
}

bool place_put_root(struct vault_place *place, const struct root *root, struct error *err)
{
    int slot = spare_slot(place);
    if (!root_slot_write(&place->slots, slot, root, err))
        return false;
    place->active = slot;
    return true;
}

/* Calls `take` with every tree file's name but the one to keep, until it returns false. */
static bool each_other_tree(
    const struct vault_place *place,
    uint64_t generation,
    bool (*take)(int directory, const char *name, struct error *err),
    struct error *err)
{
    char kept[TREE_FILE_NAME_SIZE];
    tree_file_name(generation, kept);
    int copy = openat(place->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (entries == NULL) {
        bool listed = disk_fail(err, "list", "directory");
        if (copy >= 0)
            (void)close(copy);
        return listed;
    }
    bool ok = true;
    const struct dirent *entry;
    while (ok && (entry = readdir(entries)) != NULL) {
        bool tree = strncmp(entry->d_name, TREE_FILE_PREFIX, strlen(TREE_FILE_PREFIX)) == 0;
        if (tree && strcmp(entry->d_name, kept) != 0)
            ok = take(place->directory, entry->d_name, err);
    }
    (void)closedir(entries);
    return ok;
}

bool place_clean(const struct vault_place *place, uint64_t generation, struct error *err)
{
    return root_slot_scrub(&place->slots, spare_slot(place), err) &&
           each_other_tree(place, generation, disk_remove, err) &&
           root_slots_sync(&place->slots, err);
}

static bool refuse(int directory, const char *name, struct error *err)
{
    (void)directory;
    return error_set(err, ERROR_conflict, "%.60s: is there", name);
}

/* Whether the active generation's tree file is there and no other. */
static bool has_one_tree(const struct vault_place *place, uint64_t generation)
{
    struct error ignored;
    char name[TREE_FILE_NAME_SIZE];
    size_t size;
    tree_file_name(generation, name);
    return disk_size(place->directory, name, &size, &ignored) &&
           each_other_tree(place, generation, refuse, &ignored);
}

/* What the active root says; the room holds it. */
static struct place_view
view_of(const struct vault_place *place, const struct root *ours, bool other_valid)
{
    const struct root *root = &place->slots.room->seen[place->active];
    return (struct place_view){
        .vault = root->vault,
        .generation = root->generation,
        .clean = !other_valid && has_one_tree(place, root->generation),
        .same = root->generation == ours->generation &&
                sodium_memcmp(root->key, ours->key, sizeof(root->key)) == 0};
}

bool place_look(
    struct vault_place *place, const struct root *ours, struct place_view *out, struct error *err)
{
    bool valid[ROOT_SLOTS];
    bool ok = read_slots(place, valid, err);
    if (ok)
        *out = (struct place_view){0};
    if (ok && place->active != NO_SLOT)
        *out = view_of(place, ours, valid[spare_slot(place)]);
    sodium_memzero(place->slots.room->seen, sizeof(place->slots.room->seen));
    return ok;
}
