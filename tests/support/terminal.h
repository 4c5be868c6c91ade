// SPDX-License-Identifier: Apache-2.0
// A terminal on stderr, for what looks different on one. The source that includes this first
// defines _XOPEN_SOURCE 700.
#ifndef SUPPORT_TERMINAL_H
#define SUPPORT_TERMINAL_H

#include "support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct terminal {
    int reader;
    int saved;
};

static inline void terminal_begin(struct terminal *terminal)
{
    terminal->reader = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal->reader >= 0);
    assert_int_equal(grantpt(terminal->reader), 0);
    assert_int_equal(unlockpt(terminal->reader), 0);
    int writer = open(ptsname(terminal->reader), O_RDWR | O_NOCTTY);
    assert_true(writer >= 0);
    (void)fflush(stderr);
    terminal->saved = dup(STDERR_FILENO);
    assert_true(dup2(writer, STDERR_FILENO) >= 0);
    (void)close(writer);
}

/* Gives what was printed, NUL-terminated: at least one byte must have been. A terminal turns \n
 * into \r\n. */
static inline void terminal_end(struct terminal *terminal, char *text, size_t size)
{
    (void)fflush(stderr);
    ssize_t got = read(terminal->reader, text, size - 1);
    (void)dup2(terminal->saved, STDERR_FILENO);
    (void)close(terminal->saved);
    (void)close(terminal->reader);
    assert_true(got > 0);
    text[got] = '\0';
}

#endif
