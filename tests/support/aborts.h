// SPDX-License-Identifier: Apache-2.0
// Asserts that a CHECK stops the program: the call runs in a child process.
#ifndef SUPPORT_ABORTS_H
#define SUPPORT_ABORTS_H

#include "support/cmocka.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Whether call(argument) ends in abort(). What the child prints is dropped. */
static inline bool aborts(void (*call)(void *argument), void *argument)
{
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDERR_FILENO);
        (void)signal(SIGABRT, SIG_DFL);
        call(argument);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
