// SPDX-License-Identifier: Apache-2.0
// The acknowledgement of a holder, as laid out in holders.h.
#ifndef SHREDDER_HOLDER_ACK_H
#define SHREDDER_HOLDER_ACK_H

#include "shredder/holders.h"

struct holder_ack {
    struct uuid vault;
    uint64_t generation; /* "I hold this one, all older roots are destroyed" */
    uint64_t ledger_size;
};

/* Signs and writes it, with the time. */
MUST_USE bool holder_ack_write(
    int directory,
    const struct holder_ack *ack,
    const uint8_t public_key[static HOLDER_KEY_SIZE],
    const uint8_t secret_key[static LEDGER_SIGNING_KEY_SIZE],
    struct error *err);

/* All zero when there is none yet. ERROR_tampered: forged, or of another vault or holder. */
MUST_USE bool holder_ack_read(
    int directory,
    const struct uuid *vault,
    const uint8_t public_key[static HOLDER_KEY_SIZE],
    struct holder_ack *out,
    struct error *err);

#endif
