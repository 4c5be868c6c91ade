// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "support/aborts.h"
#include "support/cmocka.h"

#include <string.h>

static void set_fills_kind_and_text_and_drops_an_old_code(void **state)
{
    (void)state;
    struct error err = {.code = "40001"};
    assert_false(error_set(&err, ERROR_transient, "%s:%d", "host", 5432));
    assert_int_equal(err.kind, ERROR_transient);
    assert_string_equal(err.text, "host:5432");
    assert_string_equal(err.code, "");
}

static void a_long_text_is_cut_and_terminated(void **state)
{
    (void)state;
    struct error err;
    char text[2000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    error_set(&err, ERROR_fatal, "%s", text);
    assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void prefix_puts_its_words_first(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_conflict, "version 3");
    assert_false(error_prefix(&err, "stream %d", 7));
    assert_string_equal(err.text, "stream 7: version 3");
    assert_int_equal(err.kind, ERROR_conflict);
}

/* Around the size of the text the old words lose, byte by byte, and nothing is written past it. */
static void prefix_of_any_length_stays_within_the_text(void **state)
{
    (void)state;
    struct error err;
    char prefix[sizeof(err.text) + 8];
    for (size_t length = 0; length < sizeof(prefix) - 1; length++) {
        memset(prefix, 'p', length);
        prefix[length] = '\0';
        error_set(&err, ERROR_invalid, "old");
        error_prefix(&err, "%s", prefix);
        size_t cut = length < sizeof(err.text) - 1 ? length : sizeof(err.text) - 1;
        assert_true(strlen(err.text) < sizeof(err.text));
        assert_memory_equal(err.text, prefix, cut);
        if (length + 5 < sizeof(err.text))
            assert_string_equal(err.text + length, ": old");
    }
}

static void every_kind_has_a_name_and_an_exit_code(void **state)
{
    (void)state;
    for (int kind = 0; kind < ERROR_KIND_COUNT; kind++) {
        struct error err = {.kind = (enum error_kind)kind};
        assert_true(strlen(error_kind_name(err.kind)) > 0);
        assert_true(error_exit_code(&err) > 0);
    }
    assert_string_equal(error_kind_name(ERROR_not_found), "not_found");
    struct error tampered = {.kind = ERROR_tampered};
    assert_int_equal(error_exit_code(&tampered), 8);
}

static void fail_a_check(void *argument)
{
    CHECK(argument != NULL);
}

static void a_failed_check_stops_the_program(void **state)
{
    (void)state;
    int present;
    assert_true(aborts(fail_a_check, NULL));
    assert_false(aborts(fail_a_check, &present));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_kind_and_text_and_drops_an_old_code),
        cmocka_unit_test(a_long_text_is_cut_and_terminated),
        cmocka_unit_test(prefix_puts_its_words_first),
        cmocka_unit_test(prefix_of_any_length_stays_within_the_text),
        cmocka_unit_test(every_kind_has_a_name_and_an_exit_code),
        cmocka_unit_test(a_failed_check_stops_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
