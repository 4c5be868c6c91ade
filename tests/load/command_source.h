// SPDX-License-Identifier: Apache-2.0
// Where commands come from: the retail file or the generator. One command at a time, in the order
// in which they must be sent.
#ifndef LOAD_COMMAND_SOURCE_H
#define LOAD_COMMAND_SOURCE_H

#include "base/error.h"
#include "domain/catalog.h"
#include "load/ids.h"

/* Of a command whose outcome depends on what reached its stream first: accepted or rejected. */
#define COMMAND_ANY_OUTCOME "any"

/* Everything it points at is the source's and valid until the next call. */
struct outgoing {
    enum command_type type;
    struct uuid command_id;
    struct uuid stream_id;
    const void *body;      /* the described struct of the type; NULL: `bytes` are the message */
    struct slice bytes;    /* encoded already, or malformed on purpose */
    struct slice personal; /* the personal part, a MessagePack map; empty: none */
    int64_t lines;         /* of an order placed */
    const char *expected;  /* code of the rejection this must lead to, or COMMAND_ANY_OUTCOME,
                              static; NULL: accepted */
    bool again;            /* a copy of a command that was given out before */
};

struct command_source {
    /* *out_more false: there are no more, *out is untouched. */
    bool (*next)(void *state, struct outgoing *out, bool *out_more, struct error *err);
    void *state;
};

#endif
