// SPDX-License-Identifier: Apache-2.0
// A connection that only listens: LISTEN first, then read, and always poll as well. It never holds
// a transaction (an open one blocks the notification queue of the whole cluster).
#ifndef PG_LISTEN_H
#define PG_LISTEN_H

#include "pg/db.h"

struct listener {
    struct db db;
    const char *conninfo; /* the caller's, as are the next two */
    const char *application_name;
    const char *channel;
};

/* Connects and LISTENs. */
MUST_USE bool listener_open(
    struct listener *listener,
    const char *conninfo,
    const char *application_name,
    const char *channel,
    struct error *err);
void listener_close(struct listener *listener);

/* Waits until a notification arrives, timeout_ms pass or extra_fd (-1: none) becomes readable.
 * Sets *notified and drains everything that is waiting. False when the connection was lost: open
 * it anew, and read before waiting. */
MUST_USE bool listener_wait(
    struct listener *listener, int timeout_ms, int extra_fd, bool *notified, struct error *err);

#endif
