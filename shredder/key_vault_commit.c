// SPDX-License-Identifier: Apache-2.0
// From one generation to the next, by the same steps for every change:
//
//     1  write tree.<N+1>, sealed under a fresh root, sync, rename, sync the directory
//     2  write the fresh root into the unused slot, sync: committed
//     3  append the record to the ledger, sync
//     4  overwrite the old root with random bytes, sync, read back
//     5  remove tree.<N>
//     6  the same at every holder, which then signs that it has done so
//
// After a crash key_vault_open.c goes on; after an error the process does, as far as that is safe.
#include "shredder/key_vault_parts.h"

#include "base/clock.h"
#include "shredder/tree_file.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

/* More than what is called here uses of the stack, where libsodium leaves parts of keys. */
enum { STACK_OF_COMMIT = 16 * 1024 };

struct vault_change vault_no_change(const struct key_vault *vault, enum ledger_kind kind)
{
    return (struct vault_change){
        .kind = kind, .reserved = vault->state.reserved, .epoch = vault->state.epoch};
}

struct holding vault_holding(struct key_vault *vault)
{
    return (struct holding){
        .root = &vault->secrets->root,
        .ledger_size = vault->ledger.size,
        .directory = vault->place.directory,
        .slots = &vault->place.slots,
        .room = &vault->secrets->slots,
        .key_room = vault->secrets->holder_key,
        .accept_cow = vault->accept_cow};
}

/* ---- before the commit point: nothing of the vault changes ---- */

/* The ledger's record of the change; the caller frees it. NULL: no memory. */
static uint8_t *
make_record(const struct key_vault *vault, const struct vault_change *change, size_t *size)
{
    struct ledger_record record = {
        .kind = change->kind,
        .vault = vault->secrets->next.vault,
        .generation = vault->secrets->next.generation,
        .at_us = clock_now_us(),
        .reserved = change->reserved,
        .epoch = change->epoch,
        .targets = change->targets,
        .target_count = change->target_count,
        .requests = change->requests,
        .request_count = change->request_count};
    *size = ledger_record_size(&record);
    uint8_t *bytes = malloc(*size);
    if (bytes == NULL)
        return NULL;
    struct writer writer = writer_over(bytes, *size);
    ledger_write(&record, &vault->ledger, vault->secrets->signing_key, &writer);
    CHECK(!writer.overflow && writer.size == *size);
    return bytes;
}

/* The sealed tree file of the next generation, in the tail of the covers. */
static bool make_file(
    struct key_vault *vault, const struct vault_state *state, struct slice *out, struct error *err)
{
    uint8_t *file;
    size_t plain_size = vault_state_size(state, &vault->covers);
    if (!covers_tail(&vault->covers, TREE_FILE_OVERHEAD + plain_size, &file, err))
        return false;
    struct writer writer = writer_over(file + TREE_FILE_HEADER, plain_size);
    vault_state_write(state, &vault->covers, &writer);
    CHECK(!writer.overflow && writer.size == plain_size);
    tree_file_seal(&vault->secrets->next, file, plain_size);
    *out = slice_of(file, TREE_FILE_OVERHEAD + plain_size);
    return true;
}

static void draw_root(struct key_vault *vault)
{
    struct root *next = &vault->secrets->next;
    next->vault = vault->secrets->root.vault;
    next->generation = vault->secrets->root.generation + 1;
    randombytes_buf(next->key, sizeof(next->key));
}

/* Steps 1 and 2. After a failed step 2 the root may be in its slot or not: it is destroyed before its
 * tree file goes, so that a crash meanwhile finds the next generation whole or not at all. Where that
 * fails too, only the next start can tell what is true. */
static bool put(struct key_vault *vault, struct slice file, struct error *err)
{
    struct error other;
    uint64_t current = vault->secrets->root.generation;
    if (!place_put_tree(&vault->place, &vault->secrets->next, file, err))
        return false; /* what is left of it, the next commit or start replaces or removes */
    if (place_put_root(&vault->place, &vault->secrets->next, err))
        return true;
    if (!place_clean(&vault->place, current, &other)) {
        vault->doubtful = true;
        return error_prefix(err, "restart is needed; it is open whether this was committed");
    }
    return false;
}

/* ---- after it: the change is made ---- */

static void take_over(struct key_vault *vault, const struct vault_state *state, uint8_t *record)
{
    struct error err;
    struct ledger_head head = state->ledger;
    covers_swap(&vault->covers);
    vault->state = *state;
    bool follows = ledger_follow(&head, state->record, NULL, &err);
    CHECK(follows);
    vault->ledger = head;
    vault->record = record;
    vault->secrets->root = vault->secrets->next;
    vault->unfinished = true;
}

bool vault_finish(struct key_vault *vault, struct error *err)
{
    if (!vault->unfinished)
        return true;
    if (!ledger_settle(vault->place.directory, &vault->state.ledger, vault->state.record, err) ||
        !place_clean(&vault->place, vault->secrets->root.generation, err))
        return error_prefix(
            err,
            "generation %" PRIu64 " is committed, the root before it not destroyed yet",
            vault->secrets->root.generation);
    vault->state.record = (struct slice){0};
    free(vault->record);
    vault->record = NULL;
    vault->unfinished = false;
    return true;
}

static bool
make_and_put(struct key_vault *vault, const struct vault_change *change, struct error *err)
{
    struct slice file;
    size_t size;
    uint8_t *record = make_record(vault, change, &size);
    if (record == NULL)
        return error_set(err, ERROR_fatal, "no memory for the ledger's record");
    struct vault_state state = vault->state;
    state.reserved = change->reserved;
    state.epoch = change->epoch;
    state.ledger = vault->ledger;
    state.record = slice_of(record, size);
    bool ok = make_file(vault, &state, &file, err) && put(vault, file, err);
    if (ok)
        take_over(vault, &state, record);
    else
        free(record);
    return ok;
}

bool vault_commit(struct key_vault *vault, const struct vault_change *change, struct error *err)
{
    CHECK(!vault->walking);
    if (vault->doubtful)
        return error_set(
            err, ERROR_transient, "the vault waits for a restart, which finds out where it stands");
    if (!vault_finish(vault, err) ||
        !covers_make_next(&vault->covers, change->targets, change->target_count, err))
        return false;
    draw_root(vault);
    bool committed = make_and_put(vault, change, err);
    if (!committed)
        covers_drop(&vault->covers);
    sodium_memzero(&vault->secrets->next, sizeof(vault->secrets->next));
    sodium_stackzero(STACK_OF_COMMIT);
    if (!committed || !vault_finish(vault, err))
        return false;
    (void)key_vault_push(vault); /* who was away is told by the next push */
    return true;
}
