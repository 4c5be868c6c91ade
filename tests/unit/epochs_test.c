// SPDX-License-Identifier: Apache-2.0
// When a partition has passed to a command epoch: after the grace, at the end it had then, committed.
#include "command/epochs.h"
#include "support/cmocka.h"

enum { GRACE = 60 };

static struct epochs epochs;

static int start(void **state)
{
    (void)state;
    epochs = (struct epochs){0};
    epochs_assigned(&epochs, 1);
    return 0;
}

static bool wants_end(int32_t partition, int64_t now_us)
{
    return epochs_wants_end(&epochs, partition, now_us, GRACE);
}

static void no_end_is_asked_before_the_grace_is_over(void **state)
{
    (void)state;
    assert_false(wants_end(0, 1000)); /* no epoch is known */
    epochs_current(&epochs, 7, 1000);
    assert_false(wants_end(0, 1000 + GRACE - 1));
    assert_true(wants_end(0, 1000 + GRACE));
}

static void a_partition_passes_when_its_end_is_committed(void **state)
{
    (void)state;
    epochs_current(&epochs, 7, 0);
    epochs_end(&epochs, 2, 10, 100);
    assert_false(wants_end(2, GRACE));
    assert_false(epochs_committed(&epochs, 2, -1));
    assert_false(epochs_committed(&epochs, 2, 99));
    assert_true(epochs_committed(&epochs, 2, 100));
    assert_false(epochs_committed(&epochs, 2, 101));  /* told once */
    assert_false(epochs_committed(&epochs, 3, 1000)); /* its end was not asked */
}

static void a_partition_without_records_passes_at_once(void **state)
{
    (void)state;
    epochs_current(&epochs, 7, 0);
    epochs_end(&epochs, 0, 0, 0);
    assert_true(epochs_committed(&epochs, 0, -1));
    epochs_end(&epochs, 1, 55, 55); /* all of them are gone by age */
    assert_true(epochs_committed(&epochs, 1, -1));
}

static void a_newer_epoch_begins_anew_and_an_older_one_changes_nothing(void **state)
{
    (void)state;
    epochs_current(&epochs, 7, 0);
    epochs_end(&epochs, 0, 0, 10);
    epochs_current(&epochs, 6, 5);
    epochs_current(&epochs, 7, 5);
    assert_int_equal(epochs.current, 7);
    assert_false(wants_end(0, GRACE));
    epochs_current(&epochs, 8, 100);
    assert_false(epochs_committed(&epochs, 0, 10));
    assert_false(wants_end(0, 100 + GRACE - 1));
    assert_true(wants_end(0, 100 + GRACE));
}

static void another_assignment_asks_again(void **state)
{
    (void)state;
    epochs_current(&epochs, 7, 0);
    epochs_end(&epochs, 0, 0, 10);
    epochs_assigned(&epochs, 1);
    assert_false(wants_end(0, GRACE));
    epochs_assigned(&epochs, 2);
    assert_false(epochs_committed(&epochs, 0, 10));
    assert_true(wants_end(0, GRACE));
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup(function, start)
    const struct CMUnitTest tests[] = {
        CASE(no_end_is_asked_before_the_grace_is_over),
        CASE(a_partition_passes_when_its_end_is_committed),
        CASE(a_partition_without_records_passes_at_once),
        CASE(a_newer_epoch_begins_anew_and_an_older_one_changes_nothing),
        CASE(another_assignment_asks_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
