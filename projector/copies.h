// SPDX-License-Identifier: Apache-2.0
// What a row of a read model holds of sealed data: the envelopes that say who ordered, where to, for
// whose invoice and how it was paid; of each the newest one, as it is in its event, beside the place it
// was sealed for (message/sealed.h). No key is needed for that, and nothing changes when a key is
// destroyed.
//
// These four are of four retention classes, so a row has one copy of a class at most. Other personal
// records share their classes (a tracking number is of the class of the address, a note of that of the
// contact) but stand for one event only: they are shown with their event and are in no row. A shipment
// therefore never takes the place of the address.
#ifndef PROJECTOR_COPIES_H
#define PROJECTOR_COPIES_H

#include "base/arena.h"
#include "domain/catalog.h"
#include "message/sealed.h"
#include "store/store.h"

/* The event's sealed parts as copies, in the stored form, in the arena; size 0: it has none, or none
 * that a row keeps. ERROR_tampered: they do not decode. ERROR_fatal: the arena is exhausted; as of all
 * of these. type: what the event is read as. */
MUST_USE bool copies_of_event(
    const struct recorded_event *event,
    enum event_type type,
    struct arena *arena,
    struct slice *out,
    struct error *err);

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
