// SPDX-License-Identifier: Apache-2.0
// Reading CSV: quoting, line ends, records that straddle reads, and what is refused.
#include "load/csv.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>

/* Gives a text out in pieces of a fixed size. */
struct pieces {
    const char *text;
    size_t size;
    size_t at;
    size_t piece;
};

static bool
read_piece(void *context, uint8_t *into, size_t capacity, size_t *out_size, struct error *err)
{
    struct pieces *pieces = context;
    (void)err;
    size_t left = pieces->size - pieces->at;
    size_t size = pieces->piece < left ? pieces->piece : left;
    size = size < capacity ? size : capacity;
    memcpy(into, pieces->text + pieces->at, size);
    pieces->at += size;
    *out_size = size;
    return true;
}

/* Reads everything into one text: fields in <>, records ended by a newline. */
static bool
flatten(const char *text, size_t size, size_t piece, char *out, size_t capacity, struct error *err)
{
    struct pieces pieces = {.text = text, .size = size, .piece = piece};
    struct csv_reader reader;
    assert_true(csv_open(&reader, read_piece, &pieces, err));
    struct slice fields[4];
    size_t count = 1;
    size_t at = 0;
    bool done = true;
    while (done && count != 0) {
        done = csv_next(&reader, fields, countof(fields), &count, err);
        for (size_t i = 0; done && i < count; i++)
            at += (size_t)snprintf(out + at, capacity - at, "<%.*s>", SLICE_FORMAT(fields[i]));
        if (done && count != 0)
            at += (size_t)snprintf(out + at, capacity - at, "\n");
    }
    csv_close(&reader);
    return done;
}

static void assert_records(const char *text, const char *expected)
{
    for (size_t piece = 1; piece < 20; piece++) {
        char out[512] = "";
        struct error err;
        assert_true(flatten(text, strlen(text), piece, out, sizeof(out), &err));
        assert_string_equal(out, expected);
    }
}

static void assert_refused(const char *text, const char *expected)
{
    char out[512] = "";
    struct error err;
    assert_false(flatten(text, strlen(text), 7, out, sizeof(out), &err));
    assert_int_equal(err.kind, ERROR_invalid);
    assert_string_equal(err.text, expected);
}

static void fields_come_apart_at_commas(void **state)
{
    (void)state;
    assert_records("a,b,c\n1,,3\n", "<a><b><c>\n<1><><3>\n");
    assert_records("one\n", "<one>\n");
    assert_records("", "");
}

static void quoted_fields_hold_anything(void **state)
{
    (void)state;
    assert_records("a,\"b,c\",d\n", "<a><b,c><d>\n");
    assert_records("\"say \"\"hi\"\"\",x\n", "<say \"hi\"><x>\n");
    assert_records("\"two\nlines\",x\ny\n", "<two\nlines><x>\n<y>\n");
    assert_records("\"\",\"\"\"\"\n", "<><\">\n");
}

static void line_ends_may_differ_or_be_absent(void **state)
{
    (void)state;
    assert_records("a,b\r\nc,d\r\n", "<a><b>\n<c><d>\n");
    assert_records("a,b\nc,d", "<a><b>\n<c><d>\n");
    assert_records("a,\n,", "<a><>\n<><>\n");
}

static void refusals_name_the_line(void **state)
{
    (void)state;
    assert_refused("a\nb\"c\n", "line 2: a quote is out of place");
    assert_refused("a\n\"b\"c\n", "line 2: a quote is out of place");
    assert_refused("a\nb\n\"open\n", "line 3: a quote is out of place");
    assert_refused("1,2,3,4,5\n", "line 1: too many fields");
}

static void a_record_longer_than_the_buffer_is_refused(void **state)
{
    (void)state;
    static char text[CSV_BUFFER_SIZE + 10];
    char out[16];
    struct error err;
    memset(text, 'x', sizeof(text));
    assert_false(flatten(text, sizeof(text), 1000, out, sizeof(out), &err));
    assert_string_equal(err.text, "line 0: the record is too long");
}

static void many_records_pass_through_the_buffer(void **state)
{
    (void)state;
    enum { RECORDS = 30000 };
    static char text[RECORDS * 12];
    size_t size = 0;
    for (int i = 0; i < RECORDS; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%d,x\n", i);
    struct pieces pieces = {.text = text, .size = size, .piece = 4093};
    struct csv_reader reader;
    struct error err;
    assert_true(csv_open(&reader, read_piece, &pieces, &err));
    for (int i = 0; i < RECORDS; i++) {
        struct slice fields[4];
        size_t count;
        char expected[16];
        (void)snprintf(expected, sizeof(expected), "%d", i);
        assert_true(csv_next(&reader, fields, countof(fields), &count, &err));
        assert_int_equal(count, 2);
        assert_true(slice_is(fields[0], expected));
        assert_int_equal(reader.line, i + 1);
    }
    csv_close(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_come_apart_at_commas),
        cmocka_unit_test(quoted_fields_hold_anything),
        cmocka_unit_test(line_ends_may_differ_or_be_absent),
        cmocka_unit_test(refusals_name_the_line),
        cmocka_unit_test(a_record_longer_than_the_buffer_is_refused),
        cmocka_unit_test(many_records_pass_through_the_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
