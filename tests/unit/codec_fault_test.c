// SPDX-License-Identifier: Apache-2.0
// What the codec refuses: every bound at its edge, every rule about fields, and with which fault.
#include "golden/sample_edit.h"
#include "support/aborts.h"
#include "support/cmocka.h"
#include "support/wire_assert.h"
#include "wire/pack.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 16 * 1024 * 1024);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

enum { ROOM = 16 * 1024 };

static struct writer new_writer(void)
{
    struct writer out = writer_over(arena_take_raw(&arena, ROOM), ROOM);
    assert_non_null(out.data);
    return out;
}

/* What decoding says: NULL when it is accepted, otherwise the fault. */
static const struct wire_fault *
fault_of(const struct message *message, enum wire_form form, struct slice bytes)
{
    static struct wire_fault fault;
    void *body = arena_take(&arena, message->size);
    assert_non_null(body);
    return wire_decode(message, form, bytes, &arena, body, &fault) ? NULL : &fault;
}

static void assert_faulty(
    const struct message *message,
    enum wire_form form,
    struct slice bytes,
    enum wire_fault_code code,
    const char *field)
{
    const struct wire_fault *fault = fault_of(message, form, bytes);
    if (fault == NULL)
        fail_msg("accepted; expected %s of %s", wire_fault_name(code), field ? field : "(none)");
    else
        assert_fault_is(fault, code, field, message->name);
}

/* The full sample with one field replaced, left out (times 0) or repeated. */
static struct slice edited(enum wire_form form, const char *name, struct slice value, size_t times)
{
    struct writer out = new_writer();
    sample_edit(form, name, value, times, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

#define C WIRE_CONTRACT
#define S WIRE_STORED

/* ---- bounds ---- */

static bool
line_decodes(enum wire_form form, struct slice sku, int64_t quantity, const char **field)
{
    struct writer out = new_writer();
    bool is_map = form == WIRE_CONTRACT;
    if (is_map)
        pack_map(&out, 3);
    else
        pack_array(&out, 4);
    if (is_map)
        pack_text(&out, slice_of_text("sku"));
    pack_text(&out, sku);
    if (is_map)
        pack_text(&out, slice_of_text("quantity"));
    pack_int(&out, quantity);
    writer_bytes(
        &out,
        is_map ? "\xa5price\xa1"
                 "5"
               : "\x92\x05\x00\xc0",
        is_map ? 8 : 4);
    const struct wire_fault *fault = fault_of(&sample_line_message, form, writer_slice(&out));
    assert_true(fault == NULL || fault->code == WIRE_bad_field);
    *field = fault != NULL ? fault->field : NULL;
    return fault == NULL;
}

static void integers_keep_their_bounds(void **state)
{
    (void)state;
    struct slice sku = slice_of_text("A");
    const char *field;
    for (enum wire_form form = C; form <= S; form++) {
        assert_true(line_decodes(form, sku, 1, &field));
        assert_true(line_decodes(form, sku, 1000000, &field));
        static const int64_t wrong[] = {0, -1, 1000001, INT64_MAX, INT64_MIN};
        for (size_t i = 0; i < countof(wrong); i++) {
            assert_false(line_decodes(form, sku, wrong[i], &field));
            assert_string_equal(field, "quantity");
        }
    }
}

static void text_keeps_its_bounds_in_bytes(void **state)
{
    (void)state;
    char text[42];
    const char *field;
    memset(text, 'x', sizeof(text));
    for (enum wire_form form = C; form <= S; form++) {
        assert_false(line_decodes(form, slice_of(text, 0), 1, &field));
        assert_string_equal(field, "sku");
        assert_true(line_decodes(form, slice_of(text, 1), 1, &field));
        assert_true(line_decodes(form, slice_of(text, 40), 1, &field));
        assert_false(line_decodes(form, slice_of(text, 41), 1, &field));
    }
    for (size_t i = 0; i + 1 < 42; i += 2)
        memcpy(text + i, "\xc3\xa4", 2); /* 20 characters, but 40 bytes */
    assert_true(line_decodes(C, slice_of(text, 40), 1, &field));
    assert_false(line_decodes(C, slice_of(text, 42), 1, &field));
}

static void text_has_no_control_characters(void **state)
{
    (void)state;
    const char *field;
    for (int c = 0; c < 0x80; c++) {
        char text[12];
        memset(text, 'x', sizeof(text));
        text[c % 12] = (char)c;
        bool control = c < 0x20 || c == 0x7f;
        assert_int_equal(line_decodes(C, slice_of(text, sizeof(text)), 1, &field), !control);
        assert_int_equal(line_decodes(S, slice_of(text, sizeof(text)), 1, &field), !control);
    }
}

static void lists_keep_their_bounds(void **state)
{
    (void)state;
    static const char line[] = "\x94\xa1s\x01\x92\x05\x00\xc0";
    for (size_t count = 0; count <= SAMPLE_MOST_LINES + 2; count++) {
        struct writer list = new_writer();
        pack_array(&list, count);
        for (size_t i = 0; i < count; i++)
            writer_bytes(&list, line, sizeof(line) - 1);
        struct slice bytes = edited(S, "lines", writer_slice(&list), 1);
        if (count >= 1 && count <= SAMPLE_MOST_LINES)
            assert_null(fault_of(&sample_message, S, bytes));
        else
            assert_faulty(&sample_message, S, bytes, WIRE_bad_field, "lines");
    }
    struct slice bomb = edited(S, "lines", BYTES("\xdd\xff\xff\xff\xff"), 1);
    assert_faulty(&sample_message, S, bomb, WIRE_bad_field, "lines");
    bomb = BYTES("\x94\xa1s\x01\x92\x05\x00\x93");
    assert_faulty(&sample_line_message, S, bomb, WIRE_bad_field, "notes");
}

/* ---- rules about fields ---- */

static void every_required_field_must_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_message.field_count; i++) {
        const struct message_field *field = &sample_message.fields[i];
        struct slice bytes = edited(C, field->name, slice_of(NULL, 0), 0);
        if (field->has_offset == NO_OFFSET)
            assert_faulty(&sample_message, C, bytes, WIRE_missing_field, field->name);
        else
            assert_null(fault_of(&sample_message, C, bytes));
    }
    assert_faulty(&sample_note_message, C, BYTES("\x80"), WIRE_missing_field, "text");
    struct slice inner = BYTES("\x81\xa6street\xa1x");
    struct slice bytes = edited(C, "ship_to", inner, 1);
    assert_faulty(&sample_message, C, bytes, WIRE_missing_field, "country");
}

static void no_field_may_come_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < sample_message.field_count; i++) {
        const char *name = sample_message.fields[i].name;
        struct slice bytes = edited(C, name, slice_of(NULL, 0), 2);
        assert_faulty(&sample_message, C, bytes, WIRE_bad_field, name);
    }
}

static void unknown_fields_are_refused_and_not_named(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        SLICE_LITERAL("\x82\xa4text\xa1x\xa4when\x01"),
        SLICE_LITERAL("\x82\xa4when\x01\xa4text\xa1x"),
        SLICE_LITERAL("\x81\xa3tex\xa1x"),
        SLICE_LITERAL("\x81\xa5textt\xa1x"),
        SLICE_LITERAL("\x81\xa4Text\xa1x"),
        SLICE_LITERAL("\x81\xa0\xa1x"),
    };
    for (size_t i = 0; i < countof(cases); i++)
        assert_faulty(&sample_note_message, C, cases[i], WIRE_bad_field, NULL);
    assert_faulty(&sample_note_message, C, BYTES("\x81\x01\x01"), WIRE_bad_encoding, NULL);
}

static void stored_arrays_have_exactly_the_fields(void **state)
{
    (void)state;
    assert_null(fault_of(&sample_note_message, S, BYTES("\x92\xa1x\xc0")));
    assert_faulty(&sample_note_message, S, BYTES("\x90"), WIRE_missing_field, "text");
    assert_faulty(&sample_note_message, S, BYTES("\x91\xa1x"), WIRE_missing_field, "at");
    assert_faulty(&sample_note_message, S, BYTES("\x93\xa1x\xc0\xc0"), WIRE_bad_field, NULL);
    assert_faulty(&sample_note_message, S, BYTES("\x92\xc0\xc0"), WIRE_bad_field, "text");
}

static void the_other_form_and_trailing_bytes_are_refused(void **state)
{
    (void)state;
    assert_faulty(&sample_note_message, C, BYTES("\x92\xa1x\xc0"), WIRE_bad_field, NULL);
    assert_faulty(&sample_note_message, S, BYTES("\x81\xa4text\xa1x"), WIRE_bad_field, NULL);
    assert_faulty(&sample_note_message, C, BYTES("\x81\xa4text\xa1x\xc0"), WIRE_bad_encoding, NULL);
    assert_faulty(&sample_note_message, S, BYTES("\x92\xa1x\xc0\xc0"), WIRE_bad_encoding, NULL);
    assert_faulty(&sample_note_message, C, slice_of(NULL, 0), WIRE_bad_field, NULL);
    assert_faulty(&sample_note_message, S, BYTES("\x05"), WIRE_bad_field, NULL);
}

/* ---- what we encode ourselves ---- */

struct wrong_body {
    enum wire_form form;
    struct sample body;
};

static void encode_wrong_body(void *argument)
{
    uint8_t room[4096];
    struct wrong_body *wrong = argument;
    struct writer out = writer_over(room, sizeof(room));
    wire_encode(&sample_message, wrong->form, &wrong->body, &out);
}

static void a_body_of_ours_out_of_bounds_is_a_bug(void **state)
{
    (void)state;
    static const char long_text[201] = "x";
    struct sample_line line = {.sku = slice_of_text("s"), .quantity = 0};
    struct wrong_body bodies[8];
    for (size_t i = 0; i < countof(bodies); i++)
        bodies[i] = (struct wrong_body){.form = S, .body = sample_usual};
    assert_false(aborts(encode_wrong_body, &bodies[0]));
    bodies[0].body.email = slice_of(long_text, 201);
    bodies[1].body.email = slice_of(long_text, 2);
    bodies[2].body.placed = INT64_MAX;
    bodies[3].body.colour = -1;
    bodies[4].body.lines_count = 0;
    bodies[5].body.lines_count = SAMPLE_MOST_LINES + 1;
    bodies[6].body.lines = &line;
    bodies[6].body.lines_count = 1;
    bodies[7].body.colour = 3; /* has no name in the contract form */
    bodies[7].form = C;
    for (size_t i = 0; i < countof(bodies); i++) {
        if (!aborts(encode_wrong_body, &bodies[i]))
            fail_msg("body %zu was encoded", i);
    }
}

/* Codes are told to clients: their names are as frozen as the bytes. */
static void faults_have_their_names(void **state)
{
    (void)state;
    static const char *const names[] = {"bad_encoding", "too_large", "missing_field", "bad_field"};
    assert_int_equal(countof(names), WIRE_FAULT_COUNT);
    for (size_t i = 0; i < countof(names); i++)
        assert_string_equal(wire_fault_name((enum wire_fault_code)i), names[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(integers_keep_their_bounds),
        TEST(text_keeps_its_bounds_in_bytes),
        TEST(text_has_no_control_characters),
        TEST(lists_keep_their_bounds),
        TEST(every_required_field_must_come),
        TEST(no_field_may_come_twice),
        TEST(unknown_fields_are_refused_and_not_named),
        TEST(stored_arrays_have_exactly_the_fields),
        TEST(the_other_form_and_trailing_bytes_are_refused),
        TEST(a_body_of_ours_out_of_bounds_is_a_bug),
        TEST(faults_have_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
