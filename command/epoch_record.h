// SPDX-License-Identifier: Apache-2.0
// A record of the topic order.epochs as other services read it, described like every message. What it
// means and who has signed it: command/epoch_key.h.
#ifndef COMMAND_EPOCH_RECORD_H
#define COMMAND_EPOCH_RECORD_H

#include "message/describe.h"

// clang-format off

/* All text is hexadecimal. */
#define EPOCH_RECORD_FIELDS(F, T) \
    F(T, INT,  epoch,      REQUIRED, NONE, 1, INT64_MAX) \
    F(T, TEXT, public_key, REQUIRED, NONE, 64, 64) \
    F(T, TEXT, signature,  REQUIRED, NONE, 128, 128) \
    F(T, TEXT, signed_by,  REQUIRED, NONE, 64, 64)
DECLARE_MESSAGE(epoch_record, EPOCH_RECORD_FIELDS)

// clang-format on

#endif
