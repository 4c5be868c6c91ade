// SPDX-License-Identifier: Apache-2.0
// UTF-8, integers, times and decimals: what is accepted, and the first thing that is not.
#include "base/text.h"
#include "support/aborts.h"
#include "support/cmocka.h"

/* The encoding of a code point by the arithmetic of RFC 3629, surrogates too. */
static size_t encode_code_point(uint32_t c, uint8_t out[static 4])
{
    if (c < 0x80) {
        out[0] = (uint8_t)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (uint8_t)(0x80 | (c & 0x3f));
    out[0] = (uint8_t)(lead[size] | c);
    return size;
}

static void every_code_point_but_nul_and_surrogates_is_utf8(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x1fffff; c++) {
        uint8_t bytes[4];
        bool valid = c != 0 && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        size_t size = encode_code_point(c, bytes);
        assert_int_equal(text_is_utf8(slice_of(bytes, size)), valid);
    }
}

/* All texts of three bytes. One byte: 127 are text; two: 1920; three: 61440 (no surrogates). So the
 * number of valid texts is that of the ways to put them together. */
static void no_three_bytes_are_text_that_should_not_be(void **state)
{
    (void)state;
    size_t valid = 0;
    for (uint32_t word = 0; word < 1u << 24; word++) {
        uint8_t bytes[3] = {(uint8_t)(word >> 16), (uint8_t)(word >> 8), (uint8_t)word};
        valid += text_is_utf8(slice_of(bytes, sizeof(bytes)));
    }
    assert_int_equal(valid, 127 * 127 * 127 + 2 * 127 * 1920 + 61440);
}

/* The byte that is wrong may stand anywhere in the eight that are looked at together. */
static void finds_a_wrong_byte_at_any_place_of_long_text(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "\x80", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
    for (size_t at = 0; at < 40; at++) {
        char text[48];
        memset(text, 'a', sizeof(text));
        text[at] = '\0';
        assert_false(text_is_utf8(slice_of(text, sizeof(text))));
        memcpy(text + at, "\xe2\x82\xac", 3);
        assert_true(text_is_utf8(slice_of(text, sizeof(text))));
        for (size_t i = 0; i < countof(wrong); i++) {
            memset(text, 'a', sizeof(text));
            memcpy(text + at, wrong[i], strlen(wrong[i]));
            assert_false(text_is_utf8(slice_of(text, sizeof(text))));
        }
    }
}

static void a_sequence_cut_by_the_end_is_not_utf8(void **state)
{
    (void)state;
    static const char gift[] = "\xf0\x9f\x8e\x81";
    for (size_t size = 1; size < 4; size++)
        assert_false(text_is_utf8(slice_of(gift, size)));
    assert_true(text_is_utf8(slice_of(gift, 4)));
    assert_true(text_is_utf8(slice_of(NULL, 0)));
}

static void finds_control_characters_at_any_place(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < 20; at++) {
            char text[20];
            memset(text, c % 2 == 0 ? 0x20 : 0xff, sizeof(text));
            text[at] = (char)c;
            bool control = c < 0x20 || c == 0x7f;
            assert_int_equal(text_has_no_control(slice_of(text, sizeof(text))), !control);
        }
    }
    assert_true(text_has_no_control(slice_of(NULL, 0)));
}

static void integers_end_at_the_edges_of_64_bits(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_true(text_parse_i64(slice_of_text("9223372036854775807"), &value));
    assert_true(value == INT64_MAX);
    assert_true(text_parse_i64(slice_of_text("-9223372036854775808"), &value));
    assert_true(value == INT64_MIN);
    assert_true(text_parse_i64(slice_of_text("-0"), &value));
    assert_true(value == 0);
    assert_true(text_parse_i64(slice_of_text("0007"), &value));
    assert_true(value == 7);
    static const char *const wrong[] = {
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "0x1",
        "--1",
        "1e2",
        "/",
        ":"};
    for (size_t i = 0; i < countof(wrong); i++)
        assert_false(text_parse_i64(slice_of_text(wrong[i]), &value));
    assert_false(text_parse_i64(slice_of("1\0", 2), &value));
    assert_true(value == 7);
}

static int64_t parsed_time(const char *text)
{
    int64_t us = -1;
    if (!text_parse_time(slice_of_text(text), &us))
        fail_msg("refused: %s", text);
    return us;
}

static void reads_times_of_rfc_3339(void **state)
{
    (void)state;
    assert_true(parsed_time("1970-01-01T00:00:00Z") == 0);
    assert_true(parsed_time("1969-12-31T23:59:59.999999Z") == -1);
    assert_true(parsed_time("2026-01-31t12:00:00.5z") == 1769860800500000);
    assert_true(parsed_time("2026-01-31T14:00:00.5+02:00") == 1769860800500000);
    assert_true(parsed_time("2026-01-30T12:01:00.5-23:59") == 1769860800500000);
    assert_true(parsed_time("2026-01-31T12:00:00-00:00") == 1769860800000000);
    assert_true(parsed_time("2000-02-29T00:00:00Z") == 951782400000000);
    assert_true(parsed_time("0001-01-01T00:00:00Z") == TEXT_TIME_LEAST);
    assert_true(parsed_time("9999-12-31T23:59:59.999999Z") == TEXT_TIME_GREATEST);
    assert_true(parsed_time("2026-01-31T12:00:00.000001Z") % 1000000 == 1);
}

static void refuses_what_is_not_a_time(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31T12:00Z",
        "2026-01-31 12:00:00Z",
        "2026-1-31T12:00:00Z",
        "2026-00-31T12:00:00Z",
        "2026-13-31T12:00:00Z",
        "2026-01-00T12:00:00Z",
        "2026-01-32T12:00:00Z",
        "2026-04-31T12:00:00Z",
        "2026-02-29T12:00:00Z",
        "1900-02-29T12:00:00Z",
        "2024-02-30T12:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:60Z",
        "2026-01-31T12:00:00.Z",
        "2026-01-31T12:00:00.1234567Z",
        "2026-01-31T12:00:00,5Z",
        "2026-01-31T12:00:00+2:00",
        "2026-01-31T12:00:00+0200",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00:00+02:60",
        "2026-01-31T12:00:00+02:00Z",
        "2026-01-31T12:00:00Z ",
        " 2026-01-31T12:00:00Z",
        "0000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        "20260131T120000Z",
        "12026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.5",
        "2026-W05-6T12:00:00Z"};
    int64_t us = 42;
    for (size_t i = 0; i < countof(wrong); i++) {
        if (text_parse_time(slice_of_text(wrong[i]), &us))
            fail_msg("accepted: %s", wrong[i]);
    }
    assert_true(us == 42);
}

/* They could be read, but never written again: the zone moves them out of the four-digit years. */
static void refuses_times_that_the_zone_moves_out_of_the_years(void **state)
{
    (void)state;
    int64_t us;
    assert_false(text_parse_time(slice_of_text("9999-12-31T23:59:59-00:01"), &us));
    assert_false(text_parse_time(slice_of_text("0001-01-01T00:00:00+00:01"), &us));
    assert_true(parsed_time("9999-12-31T23:59:59.999999+00:00") == TEXT_TIME_GREATEST);
    assert_true(parsed_time("0001-01-01T00:00:00-00:00") == TEXT_TIME_LEAST);
}

static void every_prefix_of_a_time_is_refused(void **state)
{
    (void)state;
    static const char text[] = "2026-01-31T12:00:00.123456+02:00";
    int64_t us;
    for (size_t size = 0; size < sizeof(text) - 1; size++)
        assert_false(text_parse_time(slice_of(text, size), &us));
}

static void times_survive_writing_and_reading(void **state)
{
    (void)state;
    char text[TEXT_TIME_SIZE];
    int64_t day = INT64_C(86400000000);
    /* Every day of the years 1 to 9999, each at another time of the day. */
    for (int64_t us = TEXT_TIME_LEAST; us <= TEXT_TIME_GREATEST - day; us += day + 1234567) {
        text_format_time(us, text);
        assert_true(parsed_time(text) == us);
    }
    text_format_time(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    text_format_time(TEXT_TIME_LEAST, text);
    assert_string_equal(text, "0001-01-01T00:00:00.000000Z");
    text_format_time(TEXT_TIME_GREATEST, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999999Z");
}

static void format_a_time(void *us)
{
    char text[TEXT_TIME_SIZE];
    text_format_time(*(const int64_t *)us, text);
}

static void a_time_without_a_text_form_is_a_bug(void **state)
{
    (void)state;
    int64_t times[] = {TEXT_TIME_LEAST - 1, TEXT_TIME_GREATEST + 1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < countof(times); i++)
        assert_true(aborts(format_a_time, &times[i]));
}

static void writes_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        int exponent;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 2, "0.00"},
        {5, 0, "5"},
        {5, 2, "0.05"},
        {-5, 2, "-0.05"},
        {1999, 2, "19.99"},
        {-1999, 3, "-1.999"},
        {10, 1, "1.0"},
        {1, 9, "0.000000001"},
        {INT64_MAX, 0, "9223372036854775807"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MAX, 9, "9223372036.854775807"},
        {INT64_MIN, 9, "-9223372036.854775808"}};
    for (size_t i = 0; i < countof(cases); i++) {
        char text[TEXT_DECIMAL_SIZE];
        int64_t coefficient = 0;
        int scale = -1;
        text_format_decimal(cases[i].minor, cases[i].exponent, text);
        assert_string_equal(text, cases[i].text);
        bool readable = cases[i].minor != INT64_MIN;
        assert_int_equal(text_parse_decimal(slice_of_text(text), &coefficient, &scale), readable);
        assert_true(!readable || (coefficient == cases[i].minor && scale == cases[i].exponent));
    }
}

static void refuses_what_is_not_a_decimal(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "-",
        ".",
        "-.",
        "1.",
        ".5",
        "-.5",
        "+1",
        "1e2",
        "1.5.5",
        "1,5",
        " 1",
        "1 ",
        "--1",
        "1-",
        "1.-5",
        "0.0000000001",
        "9223372036854775808",
        "92233720368547758.08",
        "NaN",
        "inf",
        "0x1",
        "000000000000000000000000001"};
    int64_t coefficient = 42;
    int scale = 42;
    for (size_t i = 0; i < countof(wrong); i++) {
        if (text_parse_decimal(slice_of_text(wrong[i]), &coefficient, &scale))
            fail_msg("accepted: %s", wrong[i]);
    }
    assert_true(coefficient == 42 && scale == 42);
    assert_true(text_parse_decimal(slice_of_text("-12.345"), &coefficient, &scale));
    assert_true(coefficient == -12345 && scale == 3);
    assert_true(text_parse_decimal(slice_of_text("0.000000001"), &coefficient, &scale));
    assert_true(coefficient == 1 && scale == 9);
    assert_true(text_parse_decimal(slice_of_text("007"), &coefficient, &scale));
    assert_true(coefficient == 7 && scale == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_but_nul_and_surrogates_is_utf8),
        cmocka_unit_test(no_three_bytes_are_text_that_should_not_be),
        cmocka_unit_test(finds_a_wrong_byte_at_any_place_of_long_text),
        cmocka_unit_test(a_sequence_cut_by_the_end_is_not_utf8),
        cmocka_unit_test(finds_control_characters_at_any_place),
        cmocka_unit_test(integers_end_at_the_edges_of_64_bits),
        cmocka_unit_test(reads_times_of_rfc_3339),
        cmocka_unit_test(refuses_what_is_not_a_time),
        cmocka_unit_test(refuses_times_that_the_zone_moves_out_of_the_years),
        cmocka_unit_test(every_prefix_of_a_time_is_refused),
        cmocka_unit_test(times_survive_writing_and_reading),
        cmocka_unit_test(a_time_without_a_text_form_is_a_bug),
        cmocka_unit_test(writes_decimals),
        cmocka_unit_test(refuses_what_is_not_a_decimal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
