// SPDX-License-Identifier: Apache-2.0
// Opens the boxes that senders put the personal data of commands into. What it takes to do so is kept
// in locked memory: the secret key of each epoch that is in use, and the key each sender shares with
// it, because computing that takes as long as deciding the command.
//
// The room is fixed; what was not used for longest makes way. Everything here is derived from leases
// and ends with them: opener_forget, before anything is acknowledged. No I/O.
#ifndef COMMAND_OPENER_H
#define COMMAND_OPENER_H

#include "command/item.h"
#include "vault/epoch_box.h"

enum {
    OPENER_EPOCHS = 8, /* senders lag behind by one or two */
    OPENER_SETS = 64,  /* of senders, found by their key … */
    OPENER_WAYS = 8,   /* … and so many in each */
    OPENER_MEMORY = 64 * 1024,
};

struct opener_epoch {
    bool known;
    int64_t number;
    uint64_t used; /* when, by the count of uses */
    uint8_t secret[crypto_box_SECRETKEYBYTES];
};

struct opener_sender {
    bool known;
    int64_t epoch;
    uint64_t used;
    uint8_t public_key[crypto_box_PUBLICKEYBYTES];
    uint8_t shared[crypto_box_BEFORENMBYTES];
};

struct opener {
    struct opener_epoch *epochs;   /* OPENER_EPOCHS, in the slab */
    struct opener_sender *senders; /* OPENER_SETS * OPENER_WAYS, in the slab */
    uint64_t uses;
    int64_t agreed; /* shared keys that were computed */
};

/* Takes its memory from the slab: OPENER_MEMORY at most. False: the slab is full. */
MUST_USE bool opener_init(struct opener *opener, struct slab *slab);

/* Wipes every key. */
void opener_forget(struct opener *opener);

/* Wipes what is known of one epoch: its lease is no longer given. */
void opener_drop_epoch(struct opener *opener, int64_t epoch);

bool opener_knows_epoch(const struct opener *opener, int64_t epoch);

/* Takes in an epoch from the seed of its key pair, which is the key that is leased. */
void opener_learn_epoch(
    struct opener *opener, int64_t epoch, const uint8_t seed[static crypto_box_SEEDBYTES]);

/* Opens the item's box, whose epoch is known, into `plain` and completes the item's body with what is
 * in it. The item is then ITEM_BOX_OPEN; or it is answered `invalid`, because the box is not for this
 * command (sealed_box), or what is in it is not what the command wants. Text of the body points into
 * `plain`. */
void opener_open(struct opener *opener, struct item *item, struct arena *plain);

#endif
