// SPDX-License-Identifier: Apache-2.0
// Headers of commands that wait in the database.
#include "command/parked_headers.h"
#include "support/cmocka.h"

static int set_up(void **state)
{
    static struct arena arena;
    arena_init(&arena, 1 << 20);
    *state = &arena;
    return 0;
}

static int tear_down(void **state)
{
    arena_release(*state);
    return 0;
}

static void what_means_something_comes_back_in_order(void **state)
{
    const struct header headers[] = {
        {SLICE_LITERAL("ce_id"), SLICE_LITERAL("1")},
        {SLICE_LITERAL("x-customer"), SLICE_LITERAL("Alice Example")},
        {SLICE_LITERAL("content-type"), SLICE_LITERAL("application/json")},
        {SLICE_LITERAL("reply_topic"), SLICE_LITERAL("")},
        {SLICE_LITERAL("order_mac"), SLICE_LITERAL("\0\1\2")},
        {SLICE_LITERAL("ce_id"), SLICE_LITERAL("2")},
    };
    static const size_t kept[] = {0, 2, 3, 4, 5};
    const struct header *found;
    struct slice bytes;
    size_t count;
    assert_true(parked_headers_pack(headers, countof(headers), *state, &bytes));
    assert_true(parked_headers_unpack(bytes, *state, &found, &count));
    assert_int_equal(count, countof(kept));
    for (size_t i = 0; i < count; i++) {
        assert_true(slice_equal(found[i].name, headers[kept[i]].name));
        assert_true(slice_equal(found[i].value, headers[kept[i]].value));
    }
}

static void none_are_none(void **state)
{
    const struct header *found;
    struct slice bytes;
    size_t count = 1;
    assert_true(parked_headers_pack(NULL, 0, *state, &bytes));
    assert_int_equal(bytes.size, 0);
    assert_true(parked_headers_unpack(bytes, *state, &found, &count));
    assert_int_equal(count, 0);
}

static void every_cut_is_noticed(void **state)
{
    const struct header headers[] = {
        {SLICE_LITERAL("ce_id"), SLICE_LITERAL("1")},
        {SLICE_LITERAL("ce_type"), SLICE_LITERAL("t")}};
    const struct header *found;
    struct slice bytes;
    size_t count;
    assert_true(parked_headers_pack(headers, 2, *state, &bytes));
    for (size_t size = 1; size < bytes.size; size++) {
        bool whole = size == 8 + 5 + 1; /* behind the first header */
        assert_int_equal(
            parked_headers_unpack(slice_of(bytes.data, size), *state, &found, &count), whole);
    }
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 'x'};
    assert_false(parked_headers_unpack(slice_of(huge, sizeof(huge)), *state, &found, &count));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_means_something_comes_back_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(none_are_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_cut_is_noticed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
