// SPDX-License-Identifier: Apache-2.0
// The streams that a process knows to be parked.
#include "command/parked_set.h"
#include "support/cmocka.h"

static struct parked_stream stream(uint8_t number, int32_t tenant, int16_t category)
{
    return (struct parked_stream){
        .stream = {.id = {.bytes = {[15] = number}}, .tenant_id = tenant, .category = category},
        .state = PARKED_WAITING};
}

static bool has(const struct parked_set *set, uint8_t number, int32_t tenant, int16_t category)
{
    const struct parked_stream wanted = stream(number, tenant, category);
    return parked_set_find(set, &wanted.stream) != NULL;
}

static void finds_what_was_loaded_and_nothing_else(void **state)
{
    (void)state;
    struct parked_set set = {0};
    const struct parked_stream streams[] = {stream(9, 1, 1), stream(3, 2, 1), stream(3, 1, 2)};
    assert_false(has(&set, 3, 1, 1));
    assert_true(parked_set_load(&set, streams, countof(streams)));
    assert_true(has(&set, 9, 1, 1) && has(&set, 3, 2, 1) && has(&set, 3, 1, 2));
    assert_false(has(&set, 3, 1, 1) || has(&set, 9, 2, 1) || has(&set, 4, 1, 1));
    assert_true(parked_set_load(&set, streams, 1));
    assert_false(has(&set, 3, 2, 1));
    assert_true(parked_set_load(&set, NULL, 0));
    assert_false(has(&set, 9, 1, 1));
    parked_set_release(&set);
}

static void one_by_one_in_any_order(void **state)
{
    (void)state;
    struct parked_set set = {0};
    for (uint8_t i = 0; i < 100; i++) {
        const struct parked_stream one = stream((uint8_t)(i * 37 % 100), 1, 1);
        assert_true(parked_set_put(&set, &one));
    }
    assert_int_equal(set.count, 100);
    for (uint8_t i = 0; i < 100; i++)
        assert_true(has(&set, i, 1, 1));
    for (uint8_t i = 0; i < 100; i += 2) {
        const struct parked_stream one = stream(i, 1, 1);
        parked_set_remove(&set, &one.stream);
        parked_set_remove(&set, &one.stream);
    }
    for (uint8_t i = 0; i < 100; i++)
        assert_int_equal(has(&set, i, 1, 1), i % 2);
    parked_set_release(&set);
}

static void the_state_of_one_is_replaced(void **state)
{
    (void)state;
    struct parked_set set = {0};
    struct parked_stream one = stream(5, 1, 1);
    assert_true(parked_set_put(&set, &one));
    one.state = PARKED_RELEASED;
    assert_true(parked_set_put(&set, &one));
    assert_int_equal(set.count, 1);
    assert_int_equal(parked_set_find(&set, &one.stream)->state, PARKED_RELEASED);
    parked_set_release(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_loaded_and_nothing_else),
        cmocka_unit_test(one_by_one_in_any_order),
        cmocka_unit_test(the_state_of_one_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
