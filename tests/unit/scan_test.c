// SPDX-License-Identifier: Apache-2.0
// The look over outside bytes before anything is decoded: every limit at its edge, every claim that
// is not true.
#include "golden/sample.h"
#include "support/cmocka.h"
#include "support/wire_assert.h"
#include "wire/pack.h"
#include "wire/scan.h"

#include <msgpack/unpack.h>

struct scan_case {
    const char *label;
    struct slice bytes;
};

#define CASE(label, literal) \
    { \
        label, SLICE_LITERAL(literal) \
    }

static void assert_scans(const char *label, struct slice bytes, const struct wire_limits *limits)
{
    struct wire_fault fault;
    struct slice copy = exact_copy(bytes);
    bool ok = wire_scan(copy, limits, &fault);
    free_copy(copy);
    if (!ok)
        fail_msg("%s: refused: %s", label, fault.reason);
}

static void assert_refused(
    const char *label,
    struct slice bytes,
    const struct wire_limits *limits,
    enum wire_fault_code code)
{
    struct wire_fault fault;
    struct slice copy = exact_copy(bytes);
    bool ok = wire_scan(copy, limits, &fault);
    free_copy(copy);
    if (ok)
        fail_msg("%s: accepted", label);
    assert_fault_is(&fault, code, NULL, label);
}

static void accepts_every_allowed_type(void **state)
{
    (void)state;
    static const struct scan_case cases[] = {
        CASE("nil", "\xc0"),
        CASE("false", "\xc2"),
        CASE("true", "\xc3"),
        CASE("positive fixint", "\x7f"),
        CASE("negative fixint", "\xe0"),
        CASE("uint8", "\xcc\xff"),
        CASE("uint16", "\xcd\xff\xff"),
        CASE("uint32", "\xce\xff\xff\xff\xff"),
        CASE("uint64 of INT64_MAX", "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"),
        CASE("int8", "\xd0\x80"),
        CASE("int16", "\xd1\x80\x00"),
        CASE("int32", "\xd2\x80\x00\x00\x00"),
        CASE("int64 of INT64_MIN", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        CASE("empty text", "\xa0"),
        CASE("text", "\xa3\xe2\x82\xac"),
        CASE("str8", "\xd9\x01x"),
        CASE("str16", "\xda\x00\x01x"),
        CASE("str32", "\xdb\x00\x00\x00\x01x"),
        CASE("empty array", "\x90"),
        CASE("array16", "\xdc\x00\x01\xc0"),
        CASE("array32", "\xdd\x00\x00\x00\x01\xc0"),
        CASE("empty map", "\x80"),
        CASE("map16", "\xde\x00\x01\xa1k\xc0"),
        CASE("map32", "\xdf\x00\x00\x00\x01\xa1k\xc0"),
        CASE(
            "keys with values of every sort",
            "\x83\xa1"
            "a\x90\xa1"
            "b\x81\xa0\xc0\xa1"
            "c\x01"),
    };
    for (size_t i = 0; i < countof(cases); i++)
        assert_scans(cases[i].label, cases[i].bytes, &wire_command_limits);
    assert_scans("bin8", BYTES("\xc4\x02\x00\xff"), &wire_event_limits);
    assert_scans("bin16", BYTES("\xc5\x00\x01\x00"), &wire_event_limits);
    assert_scans("bin32", BYTES("\xc6\x00\x00\x00\x01\x00"), &wire_event_limits);
}

static void refuses_what_is_not_of_the_contract(void **state)
{
    (void)state;
    static const struct scan_case cases[] = {
        CASE("nothing", ""),
        CASE("reserved byte", "\xc1"),
        CASE("float32", "\xca\x00\x00\x00\x00"),
        CASE("float64", "\xcb\x00\x00\x00\x00\x00\x00\x00\x00"),
        CASE("ext8", "\xc7\x01\x05x"),
        CASE("ext16", "\xc8\x00\x01\x05x"),
        CASE("ext32", "\xc9\x00\x00\x00\x01\x05x"),
        CASE("fixext1", "\xd4\x05x"),
        CASE("fixext2", "\xd5\x05xx"),
        CASE("fixext4, a timestamp", "\xd6\xff\x00\x00\x00\x00"),
        CASE("fixext8", "\xd7\x05xxxxxxxx"),
        CASE("fixext16", "\xd8\x05xxxxxxxxxxxxxxxx"),
        CASE("uint64 over INT64_MAX", "\xcf\x80\x00\x00\x00\x00\x00\x00\x00"),
        CASE("the greatest uint64", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
        CASE("trailing byte", "\x01\x01"),
        CASE("trailing byte after a map", "\x80\xc0"),
        CASE("key is an integer", "\x81\x01\x01"),
        CASE("key is nil", "\x81\xc0\x01"),
        CASE("key is a map", "\x81\x80\x01"),
        CASE(
            "second key is no text",
            "\x82\xa1"
            "a\x01\x02\x03"),
        CASE(
            "key without a value",
            "\x82\xa1"
            "a\x01\xa1"
            "b"),
        CASE("overlong slash", "\xa2\xc0\xaf"),
        CASE("overlong NUL", "\xa2\xc0\x80"),
        CASE("overlong in three bytes", "\xa3\xe0\x80\xaf"),
        CASE("surrogate", "\xa3\xed\xa0\x80"),
        CASE("above U+10FFFF", "\xa4\xf4\x90\x80\x80"),
        CASE("lone continuation", "\xa1\x80"),
        CASE(
            "cut sequence",
            "\xa2"
            "a\xe2"),
        CASE(
            "NUL",
            "\xa3"
            "a\x00"
            "b"),
        CASE("key of wrong UTF-8", "\x81\xa1\xff\xc0"),
        CASE("key with a NUL", "\x81\xa1\x00\xc0"),
    };
    for (size_t i = 0; i < countof(cases); i++)
        assert_refused(cases[i].label, cases[i].bytes, &wire_command_limits, WIRE_bad_encoding);
}

/* Few bytes that claim much: a decoder that believed them would allocate gigabytes. */
static void refuses_bombs(void **state)
{
    (void)state;
    static const uint8_t firsts[] = {
        0xdc, 0xdd, 0xde, 0xdf, 0xd9, 0xda, 0xdb, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9};
    static const char *const claims[] = {
        "\xff\xff\xff\xff", "\x08\x00\x00\x00", "\x80\x00\x00\x00", "\x7f\xff\xff\xff"};
    for (size_t i = 0; i < countof(firsts); i++) {
        for (size_t claim = 0; claim < countof(claims); claim++) {
            uint8_t bomb[5] = {firsts[i]};
            struct wire_fault fault;
            memcpy(bomb + 1, claims[claim], 4);
            assert_false(wire_scan(slice_of(bomb, 5), &wire_command_limits, &fault));
            assert_false(wire_scan(slice_of(bomb, 5), &wire_event_limits, &fault));
        }
    }
    assert_refused(
        "array32", BYTES("\xdd\xff\xff\xff\xff"), &wire_command_limits, WIRE_bad_encoding);
    assert_refused("map32", BYTES("\xdf\xff\xff\xff\xff"), &wire_command_limits, WIRE_bad_encoding);
    assert_refused("str32", BYTES("\xdb\xff\xff\xff\xff"), &wire_command_limits, WIRE_too_large);
    assert_refused("bin32", BYTES("\xc6\xff\xff\xff\xff"), &wire_event_limits, WIRE_too_large);
}

static void a_count_may_claim_just_the_bytes_that_follow(void **state)
{
    (void)state;
    assert_scans("two of two", BYTES("\x92\xc0\xc0"), &wire_command_limits);
    assert_refused("three of two", BYTES("\x93\xc0\xc0"), &wire_command_limits, WIRE_bad_encoding);
    assert_scans("one pair of two", BYTES("\x81\xa0\xc0"), &wire_command_limits);
    assert_refused(
        "two of three", BYTES("\x82\xa0\xc0\xa0"), &wire_command_limits, WIRE_bad_encoding);
    assert_scans("two bytes of two", BYTES("\xa2xx"), &wire_command_limits);
    assert_refused("three bytes of two", BYTES("\xa3xx"), &wire_command_limits, WIRE_bad_encoding);
}

static void nests_eight_deep_and_no_deeper(void **state)
{
    (void)state;
    assert_scans("8 arrays", BYTES("\x91\x91\x91\x91\x91\x91\x91\x90"), &wire_command_limits);
    assert_scans(
        "8 arrays, a value", BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\xc0"), &wire_command_limits);
    assert_refused(
        "9 arrays",
        BYTES("\x91\x91\x91\x91\x91\x91\x91\x91\x90"),
        &wire_command_limits,
        WIRE_bad_encoding);
    char maps[3 * 9 + 1] = {0};
    for (size_t i = 0; i < 9; i++)
        memcpy(maps + 3 * i, "\x81\xa1k", 3);
    maps[3 * 8] = '\x80';
    assert_refused("9 maps", slice_of(maps, 3 * 8 + 1), &wire_command_limits, WIRE_bad_encoding);
    maps[3 * 7] = '\x80';
    assert_scans("8 maps", slice_of(maps, 3 * 7 + 1), &wire_command_limits);
    assert_scans(
        "side by side is not deep",
        BYTES("\x92\x91\x91\x91\x91\x91\x91\x90\x91\x91\x91\x91\x91\x91\x90"),
        &wire_command_limits);
}

/* An array of count - 1 nils: count values in all. */
static void scan_values(size_t count, bool expected)
{
    struct slice bytes;
    uint8_t *room = malloc(count + 8);
    assert_non_null(room);
    struct writer out = writer_over(room, count + 8);
    pack_array(&out, count - 1);
    for (size_t i = 1; i < count; i++)
        pack_nil(&out);
    bytes = writer_slice(&out);
    if (expected)
        assert_scans("elements", bytes, &wire_command_limits);
    else
        assert_refused("elements", bytes, &wire_command_limits, WIRE_too_large);
    free(room);
}

static void counts_every_value(void **state)
{
    (void)state;
    scan_values(65536, true);
    scan_values(65537, false);
    struct wire_limits three = wire_command_limits;
    three.elements = 3;
    assert_scans("a map, its key, its value", BYTES("\x81\xa0\xc0"), &three);
    three.elements = 2;
    assert_refused("keys count, too", BYTES("\x81\xa0\xc0"), &three, WIRE_too_large);
}

static struct slice text_of(size_t size, uint8_t *room, size_t capacity, bool binary)
{
    struct writer out = writer_over(room, capacity);
    uint8_t *body = malloc(size);
    assert_non_null(body);
    memset(body, 'x', size);
    if (binary)
        pack_binary(&out, slice_of(body, size));
    else
        pack_text(&out, slice_of(body, size));
    free(body);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void bounds_text_and_binary(void **state)
{
    (void)state;
    static uint8_t room[70000];
    struct slice bytes = text_of(4096, room, sizeof(room), false);
    assert_scans("4 KiB", bytes, &wire_command_limits);
    bytes = text_of(4097, room, sizeof(room), false);
    assert_refused("4 KiB and a byte", bytes, &wire_command_limits, WIRE_too_large);
    bytes = text_of(65536, room, sizeof(room), true);
    assert_scans("64 KiB", bytes, &wire_event_limits);
    assert_scans("64 KiB", bytes, &wire_command_limits); /* a box of personal data */
    bytes = text_of(65537, room, sizeof(room), true);
    assert_refused("64 KiB and a byte", bytes, &wire_event_limits, WIRE_too_large);
    assert_refused("64 KiB and a byte", bytes, &wire_command_limits, WIRE_too_large);
    struct wire_limits none = wire_command_limits;
    none.binary = 0;
    assert_refused("binary, even an empty one", BYTES("\xc4\x00"), &none, WIRE_bad_encoding);
}

static void bounds_the_bytes_in_all(void **state)
{
    (void)state;
    static uint8_t room[524289];
    struct writer out = writer_over(room, sizeof(room));
    char text[4096];
    memset(text, 'x', sizeof(text));
    pack_array(
        &out, 128); /* 3 bytes; 127 texts of 4096 with 3 bytes before each; one of the rest */
    for (size_t i = 0; i < 127; i++)
        pack_text(&out, slice_of(text, 4096));
    pack_text(&out, slice_of(text, 524288 - 3 - 127 * 4099 - 3));
    assert_int_equal(out.size, 524288);
    assert_scans("512 KiB", writer_slice(&out), &wire_command_limits);
    writer_byte(&out, 0xc0);
    assert_refused("512 KiB and a byte", writer_slice(&out), &wire_command_limits, WIRE_too_large);
}

static struct slice sample_bytes(enum wire_form form, uint8_t *room, size_t capacity)
{
    struct writer out = writer_over(room, capacity);
    wire_encode(&sample_message, form, &sample_full, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void refuses_a_message_cut_at_any_byte(void **state)
{
    (void)state;
    static uint8_t room[8192];
    for (enum wire_form form = WIRE_CONTRACT; form <= WIRE_STORED; form++) {
        struct slice bytes = sample_bytes(form, room, sizeof(room));
        assert_scans("whole", bytes, &wire_event_limits);
        for (size_t size = 0; size < bytes.size; size++)
            assert_refused(
                "cut", slice_of(bytes.data, size), &wire_event_limits, WIRE_bad_encoding);
    }
}

/* Whatever the scan lets through, msgpack-c reads as one value with nothing after it. */
static void agrees_with_another_reader_on_damaged_messages(void **state)
{
    (void)state;
    static uint8_t room[8192];
    uint64_t seed = 7;
    size_t accepted = 0;
    for (size_t round = 0; round < 20000; round++) {
        struct slice bytes =
            sample_bytes(round % 2 ? WIRE_STORED : WIRE_CONTRACT, room, sizeof(room));
        for (uint64_t hits = 1 + next_random(&seed) % 3; hits > 0; hits--)
            room[next_random(&seed) % bytes.size] = (uint8_t)next_random(&seed);
        struct wire_fault fault;
        if (!wire_scan(bytes, &wire_event_limits, &fault))
            continue;
        msgpack_unpacked unpacked;
        size_t end = 0;
        msgpack_unpacked_init(&unpacked);
        msgpack_unpack_return got =
            msgpack_unpack_next(&unpacked, (const char *)bytes.data, bytes.size, &end);
        msgpack_unpacked_destroy(&unpacked);
        assert_int_equal(got, MSGPACK_UNPACK_SUCCESS);
        assert_int_equal(end, bytes.size);
        accepted++;
    }
    assert_true(accepted > 1000); /* damage inside text goes through */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_allowed_type),
        cmocka_unit_test(refuses_what_is_not_of_the_contract),
        cmocka_unit_test(refuses_bombs),
        cmocka_unit_test(a_count_may_claim_just_the_bytes_that_follow),
        cmocka_unit_test(nests_eight_deep_and_no_deeper),
        cmocka_unit_test(counts_every_value),
        cmocka_unit_test(bounds_text_and_binary),
        cmocka_unit_test(bounds_the_bytes_in_all),
        cmocka_unit_test(refuses_a_message_cut_at_any_byte),
        cmocka_unit_test(agrees_with_another_reader_on_damaged_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
