// SPDX-License-Identifier: Apache-2.0
#include "command/watchdog.h"

#include "runtime/exit_code.h"
#include "runtime/signals.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"

/* The stop's file descriptor stays readable: nobody reads it. */
static void *watch(void *unused)
{
    struct pollfd wait = {.fd = signals_fd(), .events = POLLIN};
    while (!signals_stop())
        (void)poll(&wait, 1, -1);
    (void)poll(NULL, 0, WATCHDOG_STOP_MS);
    _exit(EXIT_CODE_OK);
    return unused;
}

bool watchdog_start(struct error *err)
{
    pthread_t thread;
    int failed = pthread_create(&thread, NULL, watch, NULL);
    if (failed != 0)
        return error_set(err, ERROR_fatal, "cannot start a thread: %s", strerror(failed));
    (void)pthread_detach(thread);
    return true;
}
