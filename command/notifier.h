// SPDX-License-Identifier: Apache-2.0
// Tells listeners that the log grew, on a connection of its own. A hint: losing it costs a reader
// its polling interval, nothing else.
#ifndef COMMAND_NOTIFIER_H
#define COMMAND_NOTIFIER_H

#include "command/pace.h"
#include "pg/db.h"

struct notifier {
    const char *conninfo;
    struct db db;
    struct pace pace;
    int64_t retry_us;
    int64_t failures;
};

void notifier_init(struct notifier *notifier, const char *conninfo);
void notifier_close(struct notifier *notifier);

/* Events up to `position` are durable. */
void notifier_offer(struct notifier *notifier, int64_t position);

/* Sends what is due. After a lost connection it is tried again once a second. */
void notifier_tick(struct notifier *notifier);

/* Milliseconds until the next tick has something to do, at most `most_ms`. */
int notifier_wait_ms(const struct notifier *notifier, int most_ms);

#endif
