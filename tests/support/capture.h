// SPDX-License-Identifier: Apache-2.0
// What a piece of code prints on stdout and stderr, caught in temporary files.
#ifndef SUPPORT_CAPTURE_H
#define SUPPORT_CAPTURE_H

#include "support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct capture {
    FILE *files[2];
    int saved[2];
};

/* Sends stdout and stderr into files until capture_end. Asserts nothing may fail in between: the
 * message would be caught as well. */
static inline void capture_begin(struct capture *capture)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    for (int i = 0; i < 2; i++) {
        capture->files[i] = tmpfile();
        assert_non_null(capture->files[i]);
        capture->saved[i] = dup(STDOUT_FILENO + i);
        assert_true(capture->saved[i] >= 0);
        assert_true(dup2(fileno(capture->files[i]), STDOUT_FILENO + i) >= 0);
    }
}

/* Sends stdout to `path` instead, to make writing fail. */
static inline void capture_stdout_to(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)dup2(fd, STDOUT_FILENO);
        (void)close(fd);
    }
}

static inline void capture_read(FILE *file, char *text, size_t size)
{
    rewind(file);
    size_t got = fread(text, 1, size - 1, file);
    text[got] = '\0';
    (void)fclose(file);
}

/* Back to normal; the texts are NUL-terminated and cut at their size. */
static inline void
capture_end(struct capture *capture, char *out, size_t out_size, char *err, size_t err_size)
{
    (void)fflush(stdout);
    (void)fflush(stderr);
    for (int i = 0; i < 2; i++) {
        (void)dup2(capture->saved[i], STDOUT_FILENO + i);
        (void)close(capture->saved[i]);
    }
    capture_read(capture->files[0], out, out_size);
    capture_read(capture->files[1], err, err_size);
}

#endif
