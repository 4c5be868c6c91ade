// SPDX-License-Identifier: Apache-2.0
// Everything of `order-command run` that is secret: the leases of the key broker, the keys that boxes
// are opened with, and what was in the boxes of the batch. It is here and nowhere else, so that it can
// be forgotten at one place.
//
// An acknowledgement to the broker promises that nothing is left of what it revokes, in memory or on
// its way. So before each one, which is in keys_serve, plaintext and derived keys are wiped; boxes that
// are still wanted are opened again afterwards.
#ifndef COMMAND_KEYS_H
#define COMMAND_KEYS_H

#include "command/opener.h"
#include "command/round_keys.h"
#include "vault/leases.h"
#include "vault/nonces.h"

struct keys {
    struct vault *vault; /* NULL: no key broker is configured, nothing personal can be taken */
    struct vault_options options;
    struct slab slab;
    struct nonces nonces;
    struct opener opener;
    struct arena plain; /* opened boxes of the batch */
    int64_t served_us;  /* monotonic */
    bool is_checked;    /* the vault is the one of the database … */
    int64_t reconnects; /* … as of this count */
};

enum {
    PLAIN_ARENA = 32 * 1024 * 1024,
    PLAIN_SHARE =
        16 * 1024 * 1024, /* of it, for the boxes of a batch; what is decoded takes more */
};

/* From here on the process leaves no core and lets nobody look into it. Does not wait for the broker.
 * socket NULL: none is configured; all other calls are then fine and do nothing. */
MUST_USE bool
keys_open(struct keys *keys, const char *socket, bool allow_unlocked, struct error *err);

/* Connects for the first time, so that a broker that will never give a key is noticed at the start.
 * ERROR_transient: it is away, which is no reason not to start. */
MUST_USE bool keys_greet(struct keys *keys, struct error *err);

/* Wipes everything. */
void keys_close(struct keys *keys);

/* Ends the connection and all leases; the next call makes another one. */
MUST_USE bool keys_reconnect(struct keys *keys, struct error *err);

/* Wipes what was in the boxes of these items; those not decided yet are closed again. */
void keys_forget_plain(struct keys *keys, struct item *items, size_t count);

/* Serves the broker: reads what it revokes, wipes that, acknowledges. Plaintext must be forgotten, and
 * no append of sealed parts may be under way whose outcome could still be learned. */
void keys_serve(struct keys *keys);

/* Whether the broker should not wait much longer to be served. */
bool keys_are_due(const struct keys *keys);

/* Whether there are boxes to be opened. */
bool keys_have_boxes(const struct item *items, size_t count);

/* Opens the boxes of all items that are to be decided. A box of an epoch that is gone puts the refusal
 * unknown_epoch on its item. ERROR_transient: the broker is away. */
MUST_USE bool
keys_open_boxes(struct keys *keys, struct item *items, size_t count, struct error *err);

/* The current command epoch. ERROR_transient: the broker is away. */
MUST_USE bool keys_current_epoch(struct keys *keys, int64_t *number, struct error *err);

/* Leases what a round wishes; answers in the arena. ERROR_transient: the broker is away. */
MUST_USE bool
keys_lease(struct keys *keys, struct round_keys *wanted, struct arena *arena, struct error *err);

#endif
