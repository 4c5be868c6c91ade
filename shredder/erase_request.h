// SPDX-License-Identifier: Apache-2.0
// An erasure as it is asked for, and the states it goes through. Pure.
#ifndef SHREDDER_ERASE_REQUEST_H
#define SHREDDER_ERASE_REQUEST_H

#include "base/slice.h"
#include "base/uuid.h"

/* X(name, number in erasure.requests and on the wire, word, what is true now) */
#define ERASE_STATES(X) \
    X(UNKNOWN, \
      0, \
      "unknown", \
      "nothing was ever sealed for one of these subjects: nothing was done") \
    X(RECEIVED, \
      1, \
      "received", \
      "the request is recorded and will be carried out, whatever happens") \
    X(FENCED, \
      2, \
      "fenced", \
      "no key of it is given any more, and nothing sealed under one is stored") \
    X(DRAINED, 3, "drained", "every holder of such a key has wiped it, or its lease has run out") \
    X(PUNCTURED, 4, "punctured", "the keys cannot be derived any more") \
    X(LIVE, \
      5, \
      "live", \
      "no running process can open what was sealed; copies of the vault may still") \
    X(FINAL, 6, "final", "no copy of the vault and no command on its way can be opened either")

enum erase_state {
#define X(name, number, word, meaning) ERASE_##name = number,
    ERASE_STATES(X)
#undef X
        ERASE_STATE_COUNT
};

const char *erase_state_word(enum erase_state state);
const char *erase_state_meaning(enum erase_state state);

/* Whether a step from one state to the other is one of the engine's. */
bool erase_state_follows(enum erase_state from, enum erase_state to);

enum { ERASE_MOST_SUBJECTS = 60 * 1000 }; /* a record of the ledger has 65,536 targets at most */

/* Body of an ERASE frame: request id 16, tenant 16, u8 classes, u8 more, u16 count, subjects. */
struct erase_request {
    struct uuid id;
    struct uuid tenant;
    uint8_t classes;       /* bit per class, never 0 */
    struct uuid *subjects; /* owned; grows from frame to frame */
    size_t count;
};

void erase_request_release(struct erase_request *request);

enum erase_upload {
    UPLOAD_WRONG, /* the body is none, or belongs to another request */
    UPLOAD_MANY,  /* more subjects than a request may have */
    UPLOAD_MORE,  /* another frame follows */
    UPLOAD_WHOLE,
};

/* Adds a frame's body to the request. After WRONG and MANY the request is empty. */
MUST_USE enum erase_upload erase_request_add(struct erase_request *request, struct slice body);

#endif
