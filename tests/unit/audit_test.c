// SPDX-License-Identifier: Apache-2.0
// What is written down of an act: a reason that says something, in one line, and who it was.
#include "runtime/audit.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool takes(const char *reason, const char *complaint)
{
    struct error err = {0};
    if (audit_check_reason(reason, &err))
        return true;
    assert_int_equal(err.kind, ERROR_invalid);
    assert_non_null(strstr(err.text, complaint));
    return false;
}

static void a_reason_says_something(void **state)
{
    (void)state;
    assert_true(takes("ticket 4", ""));
    assert_false(takes("ticket7", "at least 8 characters"));
    assert_false(takes("", "at least 8 characters"));
    /* Characters, not bytes. */
    assert_true(takes("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", ""));
    assert_false(takes("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4", "at least 8 characters"));
}

static void a_reason_is_one_line(void **state)
{
    char text[502];
    (void)state;
    memset(text, 'x', sizeof(text));
    text[500] = '\0';
    assert_true(takes(text, ""));
    text[500] = 'x';
    text[501] = '\0';
    assert_false(takes(text, "at most 500 bytes"));
    assert_false(takes("two lines\nof reason", "one line"));
    assert_false(takes("a terminal's \x1b[2J", "one line"));
    assert_false(takes("not UTF-8: \xff\xfe", "one line"));
}

static void who_it_was_ends_with_the_number(void **state)
{
    char name[AUDIT_NAME_SIZE];
    char wanted[32];
    (void)state;
    audit_name_actor(name);
    (void)snprintf(wanted, sizeof(wanted), " (uid %u)", (unsigned)getuid());
    assert_true(strlen(name) > strlen(wanted));
    assert_string_equal(name + strlen(name) - strlen(wanted), wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_says_something),
        cmocka_unit_test(a_reason_is_one_line),
        cmocka_unit_test(who_it_was_ends_with_the_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
