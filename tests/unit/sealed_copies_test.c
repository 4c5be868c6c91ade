// SPDX-License-Identifier: Apache-2.0
// Envelopes in read models: the newest of each class, verbatim, whatever order and however often
// events come.
#include "support/cmocka.h"
#include "upcast/sealed_copies.h"
#include "wire/codec.h"

struct desk {
    struct arena arena;
    struct newest_copies newest;
    struct error err;
};

static int open_desk(void **state)
{
    static struct desk desk;
    memset(&desk, 0, sizeof(desk));
    arena_init(&desk.arena, (size_t)1 << 20);
    *state = &desk;
    return 0;
}

static int close_desk(void **state)
{
    arena_release(&((struct desk *)*state)->arena);
    return 0;
}

/* Bytes that stand for an envelope, all of one letter. */
static struct slice envelope(struct desk *desk, char letter)
{
    uint8_t *bytes = arena_take_raw(&desk->arena, SEALED_LEAST_ENVELOPE);
    assert_non_null(bytes);
    memset(bytes, letter, SEALED_LEAST_ENVELOPE);
    return slice_of(bytes, SEALED_LEAST_ENVELOPE);
}

/* An event of this version that seals, by letter, the classes named; '.' leaves one out. */
static struct copied_event event_of(struct desk *desk, int64_t version, const char *letters)
{
    struct sealed_part parts[MESSAGE_CLASSES];
    struct sealed_parts body = {.parts = parts};
    struct writer out = writer_over(arena_take_raw(&desk->arena, 4096), 4096);
    for (int64_t class = 1; letters[class - 1] != '\0'; class ++) {
        if (letters[class - 1] != '.')
            parts[body.parts_count++] =
                (struct sealed_part){class, envelope(desk, letters[class - 1])};
    }
    if (body.parts_count != 0)
        wire_encode(&sealed_parts_message, WIRE_STORED, &body, &out);
    return (struct copied_event){
        .version = version,
        .event_id = {{0xe0, (uint8_t)version}},
        .type = slice_of_text(version == 1 ? "OrderPlaced" : "ShippingAddressChanged"),
        .schema_version = version == 1 ? 3 : 2,
        .sealed = writer_slice(&out)};
}

static void take(struct desk *desk, int64_t version, const char *letters)
{
    struct copied_event event = event_of(desk, version, letters);
    if (!newest_copies_take(&desk->newest, &event, &desk->arena, &desk->err))
        fail_msg("%s", desk->err.text);
}

static struct slice written(struct desk *desk)
{
    struct slice out;
    assert_true(newest_copies_write(&desk->newest, &desk->arena, &out, &desk->err));
    return out;
}

/* Letters and versions by class, e.g. "a1 d2 c1". */
static void assert_newest(struct desk *desk, const char *expected)
{
    char found[64] = "";
    size_t at = 0;
    for (size_t i = 0; i < MESSAGE_CLASSES; i++) {
        const struct sealed_copy *copy = &desk->newest.by_class[i];
        if (copy->version == 0)
            continue;
        assert_int_equal(copy->class, i + 1);
        assert_int_equal(copy->event_id.bytes[1], copy->version);
        assert_int_equal(copy->schema_version, copy->version == 1 ? 3 : 2);
        if (at > 0)
            found[at++] = ' ';
        found[at++] = (char)copy->envelope.data[0];
        found[at++] = (char)('0' + copy->version);
    }
    assert_string_equal(found, expected);
}

static void the_newest_of_each_class_wins(void **state)
{
    struct desk *desk = *state;
    take(desk, 1, "abc");
    assert_newest(desk, "a1 b1 c1");
    take(desk, 3, ".d");
    assert_newest(desk, "a1 d3 c1");
    take(desk, 4, "");
    assert_newest(desk, "a1 d3 c1");
    take(desk, 5, "...e");
    assert_newest(desk, "a1 d3 c1 e5");
}

static void what_comes_again_or_late_changes_nothing(void **state)
{
    struct desk *desk = *state;
    take(desk, 1, "abc");
    take(desk, 3, ".d");
    struct slice before = written(desk);
    take(desk, 3, ".x");
    take(desk, 1, "xyz");
    take(desk, 2, ".w");
    assert_newest(desk, "a1 d3 c1");
    assert_true(slice_equal(written(desk), before));
}

static void a_column_comes_back_as_it_was_written(void **state)
{
    struct desk *desk = *state;
    take(desk, 1, "abc");
    struct slice column = written(desk);
    struct newest_copies read;
    assert_true(newest_copies_read(column, &desk->arena, &read, &desk->err));
    desk->newest = read;
    assert_newest(desk, "a1 b1 c1");
    assert_true(slice_is(read.by_class[0].event_type, "OrderPlaced"));
    assert_true(slice_equal(written(desk), column));
    take(desk, 2, ".d"); /* on with the next batch */
    assert_newest(desk, "a1 d2 c1");
}

static void no_copies_are_no_bytes(void **state)
{
    struct desk *desk = *state;
    assert_int_equal(written(desk).size, 0);
    memset(&desk->newest, 0xff, sizeof(desk->newest));
    assert_true(newest_copies_read(slice_of(NULL, 0), &desk->arena, &desk->newest, &desk->err));
    assert_newest(desk, "");
}

static void what_does_not_decode_is_tampered_with(void **state)
{
    struct desk *desk = *state;
    take(desk, 1, "abc");
    struct slice column = written(desk);
    struct copied_event event = event_of(desk, 2, ".d");
    for (size_t size = 1; size < column.size; size++) {
        struct newest_copies read = {.by_class = {{.version = 77}}};
        assert_false(
            newest_copies_read(slice_of(column.data, size), &desk->arena, &read, &desk->err));
        assert_int_equal(desk->err.kind, ERROR_tampered);
        assert_int_equal(read.by_class[0].version, 77); /* untouched */
    }
    event.sealed.size--;
    assert_false(newest_copies_take(&desk->newest, &event, &desk->arena, &desk->err));
    assert_int_equal(desk->err.kind, ERROR_tampered);
    assert_newest(desk, "a1 b1 c1");
}

static void an_exhausted_arena_is_fatal(void **state)
{
    struct desk *desk = *state;
    take(desk, 1, "abc");
    struct slice column = written(desk);
    struct arena small;
    struct slice out;
    struct newest_copies read;
    arena_init(&small, 64);
    assert_false(newest_copies_write(&desk->newest, &small, &out, &desk->err));
    assert_int_equal(desk->err.kind, ERROR_fatal);
    assert_false(newest_copies_read(column, &small, &read, &desk->err));
    assert_int_equal(desk->err.kind, ERROR_fatal);
    arena_release(&small);
}

#define DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        DESK(the_newest_of_each_class_wins),
        DESK(what_comes_again_or_late_changes_nothing),
        DESK(a_column_comes_back_as_it_was_written),
        DESK(no_copies_are_no_bytes),
        DESK(what_does_not_decode_is_tampered_with),
        DESK(an_exhausted_arena_is_fatal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
