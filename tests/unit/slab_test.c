// SPDX-License-Identifier: Apache-2.0
// Memory for keys: what the kernel was told about it, asked of the kernel.
#include "support/cmocka.h"
#include "vault/slab.h"

#include <inttypes.h>
#include <stdalign.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLAB_SIZE = 256 * 1024, NOBODY = 65534 };

/* What call() returns in a child of its own. */
static int in_child(int (*call)(void *argument), void *argument)
{
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(call(argument));
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct slab opened(size_t size)
{
    struct slab slab;
    struct error err;
    if (!slab_open(&slab, size, false, &err))
        fail_msg("%s", err.text);
    return slab;
}

/* The VmFlags of the mapping that begins at `memory`. */
static void read_flags(const void *memory, char flags[static 512])
{
    char line[512];
    bool inside = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    flags[0] = '\0';
    while (flags[0] == '\0' && fgets(line, sizeof(line), maps) != NULL) {
        uintptr_t begin, end;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2)
            inside = begin <= (uintptr_t)memory && (uintptr_t)memory < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            (void)snprintf(flags, sizeof(line), "%s", line);
    }
    (void)fclose(maps);
}

static void is_locked_left_out_of_core_dumps_and_wiped_on_fork(void **state)
{
    (void)state;
    struct slab slab = opened(SLAB_SIZE);
    char flags[512];
    read_flags(slab.memory, flags);
    assert_true(slab.locked);
    assert_non_null(strstr(flags, " lo"));
    assert_non_null(strstr(flags, " dd"));
    assert_non_null(strstr(flags, " wf"));
    slab_close(&slab);
}

static int count_bytes(void *argument)
{
    const struct slab *slab = argument;
    int found = 0;
    for (size_t i = 0; i < slab->size; i++)
        found += slab->memory[i] != 0;
    return found > 0;
}

static void a_forked_child_sees_zeros(void **state)
{
    (void)state;
    struct slab slab = opened(SLAB_SIZE);
    memset(slab.memory, 0xa5, slab.size);
    assert_int_equal(in_child(count_bytes, &slab), 0);
    assert_int_equal(slab.memory[slab.size - 1], 0xa5);
    slab_close(&slab);
}

/* As a user without privileges, who may lock 64 KiB. */
static int open_under_limit(void *argument)
{
    (void)argument;
    const struct rlimit limit = {.rlim_cur = 64 * 1024, .rlim_max = 64 * 1024};
    struct slab slab = {0};
    struct error err = {0};
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || (geteuid() == 0 && setuid(NOBODY) != 0))
        return 10;
    if (slab_open(&slab, SLAB_SIZE, false, &err) || slab.memory != NULL)
        return 11;
    if (err.kind != ERROR_denied || strstr(err.text, "RLIMIT_MEMLOCK is 64 KiB") == NULL ||
        strstr(err.text, "ulimit -l") == NULL)
        return 12;
    if (!slab_open(&slab, SLAB_SIZE, true, &err) || slab.locked)
        return 13;
    return 0;
}

static void memory_that_cannot_be_locked_is_refused_unless_allowed(void **state)
{
    (void)state;
    assert_int_equal(in_child(open_under_limit, NULL), 0);
}

static void pieces_are_zero_aligned_and_end_with_the_slab(void **state)
{
    (void)state;
    struct slab slab = opened(1);
    const uint8_t *odd = slab_take(&slab, 3);
    const uint8_t *next = slab_take(&slab, 64);
    assert_non_null(odd);
    assert_non_null(next);
    assert_int_equal((uintptr_t)next % alignof(max_align_t), 0);
    assert_true(next >= odd + 3);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(next[i], 0);
    assert_null(slab_take(&slab, slab.size));
    assert_null(slab_take(&slab, SIZE_MAX));
    size_t used = (slab.used + alignof(max_align_t) - 1) / alignof(max_align_t);
    assert_non_null(slab_take(&slab, slab.size - used * alignof(max_align_t)));
    assert_null(slab_take(&slab, 1));
    slab_close(&slab);
    slab_close(&slab); /* nothing is left to close */
}

static int harden(void *argument)
{
    (void)argument;
    struct error err;
    struct rlimit core = {.rlim_cur = 1, .rlim_max = 1};
    if (!process_harden(&err) || getrlimit(RLIMIT_CORE, &core) != 0)
        return 10;
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || core.rlim_cur != 0 || core.rlim_max != 0;
}

static void a_hardened_process_leaves_no_core(void **state)
{
    (void)state;
    assert_int_equal(in_child(harden, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_locked_left_out_of_core_dumps_and_wiped_on_fork),
        cmocka_unit_test(a_forked_child_sees_zeros),
        cmocka_unit_test(memory_that_cannot_be_locked_is_refused_unless_allowed),
        cmocka_unit_test(pieces_are_zero_aligned_and_end_with_the_slab),
        cmocka_unit_test(a_hardened_process_leaves_no_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
