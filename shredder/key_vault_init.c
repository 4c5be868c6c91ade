// SPDX-License-Identifier: Apache-2.0
// A new vault: everything in place, then its first generation by the same commit as every other. Until
// that commit a crash leaves no vault, and init begins anew.
#include "shredder/disk.h"
#include "shredder/key_vault_parts.h"

#include <sodium.h>

#include "base/banned.h"

static bool refuse_other(struct key_vault *vault, struct error *err)
{
    struct place_view view;
    struct error other;
    size_t size;
    if (!place_look(&vault->place, &vault->secrets->root, &view, err))
        return false;
    bool recorded = disk_size(vault->place.directory, LEDGER_FILE, &size, &other) && size != 0;
    if (view.generation != 0 || recorded)
        return error_set(err, ERROR_conflict, "there is a vault already");
    return true;
}

bool vault_enrol(struct key_vault *vault, const char *path, struct error *err)
{
    struct vault_state *state = &vault->state;
    struct holding holding = vault_holding(vault);
    if (state->pin_count == VAULT_MOST_HOLDERS)
        return error_set(err, ERROR_invalid, "there are %d holders already", VAULT_MOST_HOLDERS);
    for (size_t i = 0; i < state->pin_count; i++) {
        if (holder_is_at(&state->pins[i], path))
            return error_set(err, ERROR_conflict, "%.200s: is a holder already", path);
    }
    if (!holder_enrol(path, &holding, &state->pins[state->pin_count], err))
        return false;
    state->pin_count++;
    return true;
}

static bool
enrol_all(struct key_vault *vault, const struct vault_settings *settings, struct error *err)
{
    for (size_t i = 0; i < settings->holder_count; i++) {
        if (!vault_enrol(vault, settings->holders[i], err))
            return false;
    }
    vault_match_holders(vault, settings);
    return true;
}

static bool write_files(struct key_vault *vault, struct error *err)
{
    uint8_t key[LEDGER_KEY_SIZE];
    int directory = vault->place.directory;
    key_vault_public_key(vault, key);
    return root_slots_create(&vault->place.slots, err) &&
           disk_replace(directory, SIGNING_KEY_FILE, slice_of(key, sizeof(key)), err) &&
           disk_replace(directory, LEDGER_FILE, slice_of(NULL, 0), err);
}

static void make_secrets(struct key_vault *vault)
{
    uint8_t key[LEDGER_KEY_SIZE]; /* public, also the second half of the secret one */
    int failed = crypto_sign_keypair(key, vault->secrets->signing_key);
    CHECK(failed == 0);
    randombytes_buf(vault->secrets->root.vault.bytes, sizeof(struct uuid));
    covers_plant(&vault->covers);
}

static bool
make_vault(struct key_vault *vault, const struct vault_settings *settings, struct error *err)
{
    if (!refuse_other(vault, err))
        return false;
    make_secrets(vault);
    if (!enrol_all(vault, settings, err) || !write_files(vault, err))
        return false;
    struct vault_change first = {.kind = LEDGER_INIT, .epoch = 1};
    return vault_commit(vault, &first, err);
}

bool key_vault_init(const struct vault_settings *settings, struct error *err)
{
    struct key_vault vault = {0};
    if (!disk_make_directory(settings->directory, err) ||
        (settings->second != NULL && !disk_make_directory(settings->second, err)) ||
        !vault_begin(&vault, settings, err))
        return false;
    bool ok = make_vault(&vault, settings, err);
    vault_end(&vault);
    return ok;
}
