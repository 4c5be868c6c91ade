// SPDX-License-Identifier: Apache-2.0
#include "vault/lease_cache.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
    SUBJECT_NAME_SIZE = 2 * sizeof(struct uuid) + 1,
    LEAF_NAME_SIZE = sizeof(uint16_t) + sizeof(uint64_t),
    SPAN_BY_NAME = 64, /* larger spans are looked for in every slot */
};

/* ---- slots ---- */

static uint32_t link_of(const struct lease_cache *cache, const struct lease_slot *slot)
{
    return (uint32_t)(slot - cache->slots) + 1;
}

static uint8_t *key_of(const struct lease_cache *cache, const struct lease_slot *slot)
{
    return cache->keys + (size_t)(slot - cache->slots) * DATA_KEY_SIZE;
}

static void push(struct lease_cache *cache, uint32_t *list, struct lease_slot *slot)
{
    slot->next[BY_SUBJECT] = *list;
    *list = link_of(cache, slot);
}

static struct lease_slot *pop(struct lease_cache *cache, uint32_t *list)
{
    if (*list == 0)
        return NULL;
    struct lease_slot *slot = &cache->slots[*list - 1];
    *list = slot->next[BY_SUBJECT];
    return slot;
}

/* ---- names ---- */

static bool is_in(const struct lease_slot *slot, enum lease_index index)
{
    return index == BY_LEAF ? slot->name.leaf.tree != 0 : !slot->name.by_leaf;
}

static bool
is_named(const struct lease_slot *slot, enum lease_index index, const struct lease_wish *name)
{
    if (index == BY_LEAF)
        return slot->name.leaf.number == name->leaf.number &&
               slot->name.leaf.tree == name->leaf.tree;
    return slot->name.class == name->class && uuid_equal(&slot->name.subject, &name->subject) &&
           uuid_equal(&slot->name.tenant, &name->tenant);
}

static uint32_t *
bucket_of(const struct lease_cache *cache, enum lease_index index, const struct lease_wish *name)
{
    uint8_t bytes[SUBJECT_NAME_SIZE], hash[crypto_shorthash_BYTES];
    struct writer out = writer_over(bytes, sizeof(bytes));
    if (index == BY_LEAF) {
        writer_u16(&out, name->leaf.tree);
        writer_u64(&out, name->leaf.number);
    } else {
        writer_bytes(&out, name->tenant.bytes, sizeof(name->tenant.bytes));
        writer_bytes(&out, name->subject.bytes, sizeof(name->subject.bytes));
        writer_byte(&out, name->class);
    }
    uint64_t number;
    static_assert(sizeof(number) == sizeof(hash), "one word");
    (void)crypto_shorthash(hash, out.data, out.size, cache->secret);
    memcpy(&number, hash, sizeof(number));
    return &cache->first[index][number & (cache->buckets - 1)];
}

static struct lease_slot *
look_up(const struct lease_cache *cache, enum lease_index index, const struct lease_wish *name)
{
    for (uint32_t at = *bucket_of(cache, index, name); at != 0;) {
        struct lease_slot *slot = &cache->slots[at - 1];
        if (is_named(slot, index, name))
            return slot;
        at = slot->next[index];
    }
    return NULL;
}

static struct lease_slot *look_up_leaf(const struct lease_cache *cache, struct leaf leaf)
{
    return look_up(cache, BY_LEAF, &(struct lease_wish){.by_leaf = true, .leaf = leaf});
}

static void link_in(struct lease_cache *cache, enum lease_index index, struct lease_slot *slot)
{
    uint32_t *first = bucket_of(cache, index, &slot->name);
    slot->next[index] = *first;
    *first = link_of(cache, slot);
}

static void link_out(struct lease_cache *cache, enum lease_index index, struct lease_slot *slot)
{
    uint32_t *at = bucket_of(cache, index, &slot->name);
    while (*at != link_of(cache, slot))
        at = &cache->slots[*at - 1].next[index];
    *at = slot->next[index];
}

/* ---- the end of a lease ---- */

/* Nobody finds it any more. */
static void hide(struct lease_cache *cache, struct lease_slot *slot)
{
    CHECK(slot->held);
    for (enum lease_index index = 0; index < LEASE_INDEXES; index++) {
        if (is_in(slot, index))
            link_out(cache, index, slot);
    }
    slot->held = false;
    cache->live -= slot->state == KEY_LIVE;
}

static void wipe(struct lease_cache *cache, struct lease_slot *slot)
{
    sodium_memzero(key_of(cache, slot), DATA_KEY_SIZE);
    cache->seed_wiped = cache->seed_wiped || slot->name.leaf.tree == TREE_EPOCHS;
    *slot = (struct lease_slot){0};
    push(cache, &cache->free, slot);
}

static void drop(struct lease_cache *cache, struct lease_slot *slot)
{
    hide(cache, slot);
    wipe(cache, slot);
}

static void doom(struct lease_cache *cache, struct lease_slot *slot)
{
    hide(cache, slot);
    slot->doomed = true;
    push(cache, &cache->doomed, slot);
}

void lease_cache_begin_turn(struct lease_cache *cache)
{
    for (struct lease_slot *slot; (slot = pop(cache, &cache->doomed)) != NULL;)
        wipe(cache, slot);
    cache->turn++;
    cache->turn_ends_us = INT64_MAX;
}

void lease_cache_wipe(struct lease_cache *cache)
{
    sodium_memzero(cache->keys, cache->most * DATA_KEY_SIZE);
    memset(cache->slots, 0, cache->most * sizeof(*cache->slots));
    for (enum lease_index index = 0; index < LEASE_INDEXES; index++)
        memset(cache->first[index], 0, cache->buckets * sizeof(*cache->first[index]));
    cache->live = 0;
    cache->turn_ends_us = INT64_MAX;
    cache->doomed = 0;
    cache->free = 0;
    for (size_t i = cache->most; i > 0; i--)
        push(cache, &cache->free, &cache->slots[i - 1]);
}

/* ---- the whole ---- */

bool lease_cache_open(struct lease_cache *cache, size_t most, struct slab *slab)
{
    CHECK(most > 0 && most < UINT32_MAX / 2);
    *cache = (struct lease_cache){.most = most, .buckets = 16};
    while (cache->buckets < most)
        cache->buckets *= 2;
    cache->keys = slab_take(slab, most * DATA_KEY_SIZE);
    cache->slots = calloc(most, sizeof(*cache->slots));
    bool got = cache->keys != NULL && cache->slots != NULL;
    for (enum lease_index index = 0; index < LEASE_INDEXES; index++) {
        cache->first[index] = calloc(cache->buckets, sizeof(*cache->first[index]));
        got = got && cache->first[index] != NULL;
    }
    if (!got) {
        cache->keys = NULL;
        lease_cache_close(cache);
        return false;
    }
    crypto_shorthash_keygen(cache->secret);
    lease_cache_wipe(cache);
    return true;
}

void lease_cache_close(struct lease_cache *cache)
{
    if (cache->keys != NULL)
        lease_cache_wipe(cache);
    free(cache->slots);
    for (enum lease_index index = 0; index < LEASE_INDEXES; index++)
        free(cache->first[index]);
    *cache = (struct lease_cache){0};
}

/* ---- giving out ---- */

static struct lease give_out(struct lease_cache *cache, struct lease_slot *slot)
{
    slot->turn = cache->turn;
    if (slot->state == KEY_LIVE && slot->expires_us < cache->turn_ends_us)
        cache->turn_ends_us = slot->expires_us;
    return (struct lease){
        .state = (enum key_state)slot->state,
        .leaf = slot->name.leaf,
        .key = slot->state == KEY_LIVE ? key_of(cache, slot) : NULL};
}

bool lease_cache_find(
    struct lease_cache *cache, const struct lease_wish *wish, int64_t now_us, struct lease *out)
{
    struct lease_slot *slot = look_up(cache, wish->by_leaf ? BY_LEAF : BY_SUBJECT, wish);
    if (slot == NULL || slot->expires_us <= now_us)
        return false;
    if (slot->state != KEY_LIVE && slot->revocations != cache->revocations)
        return false;
    slot->used = true;
    *out = give_out(cache, slot);
    return true;
}

/* A free slot, or one nobody needs in this turn; NULL when there is none. The broker is not told:
 * it will hear that the key is wiped when it asks. */
static struct lease_slot *take_slot(struct lease_cache *cache)
{
    for (size_t looked = 0; cache->free == 0 && looked < cache->most; looked++) {
        struct lease_slot *slot = &cache->slots[cache->hand];
        cache->hand = (cache->hand + 1) % cache->most;
        if (!slot->doomed && slot->turn != cache->turn)
            drop(cache, slot);
    }
    return pop(cache, &cache->free);
}

/* What is held under either name of the answer, if the answer only repeats it. Anything else that is
 * held under them is no longer true. */
static struct lease_slot *
held_as(struct lease_cache *cache, const struct lease_wish *name, const struct lease_answer *answer)
{
    struct lease_slot *by_leaf = look_up(cache, BY_LEAF, name);
    if (by_leaf != NULL && by_leaf->state != answer->state) {
        doom(cache, by_leaf);
        by_leaf = NULL;
    }
    struct lease_slot *by_subject = name->by_leaf ? NULL : look_up(cache, BY_SUBJECT, name);
    if (by_subject != NULL && by_subject != by_leaf)
        doom(cache, by_subject);
    return by_leaf;
}

static struct lease_slot *take_named(struct lease_cache *cache, const struct lease_wish *name)
{
    struct lease_slot *slot = take_slot(cache);
    if (slot == NULL)
        return NULL;
    *slot = (struct lease_slot){.name = *name, .held = true};
    for (enum lease_index index = 0; index < LEASE_INDEXES; index++) {
        if (is_in(slot, index))
            link_in(cache, index, slot);
    }
    return slot;
}

/* What was leased by its leaf only is now known by its subject as well. */
static void
add_subject(struct lease_cache *cache, struct lease_slot *slot, const struct lease_wish *name)
{
    if (name->by_leaf || !slot->name.by_leaf)
        return;
    slot->name = *name;
    link_in(cache, BY_SUBJECT, slot);
}

bool lease_cache_put(
    struct lease_cache *cache,
    const struct lease_wish *wish,
    const struct lease_answer *answer,
    struct lease *out)
{
    struct lease_wish name = *wish;
    name.leaf = answer->leaf;
    struct lease_slot *slot = held_as(cache, &name, answer);
    if (answer->state == KEY_RESTRICTED || answer->state == KEY_UNKNOWN) {
        *out = (struct lease){.state = answer->state, .leaf = answer->leaf};
        return true;
    }
    if (slot != NULL) {
        add_subject(cache, slot, &name);
    } else {
        slot = take_named(cache, &name);
        if (slot == NULL)
            return false;
        slot->state = (uint8_t)answer->state;
        cache->live += answer->state == KEY_LIVE;
    }
    if (answer->state == KEY_LIVE)
        memcpy(key_of(cache, slot), answer->key, DATA_KEY_SIZE);
    slot->asked_us = answer->asked_us;
    slot->expires_us = answer->expires_us;
    slot->revocations = cache->revocations;
    slot->used = false;
    *out = give_out(cache, slot);
    return true;
}

/* ---- what the broker says later ---- */

void lease_cache_renew(
    struct lease_cache *cache, struct leaf leaf, int64_t asked_us, int64_t expires_us)
{
    struct lease_slot *slot = look_up_leaf(cache, leaf);
    if (slot == NULL || slot->state != KEY_LIVE || slot->expires_us >= expires_us)
        return;
    slot->asked_us = asked_us;
    slot->expires_us = expires_us;
    slot->used = false;
}

static size_t revoke_slot(struct lease_cache *cache, struct lease_slot *slot)
{
    size_t keys = slot->state == KEY_LIVE;
    doom(cache, slot);
    return keys;
}

static size_t revoke_large(struct lease_cache *cache, struct leaf first, uint64_t count)
{
    size_t keys = 0;
    for (size_t i = 0; i < cache->most; i++) {
        struct lease_slot *slot = &cache->slots[i];
        if (slot->held && slot->name.leaf.tree == first.tree &&
            slot->name.leaf.number - first.number < count)
            keys += revoke_slot(cache, slot);
    }
    return keys;
}

size_t lease_cache_revoke(struct lease_cache *cache, struct leaf first, uint64_t count)
{
    cache->revocations++;
    if (count > SPAN_BY_NAME)
        return revoke_large(cache, first, count);
    size_t keys = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct leaf leaf = {.tree = first.tree, .number = first.number + i};
        struct lease_slot *slot = look_up_leaf(cache, leaf);
        if (slot != NULL)
            keys += revoke_slot(cache, slot);
    }
    return keys;
}

/* ---- sweep ---- */

static bool list_add(struct leaf_list *list, struct leaf leaf)
{
    if (list == NULL || list->count == countof(list->leaves))
        return false;
    list->leaves[list->count++] = leaf;
    return true;
}

size_t lease_cache_sweep(
    struct lease_cache *cache,
    int64_t ends_us,
    int64_t old_us,
    struct leaf_list *renew,
    struct leaf_list *release)
{
    size_t expired = 0;
    CHECK(cache->doomed == 0);
    for (size_t i = 0; i < cache->most; i++) {
        struct lease_slot *slot = &cache->slots[i];
        if (!slot->held)
            continue;
        if (slot->expires_us < ends_us) {
            expired += slot->state == KEY_LIVE;
            drop(cache, slot);
        } else if (slot->state == KEY_LIVE && slot->asked_us < old_us) {
            if (slot->used)
                (void)list_add(renew, slot->name.leaf);
            else if (list_add(release, slot->name.leaf))
                drop(cache, slot);
        }
    }
    return expired;
}
