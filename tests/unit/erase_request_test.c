// SPDX-License-Identifier: Apache-2.0
// Erasures as they are asked for, the states they go through, and who may ask.
#include "shredder/erase_request.h"
#include "shredder/roles.h"
#include "shredder/subjects.h"
#include "support/cmocka.h"
#include "vault/frames.h"

#include <stdio.h>

static struct erase_request request;

static int tear_down(void **state)
{
    (void)state;
    erase_request_release(&request);
    return 0;
}

static struct uuid id_of(uint8_t number)
{
    return (struct uuid){.bytes = {number, 1, 2}};
}

/* A body as the wire has it. */
static struct slice
body_of(struct writer *out, uint8_t id, uint8_t classes, bool more, uint16_t said, uint16_t given)
{
    struct uuid request_id = id_of(id);
    struct uuid tenant = id_of(0xee);
    writer_bytes(out, request_id.bytes, sizeof(request_id.bytes));
    writer_bytes(out, tenant.bytes, sizeof(tenant.bytes));
    writer_byte(out, classes);
    writer_byte(out, more);
    writer_u16(out, said);
    for (uint16_t i = 0; i < given; i++) {
        struct uuid subject = id_of((uint8_t)i);
        writer_bytes(out, subject.bytes, sizeof(subject.bytes));
    }
    assert_false(out->overflow);
    return writer_slice(out);
}

static enum erase_upload add(uint8_t id, uint8_t classes, bool more, uint16_t said, uint16_t given)
{
    static uint8_t bytes[FRAME_MOST];
    struct writer out = writer_over(bytes, sizeof(bytes));
    return erase_request_add(&request, body_of(&out, id, classes, more, said, given));
}

/* ---- states ---- */

static void each_state_has_a_word_and_a_meaning(void **state)
{
    (void)state;
    for (int i = 0; i < ERASE_STATE_COUNT; i++) {
        assert_true(strlen(erase_state_word((enum erase_state)i)) > 3);
        assert_true(strlen(erase_state_meaning((enum erase_state)i)) > 20);
        for (int other = 0; other < i; other++)
            assert_string_not_equal(
                erase_state_word((enum erase_state)i), erase_state_word((enum erase_state)other));
    }
    assert_string_equal(erase_state_word((enum erase_state)99), "?");
}

static void numbers_are_those_of_the_table(void **state)
{
    (void)state;
    /* erasure.requests.state; the files of a database outlive this program */
    assert_int_equal(ERASE_RECEIVED, 1);
    assert_int_equal(ERASE_FENCED, 2);
    assert_int_equal(ERASE_DRAINED, 3);
    assert_int_equal(ERASE_PUNCTURED, 4);
    assert_int_equal(ERASE_LIVE, 5);
    assert_int_equal(ERASE_FINAL, 6);
}

static void steps_go_forward_one_by_one(void **state)
{
    (void)state;
    for (int from = 0; from < ERASE_STATE_COUNT; from++) {
        for (int to = 0; to < ERASE_STATE_COUNT; to++)
            assert_int_equal(
                erase_state_follows((enum erase_state)from, (enum erase_state)to),
                from != ERASE_UNKNOWN && to == from + 1);
    }
}

/* ---- uploads ---- */

static void a_request_in_one_frame(void **state)
{
    (void)state;
    assert_int_equal(add(1, 5, false, 3, 3), UPLOAD_WHOLE);
    assert_int_equal(request.count, 3);
    assert_int_equal(request.classes, 5);
    assert_int_equal(request.subjects[2].bytes[0], 2);
}

static void no_classes_mean_the_whole_person(void **state)
{
    (void)state;
    assert_int_equal(add(1, 0, false, 1, 1), UPLOAD_WHOLE);
    assert_int_equal(request.classes, ALL_CLASSES);
}

static void a_request_in_many_frames(void **state)
{
    (void)state;
    assert_int_equal(add(1, 0, true, 200, 200), UPLOAD_MORE);
    assert_int_equal(add(1, 0, true, 200, 200), UPLOAD_MORE);
    assert_int_equal(add(1, 0, false, 1, 1), UPLOAD_WHOLE);
    assert_int_equal(request.count, 401);
}

static void a_frame_of_another_request_ends_it(void **state)
{
    (void)state;
    assert_int_equal(add(1, 0, true, 2, 2), UPLOAD_MORE);
    assert_int_equal(add(2, 0, false, 2, 2), UPLOAD_WRONG);
    assert_int_equal(request.count, 0);
    assert_int_equal(add(1, 0, true, 2, 2), UPLOAD_MORE);
    assert_int_equal(add(1, 1, false, 2, 2), UPLOAD_WRONG); /* would narrow it */
    assert_int_equal(request.count, 0);
}

static void a_body_that_does_not_add_up_is_refused(void **state)
{
    (void)state;
    assert_int_equal(add(1, 0, false, 0, 0), UPLOAD_WRONG);
    assert_int_equal(add(1, 0, false, 2, 1), UPLOAD_WRONG);
    assert_int_equal(add(1, 0, false, 1, 2), UPLOAD_WRONG);
    uint8_t bytes[64];
    struct writer out = writer_over(bytes, sizeof(bytes));
    struct slice whole = body_of(&out, 1, 0, false, 1, 1);
    for (size_t size = 0; size < whole.size; size++)
        assert_int_equal(erase_request_add(&request, slice_of(bytes, size)), UPLOAD_WRONG);
}

static void too_many_subjects_are_refused(void **state)
{
    (void)state;
    enum { PART = 4000 };
    size_t parts = ERASE_MOST_SUBJECTS / PART;
    for (size_t i = 0; i < parts; i++)
        assert_int_equal(add(1, 0, true, PART, PART), UPLOAD_MORE);
    assert_int_equal(add(1, 0, false, 1, 1), UPLOAD_MANY);
    assert_int_equal(request.count, 0);
}

/* ---- roles ---- */

static bool allow(const char *text, enum vault_role role, uid_t user)
{
    struct role_table roles;
    struct error err;
    assert_true(roles_parse(text, &roles, &err));
    return roles_allow(&roles, role, user);
}

static void only_what_is_written_down_is_allowed(void **state)
{
    (void)state;
    const char *text = "command=1000,command=1001,status=1002,erase=root";
    assert_true(allow(text, ROLE_COMMAND, 1000));
    assert_true(allow(text, ROLE_COMMAND, 1001));
    assert_true(allow(text, ROLE_STATUS, 1002));
    assert_true(allow(text, ROLE_ERASE, 0));
    assert_false(allow(text, ROLE_COMMAND, 1002));
    assert_false(allow(text, ROLE_STATUS, 1000));
    assert_false(allow(text, ROLE_REVEAL, 0));
    assert_false(allow(NULL, ROLE_STATUS, 0));
    assert_false(allow("", ROLE_STATUS, 0));
}

static void roles_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "command",
        "command=",
        "=0",
        "boss=0",
        "command=no-such-user-here",
        "command=65534",
        "command=-1",
        "command=4294967296",
        "command 0",
        "command=0,,status=0"};
    struct role_table roles;
    struct error err;
    for (size_t i = 0; i < countof(texts); i++) {
        assert_false(roles_parse(texts[i], &roles, &err));
        assert_int_equal(err.kind, ERROR_invalid);
        assert_non_null(strstr(err.text, "--roles"));
    }
}

#define TEST(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_state_has_a_word_and_a_meaning),
        TEST(numbers_are_those_of_the_table),
        TEST(steps_go_forward_one_by_one),
        TEST(a_request_in_one_frame),
        TEST(no_classes_mean_the_whole_person),
        TEST(a_request_in_many_frames),
        TEST(a_frame_of_another_request_ends_it),
        TEST(a_body_that_does_not_add_up_is_refused),
        TEST(too_many_subjects_are_refused),
        TEST(only_what_is_written_down_is_allowed),
        TEST(roles_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
