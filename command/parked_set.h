// SPDX-License-Identifier: Apache-2.0
// The streams that are parked, as this process knows them: asked for each command, so kept in memory.
// What it does not know yet is refused by the database (store.divert). Pure.
#ifndef COMMAND_PARKED_SET_H
#define COMMAND_PARKED_SET_H

#include "store/parked.h"

struct parked_set {
    struct parked_stream *streams; /* sorted by stream; owned */
    size_t count;
    size_t capacity;
};

void parked_set_release(struct parked_set *set);

/* These and no others. False: out of memory, the set is as it was. */
MUST_USE bool
parked_set_load(struct parked_set *set, const struct parked_stream *streams, size_t count);

/* One more, or the same one in another state. False: out of memory. */
MUST_USE bool parked_set_put(struct parked_set *set, const struct parked_stream *stream);

void parked_set_remove(struct parked_set *set, const struct stream_id *stream);

/* NULL: the stream is not parked. Holds until the set changes. */
const struct parked_stream *
parked_set_find(const struct parked_set *set, const struct stream_id *stream);

#endif
