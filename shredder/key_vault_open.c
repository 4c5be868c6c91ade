// SPDX-License-Identifier: Apache-2.0
// Opening, which is recovery: what is found is finished or undone, whatever the process before had
// come to. The steps are those of key_vault_commit.c.
//
//     crash after              found                               done here
//     1, or within 2           one valid root, N                   slot of N+1 overwritten, its file
//                                                                  removed; the request is made again
//     2                        two valid roots, N and N+1          N+1 it is: the file was whole
//                                                                  before its root was written
//     2, or within 3           ledger without the newest record    comes out of tree.<N+1>
//     3, or within 4           two valid roots, or one             the slot of N overwritten (again)
//     4, or within 5           tree.<N> is there                   removed
//     5, or within 6           holders lack N+1                    pushed to
//     within an init           no valid root, no ledger record     none yet: init again
//
// A vault that is older than one of its holders was restored from a copy and is refused: keys that were
// destroyed since may live in it.
#include "shredder/disk.h"
#include "shredder/key_vault_parts.h"
#include "shredder/tree_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

#define LOCK_FILE "lock"

/* ---- memory, lock, directory ---- */

static bool
take_memory(struct key_vault *vault, const struct vault_settings *settings, struct error *err)
{
    size_t size = settings->locked_memory != 0 ? settings->locked_memory : VAULT_LOCKED_MEMORY;
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium cannot be initialised");
    if (!slab_open(&vault->slab, size, settings->allow_unlocked, err))
        return false;
    vault->secrets = slab_take(&vault->slab, sizeof(*vault->secrets));
    size_t left = vault->slab.size - vault->slab.used;
    if (vault->secrets == NULL ||
        !covers_open(&vault->covers, &vault->slab, left - left / VAULT_OTHERS_SHARE)) {
        slab_close(&vault->slab);
        return error_set(
            err,
            ERROR_denied,
            "%zu bytes of locked memory are too few; remedy: --locked-memory",
            size);
    }
    vault->state.signing_key = vault->secrets->signing_key;
    return true;
}

static bool take_lock(struct key_vault *vault, struct error *err)
{
    int file = openat(
        vault->place.directory,
        LOCK_FILE,
        O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
        S_IRUSR | S_IWUSR);
    if (file < 0)
        return disk_fail(err, "open", LOCK_FILE);
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
        vault->lock = file;
        return true;
    }
    if (errno == EWOULDBLOCK)
        (void)error_set(
            err,
            ERROR_conflict,
            "another process has the vault open; a broker says how it stands: order-shredder "
            "status");
    else
        (void)disk_fail(err, "lock", LOCK_FILE);
    (void)close(file);
    return false;
}

static bool
open_places(struct key_vault *vault, const struct vault_settings *settings, struct error *err)
{
    struct vault_place *place = &vault->place;
    bool cow = settings->accept_cow;
    if (!place_open(place, settings->directory, cow, &vault->secrets->slots, err))
        return false;
    if (settings->second == NULL || place_split(place, settings->second, cow, err))
        return true;
    if (err->kind == ERROR_not_found)
        err->kind = ERROR_transient; /* a device that is not mounted; the vault may well be there */
    place_close(place);
    return false;
}

bool vault_begin(struct key_vault *vault, const struct vault_settings *settings, struct error *err)
{
    if (settings->holder_count > VAULT_MOST_HOLDERS)
        return error_set(err, ERROR_invalid, "at most %d holders", VAULT_MOST_HOLDERS);
    vault->accept_cow = settings->accept_cow;
    if (!take_memory(vault, settings, err))
        return false;
    if (!open_places(vault, settings, err)) {
        slab_close(&vault->slab);
        return false;
    }
    if (!take_lock(vault, err)) {
        place_close(&vault->place);
        slab_close(&vault->slab);
        return false;
    }
    return true;
}

void vault_end(struct key_vault *vault)
{
    free(vault->record);
    slab_close(&vault->slab);
    (void)close(vault->lock);
    place_close(&vault->place);
}

/* ---- what is there ---- */

/* No valid root: either nothing ever was here, or all is lost. */
static bool no_root(struct key_vault *vault, const char *path, struct error *err)
{
    size_t size;
    struct error other;
    if (disk_size(vault->place.directory, LEDGER_FILE, &size, &other) && size != 0)
        return error_set(
            err,
            ERROR_tampered,
            "%.200s: neither slot holds a root: the keys of the vault are gone; a copy of a "
            "holder's directory is a vault",
            path);
    return error_set(err, ERROR_not_found, "%.200s: no vault; remedy: order-shredder init", path);
}

/* A vault with a root has all its files. */
static bool gone_is_tampered(struct error *err)
{
    if (err->kind == ERROR_not_found)
        err->kind = ERROR_tampered;
    return false;
}

/* Copies the record out of the tree file's bytes, which do not stay. */
static bool keep_record(struct key_vault *vault, struct error *err)
{
    struct slice *record = &vault->state.record;
    if (record->size == 0)
        return error_set(err, ERROR_tampered, "the tree file has no record of its step");
    vault->record = malloc(record->size);
    if (vault->record == NULL)
        return error_set(err, ERROR_fatal, "no memory for the ledger's record");
    memcpy(vault->record, record->data, record->size);
    record->data = vault->record;
    return true;
}

/* Reads tree.<N> into the covers' tail and opens it there. */
static bool read_state(struct key_vault *vault, struct error *err)
{
    char name[TREE_FILE_NAME_SIZE];
    size_t size;
    uint8_t *file;
    struct slice plain;
    tree_file_name(vault->secrets->root.generation, name);
    if (!disk_size(vault->place.directory, name, &size, err))
        return gone_is_tampered(err);
    if (!covers_tail(&vault->covers, size, &file, err) ||
        !disk_read(vault->place.directory, name, file, size, &size, err))
        return false;
    bool ok = tree_file_open(&vault->secrets->root, file, size, &plain, err) &&
              vault_state_read(plain, &vault->state, &vault->covers, err);
    ok = ok && keep_record(vault, err);
    sodium_memzero(file, size);
    return ok;
}

/* The ledger up to the newest record, and that record as the tree file has it. */
static bool check_ledger(struct key_vault *vault, struct error *err)
{
    if (!ledger_check(vault->place.directory, vault->state.ledger.size, NULL, &vault->ledger, err))
        return gone_is_tampered(err);
    /* The sealed record names the hash of the one before it, and through it of all. */
    return ledger_follow(&vault->ledger, vault->state.record, NULL, err) &&
           (vault->ledger.records == vault->secrets->root.generation ||
            error_set(err, ERROR_tampered, "ledger: is of another generation"));
}

/* `ledger verify` trusts this file. */
static bool check_public_key(struct key_vault *vault, struct error *err)
{
    uint8_t ours[LEDGER_KEY_SIZE];
    uint8_t found[LEDGER_KEY_SIZE];
    size_t size;
    key_vault_public_key(vault, ours);
    if (!disk_read(vault->place.directory, SIGNING_KEY_FILE, found, sizeof(found), &size, err))
        return gone_is_tampered(err);
    if (size != sizeof(found) || memcmp(found, ours, sizeof(ours)) != 0)
        return error_set(err, ERROR_tampered, SIGNING_KEY_FILE ": is not the key of this vault");
    return true;
}

void vault_match_holders(struct key_vault *vault, const struct vault_settings *settings)
{
    vault->holder_count = holders_match(
        vault->state.pins,
        vault->state.pin_count,
        settings->holders,
        settings->holder_count,
        vault->holders);
}

static bool
look_at_holders(struct key_vault *vault, const struct vault_settings *settings, struct error *err)
{
    struct holding holding = vault_holding(vault);
    vault_match_holders(vault, settings);
    for (size_t i = 0; i < vault->holder_count; i++) {
        const struct holder *holder = &vault->holders[i];
        holder_look(&vault->holders[i], &holding);
        if (holder->newest > vault->secrets->root.generation)
            return error_set(
                err,
                ERROR_tampered,
                "holder %.200s has generation %" PRIu64 ", the vault only %" PRIu64
                ": it was restored from an older copy, in which destroyed keys may live",
                holder->state.path,
                holder->newest,
                vault->secrets->root.generation);
    }
    return true;
}

static bool
recover(struct key_vault *vault, const struct vault_settings *settings, struct error *err)
{
    bool found;
    if (!place_newest(&vault->place, &vault->secrets->root, &found, err))
        return false;
    if (!found)
        return no_root(vault, settings->directory, err);
    if (!read_state(vault, err) || !check_ledger(vault, err) || !check_public_key(vault, err) ||
        !look_at_holders(vault, settings, err))
        return false;
    vault->unfinished = true; /* steps 3 to 5 change nothing where they were done */
    if (!vault_finish(vault, err))
        return false;
    (void)key_vault_push(vault);
    return true;
}

/* A directory that is not there is a vault that is not there. */
static bool name_remedy(const struct vault_settings *settings, struct error *err)
{
    if (err->kind == ERROR_not_found)
        (void)error_set(
            err,
            ERROR_not_found,
            "%.200s: no vault; remedy: order-shredder init",
            settings->directory);
    return false;
}

bool key_vault_open(
    struct key_vault **out, const struct vault_settings *settings, struct error *err)
{
    struct key_vault *vault = calloc(1, sizeof(*vault));
    if (vault == NULL)
        return error_set(err, ERROR_fatal, "no memory for the vault");
    if (!vault_begin(vault, settings, err)) {
        free(vault);
        return name_remedy(settings, err);
    }
    if (!recover(vault, settings, err)) {
        key_vault_close(vault);
        return false;
    }
    *out = vault;
    return true;
}

void key_vault_close(struct key_vault *vault)
{
    if (vault == NULL)
        return;
    vault_end(vault);
    free(vault);
}
