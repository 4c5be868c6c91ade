// SPDX-License-Identifier: Apache-2.0
// The codec both ways: what goes in comes out, in any order of keys, within any room.
#include "golden/golden.h"
#include "golden/sample.h"
#include "support/aborts.h"
#include "support/cmocka.h"
#include "support/wire_assert.h"
#include "wire/cursor.h"
#include "wire/pack.h"
#include "wire/scan.h"

#include <msgpack/unpack.h>

/* A message of itself, to nest as deep as one likes. */
#define TREE_FIELDS(F, T) F(T, LIST, children, OPTIONAL, NONE, tree, 2)
DECLARE_MESSAGE(tree, TREE_FIELDS)
DEFINE_MESSAGE(tree, "Tree", 1, TREE_FIELDS)

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

static struct slice encoded(const struct message *message, enum wire_form form, const void *body)
{
    enum { ROOM = 64 * 1024 };
    struct writer out = writer_over(arena_take_raw(&arena, ROOM), ROOM);
    assert_non_null(out.data);
    wire_encode(message, form, body, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void assert_round_trip(enum wire_form form, const struct sample *body)
{
    struct sample got;
    struct wire_fault fault;
    struct slice bytes = exact_copy(encoded(&sample_message, form, body));
    assert_true(wire_scan(bytes, &wire_event_limits, &fault));
    if (!wire_decode(&sample_message, form, bytes, &arena, &got, &fault))
        fail_msg("%s: %s", fault.field != NULL ? fault.field : "-", fault.reason);
    assert_same_message(&sample_message, &got, body);
    struct slice again = encoded(&sample_message, form, &got);
    assert_true(slice_equal(again, bytes));
    free_copy(bytes);
}

static void samples_survive_both_forms(void **state)
{
    (void)state;
    assert_round_trip(WIRE_CONTRACT, &sample_usual);
    assert_round_trip(WIRE_STORED, &sample_usual);
    assert_round_trip(WIRE_CONTRACT, &sample_full);
    assert_round_trip(WIRE_STORED, &sample_full);
}

static void random_structs_survive_both_forms(void **state)
{
    (void)state;
    uint64_t seed = 20260131;
    for (int i = 0; i < 2000; i++) {
        arena_reset(&arena);
        const struct sample *body = sample_random(&arena, &seed);
        assert_round_trip(WIRE_CONTRACT, body);
        assert_round_trip(WIRE_STORED, body);
    }
}

/* Another reader sees the values, not only our own. */
static void stored_form_is_plain_msgpack(void **state)
{
    (void)state;
    struct slice bytes = encoded(&sample_message, WIRE_STORED, &sample_usual);
    msgpack_unpacked unpacked;
    size_t end = 0;
    msgpack_unpacked_init(&unpacked);
    assert_int_equal(
        msgpack_unpack_next(&unpacked, (const char *)bytes.data, bytes.size, &end),
        MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(end, bytes.size);
    assert_int_equal(unpacked.data.type, MSGPACK_OBJECT_ARRAY);
    assert_int_equal(unpacked.data.via.array.size, sample_message.field_count);
    const msgpack_object *fields = unpacked.data.via.array.ptr;
    assert_int_equal(fields[0].type, MSGPACK_OBJECT_BIN);
    assert_int_equal(fields[0].via.bin.size, 16);
    assert_int_equal(fields[1].type, MSGPACK_OBJECT_BOOLEAN);
    assert_true(fields[2].via.i64 == -129);
    assert_true(fields[3].via.u64 == 1769860800000000);
    assert_int_equal(fields[4].via.u64, 2);
    assert_int_equal(fields[7].type, MSGPACK_OBJECT_NIL); /* bill_to */
    assert_int_equal(fields[8].via.array.size, 3);
    msgpack_unpacked_destroy(&unpacked);
}

static void contract_form_has_names_and_leaves_out_what_is_absent(void **state)
{
    (void)state;
    struct sample_note note = {.text = slice_of_text("hi")};
    struct slice bytes = encoded(&sample_note_message, WIRE_CONTRACT, &note);
    assert_true(slice_equal(bytes, BYTES("\x81\xa4text\xa2hi")));
    note.has_at = true;
    bytes = encoded(&sample_note_message, WIRE_CONTRACT, &note);
    assert_true(slice_equal(
        bytes,
        BYTES("\x82\xa4text\xa2hi\xa2"
              "at\xbb"
              "1970-01-01T00:00:00.000000Z")));
    bytes = encoded(&sample_note_message, WIRE_STORED, &note);
    assert_true(slice_equal(bytes, BYTES("\x92\xa2hi\x00")));
    note.has_at = false;
    bytes = encoded(&sample_note_message, WIRE_STORED, &note);
    assert_true(slice_equal(bytes, BYTES("\x92\xa2hi\xc0")));
}

/* Start of each pair of a map of the contract form whose values hold no further maps. */
static size_t split_line(struct slice bytes, struct slice *pairs)
{
    struct cursor cursor = cursor_over(bytes);
    struct cursor_head head;
    assert_true(cursor_head(&cursor, &head));
    for (int64_t i = 0; i < head.value; i++) {
        const uint8_t *start = cursor.at;
        struct cursor_head value;
        struct slice body;
        for (int part = 0; part < 2; part++) {
            assert_true(cursor_head(&cursor, &value));
            if (value.type == CURSOR_TEXT)
                assert_true(cursor_body(&cursor, &value, &body));
        }
        pairs[i] = slice_of(start, (size_t)(cursor.at - start));
    }
    return (size_t)head.value;
}

static void takes_keys_in_any_order(void **state)
{
    (void)state;
    static const uint8_t orders[6][3] = {
        {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct sample_line line = {.sku = slice_of_text("A-1"), .quantity = 70000, .price = {1999, 2}};
    struct slice pairs[3];
    assert_int_equal(split_line(encoded(&sample_line_message, WIRE_CONTRACT, &line), pairs), 3);
    for (size_t i = 0; i < countof(orders); i++) {
        uint8_t room[256];
        struct writer out = writer_over(room, sizeof(room));
        struct sample_line got;
        struct wire_fault fault;
        pack_map(&out, 3);
        for (size_t pair = 0; pair < 3; pair++)
            writer_bytes(&out, pairs[orders[i][pair]].data, pairs[orders[i][pair]].size);
        assert_true(wire_decode(
            &sample_line_message, WIRE_CONTRACT, writer_slice(&out), &arena, &got, &fault));
        assert_same_message(&sample_line_message, &got, &line);
    }
}

static void takes_numbers_wider_than_needed(void **state)
{
    (void)state;
    static const struct slice cases[] = {
        SLICE_LITERAL("\x93\xa1s\x05\x92\x05\x00"),
        SLICE_LITERAL("\x94\xa1s\xcc\x05\x92\xd3\x00\x00\x00\x00\x00\x00\x00\x05\x00\xc0"),
        SLICE_LITERAL(
            "\xdd\x00\x00\x00\x04\xdb\x00\x00\x00\x01s\xcf\x00\x00\x00\x00\x00\x00\x00\x05"
            "\xdc\x00\x02\xd0\x05\xcd\x00\x00\xc0"),
    };
    struct wire_fault fault;
    struct sample_line got;
    assert_false(wire_decode(&sample_line_message, WIRE_STORED, cases[0], &arena, &got, &fault));
    for (size_t i = 1; i < countof(cases); i++) {
        assert_true(wire_decode(&sample_line_message, WIRE_STORED, cases[i], &arena, &got, &fault));
        assert_true(got.quantity == 5 && got.price.coefficient == 5 && got.price.scale == 0);
    }
}

static void optional_list_may_be_absent_or_empty(void **state)
{
    (void)state;
    struct sample_line line = {.sku = slice_of_text("s"), .quantity = 1};
    for (enum wire_form form = WIRE_CONTRACT; form <= WIRE_STORED; form++) {
        for (int present = 0; present < 2; present++) {
            struct sample_line got;
            struct wire_fault fault;
            line.has_notes = present == 1;
            struct slice bytes = encoded(&sample_line_message, form, &line);
            assert_true(wire_decode(&sample_line_message, form, bytes, &arena, &got, &fault));
            assert_int_equal(got.has_notes, present);
            assert_int_equal(got.notes_count, 0);
        }
    }
}

/* What a program older than the event does not know passes through unharmed. */
static void stored_enum_of_a_newer_program_decodes_as_it_is(void **state)
{
    (void)state;
    struct sample body = sample_usual;
    struct sample got;
    struct wire_fault fault;
    static const int64_t values[] = {3, 127, 128, INT64_MAX};
    for (size_t i = 0; i < countof(values); i++) {
        body.colour = values[i];
        struct slice bytes = encoded(&sample_message, WIRE_STORED, &body);
        assert_true(wire_decode(&sample_message, WIRE_STORED, bytes, &arena, &got, &fault));
        assert_true(got.colour == values[i]);
    }
}

/* Rooms of every size: the flag tells, and the sanitizer that nothing lies behind the room. */
static void encoding_into_too_little_room_overflows(void **state)
{
    (void)state;
    for (enum wire_form form = WIRE_CONTRACT; form <= WIRE_STORED; form++) {
        size_t needed = encoded(&sample_message, form, &sample_usual).size;
        for (size_t size = 0; size <= needed; size++) {
            uint8_t *room = malloc(size + 1);
            assert_non_null(room);
            struct writer out = writer_over(room, size);
            wire_encode(&sample_message, form, &sample_usual, &out);
            assert_int_equal(out.overflow, size < needed);
            free(room);
        }
    }
}

static void an_exhausted_arena_is_too_large(void **state)
{
    (void)state;
    struct arena small;
    struct sample got;
    struct wire_fault fault;
    struct slice bytes = encoded(&sample_message, WIRE_STORED, &sample_usual);
    arena_init(&small, 3 * sizeof(struct sample_line) - 1);
    assert_false(wire_decode(&sample_message, WIRE_STORED, bytes, &small, &got, &fault));
    assert_fault_is(&fault, WIRE_too_large, "lines", "arena");
    arena_release(&small);
}

/* Bytes of `depth` trees in one another, the innermost without children. */
static struct slice nested(size_t depth, enum wire_form form)
{
    static uint8_t room[256];
    struct writer out = writer_over(room, sizeof(room));
    for (size_t i = 1; i < depth; i++) {
        struct slice head = BYTES("\x81\xa8"
                                  "children\x91");
        writer_bytes(
            &out,
            form == WIRE_STORED ? "\x91\x91" : (const char *)head.data,
            form == WIRE_STORED ? 2 : head.size);
    }
    writer_bytes(&out, form == WIRE_STORED ? "\x91\xc0" : "\x80", form == WIRE_STORED ? 2 : 1);
    return writer_slice(&out);
}

static void encode_a_tree(void *root)
{
    uint8_t room[512];
    struct writer out = writer_over(room, sizeof(room));
    wire_encode(&tree_message, WIRE_STORED, root, &out);
}

static void nests_eight_structs_and_no_more(void **state)
{
    (void)state;
    struct tree got;
    struct wire_fault fault;
    for (enum wire_form form = WIRE_CONTRACT; form <= WIRE_STORED; form++) {
        assert_true(wire_decode(&tree_message, form, nested(8, form), &arena, &got, &fault));
        assert_true(slice_equal(encoded(&tree_message, form, &got), nested(8, form)));
        assert_false(wire_decode(&tree_message, form, nested(9, form), &arena, &got, &fault));
        assert_fault_is(&fault, WIRE_bad_encoding, NULL, "nine");
    }
    struct tree deep[9] = {0};
    for (size_t i = 0; i < 8; i++)
        deep[i] =
            (struct tree){.children = &deep[i + 1], .children_count = 1, .has_children = true};
    assert_true(aborts(encode_a_tree, &deep[0]));
    assert_false(aborts(encode_a_tree, &deep[1]));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(samples_survive_both_forms),
        TEST(random_structs_survive_both_forms),
        TEST(stored_form_is_plain_msgpack),
        TEST(contract_form_has_names_and_leaves_out_what_is_absent),
        TEST(takes_keys_in_any_order),
        TEST(takes_numbers_wider_than_needed),
        TEST(optional_list_may_be_absent_or_empty),
        TEST(stored_enum_of_a_newer_program_decodes_as_it_is),
        TEST(encoding_into_too_little_room_overflows),
        TEST(an_exhausted_arena_is_too_large),
        TEST(nests_eight_structs_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
