// SPDX-License-Identifier: Apache-2.0
#include "pg/listen.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

bool listener_open(
    struct listener *listener,
    const char *conninfo,
    const char *application_name,
    const char *channel,
    struct error *err)
{
    *listener = (struct listener){
        .conninfo = conninfo, .application_name = application_name, .channel = channel};
    if (!db_open(&listener->db, conninfo, application_name, err))
        return false;
    char sql[128];
    char *name = PQescapeIdentifier(listener->db.connection, channel, strlen(channel));
    CHECK(name != NULL);
    (void)snprintf(sql, sizeof(sql), "listen %s", name);
    PQfreemem(name);
    if (!db_execute(&listener->db, sql, err)) {
        db_close(&listener->db);
        return false;
    }
    return true;
}

void listener_close(struct listener *listener)
{
    db_close(&listener->db);
}

/* Takes what has arrived; false when the connection is gone. */
static bool drain(struct listener *listener, bool *notified)
{
    PGconn *connection = listener->db.connection;
    if (PQconsumeInput(connection) == 0 || PQstatus(connection) != CONNECTION_OK)
        return false;
    PGnotify *notice;
    while ((notice = PQnotifies(connection)) != NULL) {
        *notified = true;
        PQfreemem(notice);
    }
    return true;
}

bool listener_wait(
    struct listener *listener, int timeout_ms, int extra_fd, bool *notified, struct error *err)
{
    *notified = false;
    if (!db_is_open(&listener->db))
        return error_set(err, ERROR_transient, "listen: not connected to PostgreSQL");
    /* Something may already be in libpq's buffer, where poll() does not see it. */
    bool alive = drain(listener, notified);
    struct pollfd waits[2] = {
        {.fd = PQsocket(listener->db.connection), .events = POLLIN},
        {.fd = extra_fd, .events = POLLIN},
    };
    if (alive && !*notified) {
        int ready = poll(waits, 2, timeout_ms);
        if (ready < 0 && errno != EINTR)
            return error_set(err, ERROR_fatal, "listen: poll failed");
        if (ready > 0 && waits[0].revents != 0)
            alive = drain(listener, notified);
    }
    if (!alive) {
        db_close(&listener->db);
        return error_set(err, ERROR_transient, "listen: the connection was lost");
    }
    return true;
}
