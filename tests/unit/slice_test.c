// SPDX-License-Identifier: Apache-2.0
// Views and the bounded writer, which is what stands between a value and the end of a buffer.
#include "base/slice.h"
#include "support/cmocka.h"

static void compares_like_sorted_bytes(void **state)
{
    (void)state;
    assert_true(slice_compare(slice_of_text("a"), slice_of_text("b")) < 0);
    assert_true(slice_compare(slice_of_text("b"), slice_of_text("a")) > 0);
    assert_true(slice_compare(slice_of_text("a"), slice_of_text("ab")) < 0);
    assert_true(slice_compare(slice_of_text("ab"), slice_of_text("a")) > 0);
    assert_true(slice_compare(slice_of_text("\x7f"), slice_of_text("\x80")) < 0);
    assert_int_equal(slice_compare(slice_of_text("ab"), slice_of_text("ab")), 0);
    assert_int_equal(slice_compare(slice_of(NULL, 0), slice_of_text("")), 0);
}

static void equality_takes_empty_slices_without_data(void **state)
{
    (void)state;
    assert_true(slice_equal(slice_of(NULL, 0), slice_of_text("")));
    assert_false(slice_equal(slice_of(NULL, 0), slice_of_text("x")));
    assert_true(slice_is(slice_of("abc", 2), "ab"));
    assert_false(slice_is(slice_of("ab\0", 3), "ab"));
}

static void writes_until_the_last_byte_of_room(void **state)
{
    (void)state;
    uint8_t room[5] = {0, 0, 0, 0, 0xaa};
    struct writer out = writer_over(room, 4);
    writer_bytes(&out, "abc", 3);
    writer_byte(&out, 'd');
    assert_false(out.overflow);
    assert_true(slice_is(writer_slice(&out), "abcd"));
    writer_byte(&out, 'e');
    assert_true(out.overflow);
    assert_int_equal(out.size, 4);
    assert_int_equal(room[4], 0xaa);
}

static void an_overflow_drops_every_later_write(void **state)
{
    (void)state;
    uint8_t room[4];
    struct writer out = writer_over(room, sizeof(room));
    writer_bytes(&out, "abcde", 5);
    writer_byte(&out, 'x'); /* would fit */
    assert_true(out.overflow);
    assert_int_equal(out.size, 0);
    assert_null(writer_reserve(&out, 1));
}

static void a_size_near_the_maximum_does_not_wrap(void **state)
{
    (void)state;
    uint8_t room[4];
    struct writer out = writer_over(room, sizeof(room));
    writer_byte(&out, 'a');
    assert_null(writer_reserve(&out, SIZE_MAX));
    assert_true(out.overflow);
}

static void numbers_are_big_endian(void **state)
{
    (void)state;
    uint8_t room[14];
    struct writer out = writer_over(room, sizeof(room));
    writer_u16(&out, 0x0102);
    writer_u32(&out, 0x03040506);
    writer_u64(&out, UINT64_C(0x0708090a0b0c0d0e));
    assert_false(out.overflow);
    for (uint8_t i = 0; i < sizeof(room); i++)
        assert_int_equal(room[i], i + 1);
    writer_u16(&out, 1);
    assert_true(out.overflow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_like_sorted_bytes),
        cmocka_unit_test(equality_takes_empty_slices_without_data),
        cmocka_unit_test(writes_until_the_last_byte_of_room),
        cmocka_unit_test(an_overflow_drops_every_later_write),
        cmocka_unit_test(a_size_near_the_maximum_does_not_wrap),
        cmocka_unit_test(numbers_are_big_endian),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
