// SPDX-License-Identifier: Apache-2.0
// Bytes in JSON: one spelling per value, and no other accepted.
#include "support/cmocka.h"
#include "support/wire_assert.h"
#include "wire/base64.h"

/* RFC 4648 section 10, and values that need every letter. */
static const struct {
    struct slice bytes;
    const char *text;
} vectors[] = {
    {SLICE_LITERAL(""), ""},
    {SLICE_LITERAL("f"), "Zg=="},
    {SLICE_LITERAL("fo"), "Zm8="},
    {SLICE_LITERAL("foo"), "Zm9v"},
    {SLICE_LITERAL("foob"), "Zm9vYg=="},
    {SLICE_LITERAL("fooba"), "Zm9vYmE="},
    {SLICE_LITERAL("foobar"), "Zm9vYmFy"},
    {SLICE_LITERAL("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51\x55\x97"
                   "\x61\x96\x9b\x71\xd7\x9f\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf"
                   "\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf"),
     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"},
};

static void known_answers_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(vectors); i++) {
        char text[128];
        uint8_t bytes[64];
        struct writer out = writer_over(text, sizeof(text));
        base64_write(vectors[i].bytes, &out);
        assert_true(slice_is(writer_slice(&out), vectors[i].text));
        assert_int_equal(base64_size(writer_slice(&out)), vectors[i].bytes.size);
        assert_true(base64_read(writer_slice(&out), bytes));
        assert_memory_equal(bytes, vectors[i].bytes.data, vectors[i].bytes.size);
    }
}

static void other_spellings_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "Z",        "Zg",   "Zg=",  "Zm9vY",   "Zh==",     "Zm9=",     "Zm8",
        "Z===",     "====", "=",    "=Zg=",    "Z=g=",     "Zg==Zg==", "Zm9v\n",
        "Zm9v Zg=", "Zm-v", "Zm_v", "Zm9\x80", "Zm9v====", "Zm\x39v=", "Z\xc3\xa4v",
    };
    for (size_t i = 0; i < countof(cases); i++) {
        struct slice text = exact_copy(slice_of_text(cases[i]));
        uint8_t bytes[64];
        if (base64_read(text, bytes))
            fail_msg("accepted: %s", cases[i]);
        free_copy(text);
    }
}

/* Whatever is read is written the same again, so that there is one spelling. */
static void what_is_read_is_written_the_same(void **state)
{
    (void)state;
    static const char letters[] = "AZaz09+/=Qg";
    uint64_t seed = 4648;
    size_t read = 0;
    for (int round = 0; round < 20000; round++) {
        char text[8];
        uint8_t bytes[8];
        char again[16];
        size_t size = 4 * (1 + next_random(&seed) % 2);
        for (size_t i = 0; i < size; i++)
            text[i] = letters[next_random(&seed) % (sizeof(letters) - 1)];
        if (!base64_read(slice_of(text, size), bytes))
            continue;
        struct writer out = writer_over(again, sizeof(again));
        base64_write(slice_of(bytes, base64_size(slice_of(text, size))), &out);
        assert_true(slice_equal(writer_slice(&out), slice_of(text, size)));
        read++;
    }
    assert_in_range(read, 1000, 19000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_both_ways),
        cmocka_unit_test(other_spellings_are_refused),
        cmocka_unit_test(what_is_read_is_written_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
