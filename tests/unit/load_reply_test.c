// SPDX-License-Identifier: Apache-2.0
// What the load client takes for a reply, and what not.
#include "load/reply.h"
#include "support/cmocka.h"
#include "wire/pack.h"

#define ID_TEXT "74fd713b-9bc2-5297-8885-8277ccbe5336"

static void text_pair(struct writer *out, const char *key, const char *value)
{
    pack_text(out, slice_of_text(key));
    pack_text(out, slice_of_text(value));
}

static void int_pair(struct writer *out, const char *key, int64_t value)
{
    pack_text(out, slice_of_text(key));
    pack_int(out, value);
}

static void a_reply_is_read(void **state)
{
    uint8_t bytes[512];
    struct writer out = writer_over(bytes, sizeof(bytes));
    struct reply reply;
    char id[UUID_TEXT_SIZE];
    (void)state;
    pack_map(&out, 8);
    text_pair(&out, "command_id", ID_TEXT);
    text_pair(&out, "outcome", "rejected");
    text_pair(&out, "code", "not_found");
    pack_text(&out, slice_of_text("detail")); /* unknown to the client, and nested */
    pack_map(&out, 1);
    pack_text(&out, slice_of_text("lines"));
    pack_array(&out, 2);
    pack_int(&out, -7);
    pack_nil(&out);
    int_pair(&out, "version", 3);
    int_pair(&out, "position", INT64_C(5000000000));
    pack_text(&out, slice_of_text("replayed"));
    pack_bool(&out, true);
    text_pair(&out, "stream_id", ID_TEXT);
    assert_true(reply_read(writer_slice(&out), &reply));
    uuid_format(&reply.command_id, id);
    assert_string_equal(id, ID_TEXT);
    assert_true(slice_is(reply.outcome, "rejected"));
    assert_true(slice_is(reply.code, "not_found"));
    assert_int_equal(reply.version, 3);
    assert_int_equal(reply.position, INT64_C(5000000000));
    assert_true(reply.replayed);
    for (size_t size = 0; size < out.size; size++) /* cut short anywhere it is none */
        assert_false(reply_read(slice_of(bytes, size), &reply));
}

static void absent_and_nil_fields_are_the_same(void **state)
{
    uint8_t bytes[512];
    struct writer out = writer_over(bytes, sizeof(bytes));
    struct reply reply;
    (void)state;
    pack_map(&out, 4);
    text_pair(&out, "command_id", ID_TEXT);
    text_pair(&out, "outcome", "accepted");
    pack_text(&out, slice_of_text("code"));
    pack_nil(&out);
    pack_text(&out, slice_of_text("position"));
    pack_nil(&out);
    assert_true(reply_read(writer_slice(&out), &reply));
    assert_int_equal(reply.code.size, 0);
    assert_int_equal(reply.position, 0);
    assert_false(reply.replayed);
}

static void refuse_map(const char *id, const char *outcome, const char *code)
{
    uint8_t bytes[512];
    struct writer out = writer_over(bytes, sizeof(bytes));
    struct reply reply;
    pack_map(&out, 3);
    text_pair(&out, "command_id", id);
    text_pair(&out, "outcome", outcome);
    text_pair(&out, "code", code);
    assert_false(reply_read(writer_slice(&out), &reply));
}

static void what_is_no_reply_is_refused(void **state)
{
    static const uint8_t claims[] = {0xdf, 0xff, 0xff, 0xff, 0xff}; /* a map of 4 billion pairs */
    static const uint8_t array[] = {0x90};
    struct reply reply;
    (void)state;
    assert_false(reply_read(slice_of(claims, sizeof(claims)), &reply));
    assert_false(reply_read(slice_of(array, sizeof(array)), &reply));
    refuse_map("no-uuid", "accepted", "x");
    refuse_map("00000000-0000-0000-0000-000000000000", "accepted", "x");
    refuse_map(ID_TEXT, "", "x");
    refuse_map(
        ID_TEXT,
        "accepted",
        "a code of more than sixty-four characters, which no service of ours has");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_read),
        cmocka_unit_test(absent_and_nil_fields_are_the_same),
        cmocka_unit_test(what_is_no_reply_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
