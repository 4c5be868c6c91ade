// SPDX-License-Identifier: Apache-2.0
// Sorting in place: nothing lost, nothing out of order, no slow input.
#include "domain/sort.h"
#include "support/stage.h"

static void check(uint64_t *numbers, size_t count)
{
    uint64_t sum_before = 0, sum_after = 0;
    for (size_t i = 0; i < count; i++)
        sum_before += numbers[i] * numbers[i];
    sort_numbers(numbers, count);
    for (size_t i = 0; i < count; i++) {
        sum_after += numbers[i] * numbers[i];
        assert_true(i == 0 || numbers[i - 1] <= numbers[i]);
    }
    assert_true(sum_before == sum_after);
}

static void small_ones(void **state)
{
    (void)state;
    sort_numbers(NULL, 0);
    check((uint64_t[]){3}, 1);
    check((uint64_t[]){3, 1}, 2);
    check((uint64_t[]){1, 3}, 2);
    check((uint64_t[]){2, 2, 2}, 3);
    check((uint64_t[]){UINT64_MAX, 0, 1}, 3);
}

static void every_order_of_seven(void **state)
{
    (void)state;
    for (uint64_t code = 0; code < 823543; code += 5) { /* 7 digits of base 7, repeats included */
        uint64_t numbers[7];
        uint64_t rest = code;
        for (size_t i = 0; i < 7; i++, rest /= 7)
            numbers[i] = rest % 7;
        check(numbers, 7);
    }
}

static void large_ones(void **state)
{
    (void)state;
    static uint64_t numbers[100000];
    uint64_t seed = 3;
    for (int shape = 0; shape < 4; shape++) {
        for (size_t i = 0; i < countof(numbers); i++) {
            const uint64_t shapes[] = {i, countof(numbers) - i, 42, stage_draw(&seed)};
            numbers[i] = shapes[shape];
        }
        check(numbers, countof(numbers));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ones),
        cmocka_unit_test(every_order_of_seven),
        cmocka_unit_test(large_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
