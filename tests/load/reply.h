// SPDX-License-Identifier: Apache-2.0
// Reads what was answered to a command (contract form, MessagePack), without a word of the service's
// own code: fields this client does not know are passed over.
#ifndef LOAD_REPLY_H
#define LOAD_REPLY_H

#include "base/uuid.h"

/* Views point into the message. */
struct reply {
    struct uuid command_id;
    struct slice outcome; /* "accepted", "rejected" … */
    struct slice code;    /* empty when there is none */
    int64_t version;
    int64_t position; /* 0: no event */
    bool replayed;
};

/* False when the bytes are no reply. */
MUST_USE bool reply_read(struct slice bytes, struct reply *out);

#endif
