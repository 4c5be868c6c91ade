// SPDX-License-Identifier: Apache-2.0
// Fills the index of e-mail addresses from the sealed contact data of the log, a slice at a time between
// other work, and keeps it up to date.
#ifndef SHREDDER_EMAIL_FEED_H
#define SHREDDER_EMAIL_FEED_H

#include "base/arena.h"

struct broker;

struct email_feed {
    int64_t position; /* of the log, that was looked at */
    int64_t due_us;
    uint64_t serial; /* connection of the database this was read over */
    bool ready;      /* everything there was has been looked at */
    struct arena opened; /* what was opened, wiped after each slice */
};

void email_feed_init(struct email_feed *feed);
void email_feed_release(struct email_feed *feed);

/* Reads the next slice when it is time. */
void email_feed_tick(struct broker *broker, int64_t now_us);

/* More of the log is waiting to be read. */
bool email_feed_is_behind(const struct email_feed *feed);

#endif
