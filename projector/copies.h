// SPDX-License-Identifier: Apache-2.0
// What a row of a read model holds of sealed data: of each retention class the newest envelope, as it
// is in its event, beside the place it was sealed for (message/sealed.h). No key is needed for that, and
// nothing changes when a key is destroyed.
#ifndef PROJECTOR_COPIES_H
#define PROJECTOR_COPIES_H

#include "base/arena.h"
#include "message/sealed.h"
#include "store/store.h"

/* The event's sealed parts as copies, in the stored form, in the arena; size 0: it has none.
 * ERROR_tampered: they do not decode. ERROR_fatal: the arena is exhausted; as of all of these. */
MUST_USE bool copies_of_event(
    const struct recorded_event *event, struct arena *arena, struct slice *out, struct error *err);

/* Of each class the newer one's copy, or the older one's where the newer has none. Either may be of
 * size 0. */
MUST_USE bool copies_join(
    struct slice older,
    struct slice newer,
    struct arena *arena,
    struct slice *out,
    struct error *err);

/* Copies as a row has them, pointing into `bytes`; none for size 0. */
MUST_USE bool
copies_read(struct slice bytes, struct arena *arena, struct sealed_copies *out, struct error *err);

#endif
