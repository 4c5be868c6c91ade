// SPDX-License-Identifier: Apache-2.0
// Signals as a supervisor sends them. Each case runs in a child: handlers belong to a process.
#include "runtime/signals.h"
#include "support/cmocka.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FINE = 42 };

/* Runs `body` in a child and returns how it ended: its exit code, or minus the signal. */
static int in_child(int (*body)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(body());
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool readable(void)
{
    struct pollfd wait = {.fd = signals_fd(), .events = POLLIN};
    return poll(&wait, 1, 0) == 1;
}

static int first_signal(void)
{
    struct error err;
    if (signals_fd() != -1 || !signals_init(&err) || signals_stop() || readable())
        return 1;
    (void)raise(SIGTERM);
    /* Stays readable: every later poll() must see it too. */
    return signals_stop() && readable() && readable() ? FINE : 2;
}

static int second_signal_of(int number)
{
    struct error err;
    if (!signals_init(&err))
        return 1;
    (void)raise(SIGTERM);
    (void)raise(number);
    return 2;
}

static int second_term(void)
{
    return second_signal_of(SIGTERM);
}

static int second_interrupt(void)
{
    return second_signal_of(SIGINT);
}

/* Does not heed the first signal. */
static int stuck(void)
{
    struct error err;
    if (!signals_init(&err))
        return 1;
    signals_limit_stop(1);
    (void)raise(SIGTERM);
    for (int i = 0; i < 100; i++)
        (void)poll(NULL, 0, 100);
    return 2;
}

static int broken_pipe(void)
{
    struct error err;
    int ends[2];
    if (!signals_init(&err) || pipe(ends) != 0)
        return 1;
    (void)close(ends[0]);
    return write(ends[1], "x", 1) == -1 && errno == EPIPE ? FINE : 2;
}

static int interrupted_poll(void)
{
    struct error err;
    if (!signals_init(&err))
        return 1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        (void)kill(parent, SIGINT);
        _exit(0);
    }
    struct pollfd wait = {.fd = signals_fd(), .events = POLLIN};
    int ready = poll(&wait, 1, 20000);
    (void)waitpid(child, NULL, 0);
    return (ready == 1 || (ready == -1 && errno == EINTR)) && signals_stop() ? FINE : 2;
}

static void first_signal_asks_for_a_stop(void **state)
{
    (void)state;
    assert_int_equal(in_child(first_signal), FINE);
}

static void second_signal_ends_the_process_at_once(void **state)
{
    (void)state;
    assert_int_equal(in_child(second_term), 128 + SIGTERM);
    assert_int_equal(in_child(second_interrupt), 128 + SIGINT);
}

static void a_stop_has_its_limit(void **state)
{
    (void)state;
    assert_int_equal(in_child(stuck), 0);
}

static void writing_to_a_closed_pipe_is_an_error_not_an_end(void **state)
{
    (void)state;
    assert_int_equal(in_child(broken_pipe), FINE);
}

static void a_waiting_poll_wakes_up(void **state)
{
    (void)state;
    assert_int_equal(in_child(interrupted_poll), FINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_signal_asks_for_a_stop),
        cmocka_unit_test(second_signal_ends_the_process_at_once),
        cmocka_unit_test(a_stop_has_its_limit),
        cmocka_unit_test(writing_to_a_closed_pipe_is_an_error_not_an_end),
        cmocka_unit_test(a_waiting_poll_wakes_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
