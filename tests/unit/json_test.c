// SPDX-License-Identifier: Apache-2.0
// JSON as another spelling of the contract form: the same values, the same limits.
#include "golden/golden.h"
#include "golden/sample.h"
#include "support/cmocka.h"
#include "support/wire_assert.h"
#include "wire/json.h"
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

static struct slice converted(struct slice json)
{
    struct slice out = {0};
    struct wire_fault fault;
    struct slice copy = exact_copy(json);
    bool ok = json_to_msgpack(copy, &wire_command_limits, &arena, &out, &fault);
    free_copy(copy);
    if (!ok)
        fail_msg("%.*s: %s", SLICE_FORMAT(json), fault.reason);
    return out;
}

static void assert_refused(struct slice json, enum wire_fault_code code)
{
    struct slice out = {0};
    struct wire_fault fault;
    struct slice copy = exact_copy(json);
    bool ok = json_to_msgpack(copy, &wire_command_limits, &arena, &out, &fault);
    free_copy(copy);
    if (ok)
        fail_msg("accepted: %.*s", json.size < 100 ? (int)json.size : 100, (const char *)json.data);
    assert_fault_is(&fault, code, NULL, "json");
}

static struct slice written(struct slice msgpack)
{
    enum { ROOM = 1024 * 1024 };
    struct writer out = writer_over(arena_take_raw(&arena, ROOM), ROOM);
    assert_non_null(out.data);
    json_from_msgpack(msgpack, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void reads_every_kind_of_value(void **state)
{
    (void)state;
    static const struct {
        struct slice json;
        struct slice msgpack;
    } cases[] = {
        {SLICE_LITERAL("{}"), SLICE_LITERAL("\x80")},
        {SLICE_LITERAL(" [ ] "), SLICE_LITERAL("\x90")},
        {SLICE_LITERAL("[null,true,false]"), SLICE_LITERAL("\x93\xc0\xc3\xc2")},
        {SLICE_LITERAL("[0,-1,127,128,-32,-33]"),
         SLICE_LITERAL("\x96\x00\xff\x7f\xcc\x80\xe0\xd0\xdf")},
        {SLICE_LITERAL("[9223372036854775807]"),
         SLICE_LITERAL("\x91\xcf\x7f\xff\xff\xff\xff\xff\xff\xff")},
        {SLICE_LITERAL("[-9223372036854775808]"),
         SLICE_LITERAL("\x91\xd3\x80\x00\x00\x00\x00\x00\x00\x00")},
        {SLICE_LITERAL("[\"\",\"\\u20ac\\n\\\"\\/\"]"),
         SLICE_LITERAL("\x92\xa0\xa6\xe2\x82\xac\n\"/")},
        {SLICE_LITERAL("[\"\\ud83c\\udf81\"]"), SLICE_LITERAL("\x91\xa4\xf0\x9f\x8e\x81")},
        {SLICE_LITERAL("{\"z\":1,\"a\":{\"k\":[2]},\"\":3}"),
         SLICE_LITERAL("\x83\xa1z\x01\xa1"
                       "a\x81\xa1k\x91\x02\xa0\x03")}, /* in the order given */
    };
    for (size_t i = 0; i < countof(cases); i++)
        assert_true(slice_equal(converted(cases[i].json), cases[i].msgpack));
}

static void refuses_what_is_not_of_the_contract(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        SLICE_LITERAL(""),
        SLICE_LITERAL(" "),
        SLICE_LITERAL("1"),
        SLICE_LITERAL("\"text\""),
        SLICE_LITERAL("null"),
        SLICE_LITERAL("[1.5]"),
        SLICE_LITERAL("[1e2]"),
        SLICE_LITERAL("[1.0]"),
        SLICE_LITERAL("[-0.0]"),
        SLICE_LITERAL("[1E400]"),
        SLICE_LITERAL("[NaN]"),
        SLICE_LITERAL("[Infinity]"),
        SLICE_LITERAL("[9223372036854775808]"),
        SLICE_LITERAL("[-9223372036854775809]"),
        SLICE_LITERAL("[123456789012345678901234567890]"),
        SLICE_LITERAL("[01]"),
        SLICE_LITERAL("[+1]"),
        SLICE_LITERAL("[0x1]"),
        SLICE_LITERAL("[1,]"),
        SLICE_LITERAL("[1"),
        SLICE_LITERAL("{\"a\":1"),
        SLICE_LITERAL("{\"a\"}"),
        SLICE_LITERAL("{a:1}"),
        SLICE_LITERAL("{'a':1}"),
        SLICE_LITERAL("[1] [2]"),
        SLICE_LITERAL("[1]x"),
        SLICE_LITERAL("[1]\0"),
        SLICE_LITERAL("\xef\xbb\xbf[1]"),
        SLICE_LITERAL("[1] // comment"),
        SLICE_LITERAL("]"),
        SLICE_LITERAL("[\"\\ud83c\"]"),
        SLICE_LITERAL("[\"\\udf81\"]"),
        SLICE_LITERAL("[\"\\ud83cx\"]"),
        SLICE_LITERAL("[\"\\ud83c\\u0041\"]"),
        SLICE_LITERAL("[\"a\\u0000b\"]"),
        SLICE_LITERAL("{\"a\\u0000b\":1}"),
        SLICE_LITERAL("[\"a\0b\"]"),
        SLICE_LITERAL("[\"\n\"]"),
        SLICE_LITERAL("[\"\xc0\xaf\"]"),
        SLICE_LITERAL("[\"\xed\xa0\x80\"]"),
        SLICE_LITERAL("[\"\xf4\x90\x80\x80\"]"),
        SLICE_LITERAL("[\"\xff\"]"),
        SLICE_LITERAL("[\"\xe2\x82\"]"),
        SLICE_LITERAL("[\"\\x41\"]"),
        SLICE_LITERAL("[\"\\"),
        SLICE_LITERAL("[\"\\\""),
        SLICE_LITERAL("\""),
    };
    for (size_t i = 0; i < countof(cases); i++)
        assert_refused(cases[i], WIRE_bad_encoding);
}

static void refuses_duplicate_keys_at_any_depth(void **state)
{
    (void)state;
    assert_refused(slice_of_text("{\"a\":1,\"a\":1}"), WIRE_bad_field);
    assert_refused(slice_of_text("{\"a\":1,\"b\":2,\"\\u0061\":3}"), WIRE_bad_field);
    assert_refused(slice_of_text("{\"a\":[{\"k\":1,\"k\":2}]}"), WIRE_bad_field);
    (void)converted(slice_of_text("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"));
}

/* `depth` brackets around `core`; many more than a stack would bear, too. */
static struct slice nested(size_t depth, const char *core)
{
    size_t size = 2 * depth + strlen(core);
    struct writer out = writer_over(arena_take_raw(&arena, size), size);
    assert_non_null(out.data);
    for (size_t i = 0; i < depth; i++)
        writer_byte(&out, '[');
    writer_bytes(&out, core, strlen(core));
    for (size_t i = 0; i < depth; i++)
        writer_byte(&out, ']');
    return writer_slice(&out);
}

static void nests_eight_deep_and_no_deeper(void **state)
{
    (void)state;
    (void)converted(nested(8, ""));
    (void)converted(nested(8, "1"));
    (void)converted(nested(7, "{\"[[[[[[[[[[\":\"{{{{\\\"{{{{{{{{\"}"));
    assert_refused(nested(9, ""), WIRE_bad_encoding);
    assert_refused(nested(8, "{}"), WIRE_bad_encoding);
    assert_refused(nested(250000, ""), WIRE_bad_encoding);
    struct slice open = nested(250000, "");
    assert_refused(slice_of(open.data, 250000), WIRE_bad_encoding);
    (void)converted(slice_of_text("[[],[],[],[],[],[],[],[],[],[]]"));
}

static struct slice ones(size_t count)
{
    size_t size = 2 * count + 1;
    struct writer out = writer_over(arena_take_raw(&arena, size), size);
    assert_non_null(out.data);
    for (size_t i = 0; i < count; i++)
        writer_bytes(&out, i == 0 ? "[1" : ",1", 2);
    writer_byte(&out, ']');
    return writer_slice(&out);
}

static void counts_values_like_the_scan(void **state)
{
    (void)state;
    (void)converted(ones(65535)); /* and the array itself */
    assert_refused(ones(65536), WIRE_too_large);
    assert_refused(ones(200000), WIRE_too_large);
}

static struct slice text_of(size_t size, size_t padding)
{
    uint8_t *bytes = arena_take_raw(&arena, size + padding + 4);
    assert_non_null(bytes);
    memset(bytes, 'x', size + 4);
    bytes[0] = '[';
    bytes[1] = bytes[size + 2] = '"';
    bytes[size + 3] = ']';
    memset(bytes + size + 4, ' ', padding);
    return slice_of(bytes, size + padding + 4);
}

static void bounds_text_and_bytes(void **state)
{
    (void)state;
    assert_int_equal(converted(text_of(4096, 0)).size, 1 + 3 + 4096);
    assert_refused(text_of(4097, 0), WIRE_too_large);
    (void)converted(text_of(10, 524288 - 14));
    assert_refused(text_of(10, 524288 - 13), WIRE_too_large);
}

/* Texts of 256 bytes and more have longer headers than JSON has quotes. */
static void room_is_enough_where_msgpack_is_the_longer_one(void **state)
{
    (void)state;
    struct writer out = writer_over(arena_take_raw(&arena, 300000), 300000);
    assert_non_null(out.data);
    for (size_t count = 1; count <= 1000; count++) {
        static char text[256];
        memset(text, 'x', sizeof(text));
        writer_bytes(&out, count == 1 ? "[\"" : ",\"", 2);
        writer_bytes(&out, text, sizeof(text));
        writer_byte(&out, '"');
        if (count < 40 || count == 1000) {
            struct writer whole = out;
            writer_byte(&whole, ']');
            (void)converted(writer_slice(&whole));
        }
    }
}

/* A text of so many letters as the only value. */
static struct slice letters_of(size_t size, char letter)
{
    struct slice json = text_of(size, 0);
    uint8_t *bytes = arena_take_raw(&arena, json.size);
    assert_non_null(bytes);
    memcpy(bytes, json.data, json.size);
    memset(bytes + 2, letter, size);
    return slice_of(bytes, json.size);
}

/* The box of a command may be longer than any text. */
static void base64_over_the_limit_of_texts_becomes_bytes(void **state)
{
    (void)state;
    struct slice longest_text = converted(letters_of(4096, 'A'));
    assert_int_equal(longest_text.data[1], 0xda); /* text still */
    struct slice bytes = converted(letters_of(4100, 'A'));
    assert_int_equal(bytes.size, 1 + 3 + 3075);
    assert_memory_equal(bytes.data, "\x91\xc5\x0c\x03\x00\x00", 6);
    assert_int_equal(converted(letters_of(87380, '/')).size, 1 + 3 + 65535);
    assert_refused(letters_of(87384, 'A'), WIRE_too_large); /* 65,538 bytes */
    assert_refused(letters_of(4100, '*'), WIRE_too_large);
    assert_refused(letters_of(4101, 'A'), WIRE_too_large);
}

static void bytes_are_written_as_base64(void **state)
{
    (void)state;
    assert_true(slice_is(written(BYTES("\x92\xc4\x02\x00\xff\xc4\x00")), "[\"AP8=\",\"\"]"));
    assert_true(slice_is(
        written(BYTES("\x81\xa3"
                      "box\xc5\x00\x03"
                      "foo")),
        "{\"box\":\"Zm9v\"}"));
}

static void an_exhausted_arena_is_too_large(void **state)
{
    (void)state;
    struct arena small;
    struct slice out = slice_of_text("before");
    struct wire_fault fault;
    arena_init(&small, 8);
    assert_false(json_to_msgpack(slice_of_text("[1]"), &wire_command_limits, &small, &out, &fault));
    assert_int_equal(fault.code, WIRE_too_large);
    assert_true(slice_is(out, "before"));
    arena_release(&small);
}

static void writes_every_kind_of_value(void **state)
{
    (void)state;
    assert_true(slice_is(
        written(BYTES("\x83\xa1"
                      "a\x93\xc0\xc3\xc2\xa1"
                      "b\x80\xa1"
                      "c\x92\x90\xd3\x80\x00\x00\x00\x00\x00\x00\x00")),
        "{\"a\":[null,true,false],\"b\":{},\"c\":[[],-9223372036854775808]}"));
    assert_true(slice_is(written(BYTES("\xa1x")), "\"x\""));
    assert_true(slice_is(written(BYTES("\x05")), "5"));
}

static void escapes_text(void **state)
{
    (void)state;
    char room[64];
    struct writer out = writer_over(room, sizeof(room));
    json_write_text(slice_of_text("a\"\\/\b\f\n\r\t\x01\x1f\x7f\xe2\x82\xac"), &out);
    assert_true(slice_is(
        writer_slice(&out), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\xe2\x82\xac\""));
    out.size = 0;
    json_write_text(slice_of(NULL, 0), &out);
    assert_true(slice_is(writer_slice(&out), "\"\""));
}

static void random_messages_survive_json(void **state)
{
    (void)state;
    uint64_t seed = 31337;
    for (int i = 0; i < 500; i++) {
        enum { ROOM = 32 * 1024 };
        arena_reset(&arena);
        struct writer out = writer_over(arena_take_raw(&arena, ROOM), ROOM);
        const struct sample *body = sample_random(&arena, &seed);
        assert_non_null(out.data);
        wire_encode(&sample_message, WIRE_CONTRACT, body, &out);
        assert_false(out.overflow);
        struct slice json = written(writer_slice(&out));
        assert_true(slice_equal(converted(json), writer_slice(&out)));
    }
}

/* Cut or damaged JSON is refused or read, never more than that. */
static void survives_damaged_json(void **state)
{
    (void)state;
    uint64_t seed = 5;
    struct writer out = writer_over(arena_take_raw(&arena, 8192), 8192);
    wire_encode(&sample_message, WIRE_CONTRACT, &sample_usual, &out);
    struct slice json = exact_copy(written(writer_slice(&out)));
    for (size_t size = 0; size < json.size; size++)
        assert_refused(slice_of(json.data, size), WIRE_bad_encoding);
    for (int round = 0; round < 5000; round++) {
        struct slice msgpack;
        struct wire_fault fault;
        arena_reset(&arena);
        uint8_t *bytes = malloc(json.size);
        assert_non_null(bytes);
        memcpy(bytes, json.data, json.size);
        for (uint64_t hits = 1 + next_random(&seed) % 3; hits > 0; hits--) {
            size_t at = next_random(&seed) % json.size;
            bytes[at] =
                hits % 2 ? json.data[next_random(&seed) % json.size] : (uint8_t)next_random(&seed);
        }
        if (json_to_msgpack(
                slice_of(bytes, json.size), &wire_command_limits, &arena, &msgpack, &fault))
            assert_true(wire_scan(msgpack, &wire_command_limits, &fault));
        free(bytes);
    }
    free_copy(json);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(reads_every_kind_of_value),
        TEST(refuses_what_is_not_of_the_contract),
        TEST(refuses_duplicate_keys_at_any_depth),
        TEST(nests_eight_deep_and_no_deeper),
        TEST(counts_values_like_the_scan),
        TEST(bounds_text_and_bytes),
        TEST(room_is_enough_where_msgpack_is_the_longer_one),
        TEST(base64_over_the_limit_of_texts_becomes_bytes),
        TEST(bytes_are_written_as_base64),
        TEST(an_exhausted_arena_is_too_large),
        TEST(writes_every_kind_of_value),
        TEST(escapes_text),
        TEST(random_messages_survive_json),
        TEST(survives_damaged_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
