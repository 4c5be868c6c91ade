// SPDX-License-Identifier: Apache-2.0
// The answers a client of the broker holds: found by (tenant, subject, class) and by leaf, each for a
// limited time. The keys stand in locked memory and are wiped when they go; what is known about them
// stands on the heap. No I/O and no clock: the caller says what time it is. Inside lib/vault only.
//
// A turn lasts from one vault_serve to the next. A key that was given out in it may be in use: when
// its lease ends meanwhile it is doomed, so that nobody finds it any more, and it is wiped when the turn
// is over.
#ifndef VAULT_LEASE_CACHE_H
#define VAULT_LEASE_CACHE_H

#include "vault/leases.h"

#include <sodium.h>

enum lease_index { BY_SUBJECT, BY_LEAF, LEASE_INDEXES };

/* Links are the number of a slot plus one; 0 ends the chain. */
struct lease_slot {
    struct lease_wish name; /* as it is found; by_leaf: no subject is known */
    int64_t asked_us;
    int64_t expires_us;
    uint64_t revocations; /* how many there had been */
    uint32_t turn;        /* that gave it out last */
    uint32_t next[LEASE_INDEXES];
    uint8_t state; /* enum key_state: LIVE, ERASED or ERASING */
    bool held;     /* it is in the chains */
    bool doomed;   /* it is in the list of the doomed */
    bool used;     /* since it was leased or renewed */
};

struct lease_cache {
    uint8_t *keys; /* in the slab, one per slot */
    struct lease_slot *slots;
    uint32_t *first[LEASE_INDEXES]; /* of each bucket's chain */
    size_t most;
    size_t buckets;        /* a power of two */
    uint32_t free, doomed; /* lists, by next[BY_SUBJECT] */
    uint32_t turn;
    int64_t turn_ends_us; /* when the first of the keys given out in this turn runs out */
    size_t hand;          /* where the search for a slot to give up goes on */
    size_t live;
    uint64_t revocations;
    bool seed_wiped; /* an epoch's, since the owner looked: others are derived from it */
    uint8_t secret[crypto_shorthash_KEYBYTES]; /* of the hash: ids come from outside */
};

/* False: the slab is full or there is no memory. */
MUST_USE bool lease_cache_open(struct lease_cache *cache, size_t most, struct slab *slab);

/* Wipes all keys and forgets all answers, or gives the memory back as well. */
void lease_cache_wipe(struct lease_cache *cache);
void lease_cache_close(struct lease_cache *cache);

/* Begins a turn: wipes the doomed. What is found or put from now on keeps its slot until the next. */
void lease_cache_begin_turn(struct lease_cache *cache);

/* Gives out what is held and still counts. */
MUST_USE bool lease_cache_find(
    struct lease_cache *cache, const struct lease_wish *wish, int64_t now_us, struct lease *out);

/* An answer as it came; key: DATA_KEY_SIZE bytes, looked at when it is LIVE. */
struct lease_answer {
    enum key_state state;
    struct leaf leaf; /* tree 0: none is known */
    const uint8_t *key;
    int64_t asked_us;
    int64_t expires_us;
};

/* Keeps the answer and gives it out. Only what says that there is no key for now is not kept. False:
 * every slot has been given out in this turn. */
MUST_USE bool lease_cache_put(
    struct lease_cache *cache,
    const struct lease_wish *wish,
    const struct lease_answer *answer,
    struct lease *out);

/* The leaf's lease counts from asked_us anew; nothing when it is not held. */
void lease_cache_renew(
    struct lease_cache *cache, struct leaf leaf, int64_t asked_us, int64_t expires_us);

/* Dooms the leases of `count` leaves from `first` on, and makes every answer without a key count no
 * more: it may have changed. Returns how many keys that were. */
size_t lease_cache_revoke(struct lease_cache *cache, struct leaf first, uint64_t count);

struct leaf_list {
    size_t count;
    struct leaf leaves[FRAME_MOST_ITEMS];
};

/* Looks at every lease, where a turn begins. Wipes those that end before ends_us and returns how
 * many keys that were; of keys asked for before old_us those that were used are put into `renew`, the
 * others are wiped and put into `release`, as long as there is room. renew may be NULL. */
size_t lease_cache_sweep(
    struct lease_cache *cache,
    int64_t ends_us,
    int64_t old_us,
    struct leaf_list *renew,
    struct leaf_list *release);

#endif
