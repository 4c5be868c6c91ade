// SPDX-License-Identifier: Apache-2.0
#include "command/keys.h"

#include "base/clock.h"
#include "runtime/log.h"

#include "base/banned.h"

enum { CALL_US = 2 * 1000 * 1000, DUE_US = 100 * 1000, STACK_WIPED = 16 * 1024 };

static void forget_derived(void *context)
{
    struct keys *keys = context;
    opener_forget(&keys->opener);
}

bool keys_open(struct keys *keys, const char *socket, bool allow_unlocked, struct error *err)
{
    *keys = (struct keys){
        .options = {
            .socket = socket,
            .role = ROLE_COMMAND,
            .instance = "order-command",
            .allow_unlocked = allow_unlocked,
            .deadline_us = CALL_US,
            .forget = forget_derived,
            .context = keys}};
    arena_init(&keys->plain, PLAIN_ARENA);
    if (socket == NULL)
        return true;
    if (!process_harden(err) ||
        !slab_open(&keys->slab, OPENER_MEMORY + 2 * NONCE_POOL_SIZE, allow_unlocked, err))
        return false;
    CHECK(opener_init(&keys->opener, &keys->slab) && nonces_open(&keys->nonces, &keys->slab));
    return vault_open(&keys->vault, &keys->options, err);
}

bool keys_greet(struct keys *keys, struct error *err)
{
    return keys->vault == NULL || vault_lease(keys->vault, NULL, 0, NULL, err);
}

bool keys_reconnect(struct keys *keys, struct error *err)
{
    opener_forget(&keys->opener);
    vault_close(keys->vault);
    keys->vault = NULL;
    keys->is_checked = false;
    return vault_open(&keys->vault, &keys->options, err);
}

void keys_close(struct keys *keys)
{
    arena_wipe(&keys->plain);
    arena_release(&keys->plain);
    vault_close(keys->vault);
    slab_close(&keys->slab);
    *keys = (struct keys){0};
}

void keys_forget_plain(struct keys *keys, struct item *items, size_t count)
{
    if (keys->plain.used == 0)
        return;
    arena_wipe(&keys->plain);
    sodium_stackzero(STACK_WIPED);
    for (size_t i = 0; i < count; i++) {
        if (items[i].box == ITEM_BOX_OPEN)
            items[i].box = ITEM_BOX_CLOSED;
    }
}

void keys_serve(struct keys *keys)
{
    struct error err;
    if (keys->vault == NULL)
        return;
    CHECK(keys->plain.used == 0);
    keys->served_us = clock_monotonic_us();
    if (!vault_serve(keys->vault, &err))
        LOG(LOG_WARNING,
            "keys_lost",
            "the connection to the key broker ended; all keys are wiped",
            LOG_TEXT("error", err.text));
}

bool keys_are_due(const struct keys *keys)
{
    return keys->vault != NULL && clock_monotonic_us() - keys->served_us > DUE_US;
}

/* A broker that has no room for another lease gives the key later: nothing is refused for that. */
static bool is_restricted(const struct lease *leases, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (leases[i].state == KEY_RESTRICTED)
            return !error_set(err, ERROR_transient, "the key broker lends no more keys for now");
    }
    return false;
}

/* ---- boxes ---- */

/* Epochs of boxes that are opened together. */
struct epoch_list {
    struct lease_wish wishes[OPENER_EPOCHS];
    struct lease leases[OPENER_EPOCHS];
    size_t count;
};

static bool is_to_be_opened(const struct item *item)
{
    return item->state == ITEM_OPEN && item->box == ITEM_BOX_CLOSED && !item->is_refused;
}

/* Where the epoch is in the list; the end of the list when it is not. */
static size_t find_epoch(const struct epoch_list *list, int64_t epoch)
{
    size_t at = 0;
    while (at < list->count && list->wishes[at].leaf.number != (uint64_t)epoch)
        at++;
    return at;
}

bool keys_have_boxes(const struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (is_to_be_opened(&items[i]))
            return true;
    }
    return false;
}

static void list_epochs(const struct item *items, size_t count, struct epoch_list *list)
{
    list->count = 0;
    for (size_t i = 0; i < count && list->count < OPENER_EPOCHS; i++) {
        int64_t epoch = items[i].sealed.epoch;
        if (is_to_be_opened(&items[i]) && find_epoch(list, epoch) == list->count)
            list->wishes[list->count++] = (struct lease_wish){
                .by_leaf = true, .leaf = {.tree = TREE_EPOCHS, .number = (uint64_t)epoch}};
    }
}

/* The keys come with every batch, from the cache, so that a lease in use is renewed. */
static void learn_epochs(struct opener *opener, const struct epoch_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct lease *lease = &list->leases[i];
        int64_t epoch = (int64_t)list->wishes[i].leaf.number;
        if (lease->state != KEY_LIVE)
            opener_drop_epoch(opener, epoch);
        else if (!opener_knows_epoch(opener, epoch))
            opener_learn_epoch(opener, epoch, lease->key);
    }
}

static void
open_listed(struct keys *keys, const struct epoch_list *list, struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct item *item = &items[i];
        size_t at = is_to_be_opened(item) ? find_epoch(list, item->sealed.epoch) : list->count;
        if (at == list->count)
            continue;
        if (list->leases[at].state == KEY_LIVE) {
            opener_open(&keys->opener, item, &keys->plain);
        } else {
            /* Its answer may be known: the topic was read again from further back. */
            item->is_refused = true;
            item->refusal = REJECTION_unknown_epoch;
            item->look_up = true;
        }
    }
}

bool keys_open_boxes(struct keys *keys, struct item *items, size_t count, struct error *err)
{
    struct epoch_list list;
    for (;;) {
        list_epochs(items, count, &list);
        if (list.count == 0)
            return true;
        if (!vault_lease(keys->vault, list.wishes, list.count, list.leases, err))
            return false;
        learn_epochs(&keys->opener, &list);
        if (is_restricted(list.leases, list.count, err))
            return false;
        open_listed(keys, &list, items, count);
        /* Whoever was stopped meanwhile may have opened with a key that was destroyed. */
        if (!vault_keys_hold(keys->vault)) {
            opener_forget(&keys->opener);
            return error_set(err, ERROR_transient, "the leases ran out while boxes were opened");
        }
    }
}

bool keys_current_epoch(struct keys *keys, int64_t *number, struct error *err)
{
    uint64_t current;
    uint8_t public_key[crypto_box_PUBLICKEYBYTES];
    if (!vault_epoch(keys->vault, &current, public_key, err))
        return false;
    *number = (int64_t)current;
    return true;
}

bool keys_lease(
    struct keys *keys, struct round_keys *wanted, struct arena *arena, struct error *err)
{
    struct lease *answers = arena_array(arena, wanted->wish_count, struct lease);
    if (answers == NULL)
        return error_set(err, ERROR_fatal, "the batch's memory is used up");
    if (!vault_lease(keys->vault, wanted->wishes, wanted->wish_count, answers, err) ||
        is_restricted(answers, wanted->wish_count, err))
        return false;
    round_keys_grant(wanted, answers, vault_fence(keys->vault));
    return true;
}
