// SPDX-License-Identifier: Apache-2.0
// What a sender assumes about the stream its command is for, and whether that holds. One notation, in
// the header ce_expectedversion and in the input of `order-command send`.
#ifndef WIRE_EXPECTED_VERSION_H
#define WIRE_EXPECTED_VERSION_H

#include "base/slice.h"

enum expected_mode {
    EXPECTED_ANY,      /* absent, "any" or "-1": nothing is assumed */
    EXPECTED_NONE,     /* "none" or "0": the stream does not exist */
    EXPECTED_EXISTS,   /* "exists": it has at least one event */
    EXPECTED_EXACT,    /* "7": it is at this version */
    EXPECTED_AT_LEAST, /* ">=7": it has reached it */
};

struct expected_version {
    enum expected_mode mode;
    int64_t version; /* EXACT (from 1) and AT_LEAST (from 0); else 0 */
};

/* False: none of the notations above. */
MUST_USE bool expected_version_read(struct slice text, struct expected_version *out);

enum { EXPECTED_VERSION_SIZE = 24 };

/* The notation of the header, with its NUL. */
void expected_version_write(
    const struct expected_version *expected, char out[static EXPECTED_VERSION_SIZE]);

/* Whether it holds for a stream at this version; 0: the stream does not exist. */
bool expected_version_holds(const struct expected_version *expected, int64_t version);

#endif
