// SPDX-License-Identifier: Apache-2.0
#include "shredder/holders.h"

#include "shredder/disk.h"
#include "shredder/holder_ack.h"
#include "shredder/tree_file.h"
#include "shredder/vault_place.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

#define KEY_FILE "holder.key"
#define PUBLIC_KEY_FILE "holder.pub"

static bool make_key(int directory, const struct holding *holding, uint8_t *key, struct error *err)
{
    int failed = crypto_sign_keypair(key, holding->key_room);
    CHECK(failed == 0);
    struct slice secret = slice_of(holding->key_room, LEDGER_SIGNING_KEY_SIZE);
    bool ok = disk_replace(directory, KEY_FILE, secret, err) &&
              disk_replace(directory, PUBLIC_KEY_FILE, slice_of(key, HOLDER_KEY_SIZE), err);
    sodium_memzero(holding->key_room, LEDGER_SIGNING_KEY_SIZE);
    return ok;
}

static bool enrol_place(
    struct vault_place *place, const struct holding *holding, uint8_t *key, struct error *err)
{
    struct place_view view;
    if (!place_look(place, holding->root, &view, err))
        return false;
    if (view.generation != 0)
        return error_set(err, ERROR_conflict, "there is a vault or a holder already");
    return root_slots_create(&place->slots, err) && make_key(place->directory, holding, key, err);
}

/* The vault's own slots are not a holder's. */
static bool check_apart(const char *path, const struct holding *holding, struct error *err)
{
    for (size_t i = 0; i < holding->slots->shares; i++) {
        if (disk_is(holding->slots->directories[i], path))
            return error_set(err, ERROR_conflict, "is a directory of the vault itself");
    }
    return true;
}

bool holder_enrol(
    const char *path, const struct holding *holding, struct holder_pin *out, struct error *err)
{
    struct vault_place place;
    struct holder_pin pin = {0};
    if (strlen(path) >= sizeof(pin.path))
        return error_set(err, ERROR_invalid, "holder: the path is too long");
    if (!disk_make_directory(path, err) ||
        !place_open(&place, path, holding->accept_cow, holding->room, err))
        return false;
    bool ok = check_apart(path, holding, err) && enrol_place(&place, holding, pin.key, err);
    place_close(&place);
    if (!ok)
        return error_prefix(err, "holder %.200s", path);
    (void)snprintf(pin.path, sizeof(pin.path), "%s", path);
    *out = pin;
    return true;
}

/* ---- who is who ---- */

static bool read_public_key(const char *path, uint8_t key[static HOLDER_KEY_SIZE])
{
    int directory;
    size_t size;
    struct error ignored; /* whoever looks at the holder says what is wrong */
    if (!disk_open_directory(path, true, &directory, &ignored))
        return false;
    bool ok = disk_read(directory, PUBLIC_KEY_FILE, key, HOLDER_KEY_SIZE, &size, &ignored) &&
              size == HOLDER_KEY_SIZE;
    disk_close(directory);
    return ok;
}

bool holder_is_at(const struct holder_pin *pin, const char *path)
{
    uint8_t key[HOLDER_KEY_SIZE];
    return read_public_key(path, key) && memcmp(key, pin->key, sizeof(key)) == 0;
}

/* The pin that belongs to a configured path; NULL: none. */
static const struct holder_pin *
pin_of(const struct holder_pin *pins, size_t pin_count, const char *path)
{
    uint8_t key[HOLDER_KEY_SIZE];
    bool readable = read_public_key(path, key);
    for (size_t i = 0; i < pin_count; i++) {
        bool same =
            readable ? memcmp(key, pins[i].key, sizeof(key)) == 0 : strcmp(path, pins[i].path) == 0;
        if (same)
            return &pins[i];
    }
    return NULL;
}

static void
add_holder(struct holder *to, const char *path, const struct holder_pin *pin, bool configured)
{
    *to = (struct holder){.enrolled = pin != NULL, .configured = configured};
    if (pin != NULL)
        to->pin = *pin;
    (void)snprintf(to->state.path, sizeof(to->state.path), "%s", path);
}

size_t holders_match(
    const struct holder_pin *pins,
    size_t pin_count,
    const char *const *paths,
    size_t path_count,
    struct holder *holders)
{
    bool matched[VAULT_MOST_HOLDERS] = {false};
    size_t count = 0;
    for (size_t i = 0; i < path_count; i++) {
        const struct holder_pin *pin = pin_of(pins, pin_count, paths[i]);
        if (pin != NULL && matched[pin - pins])
            pin = NULL; /* a copy of another holder's directory is no second holder */
        if (pin != NULL)
            matched[pin - pins] = true;
        add_holder(&holders[count++], paths[i], pin, true);
    }
    for (size_t i = 0; i < pin_count; i++) {
        if (!matched[i])
            add_holder(&holders[count++], pins[i].path, &pins[i], false);
    }
    return count;
}

/* ---- looking ---- */

static void set_problem(struct holder *holder, const char *text)
{
    (void)snprintf(holder->state.problem, sizeof(holder->state.problem), "%.150s", text);
}

static bool fault(struct holder *holder, const struct error *err)
{
    set_problem(holder, err->text);
    return false;
}

/* Reads what the place holds. False: not the vault's holder, or not readable. */
static bool inspect(struct holder *holder, const struct holding *holding, struct vault_place *place)
{
    struct error err;
    struct holder_ack ack = {0};
    struct place_view view;
    if (!place_look(place, holding->root, &view, &err))
        return fault(holder, &err);
    holder->state.problem[0] = '\0';
    if (!holder_ack_read(place->directory, &holding->root->vault, holder->pin.key, &ack, &err))
        (void)fault(holder, &err); /* as if there were none; a push replaces it */
    holder->newest = ack.generation > view.generation ? ack.generation : view.generation;
    holder->ledger_size = ack.ledger_size;
    if (view.generation != 0 && !uuid_equal(&view.vault, &holding->root->vault)) {
        set_problem(holder, "holds another vault");
        return false;
    }
    if (holder->newest > holding->root->generation) {
        set_problem(holder, "is ahead of the vault: was the vault restored from an older copy?");
        return false;
    }
    if (view.generation == holding->root->generation && !view.same) {
        set_problem(
            holder, "has another root of this generation: two copies of the vault are in use");
        return false;
    }
    /* An acknowledgement counts while what it says is so. */
    if (view.clean && view.generation == ack.generation)
        holder->state.generation = ack.generation;
    return true;
}

/* Opens the holder's place if it is the one that was enrolled. */
static bool
open_holder(struct holder *holder, const struct holding *holding, struct vault_place *place)
{
    struct error err;
    holder->state.generation = 0;
    holder->state.reachable = false;
    holder->state.problem[0] = '\0';
    holder->newest = 0;
    if (!holder->enrolled) {
        set_problem(holder, "is not enrolled; remedy: order-shredder holders --add DIR");
        return false;
    }
    if (!holder->configured) {
        set_problem(holder, "is enrolled, but in none of the directories given with --holders");
        return false;
    }
    if (!place_open(place, holder->state.path, holding->accept_cow, holding->room, &err))
        return fault(holder, &err);
    holder->state.reachable = true;
    if (!holder_is_at(&holder->pin, holder->state.path)) {
        set_problem(holder, "has another key than the holder that was enrolled, or none");
        place_close(place);
        return false;
    }
    return true;
}

void holder_look(struct holder *holder, const struct holding *holding)
{
    struct vault_place place;
    if (!open_holder(holder, holding, &place))
        return;
    (void)inspect(holder, holding, &place);
    place_close(&place);
}

bool holder_retire(struct holder *holder, const struct holding *holding, struct error *err)
{
    struct vault_place place;
    if (!open_holder(holder, holding, &place))
        return error_set(err, ERROR_not_found, "%s", holder->state.problem);
    bool ok = root_slots_create(&place.slots, err);
    place_close(&place);
    return ok;
}

/* ---- pushing ---- */

/* The vault's sealed tree file; the caller frees it. NULL: err says why. */
static uint8_t *read_tree(const struct holding *holding, size_t *size, struct error *err)
{
    char name[TREE_FILE_NAME_SIZE];
    tree_file_name(holding->root->generation, name);
    if (!disk_size(holding->directory, name, size, err))
        return NULL;
    uint8_t *bytes = malloc(*size);
    if (bytes == NULL) {
        (void)error_set(err, ERROR_fatal, "no memory for %s", name);
        return NULL;
    }
    if (!disk_read(holding->directory, name, bytes, *size, size, err)) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

/* Steps 1, 2, 4 and 5 of the commit, at the holder. */
static bool
put_generation(struct vault_place *place, const struct holding *holding, struct error *err)
{
    size_t size;
    uint8_t *tree = read_tree(holding, &size, err);
    if (tree == NULL)
        return false;
    bool ok = place_put_tree(place, holding->root, slice_of(tree, size), err) &&
              place_put_root(place, holding->root, err) &&
              place_clean(place, holding->root->generation, err);
    free(tree);
    return ok;
}

/* The ledger from where the last acknowledgement ends; with the first one comes the key to check it. */
static bool
copy_ledger(const struct holder *holder, const struct holding *holding, int to, struct error *err)
{
    uint8_t key[LEDGER_KEY_SIZE];
    size_t size;
    if (holder->ledger_size == 0 &&
        (!disk_read(holding->directory, SIGNING_KEY_FILE, key, sizeof(key), &size, err) ||
         !disk_replace(to, SIGNING_KEY_FILE, slice_of(key, size), err)))
        return false;
    return ledger_copy(holding->directory, to, holder->ledger_size, holding->ledger_size, err);
}

static bool acknowledge(
    const struct holder *holder, const struct holding *holding, int directory, struct error *err)
{
    struct holder_ack ack = {
        .vault = holding->root->vault,
        .generation = holding->root->generation,
        .ledger_size = holding->ledger_size};
    size_t size;
    bool ok =
        disk_read(directory, KEY_FILE, holding->key_room, LEDGER_SIGNING_KEY_SIZE, &size, err) &&
        (size == LEDGER_SIGNING_KEY_SIZE ||
         error_set(err, ERROR_tampered, KEY_FILE ": is no key")) &&
        holder_ack_write(directory, &ack, holder->pin.key, holding->key_room, err);
    sodium_memzero(holding->key_room, LEDGER_SIGNING_KEY_SIZE);
    return ok;
}

static bool
bring_up(struct holder *holder, const struct holding *holding, struct vault_place *place)
{
    struct error err;
    bool ok = put_generation(place, holding, &err) &&
              copy_ledger(holder, holding, place->directory, &err) &&
              acknowledge(holder, holding, place->directory, &err);
    return ok ? inspect(holder, holding, place) : fault(holder, &err);
}

bool holder_push(struct holder *holder, const struct holding *holding)
{
    struct vault_place place;
    if (!open_holder(holder, holding, &place))
        return false;
    bool ok = inspect(holder, holding, &place) &&
              (holder->state.generation == holding->root->generation ||
               bring_up(holder, holding, &place));
    place_close(&place);
    return ok && holder->state.generation == holding->root->generation;
}
