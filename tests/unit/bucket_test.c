// SPDX-License-Identifier: Apache-2.0
// Commands per second: what is given, what is refused, and when to come again.
#include "command/bucket.h"
#include "support/cmocka.h"

enum { SECOND = 1000000 };

static int64_t take_many(struct bucket *bucket, int64_t now_us, int64_t count)
{
    int64_t given = 0;
    for (int64_t i = 0; i < count; i++)
        given += bucket_take(bucket, now_us) == 0;
    return given;
}

static void without_a_rate_there_is_no_limit(void **state)
{
    struct bucket bucket;
    (void)state;
    bucket_init(&bucket, 0);
    assert_int_equal(take_many(&bucket, 5, 100000), 100000);
}

static void a_second_is_given_at_once_and_no_more(void **state)
{
    struct bucket bucket;
    (void)state;
    bucket_init(&bucket, 100);
    assert_int_equal(take_many(&bucket, 1000, 1000), 100);
    /* An hour later it is full again, and not fuller. */
    assert_int_equal(take_many(&bucket, 1000 + (int64_t)3600 * SECOND, 1000), 100);
}

static void it_fills_up_at_its_rate(void **state)
{
    struct bucket bucket;
    int64_t given = 0;
    (void)state;
    bucket_init(&bucket, 10);
    for (int64_t ms = 0; ms < 5000; ms++)
        given += take_many(&bucket, 1 + ms * 1000, 3);
    assert_int_equal(given, 10 + 49);
}

static void a_token_is_there_to_the_microsecond(void **state)
{
    struct bucket bucket;
    (void)state;
    bucket_init(&bucket, 4);
    assert_int_equal(take_many(&bucket, 1, 4), 4);
    assert_int_equal(bucket_take(&bucket, 1 + 249999), 1);
    assert_int_equal(bucket_take(&bucket, 1 + 250000), 0);
}

static void the_refused_are_told_to_come_one_after_the_other(void **state)
{
    struct bucket bucket;
    (void)state;
    bucket_init(&bucket, 10);
    assert_int_equal(take_many(&bucket, 1, 10), 10);
    for (int64_t i = 1; i <= 50; i++)
        assert_int_equal(bucket_take(&bucket, 1), i * 100000);
    /* Who comes when told is taken, and what was promised is forgotten with time. */
    for (int64_t i = 1; i <= 50; i++)
        assert_int_equal(bucket_take(&bucket, 1 + i * 100000), 0);
    assert_int_equal(bucket_take(&bucket, 1 + 50 * 100000), 100000);
}

static void nobody_is_sent_away_for_long(void **state)
{
    struct bucket bucket;
    (void)state;
    bucket_init(&bucket, 1);
    assert_int_equal(bucket_take(&bucket, 1), 0);
    for (int64_t i = 0; i < 1000; i++) {
        int64_t wait_us = bucket_take(&bucket, 1);
        assert_true(wait_us > 0 && wait_us <= BUCKET_LONGEST_WAIT_US);
    }
    assert_int_equal(bucket_take(&bucket, 1 + BUCKET_LONGEST_WAIT_US), 0);
}

static void a_clock_that_stands_or_goes_back_gives_nothing(void **state)
{
    struct bucket bucket;
    (void)state;
    bucket_init(&bucket, 2);
    assert_int_equal(take_many(&bucket, 5 * SECOND, 5), 2);
    assert_int_equal(take_many(&bucket, 4 * SECOND, 5), 0);
}

static void the_highest_rate_does_not_overflow(void **state)
{
    struct bucket bucket;
    (void)state;
    bucket_init(&bucket, BUCKET_MOST_RATE);
    assert_int_equal(bucket_take(&bucket, 1), 0);
    assert_int_equal(bucket_take(&bucket, INT64_MAX / 2), 0);
    assert_int_equal(take_many(&bucket, INT64_MAX / 2, 2 * BUCKET_MOST_RATE), BUCKET_MOST_RATE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_rate_there_is_no_limit),
        cmocka_unit_test(a_second_is_given_at_once_and_no_more),
        cmocka_unit_test(it_fills_up_at_its_rate),
        cmocka_unit_test(a_token_is_there_to_the_microsecond),
        cmocka_unit_test(the_refused_are_told_to_come_one_after_the_other),
        cmocka_unit_test(nobody_is_sent_away_for_long),
        cmocka_unit_test(a_clock_that_stands_or_goes_back_gives_nothing),
        cmocka_unit_test(the_highest_rate_does_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
