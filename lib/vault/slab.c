// SPDX-License-Identifier: Apache-2.0
#include "vault/slab.h"

#include <errno.h>
#include <sodium.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/banned.h"

static size_t rounded_up(size_t size, size_t step)
{
    return (size + step - 1) / step * step;
}

static bool refuse_lock(size_t size, int reason, struct error *err)
{
    struct rlimit limit = {0};
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    return error_set(
        err,
        ERROR_denied,
        "cannot lock %zu KiB of memory for keys (%s; the limit RLIMIT_MEMLOCK is %llu KiB): raise "
        "it "
        "with LimitMEMLOCK= of the unit or `ulimit -l`, or allow unlocked memory, which may be "
        "swapped out",
        size / 1024,
        strerror(reason),
        (unsigned long long)(limit.rlim_cur / 1024));
}

/* Locks last: it is the only step that may be left out. mlock2 without flags is mlock, which the address
 * sanitizer replaces by nothing. */
static bool protect(struct slab *slab, bool allow_unlocked, struct error *err)
{
    if (madvise(slab->memory, slab->size, MADV_DONTDUMP) != 0 ||
        madvise(slab->memory, slab->size, MADV_WIPEONFORK) != 0)
        return error_set(
            err, ERROR_fatal, "memory for keys cannot be kept apart: %s", strerror(errno));
    slab->locked = mlock2(slab->memory, slab->size, 0) == 0;
    return slab->locked || allow_unlocked || refuse_lock(slab->size, errno, err);
}

bool slab_open(struct slab *slab, size_t size, bool allow_unlocked, struct error *err)
{
    CHECK(size > 0);
    struct slab made = {.size = rounded_up(size, (size_t)sysconf(_SC_PAGESIZE))};
    void *memory =
        mmap(NULL, made.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return error_set(
            err, ERROR_fatal, "no %zu KiB of memory for keys: %s", size / 1024, strerror(errno));
    made.memory = memory;
    if (!protect(&made, allow_unlocked, err)) {
        (void)munmap(memory, made.size);
        return false;
    }
    *slab = made;
    return true;
}

void slab_close(struct slab *slab)
{
    if (slab->memory == NULL)
        return;
    sodium_memzero(slab->memory, slab->size);
    CHECK(munmap(slab->memory, slab->size) == 0);
    *slab = (struct slab){0};
}

void *slab_take(struct slab *slab, size_t size)
{
    size_t at = rounded_up(slab->used, alignof(max_align_t));
    if (at > slab->size || size > slab->size - at)
        return NULL;
    slab->used = at + size;
    return slab->memory + at;
}

bool process_harden(struct error *err)
{
    static const struct rlimit no_core = {0};
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium cannot be initialised");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
        return error_set(
            err, ERROR_fatal, "core dumps cannot be switched off: %s", strerror(errno));
    return true;
}
