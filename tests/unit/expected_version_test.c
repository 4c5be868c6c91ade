// SPDX-License-Identifier: Apache-2.0
// What senders assume of a stream: how it is written, and when it holds.
#include "support/cmocka.h"
#include "wire/expected_version.h"

#include <inttypes.h>

static const struct {
    const char *text;
    enum expected_mode mode;
    int64_t version;
    const char *written;
    bool holds[4]; /* at version 0, 1, 7, 8 */
} notations[] = {
    {"any", EXPECTED_ANY, 0, "-1", {true, true, true, true}},
    {"-1", EXPECTED_ANY, 0, "-1", {true, true, true, true}},
    {"none", EXPECTED_NONE, 0, "0", {true, false, false, false}},
    {"0", EXPECTED_NONE, 0, "0", {true, false, false, false}},
    {"exists", EXPECTED_EXISTS, 0, "exists", {false, true, true, true}},
    {"1", EXPECTED_EXACT, 1, "1", {false, true, false, false}},
    {"7", EXPECTED_EXACT, 7, "7", {false, false, true, false}},
    {">=0", EXPECTED_AT_LEAST, 0, ">=0", {true, true, true, true}},
    {">=1", EXPECTED_AT_LEAST, 1, ">=1", {false, true, true, true}},
    {">=8", EXPECTED_AT_LEAST, 8, ">=8", {false, false, false, true}},
    {"9223372036854775807",
     EXPECTED_EXACT,
     INT64_MAX,
     "9223372036854775807",
     {false, false, false, false}},
    {">=9223372036854775807",
     EXPECTED_AT_LEAST,
     INT64_MAX,
     ">=9223372036854775807",
     {false, false, false, false}},
};

static void each_notation_has_its_meaning(void **state)
{
    static const int64_t versions[] = {0, 1, 7, 8};
    (void)state;
    for (size_t i = 0; i < countof(notations); i++) {
        struct expected_version read;
        char text[EXPECTED_VERSION_SIZE];
        assert_true(expected_version_read(slice_of_text(notations[i].text), &read));
        assert_int_equal(read.mode, notations[i].mode);
        assert_true(read.version == notations[i].version);
        expected_version_write(&read, text);
        assert_string_equal(text, notations[i].written);
        for (size_t v = 0; v < countof(versions); v++) {
            if (expected_version_holds(&read, versions[v]) != notations[i].holds[v])
                fail_msg("%s at version %" PRId64, notations[i].text, versions[v]);
        }
    }
}

static void nothing_else_is_read(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "-2",
        ">=",
        ">=-1",
        ">= 1",
        ">1",
        ">=x",
        "<=1",
        "1.0",
        "0x1",
        "Exists",
        "new",
        "any ",
        "9223372036854775808",
        ">=9223372036854775808"};
    (void)state;
    for (size_t i = 0; i < countof(wrong); i++) {
        struct expected_version read = {.version = 5};
        if (expected_version_read(slice_of_text(wrong[i]), &read))
            fail_msg("read: %s", wrong[i]);
        assert_int_equal(read.version, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_notation_has_its_meaning),
        cmocka_unit_test(nothing_else_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
