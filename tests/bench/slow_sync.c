// SPDX-License-Identifier: Apache-2.0
// Preloaded into PostgreSQL by the benchmark: every sync takes 2 ms longer, as on a cloud disk or
// with a standby near by. ORDER_SYNC_DELAY_US sets another delay.
#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void delay(void)
{
    const char *given = getenv("ORDER_SYNC_DELAY_US");
    long us = given != NULL ? strtol(given, NULL, 10) : 2000;
    struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    (void)nanosleep(&wait, NULL);
}

static int forward(const char *name, int fd)
{
    int (*real)(int);
    void *found = dlsym(RTLD_NEXT, name);
    __builtin_memcpy(&real, &found, sizeof(real)); /* ISO C has no cast from object to function */
    delay();
    return real(fd);
}

int fdatasync(int fd)
{
    return forward("fdatasync", fd);
}

int fsync(int fd)
{
    return forward("fsync", fd);
}
