// SPDX-License-Identifier: Apache-2.0
// What a read model keeps of the personal data of one stream: the newest envelope of each retention
// class, verbatim, and where it was sealed for. Nothing is opened, nothing merged: an event that
// changes a group of personal data carries all of the group.
#ifndef UPCAST_SEALED_COPIES_H
#define UPCAST_SEALED_COPIES_H

#include "base/arena.h"
#include "base/error.h"
#include "message/sealed.h"

/* A value without copies is all zero. Texts and envelopes point to where they were read from. */
struct newest_copies {
    struct sealed_copy by_class[MESSAGE_CLASSES]; /* class - 1; version 0: none */
};

/* Reads the column of a read model; size 0: no copies. ERROR_tampered: it does not decode;
 * ERROR_fatal: arena exhausted. */
MUST_USE bool newest_copies_read(
    struct slice stored, struct arena *arena, struct newest_copies *out, struct error *err);

/* An event, as far as its sealed parts need to know. */
struct copied_event {
    int64_t version;
    struct uuid event_id; /* the command id */
    struct slice type;    /* as stored */
    int64_t schema_version;
    struct slice sealed; /* stored form of sealed_parts; size 0: nothing to do */
};

/* Takes the event's parts over, each in place of the copy of its class, unless that is as new or
 * newer. Errors as above. */
MUST_USE bool newest_copies_take(
    struct newest_copies *newest,
    const struct copied_event *event,
    struct arena *arena,
    struct error *err);

/* The column's bytes, in the arena; size 0: no copies. ERROR_fatal: arena exhausted. */
MUST_USE bool newest_copies_write(
    const struct newest_copies *newest, struct arena *arena, struct slice *out, struct error *err);

#endif
