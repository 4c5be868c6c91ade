// SPDX-License-Identifier: Apache-2.0
// Waiting between attempts: within its bounds, spread, and ended early by a stop.
#include "base/clock.h"
#include "runtime/retry.h"
#include "runtime/signals.h"
#include "support/cmocka.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void waits_stay_between_base_and_cap(void **state)
{
    (void)state;
    struct retry retry = RETRY(1, 5);
    for (int i = 1; i <= 40; i++) {
        int64_t before_us = clock_monotonic_us();
        assert_true(retry_wait(&retry));
        assert_in_range(retry.last_ms, 1, 5);
        assert_true(clock_monotonic_us() - before_us >= retry.last_ms * 1000);
        assert_int_equal(retry.attempts, i);
    }
}

static void waits_grow_at_most_threefold(void **state)
{
    (void)state;
    struct retry retry = RETRY(1, 20);
    int64_t last = 1;
    int64_t longest = 0;
    for (int i = 0; i < 30; i++) {
        assert_true(retry_wait(&retry));
        assert_true(retry.last_ms <= 3 * last);
        last = retry.last_ms;
        longest = last > longest ? last : longest;
    }
    assert_true(longest > 3); /* it did grow */
}

static void two_processes_do_not_wait_in_step(void **state)
{
    (void)state;
    struct retry one = RETRY(1, 8);
    struct retry other = RETRY(1, 8);
    assert_true(retry_wait(&one));
    assert_true(retry_wait(&other));
    assert_true(one.random != other.random);
}

static void same_random_state_waits_the_same(void **state)
{
    (void)state;
    struct retry one = RETRY(1, 8);
    struct retry other = RETRY(1, 8);
    one.random = other.random = 7;
    for (int i = 0; i < 10; i++) {
        assert_true(retry_wait(&one) && retry_wait(&other));
        assert_int_equal(one.last_ms, other.last_ms);
    }
}

static void reset_goes_back_to_the_start(void **state)
{
    (void)state;
    struct retry retry = RETRY(1, 30);
    retry.last_ms = 30;
    retry.attempts = 9;
    retry_reset(&retry);
    assert_true(retry_wait(&retry));
    assert_in_range(retry.last_ms, 1, 3);
    assert_int_equal(retry.attempts, 1);
}

/* The child would wait for 50 s; the stop arrives while it does. */
static void a_stop_ends_the_wait(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error err;
        struct retry retry = RETRY(50000, 50000);
        if (!signals_init(&err) || write(ends[1], "r", 1) != 1)
            _exit(2);
        _exit(retry_wait(&retry) ? 1 : 0);
    }
    char ready;
    assert_int_equal(read(ends[0], &ready, 1), 1);
    int64_t before_us = clock_monotonic_us();
    assert_int_equal(kill(child, SIGTERM), 0);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(clock_monotonic_us() - before_us < 20 * INT64_C(1000000));
    (void)close(ends[0]);
    (void)close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_stay_between_base_and_cap),
        cmocka_unit_test(waits_grow_at_most_threefold),
        cmocka_unit_test(two_processes_do_not_wait_in_step),
        cmocka_unit_test(same_random_state_waits_the_same),
        cmocka_unit_test(reset_goes_back_to_the_start),
        cmocka_unit_test(a_stop_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
