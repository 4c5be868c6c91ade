// SPDX-License-Identifier: Apache-2.0
// Notifications: at once after a quiet time, at most 200 a second, the last one never left out.
#include "command/pace.h"
#include "support/cmocka.h"

enum { T = 1000000 };

static void nothing_new_is_nothing_to_send(void **state)
{
    (void)state;
    struct pace pace = {0};
    assert_int_equal(pace_due_us(&pace, T), -1);
}

static void the_first_goes_at_once(void **state)
{
    (void)state;
    struct pace pace = {0};
    pace_offer(&pace, 7);
    assert_int_equal(pace_due_us(&pace, T), 0);
    assert_int_equal(pace_take(&pace, T), 7);
    assert_int_equal(pace_due_us(&pace, T), -1);
}

static void the_next_waits_and_takes_the_newest_along(void **state)
{
    (void)state;
    struct pace pace = {0};
    pace_offer(&pace, 7);
    (void)pace_take(&pace, T);
    pace_offer(&pace, 9);
    pace_offer(&pace, 8); /* of a batch that was told later */
    assert_int_equal(pace_due_us(&pace, T + 1000), PACE_INTERVAL_US - 1000);
    assert_int_equal(pace_due_us(&pace, T + PACE_INTERVAL_US), 0);
    assert_int_equal(pace_take(&pace, T + PACE_INTERVAL_US), 9);
}

static void a_busy_second_has_at_most_200(void **state)
{
    (void)state;
    struct pace pace = {0};
    int sent = 0;
    for (int64_t now = T; now < T + 1000000; now += 100) {
        pace_offer(&pace, now);
        if (pace_due_us(&pace, now) == 0) {
            assert_int_equal(pace_take(&pace, now), now);
            sent++;
        }
    }
    assert_int_equal(sent, 200);
    assert_true(pace_due_us(&pace, T + 1000000) >= 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_new_is_nothing_to_send),
        cmocka_unit_test(the_first_goes_at_once),
        cmocka_unit_test(the_next_waits_and_takes_the_newest_along),
        cmocka_unit_test(a_busy_second_has_at_most_200),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
