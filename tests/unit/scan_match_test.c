// SPDX-License-Identifier: Apache-2.0
// The matcher finds every way of writing a needle and nothing else, and the self-test of the scanner
// fails when a store is not looked into.
#include "shredder/scan_kafka.h"
#include "shredder/scan_match.h"
#include "shredder/scan_plants.h"
#include "shredder/scan_postgres.h"
#include "shredder/scan_selftest.h"
#include "support/cmocka.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static const char mark[] = "k3v9q0x7m1z5b8n2c4w6r0t8y2u5i7o9";

struct found {
    size_t count;
    struct match last;
};

static void note(const struct match *match, void *context)
{
    struct found *found = context;
    found->count++;
    found->last = *match;
}

static struct matcher *matcher_for(const char *const *texts, size_t count)
{
    struct needle needles[8];
    struct matcher *matcher;
    struct error err;
    for (size_t i = 0; i < count; i++)
        needles[i] = (struct needle){.value = slice_of_text(texts[i]), .is_text = true};
    assert_true(matcher_new(&matcher, needles, count, &err));
    return matcher;
}

static struct found scan(const struct matcher *matcher, struct slice bytes)
{
    struct found found = {.count = 0};
    matcher_scan(matcher, bytes, 1000, note, &found);
    return found;
}

static void a_needle_is_found_where_it_is(void **state)
{
    (void)state;
    const char *texts[] = {"another needle", mark};
    struct matcher *matcher = matcher_for(texts, 2);
    char bytes[200];
    for (size_t at = 0; at < 100; at++) {
        memset(bytes, 'k', sizeof(bytes));
        memcpy(bytes + at, mark, sizeof(mark) - 1);
        struct found found = scan(matcher, slice_of(bytes, sizeof(bytes)));
        assert_int_equal(found.count, 1);
        assert_int_equal(found.last.needle, 1);
        assert_int_equal(found.last.offset, 1000 + at);
        assert_int_equal(found.last.size, sizeof(mark) - 1);
    }
    memset(bytes, 'k', sizeof(bytes));
    memcpy(bytes, mark, sizeof(mark) - 2); /* one letter short */
    assert_int_equal(scan(matcher, slice_of(bytes, sizeof(bytes))).count, 0);
    assert_int_equal(scan(matcher, slice_of(mark, 5)).count, 0);
    matcher_free(matcher);
}

static void base64_is_found_at_every_place_in_both_alphabets(void **state)
{
    (void)state;
    /* Bytes that need the two letters in which the alphabets differ. */
    const char *texts[] = {"\xc3\xbf\xc3\xbe?>~\xc3\xbf?>\xc3\xbe"};
    struct matcher *matcher = matcher_for(texts, 1);
    const int variants[] = {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_URLSAFE};
    for (size_t before = 0; before < 7; before++) {
        for (size_t i = 0; i < countof(variants); i++) {
            uint8_t bytes[64] = "abcdefg";
            char text[128];
            size_t size = strlen(texts[0]);
            memcpy(bytes + before, texts[0], size);
            memcpy(bytes + before + size, "xyz", 3);
            (void)sodium_bin2base64(text, sizeof(text), bytes, before + size + 3, variants[i]);
            struct found found = scan(matcher, slice_of_text(text));
            assert_true(found.count >= 1);
            assert_int_equal(found.last.form, FORM_BASE64);
        }
    }
    matcher_free(matcher);
}

static void hexadecimal_and_utf16_are_found(void **state)
{
    (void)state;
    const char *texts[] = {"Žofie Dvořáková 😀"};
    struct matcher *matcher = matcher_for(texts, 1);
    char hex[200];
    (void)sodium_bin2hex(hex, sizeof(hex), (const uint8_t *)texts[0], strlen(texts[0]));
    assert_int_equal(scan(matcher, slice_of_text(hex)).last.form, FORM_HEX);
    for (size_t i = 0; hex[i] != '\0'; i++)
        hex[i] = (char)(hex[i] >= 'a' ? hex[i] - 32 : hex[i]);
    assert_int_equal(scan(matcher, slice_of_text(hex)).last.form, FORM_HEX);
    static const uint8_t little[] = {0x7d, 1, 'o', 0, 'f',  0, 'i',  0, 'e',  0,    ' ',  0,
                                     'D',  0, 'v', 0, 'o',  0, 0x59, 1, 0xe1, 0,    'k',  0,
                                     'o',  0, 'v', 0, 0xe1, 0, ' ',  0, 0x3d, 0xd8, 0x00, 0xde};
    uint8_t big[sizeof(little)];
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = little[i ^ 1];
    assert_int_equal(scan(matcher, slice_of(little, sizeof(little))).last.form, FORM_UTF16_LE);
    assert_int_equal(scan(matcher, slice_of(big, sizeof(big))).last.form, FORM_UTF16_BE);
    matcher_free(matcher);
}

static void what_would_be_found_by_chance_is_refused(void **state)
{
    (void)state;
    struct matcher *matcher;
    struct error err;
    struct needle needle = {.value = slice_of_text("Anna"), .is_text = true};
    assert_false(matcher_new(&matcher, &needle, 1, &err));
    assert_int_equal(err.kind, ERROR_invalid);
    assert_null(strstr(err.text, "Anna"));
    needle.value = slice_of_text("\xff\xfe invalid text");
    assert_false(matcher_new(&matcher, &needle, 1, &err));
    needle.is_text = false;
    assert_true(matcher_new(&matcher, &needle, 1, &err));
    matcher_free(matcher);
}

static void thousands_of_needles_are_told_apart(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static char texts[COUNT][NEEDLE_MARK_SIZE + 1];
    static struct needle needles[COUNT];
    struct matcher *matcher;
    struct error err;
    for (size_t i = 0; i < COUNT; i++) {
        needle_mark(texts[i]);
        needles[i] =
            (struct needle){.value = slice_of(texts[i], NEEDLE_MARK_SIZE), .is_text = true};
    }
    assert_true(matcher_new(&matcher, needles, COUNT, &err));
    for (size_t i = 0; i < COUNT; i++) {
        struct found found = scan(matcher, needles[i].value);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.last.needle, i);
    }
    matcher_free(matcher);
}

/* ---- decoders ---- */

static void every_codec_comes_back_and_no_bytes_hurt(void **state)
{
    (void)state;
    uint8_t plain[PLANT_PLAIN_SIZE], encoded[2 * PLANT_PLAIN_SIZE], out[PLANT_PLAIN_SIZE];
    struct writer text = writer_over(plain, sizeof(plain));
    plant_plain(mark, &text);
    for (unsigned codec = 0; codec < CODEC_COUNT; codec++) {
        struct writer bytes = writer_over(encoded, sizeof(encoded));
        size_t size;
        plant_encoded((enum scan_codec)codec, writer_slice(&text), &bytes);
        assert_false(bytes.overflow);
        assert_true(
            scan_decode((enum scan_codec)codec, writer_slice(&bytes), out, text.size, &size));
        assert_int_equal(size, text.size);
        assert_memory_equal(out, plain, size);
        for (size_t cut = 0; cut < bytes.size; cut++)
            (void)!scan_decode((enum scan_codec)codec, slice_of(encoded, cut), out, 100, &size);
        for (size_t i = 0; i < 20000; i++) {
            uint8_t noise[sizeof(encoded)];
            memcpy(noise, encoded, bytes.size);
            noise[randombytes_uniform((uint32_t)bytes.size)] = (uint8_t)randombytes_random();
            (void)!scan_decode(
                (enum scan_codec)codec, slice_of(noise, bytes.size), out, sizeof(out), &size);
            assert_true(size <= sizeof(out));
        }
    }
}

static void the_self_test_finds_all_it_plants(void **state)
{
    (void)state;
    struct error err;
    bool passed = false;
    assert_true(scan_selftest(".", &passed, &err));
    assert_true(passed);
    assert_int_equal(selftest_case_count, 24);
}

/* ---- files that are not what they seem ---- */

static void look_everywhere(struct scan *scan, struct slice bytes)
{
    struct toast_chunks chunks = {.count = 0};
    FILE *file = tmpfile();
    assert_non_null(file);
    scan_values(scan, bytes, 0);
    scan_wal(scan, bytes);
    for (size_t at = 0; at + PAGE_SIZE_OF_POSTGRES <= bytes.size; at += 4096) {
        if (scan_is_page(bytes.data + at))
            scan_page(scan, &chunks, bytes.data + at, at);
    }
    scan_chunks(scan, &chunks);
    toast_chunks_release(&chunks);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    assert_int_equal(fflush(file), 0);
    scan_segment(scan, fileno(file));
    assert_int_equal(fclose(file), 0);
}

static void altered_files_do_no_harm(void **state)
{
    (void)state;
    enum { TIMES = 60, CHANGES = 8 };
    static uint8_t bytes[PLANT_FILE_SIZE];
    const char *labels[] = {"mark"};
    struct needle value = {.value = slice_of_text(mark), .is_text = true};
    const struct needles needles = {.values = &value, .labels = labels, .count = 1};
    struct scan scan_of_all;
    struct error err;
    assert_true(scan_begin(&scan_of_all, &needles, &err));
    scan_of_all.file = "altered";
    for (size_t i = 0; i < selftest_case_count; i++) {
        for (size_t times = 0; times < TIMES; times++) {
            struct writer out = writer_over(bytes, sizeof(bytes));
            selftest_cases[i].plant(mark, &out);
            for (size_t change = 0; change < CHANGES && times != 0; change++) {
                /* Headers are at the beginning of files, and of what they hold. */
                uint32_t bound = (uint32_t)(change % 2 == 0 ? out.size : out.size % 512 + 1);
                bytes[randombytes_uniform(bound)] = (uint8_t)randombytes_random();
            }
            look_everywhere(&scan_of_all, writer_slice(&out));
        }
    }
    assert_true(scan_of_all.hits_in_all > 0);
    scan_end(&scan_of_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_needle_is_found_where_it_is),
        cmocka_unit_test(base64_is_found_at_every_place_in_both_alphabets),
        cmocka_unit_test(hexadecimal_and_utf16_are_found),
        cmocka_unit_test(what_would_be_found_by_chance_is_refused),
        cmocka_unit_test(thousands_of_needles_are_told_apart),
        cmocka_unit_test(every_codec_comes_back_and_no_bytes_hurt),
        cmocka_unit_test(the_self_test_finds_all_it_plants),
        cmocka_unit_test(altered_files_do_no_harm),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
