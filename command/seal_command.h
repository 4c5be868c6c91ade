// SPDX-License-Identifier: Apache-2.0
// What a sender does with personal data: it goes into a box for the current command epoch. One key pair
// per process; the secret half is gone as soon as the shared key is known.
#ifndef COMMAND_SEAL_COMMAND_H
#define COMMAND_SEAL_COMMAND_H

#include "base/arena.h"
#include "command/epoch_key.h"
#include "domain/catalog.h"

struct command_sealer {
    int64_t epoch;
    uint8_t public_key[crypto_box_PUBLICKEYBYTES];
    uint8_t *shared; /* in guarded memory */
};

MUST_USE bool command_sealer_open(
    struct command_sealer *sealer, const struct epoch_key *epoch, struct error *err);
void command_sealer_close(struct command_sealer *sealer);

/* The contract form of a command with its personal fields in a box that opens with this id only. The
 * body is that of a command without a box; bytes in the arena, which is to be wiped. False: it is
 * exhausted. */
MUST_USE bool command_seal(
    const struct command_sealer *sealer,
    const struct command *command,
    const struct uuid *id,
    struct arena *arena,
    struct slice *out);

#endif
