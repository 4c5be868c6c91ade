// SPDX-License-Identifier: Apache-2.0
// One value at a time: which bytes are a UUID, a time, a decimal, a name, and which are not. Each
// case puts raw bytes in the place of one field of an otherwise sound message.
#include "golden/sample_edit.h"
#include "support/cmocka.h"
#include "support/wire_assert.h"

struct value_case {
    enum wire_form form;
    const char *field;
    const char *head; /* apart from `body`, so that no escape runs into a digit */
    const char *body;
    size_t zeros; /* NULs after the head and before the body */
    bool accepted;
};

#define C WIRE_CONTRACT
#define S WIRE_STORED

static void assert_value_case(const struct value_case *value)
{
    static uint8_t room[16384], raw[128];
    struct writer out = writer_over(room, sizeof(room));
    struct writer bytes = writer_over(raw, sizeof(raw));
    writer_bytes(&bytes, value->head, strlen(value->head));
    for (size_t i = 0; i < value->zeros; i++)
        writer_byte(&bytes, 0);
    writer_bytes(&bytes, value->body, strlen(value->body));
    sample_edit(value->form, value->field, writer_slice(&bytes), 1, &out);
    assert_false(out.overflow || bytes.overflow);
    struct arena arena;
    struct sample got;
    struct wire_fault fault;
    arena_init(&arena, 1 << 20);
    bool ok = wire_decode(&sample_message, value->form, writer_slice(&out), &arena, &got, &fault);
    arena_release(&arena);
    if (ok != value->accepted)
        fail_msg("%s \"%s\": %s", value->field, value->body, ok ? "accepted" : fault.reason);
    if (!ok)
        assert_fault_is(&fault, WIRE_bad_field, value->field, value->body);
}

#define ASSERT_VALUE_CASES(cases) \
    for (size_t i = 0; i < countof(cases); i++) \
    assert_value_case(&(cases)[i])

// clang-format off

static void values_of_another_type_are_refused(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {C, "gift",   "\x01", "",     0, false},
        {C, "gift",   "\xc2", "",     0, true},
        {S, "gift",   "\xc0", "",     0, false},
        {C, "delta",  "\xa1", "1",    0, false},
        {C, "delta",  "\xc3", "",     0, false},
        {C, "delta",  "\xca", "",     4, false}, /* a float */
        {C, "delta",  "\xcf\x80", "", 7, false}, /* over INT64_MAX */
        {C, "delta",  "\xd3\x80", "", 7, true},
        {C, "delta",  "\xcf\x7f", "", 7, true},
        {C, "email",  "\xc0", "",     0, false}, /* contract: left out, not nil */
        {S, "email",  "\xc0", "",     0, true},
        {C, "email",  "\xc4\x03", "a@b", 0, false},
        {C, "email",  "\x05", "",     0, false},
        {C, "lines",  "\x80", "",     0, false},
        {C, "lines",  "\xc0", "",     0, false},
        {S, "lines",  "\xc0", "",     0, false},
        {S, "lines",  "\x05", "",     0, false},
        {S, "bill_to", "\xc0", "",    0, true},
        {C, "urgent", "\xa4", "true", 0, false},
    };
    ASSERT_VALUE_CASES(cases);
}

static void uuids_have_one_shape_per_form(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {C, "id", "\xd9\x24", "2ed6657d-e927-568b-95e1-2665a8aea6a2",  0, true},
        {C, "id", "\xd9\x24", "2ED6657D-E927-568B-95E1-2665A8AEA6A2",  0, true},
        {C, "id", "\xd9\x23", "2ed6657d-e927-568b-95e1-2665a8aea6a",   0, false},
        {C, "id", "\xd9\x25", "2ed6657d-e927-568b-95e1-2665a8aea6a22", 0, false},
        {C, "id", "\xd9\x24", "2ed6657d-e927-568b-95e1-2665a8aea6ag",  0, false},
        {C, "id", "\xc4\x10", "0123456789abcdef",  0, false},
        {S, "id", "\xc4\x10", "0123456789abcdef",  0, true},
        {S, "id", "\xc4\x0f", "0123456789abcde",   0, false},
        {S, "id", "\xc4\x11", "0123456789abcdef0", 0, false},
        {S, "id", "\xb0",     "0123456789abcdef",  0, false},
        {S, "id", "\xd9\x24", "2ed6657d-e927-568b-95e1-2665a8aea6a2", 0, false},
    };
    ASSERT_VALUE_CASES(cases);
}

static void times_have_one_shape_per_form(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {C, "placed", "\xb4", "2026-01-31T12:00:00Z",      0, true},
        {C, "placed", "\xb4", "2026-02-29T12:00:00Z",      0, false},
        {C, "placed", "\xb9", "9999-12-31T23:59:59-00:01", 0, false},
        {C, "placed", "\xa0", "", 0, false},
        {C, "placed", "\x05", "", 0, false},
        {S, "placed", "\x05", "", 0, true},
        {S, "placed", "\xcf\x03\x84\x44\x0c\xcc\x73\x5f\xff", "", 0, true},  /* the last one */
        {S, "placed", "\xcf\x03\x84\x44\x0c\xcc\x73\x60",     "", 1, false},
        {S, "placed", "\xd2\x80", "", 3, true},
        {S, "placed", "\xd3\x80", "", 7, false},
        {S, "placed", "\xb4", "2026-01-31T12:00:00Z", 0, false},
    };
    ASSERT_VALUE_CASES(cases);
}

static void decimals_have_one_shape_per_form(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {C, "discount", "\xa5", "19.99",        0, true},
        {C, "discount", "\xab", "0.123456789",  0, true},
        {C, "discount", "\xac", "0.1234567890", 0, false},
        {C, "discount", "\xa3", "1e2",          0, false},
        {C, "discount", "\xa0", "", 0, false},
        {C, "discount", "\x05", "", 0, false},
        {C, "discount", "\x92\x05\x01", "", 0, false},
        {S, "discount", "\x92\x05",     "", 1, true},
        {S, "discount", "\x92\x05\x09", "", 0, true},
        {S, "discount", "\x92\x05\x0a", "", 0, false},
        {S, "discount", "\x92\x05\xff", "", 0, false},
        {S, "discount", "\x91\x05",     "", 0, false},
        {S, "discount", "\x92\xc0\x01", "", 0, false},
        {S, "discount", "\x93\x05\x01\x01", "", 0, false},
    };
    ASSERT_VALUE_CASES(cases);
}

static void names_of_an_enumeration_are_exact(void **state)
{
    (void)state;
    static const struct value_case cases[] = {
        {C, "colour", "\xa3", "red",       0, true},
        {C, "colour", "\xa9", "dark_blue", 0, true},
        {C, "colour", "\xa3", "Red",       0, false},
        {C, "colour", "\xa2", "re",        0, false},
        {C, "colour", "\xa4", "redd",      0, false},
        {C, "colour", "\xa4" "red", "",    1, false},
        {C, "colour", "\xa4", "pink",      0, false},
        {C, "colour", "\xa0", "",          0, false},
        {C, "colour", "",     "",          1, false},
        {S, "colour", "\xa3", "red",       0, false},
        {S, "colour", "\x02", "",          0, true},
        {S, "colour", "\xff", "",          0, false},
        {S, "colour", "\xcf\x7f", "",      7, true}, /* a newer program's */
    };
    ASSERT_VALUE_CASES(cases);
}

// clang-format on

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_another_type_are_refused),
        cmocka_unit_test(uuids_have_one_shape_per_form),
        cmocka_unit_test(times_have_one_shape_per_form),
        cmocka_unit_test(decimals_have_one_shape_per_form),
        cmocka_unit_test(names_of_an_enumeration_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
