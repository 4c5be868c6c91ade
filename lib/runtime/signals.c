// SPDX-License-Identifier: Apache-2.0
// A handler and an eventfd, not signalfd: the second signal must end a process that is stuck in
// one long call and reads no file descriptor.
#include "runtime/signals.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/banned.h"

/* Lock-free, so that the handler may touch them from any thread. */
static atomic_bool stop_asked;
static atomic_int stop_fd = -1;
static atomic_uint stop_seconds; /* 0: as long as it takes */

static void on_signal(int number)
{
    if (atomic_exchange(&stop_asked, true))
        _exit(128 + number);
    (void)alarm(atomic_load(&stop_seconds)); /* 0: none */
    int saved = errno;
    uint64_t one = 1;
    ssize_t wrote = write(atomic_load(&stop_fd), &one, sizeof(one));
    (void)wrote;
    errno = saved;
}

static void on_alarm(int number)
{
    (void)number;
    _exit(0);
}

static bool install(int number, void (*handler)(int), struct error *err)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL) == 0)
        return true;
    return error_set(
        err, ERROR_fatal, "cannot install a handler for signal %d: %s", number, strerror(errno));
}

bool signals_init(struct error *err)
{
    CHECK(atomic_load(&stop_fd) == -1);
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return error_set(err, ERROR_fatal, "cannot make an eventfd: %s", strerror(errno));
    atomic_store(&stop_fd, fd);
    return install(SIGTERM, on_signal, err) && install(SIGINT, on_signal, err) &&
           install(SIGPIPE, SIG_IGN, err);
}

void signals_limit_stop(unsigned seconds)
{
    struct sigaction action = {.sa_handler = on_alarm};
    (void)sigemptyset(&action.sa_mask);
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    atomic_store(&stop_seconds, seconds);
}

int signals_fd(void)
{
    return atomic_load(&stop_fd);
}

bool signals_stop(void)
{
    return atomic_load(&stop_asked);
}
