// SPDX-License-Identifier: Apache-2.0
// Offsets are passed on when their records have arrived, in order, and never otherwise.
#include "command/marks.h"
#include "support/cmocka.h"

static int open_marks(void **state)
{
    static struct marks marks;
    marks = (struct marks){0};
    *state = &marks;
    return 0;
}

static void waits_for_the_record(void **state)
{
    struct marks *marks = *state;
    struct mark mark;
    assert_true(marks_add(marks, 10, 0, 100));
    assert_true(marks_add(marks, 10, 1, 200));
    assert_true(marks_add(marks, 12, 0, 105));
    assert_false(marks_take(marks, 9, &mark));
    assert_true(marks_take(marks, 11, &mark));
    assert_int_equal(mark.partition, 0);
    assert_int_equal(mark.offset, 100);
    assert_true(marks_take(marks, 11, &mark));
    assert_int_equal(mark.offset, 200);
    assert_false(marks_take(marks, 11, &mark));
    assert_true(marks_take(marks, 12, &mark));
    assert_int_equal(mark.offset, 105);
    assert_true(marks_are_empty(marks));
}

static void says_when_it_is_full(void **state)
{
    struct marks *marks = *state;
    struct mark mark;
    for (int64_t i = 0; i < MARKS_CAPACITY; i++)
        assert_true(marks_add(marks, i, 0, i));
    assert_false(marks_add(marks, MARKS_CAPACITY, 0, MARKS_CAPACITY));
    assert_true(marks_take(marks, 0, &mark));
    assert_true(marks_add(marks, MARKS_CAPACITY, 0, MARKS_CAPACITY));
    for (int64_t i = 1; i <= MARKS_CAPACITY; i++) {
        assert_true(marks_take(marks, MARKS_CAPACITY, &mark));
        assert_int_equal(mark.offset, i);
    }
}

static void forgets_what_is_no_longer_ours(void **state)
{
    struct marks *marks = *state;
    struct mark mark;
    assert_true(marks_add(marks, 1, 0, 1));
    marks_clear(marks);
    assert_true(marks_are_empty(marks));
    assert_false(marks_take(marks, 100, &mark));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(waits_for_the_record, open_marks),
        cmocka_unit_test_setup(says_when_it_is_full, open_marks),
        cmocka_unit_test_setup(forgets_what_is_no_longer_ours, open_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
