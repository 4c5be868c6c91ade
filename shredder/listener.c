// SPDX-License-Identifier: Apache-2.0
#include "shredder/listener.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

enum { BACKLOG = 64 };

static int open_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* A socket that nobody answers at was left by a process that died. Connecting to a plain file is refused
 * in the same way, so the kind of file is asked first: what is no socket is never removed. */
static bool remove_stale(const struct sockaddr_un *address, struct error *err)
{
    struct stat found;
    if (lstat(address->sun_path, &found) != 0)
        return errno == ENOENT ||
               error_set(err, ERROR_invalid, "--socket %s: %s", address->sun_path, strerror(errno));
    if (!S_ISSOCK(found.st_mode))
        return error_set(
            err, ERROR_invalid, "--socket %s: is there already, and no socket", address->sun_path);
    int probe = open_socket();
    if (probe < 0)
        return error_set(err, ERROR_fatal, "no socket: %s", strerror(errno));
    bool answered = connect(probe, (const struct sockaddr *)address, sizeof(*address)) == 0;
    int reason = errno;
    (void)close(probe);
    if (answered || reason == EAGAIN)
        return error_set(
            err, ERROR_conflict, "%s: another broker listens there", address->sun_path);
    if (reason != ECONNREFUSED && reason != ENOENT)
        return error_set(
            err, ERROR_invalid, "--socket %s: %s", address->sun_path, strerror(reason));
    if (unlink(address->sun_path) != 0 && errno != ENOENT)
        return error_set(err, ERROR_denied, "%s: %s", address->sun_path, strerror(errno));
    return true;
}

static bool bind_at(int listener, const struct sockaddr_un *address, struct error *err)
{
    /* From its first moment on nobody but user and group may connect. */
    mode_t before = umask(0117);
    int failed = bind(listener, (const struct sockaddr *)address, sizeof(*address));
    int reason = errno;
    (void)umask(before);
    if (failed == 0 && listen(listener, BACKLOG) == 0)
        return true;
    reason = failed != 0 ? reason : errno;
    return error_set(err, ERROR_invalid, "--socket %s: %s", address->sun_path, strerror(reason));
}

bool listener_bind(const char *path, int *out, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length >= sizeof(address.sun_path))
        return error_set(
            err,
            ERROR_invalid,
            "--socket: the path has %zu bytes, %zu are possible",
            length,
            sizeof(address.sun_path) - 1);
    memcpy(address.sun_path, path, length);
    if (!remove_stale(&address, err))
        return false;
    int listener = open_socket();
    if (listener < 0)
        return error_set(err, ERROR_fatal, "no socket: %s", strerror(errno));
    if (!bind_at(listener, &address, err)) {
        (void)close(listener);
        return false;
    }
    *out = listener;
    return true;
}

void listener_end(int listener, const char *path)
{
    if (listener < 0)
        return;
    (void)unlink(path);
    (void)close(listener);
}
