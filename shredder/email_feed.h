// SPDX-License-Identifier: Apache-2.0
// Fills the index of e-mail addresses from the sealed contact data of the log, a slice at a time between
// other work, and keeps it up to date.
#ifndef SHREDDER_EMAIL_FEED_H
#define SHREDDER_EMAIL_FEED_H

#include "base/arena.h"
#include "base/error.h"
#include "vault/slab.h"

struct broker;

struct email_feed {
    int64_t position; /* of the log: up to here it was looked at */
    int64_t due_us;   /* when more is looked for */
    uint64_t serial;  /* the connection it was read over: after another one it is read anew */
    bool ready;       /* everything there was has been looked at */
    int64_t unopened; /* envelopes that did not open, though their key is there */
    uint8_t *key;     /* of the envelope at hand, in locked memory */
    struct arena opened;
};

MUST_USE bool email_feed_init(struct email_feed *feed, struct slab *slab, struct error *err);
void email_feed_release(struct email_feed *feed);

/* Reads the next slice when it is time. */
void email_feed_tick(struct broker *broker, int64_t now_us);

/* More of the log waits to be read. */
bool email_feed_is_behind(const struct email_feed *feed, int64_t now_us);

#endif
