// SPDX-License-Identifier: Apache-2.0
// Commands as people write them for `send` and `validate`.
#include "command/input.h"
#include "support/stage.h"

#define STREAM "\"stream_id\":\"01890a5d-ac96-774b-bcce-b302099a8057\""
#define BODY "\"body\":{\"reason\":\"customer\"}"

struct desk {
    struct arena arena;
    struct input_command command;
    struct wire_fault fault;
};

static int open_desk(void **state)
{
    static struct desk desk;
    memset(&desk, 0, sizeof(desk));
    arena_init(&desk.arena, (size_t)4 << 20);
    *state = &desk;
    return 0;
}

static int close_desk(void **state)
{
    arena_release(&((struct desk *)*state)->arena);
    return 0;
}

static bool read_text(struct desk *desk, const char *json)
{
    return input_read(slice_of_text(json), &desk->arena, &desk->command, &desk->fault);
}

static void assert_fault(struct desk *desk, const char *json, const char *code, const char *field)
{
    assert_false(read_text(desk, json));
    assert_string_equal(wire_fault_name(desk->fault.code), code);
    if (field == NULL)
        assert_null(desk->fault.field);
    else
        assert_string_equal(desk->fault.field, field);
}

static void a_short_type_is_enough(void **state)
{
    struct desk *desk = *state;
    assert_true(read_text(desk, "{\"type\":\"cancel-order\"," STREAM "," BODY "}"));
    assert_int_equal(desk->command.type, COMMAND_CANCEL_ORDER);
    assert_false(desk->command.has_id || desk->command.expected.mode != EXPECTED_ANY);
    assert_true(desk->command.body.size > 0);
}

static void a_full_type_an_id_and_a_version_are_taken(void **state)
{
    struct desk *desk = *state;
    assert_true(read_text(
        desk,
        "{" BODY ",\"type\":\"order.command.cancel-order.v1\",\"expected_version\":3," STREAM
        ",\"id\":\"01890a5d-ac96-774b-bcce-b302099a9999\"}"));
    assert_true(desk->command.has_id);
    assert_int_equal(desk->command.expected.mode, EXPECTED_EXACT);
    assert_int_equal(desk->command.expected.version, 3);
}

static void an_expected_version_may_be_a_word(void **state)
{
    static const struct {
        const char *json;
        enum expected_mode mode;
        int64_t version;
    } cases[] = {
        {"0", EXPECTED_NONE, 0},
        {"7", EXPECTED_EXACT, 7},
        {"\"7\"", EXPECTED_EXACT, 7},
        {"\"any\"", EXPECTED_ANY, 0},
        {"\"none\"", EXPECTED_NONE, 0},
        {"\"exists\"", EXPECTED_EXISTS, 0},
        {"\">=3\"", EXPECTED_AT_LEAST, 3}};
    static const char *const wrong[] = {"-1", "null", "true", "[3]", "\">3\"", "\"\"", "\"three\""};
    struct desk *desk = *state;
    char text[300];
    for (size_t i = 0; i < countof(cases); i++) {
        (void)snprintf(
            text,
            sizeof(text),
            "{\"type\":\"cancel-order\",\"expected_version\":%s," STREAM "," BODY "}",
            cases[i].json);
        assert_true(read_text(desk, text));
        assert_int_equal(desk->command.expected.mode, cases[i].mode);
        assert_true(desk->command.expected.version == cases[i].version);
    }
    for (size_t i = 0; i < countof(wrong); i++) {
        (void)snprintf(
            text,
            sizeof(text),
            "{\"type\":\"cancel-order\",\"expected_version\":%s," STREAM "," BODY "}",
            wrong[i]);
        assert_fault(desk, text, "bad_field", "expected_version");
    }
}

static void faults_name_what_is_wrong(void **state)
{
    struct desk *desk = *state;
    assert_fault(desk, "[1]", "bad_encoding", NULL);
    assert_fault(desk, "{", "bad_encoding", NULL);
    assert_fault(desk, "{" STREAM "," BODY "}", "missing_field", "type");
    assert_fault(desk, "{\"type\":\"cancel-order\"," BODY "}", "missing_field", "stream_id");
    assert_fault(desk, "{\"type\":\"cancel-order\"," STREAM "}", "missing_field", "body");
    assert_fault(desk, "{\"type\":\"cancel\"," STREAM "," BODY "}", "bad_field", "type");
    assert_fault(desk, "{\"type\":7," STREAM "," BODY "}", "bad_field", "type");
    assert_fault(
        desk, "{\"type\":\"cancel-order\",\"stream_id\":\"x\"," BODY "}", "bad_field", "stream_id");
    assert_fault(
        desk,
        "{\"type\":\"cancel-order\",\"expected_version\":-2," STREAM "," BODY "}",
        "bad_field",
        "expected_version");
    assert_fault(
        desk,
        "{\"type\":\"cancel-order\",\"x\":[{\"y\":1}]," STREAM "," BODY "}",
        "bad_field",
        NULL);
}

static void the_body_is_checked_as_the_service_would(void **state)
{
    struct desk *desk = *state;
    assert_fault(
        desk,
        "{\"type\":\"cancel-order\"," STREAM ",\"body\":{\"reason\":\"mood\"}}",
        "bad_field",
        "reason");
    assert_fault(
        desk, "{\"type\":\"cancel-order\"," STREAM ",\"body\":{}}", "missing_field", "reason");
    assert_fault(desk, "{\"type\":\"cancel-order\"," STREAM ",\"body\":7}", "bad_field", NULL);
}

/* Splits text that is not in a file. */
static void assert_parts(const char *text, size_t count, const size_t *lines)
{
    char copy[200];
    size_t size = strlen(text);
    assert_true(size < sizeof(copy));
    memcpy(copy, text, size);
    struct input input = {.text = copy, .size = size};
    struct slice part;
    for (size_t i = 0; i < count; i++) {
        assert_true(input_next(&input, &part));
        assert_int_equal(input.line, lines[i]);
        assert_int_equal(part.data[0], '{');
    }
    assert_false(input_next(&input, &part));
}

static void text_is_one_object_per_line_or_one_over_several(void **state)
{
    (void)state;
    assert_parts("", 0, NULL);
    assert_parts(" \n\n", 0, NULL);
    assert_parts("{}\n{}", 2, (size_t[]){1, 2});
    assert_parts("\n{}\r\n\n{}\n", 2, (size_t[]){2, 4});
    assert_parts("{\n \"a\": 1\n}\n", 1, (size_t[]){1});
    assert_parts("{\"a\":\"}\\\"{\"}\n{}", 2, (size_t[]){1, 2});
    assert_parts("{}\n{\n}", 2, (size_t[]){1, 2});
}

static void a_missing_file_is_said(void **state)
{
    (void)state;
    struct input input;
    struct error err;
    assert_false(input_open(&input, "no/such/file", &err));
    assert_int_equal(err.kind, ERROR_invalid);
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        CASE(a_short_type_is_enough),
        CASE(a_full_type_an_id_and_a_version_are_taken),
        CASE(an_expected_version_may_be_a_word),
        CASE(faults_name_what_is_wrong),
        CASE(the_body_is_checked_as_the_service_would),
        CASE(text_is_one_object_per_line_or_one_over_several),
        CASE(a_missing_file_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
