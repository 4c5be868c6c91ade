// SPDX-License-Identifier: Apache-2.0
// Settings files: what libinih would cut, merge or take for a comment is refused, with its line.
#include "runtime/ini.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct page {
    char path[64];
    char seen[2000]; /* what was taken, one line each */
    struct error err;
};

static int open_page(void **state)
{
    static struct page page;
    memset(&page, 0, sizeof(page));
    (void)snprintf(page.path, sizeof(page.path), "ini-%ld", (long)getpid());
    *state = &page;
    return 0;
}

static int close_page(void **state)
{
    (void)unlink(((struct page *)*state)->path);
    return 0;
}

static bool note(void *context, const struct ini_line *line, struct error *err)
{
    struct page *page = context;
    size_t used = strlen(page->seen);
    if (line->key != NULL && strcmp(line->key, "bad") == 0)
        return error_set(err, ERROR_invalid, "not this one");
    (void)snprintf(
        page->seen + used,
        sizeof(page->seen) - used,
        "%zu [%s] %s=%s\n",
        line->number,
        line->section,
        line->key != NULL ? line->key : "",
        line->value != NULL ? line->value : "");
    return true;
}

static bool read_bytes(struct page *page, const char *text, size_t size)
{
    FILE *out = fopen(page->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(text, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
    page->seen[0] = '\0';
    return ini_read(page->path, note, page, &page->err);
}

static bool read_text(struct page *page, const char *text)
{
    return read_bytes(page, text, strlen(text));
}

static void assert_wrong(struct page *page, const char *text, int line, const char *why)
{
    char place[16];
    if (read_text(page, text))
        fail_msg("taken: %s", text);
    assert_int_equal(page->err.kind, ERROR_invalid);
    (void)snprintf(place, sizeof(place), ":%d: ", line);
    if (strstr(page->err.text, place) == NULL || strstr(page->err.text, why) == NULL)
        fail_msg("%s (wanted line %d, %s)", page->err.text, line, why);
}

static void sections_and_keys_come_in_order(void **state)
{
    struct page *page = *state;
    assert_true(read_text(
        page,
        "# a comment\n\n[tenant acme]\ngifts = yes\r\n  \n; another\n[tenant empty]\n[producer "
        "shop]\n"
        "tenants=acme,empty\nurl = https://shop.example/?a=b;c"));
    assert_string_equal(
        page->seen,
        "3 [tenant acme] =\n4 [tenant acme] gifts=yes\n7 [tenant empty] =\n8 [producer shop] =\n"
        "9 [producer shop] tenants=acme,empty\n"
        "10 [producer shop] url=https://shop.example/?a=b;c\n");
}

static void an_empty_file_has_nothing(void **state)
{
    struct page *page = *state;
    assert_true(read_text(page, ""));
    assert_string_equal(page->seen, "");
}

static void the_longest_line_is_whole_and_a_longer_one_refused(void **state)
{
    struct page *page = *state;
    char text[INI_LONGEST_LINE + 20];
    (void)snprintf(text, sizeof(text), "[a]\nk=%0*d\n", INI_LONGEST_LINE - 2, 7);
    assert_true(read_text(page, text));
    assert_int_equal(strlen(page->seen), strlen("1 [a] =\n2 [a] k=\n") + INI_LONGEST_LINE - 2);
    (void)snprintf(text, sizeof(text), "[a]\nk=%0*d\n", INI_LONGEST_LINE - 1, 7);
    assert_wrong(page, text, 2, "longer than 196 bytes");
    (void)snprintf(text, sizeof(text), "[a]\n#%0*d\n", INI_LONGEST_LINE, 7);
    assert_wrong(page, text, 2, "longer than 196 bytes");
}

static void what_would_be_lost_in_silence_is_refused(void **state)
{
    struct page *page = *state;
    assert_wrong(page, "[a]\nk = one ; two\n", 2, "comment");
    assert_wrong(page, "[a]\nk = one\t;two\n", 2, "comment");
    assert_wrong(page, "[a]\nk = one\n  two\n", 3, "begins with a blank");
    assert_wrong(page, "[a]\nk = one\nk = two\n", 3, "comes twice");
    assert_wrong(page, "[a]\nk = one\n[b]\n[a]\nl = two\n", 4, "was there before");
    assert_wrong(page, "[a]\nk =\n", 2, "no value");
    assert_wrong(page, "[a]\n= one\n", 2, "a key has");
    assert_wrong(page, "[a]\nk: one\n", 2, "neither");
    assert_wrong(page, "[a]\nword\n", 2, "neither");
    assert_wrong(page, "k = one\n", 1, "before the first");
    assert_wrong(page, "[a\nk = one\n", 1, "ends with ]");
    assert_wrong(page, "[a] b\nk = one\n", 1, "behind the ]");
    assert_wrong(page, "[]\n", 1, "1 to 49");
    assert_wrong(
        page, "[a2345678901234567890123456789012345678901234567890]\nk = one\n", 1, "1 to 49");
    assert_wrong(
        page, "[a]\nk2345678901234567890123456789012345678901234567890 = one\n", 2, "1 to 49");
}

static void the_same_key_in_two_sections_is_two_keys(void **state)
{
    struct page *page = *state;
    assert_true(read_text(page, "[a]\nk = one\n[b]\nk = two\n"));
}

static void a_nul_byte_is_refused(void **state)
{
    struct page *page = *state;
    assert_false(read_bytes(page, "[a]\nk = on\0e\n", 13));
    assert_non_null(strstr(page->err.text, ":2: has a NUL"));
}

static void what_the_taker_refuses_has_its_line(void **state)
{
    struct page *page = *state;
    assert_wrong(page, "[a]\nk = one\nbad = two\nl = three\n", 3, "not this one");
    assert_null(strstr(page->seen, "three"));
}

static void a_missing_file_is_named(void **state)
{
    struct page *page = *state;
    assert_false(ini_read("no-such-folder/file", note, page, &page->err));
    assert_non_null(strstr(page->err.text, "no-such-folder/file: No such file"));
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_page, close_page)
    const struct CMUnitTest tests[] = {
        CASE(sections_and_keys_come_in_order),
        CASE(an_empty_file_has_nothing),
        CASE(the_longest_line_is_whole_and_a_longer_one_refused),
        CASE(what_would_be_lost_in_silence_is_refused),
        CASE(the_same_key_in_two_sections_is_two_keys),
        CASE(a_nul_byte_is_refused),
        CASE(what_the_taker_refuses_has_its_line),
        CASE(a_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
