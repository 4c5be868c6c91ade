// SPDX-License-Identifier: Apache-2.0
// CloudEvents in structured mode: content-type application/cloudevents+json, and the value is one JSON
// object with the attributes and the data. Unwrapped into what binary mode would have sent, so that
// nothing behind it knows the difference.
#ifndef WIRE_STRUCTURED_H
#define WIRE_STRUCTURED_H

#include "wire/envelope.h"

struct structured_event {
    const struct header *headers; /* as binary mode has them */
    size_t header_count;
    struct slice data;   /* the body … */
    bool data_is_packed; /* … as MessagePack already, whatever its type says: it was JSON in JSON */
};

/* Whether the headers say so. Other forms of structured mode are not taken. */
bool structured_is(const struct header *headers, size_t header_count);

/* Attributes become headers named ce_…, traceparent one without; datacontenttype becomes content-type,
 * application/json where it is absent. Headers of the record that are no attributes (reply_topic,
 * order_mac …) stay as they are, those that are give way. `data` is any JSON value, or `data_base64`
 * bytes. event comes with the record's own headers, and is left alone by a fault. Everything that is new
 * lives in the arena. */
MUST_USE bool structured_read(
    struct slice json,
    struct structured_event *event,
    struct arena *arena,
    struct wire_fault *fault);

#endif
