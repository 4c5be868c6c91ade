// SPDX-License-Identifier: Apache-2.0
// What a sender does with the personal part of a command: seal it to the current command epoch, leave
// it out, or send it in plain. This is the documented contract (docs/commands.md, "Personal data") as
// any sender in any language has it; nothing of the service's own code is used.
#ifndef LOAD_SEALING_H
#define LOAD_SEALING_H

#include "base/error.h"
#include "base/slice.h"
#include "base/uuid.h"

#include <sodium.h>

enum personal_mode {
    PERSONAL_NONE,   /* commands without personal data only */
    PERSONAL_SEALED, /* to the current command epoch */
    PERSONAL_PLAIN,
};

const char *personal_mode_name(enum personal_mode mode);

/* A command epoch as the vault published it. */
struct epoch {
    uint64_t number;
    uint8_t public_key[crypto_box_PUBLICKEYBYTES];
    uint8_t signature[crypto_sign_BYTES];
    uint8_t signed_by[crypto_sign_PUBLICKEYBYTES];
};

/* Whether the vault of this key has signed it. */
MUST_USE bool
epoch_is_signed(const struct epoch *epoch, const uint8_t vault_key[crypto_sign_PUBLICKEYBYTES]);

/* A sender: a key pair of its own per process and epoch, and what it shares with the epoch. */
struct sealing {
    enum personal_mode mode;
    uint64_t epoch;
    uint8_t sender[crypto_box_PUBLICKEYBYTES];
    uint8_t shared[crypto_box_BEFORENMBYTES];
    uint8_t nonce[crypto_box_NONCEBYTES]; /* 16 random bytes, then a count */
    uint64_t sealed;                      /* messages sealed so far */
};

/* mode PERSONAL_SEALED needs sealing_use_epoch before the first message. */
MUST_USE bool sealing_init(struct sealing *sealing, enum personal_mode mode, struct error *err);

MUST_USE bool
sealing_use_epoch(struct sealing *sealing, const struct epoch *epoch, struct error *err);

/* Adds the personal part (a MessagePack map) to a message (one, too, of up to 14 fields) as the mode
 * says. */
void sealing_add(
    struct sealing *sealing,
    const struct uuid *command_id,
    struct slice personal,
    struct writer *message);

#endif
