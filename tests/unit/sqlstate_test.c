// SPDX-License-Identifier: Apache-2.0
// What an SQLSTATE means for who sees it: try again, give up, or tell an operator.
#include "pg/sqlstate.h"
#include "support/cmocka.h"

static void each_class_has_its_kind(void **state)
{
    static const struct {
        const char *code;
        enum error_kind kind;
    } cases[] = {
        {"", ERROR_transient}, /* no answer at all */
        {"40001", ERROR_conflict},
        {"23505", ERROR_conflict},
        {"ERA01", ERROR_conflict},
        {"ORD01", ERROR_conflict},
        {"08006", ERROR_transient},
        {"57P01", ERROR_transient},
        {"53100", ERROR_transient},
        {"42P01", ERROR_invalid},
        {"42501", ERROR_denied},
        {"3D000", ERROR_not_found},
        {"22021", ERROR_invalid},
        {"XX000", ERROR_fatal}};
    (void)state;
    for (size_t i = 0; i < countof(cases); i++)
        assert_int_equal(sqlstate_kind(cases[i].code), cases[i].kind);
}

/* Trying again would go on for ever: the statement was made for other parameters. */
static void a_broken_protocol_is_no_lost_connection(void **state)
{
    (void)state;
    assert_int_equal(sqlstate_kind("08P01"), ERROR_fatal);
}

static void only_data_can_be_a_commands_fault(void **state)
{
    (void)state;
    assert_true(sqlstate_is_data("22021"));
    assert_true(sqlstate_is_data("23514"));
    assert_false(sqlstate_is_data("42P01"));
    assert_false(sqlstate_is_data("08P01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_has_its_kind),
        cmocka_unit_test(a_broken_protocol_is_no_lost_connection),
        cmocka_unit_test(only_data_can_be_a_commands_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
