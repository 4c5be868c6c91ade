// SPDX-License-Identifier: Apache-2.0
// The broker's frames: what is written is read again, and nothing else is taken for a frame.
#include "support/cmocka.h"
#include "vault/frames.h"

#include <stdlib.h>

enum { ROOM = 1024, RANDOM_ROUNDS = 300000 };

static const enum frame_type all_types[] = {
#define X(name, number) FRAME_##name,
    FRAMES(X)
#undef X
};

static struct slice frame_with(uint8_t *room, enum frame_type type, uint32_t sequence)
{
    struct writer out = writer_over(room, ROOM);
    frame_begin(&out, type, sequence);
    writer_bytes(&out, "body", 4);
    frame_end(&out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void the_layout_is_fixed(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0, 0, 0, 12, 1, 4, 0, 0, 1, 2, 3, 4, 'b', 'o', 'd', 'y'};
    uint8_t room[ROOM];
    struct slice frame = frame_with(room, FRAME_LEASE, 0x01020304);
    assert_true(slice_equal(frame, slice_of(expected, sizeof(expected))));
}

static void every_type_is_read_back_and_no_truncation_is_a_frame(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    for (size_t i = 0; i < countof(all_types); i++) {
        struct slice whole = frame_with(room, all_types[i], (uint32_t)(1000 + i));
        struct frame frame;
        size_t size = 0;
        assert_int_equal(frame_read(whole, &frame, &size), 1);
        assert_int_equal(frame.type, all_types[i]);
        assert_int_equal(frame.sequence, 1000 + i);
        assert_true(slice_is(frame.body, "body"));
        assert_int_equal(size, whole.size);
        for (size_t cut = 0; cut < whole.size; cut++)
            assert_int_equal(frame_read(slice_of(room, cut), &frame, &size), 0);
    }
}

static void frames_follow_each_other_in_one_buffer(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    struct writer out = writer_over(room, sizeof(room));
    for (uint32_t sequence = 0; sequence < 5; sequence++) {
        frame_begin(&out, FRAME_WIPED, sequence);
        for (uint32_t i = 0; i < sequence; i++)
            writer_byte(&out, (uint8_t)i);
        frame_end(&out);
    }
    struct slice rest = writer_slice(&out);
    for (uint32_t sequence = 0; sequence < 5; sequence++) {
        struct frame frame;
        size_t size;
        assert_int_equal(frame_read(rest, &frame, &size), 1);
        assert_int_equal(frame.sequence, sequence);
        assert_int_equal(frame.body.size, sequence);
        rest = slice_of(rest.data + size, rest.size - size);
    }
    assert_int_equal(rest.size, 0);
}

static void a_frame_that_does_not_fit_is_an_overflow(void **state)
{
    (void)state;
    uint8_t room[FRAME_HEADER_SIZE + 3];
    for (size_t capacity = 0; capacity < sizeof(room); capacity++) {
        struct writer out = writer_over(room, capacity);
        frame_begin(&out, FRAME_STATUS, 1);
        writer_u32(&out, 1);
        frame_end(&out);
        assert_true(out.overflow);
    }
}

static void the_largest_frame_is_one_and_a_larger_is_none(void **state)
{
    (void)state;
    static uint8_t room[FRAME_MOST];
    struct writer out = writer_over(room, sizeof(room));
    struct frame frame;
    size_t size;
    frame_begin(&out, FRAME_STATUS_TEXT, 1);
    (void)writer_reserve(&out, FRAME_MOST - FRAME_HEADER_SIZE);
    frame_end(&out);
    assert_int_equal(frame_read(writer_slice(&out), &frame, &size), 1);
    assert_int_equal(size, FRAME_MOST);
    room[3]++; /* of the size that follows */
    assert_int_equal(frame_read(slice_of(room, 4), &frame, &size), -1);
}

static void a_header_that_is_not_ours_is_none(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t byte;
    } wrong[] = {{0, 1}, {3, 7}, {4, 0}, {4, 2}, {5, 0}, {5, 22}, {5, 255}, {6, 1}, {7, 1}};
    uint8_t room[ROOM];
    for (size_t i = 0; i < countof(wrong); i++) {
        struct slice whole = frame_with(room, FRAME_HELLO, 1);
        struct frame frame;
        size_t size;
        room[wrong[i].at] = wrong[i].byte;
        assert_int_equal(frame_read(whole, &frame, &size), -1);
    }
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* The first bytes are often right, or nothing would come past the header. The buffer is exactly as
 * long as what is given, so that the sanitizer sees a byte too many. */
static void random_bytes_are_never_read_beyond_their_end(void **state)
{
    (void)state;
    uint64_t random = 4711;
    size_t frames = 0;
    for (size_t round = 0; round < RANDOM_ROUNDS; round++) {
        size_t given = next_random(&random) % 80;
        uint8_t *bytes = malloc(given != 0 ? given : 1);
        assert_non_null(bytes);
        for (size_t i = 0; i < given; i++)
            bytes[i] = (uint8_t)next_random(&random);
        const uint8_t likely[8] = {0, 0, 0, (uint8_t)(next_random(&random) % 80), 1, 4, 0, 0};
        if (round % 8 != 0)
            memcpy(bytes, likely, given < sizeof(likely) ? given : sizeof(likely));
        struct frame frame;
        size_t size;
        if (frame_read(slice_of(bytes, given), &frame, &size) == 1) {
            struct frame_reader body = {.rest = frame.body};
            struct lease_wish wish;
            assert_true(size <= given);
            assert_true(frame.body.data + frame.body.size == bytes + size);
            while (!body.short_of && frame_get_wish(&body, &wish))
                assert_true(wish.class < LEAVES_PER_SUBJECT);
            frames++;
        }
        free(bytes);
    }
    assert_true(frames > RANDOM_ROUNDS / 20);
}

static void fields_are_read_in_order_and_zero_from_the_end_on(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    struct writer out = writer_over(room, sizeof(room));
    const struct uuid id = {{1, 2, 3}};
    writer_byte(&out, 0x12);
    writer_u16(&out, 0x3456);
    writer_u32(&out, 0x789abcde);
    writer_u64(&out, UINT64_C(0x0123456789abcdef));
    frame_put_leaf(&out, (struct leaf){.tree = 2, .number = 77});
    writer_bytes(&out, id.bytes, sizeof(id.bytes));
    writer_bytes(&out, "xyz", 3);
    for (size_t size = 0; size <= out.size; size++) {
        struct frame_reader reader = {.rest = slice_of(room, size)};
        uint8_t first = frame_u8(&reader);
        uint16_t second = frame_u16(&reader);
        uint32_t third = frame_u32(&reader);
        uint64_t fourth = frame_u64(&reader);
        struct leaf leaf = frame_leaf(&reader);
        struct uuid read = frame_uuid(&reader);
        struct slice last = frame_bytes(&reader, 3);
        assert_int_equal(reader.short_of, size < out.size);
        assert_int_equal(first, size >= 1 ? 0x12 : 0);
        assert_int_equal(second, size >= 3 ? 0x3456 : 0);
        assert_int_equal(third, size >= 7 ? 0x789abcde : 0);
        assert_true(fourth == (size >= 15 ? UINT64_C(0x0123456789abcdef) : 0));
        assert_int_equal(leaf.number, size >= 25 ? 77 : 0);
        assert_int_equal(uuid_equal(&read, &id), size >= 41);
        assert_int_equal(last.size, size == out.size ? 3 : 0);
        assert_int_equal(frame_u8(&reader), 0);
        assert_true(reader.short_of);
    }
}

static void a_field_that_was_short_leaves_the_rest_unread(void **state)
{
    (void)state;
    struct frame_reader reader = {.rest = slice_of_text("abc")};
    (void)frame_u32(&reader);
    assert_int_equal(frame_u8(&reader), 0);
    assert_true(reader.short_of);
}

static const struct lease_wish some_wish = {
    .allocate = true,
    .class = 3,
    .tenant = {{1, 2}},
    .subject = {{3, 4}},
    .leaf = {.tree = TREE_SUBJECTS, .number = 43},
};

static void a_wish_is_read_back(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    for (int flags = 0; flags < 4; flags++) {
        struct lease_wish wish = some_wish, read;
        struct writer out = writer_over(room, sizeof(room));
        wish.by_leaf = (flags & 1) != 0;
        wish.allocate = (flags & 2) != 0;
        frame_put_wish(&out, &wish);
        assert_int_equal(out.size, 44);
        struct frame_reader reader = {.rest = writer_slice(&out)};
        assert_true(frame_get_wish(&reader, &read));
        assert_int_equal(read.by_leaf, wish.by_leaf);
        assert_int_equal(read.allocate, wish.allocate);
        assert_int_equal(read.class, 3);
        assert_true(uuid_equal(&read.tenant, &wish.tenant));
        assert_true(uuid_equal(&read.subject, &wish.subject));
        assert_int_equal(read.leaf.tree, TREE_SUBJECTS);
        assert_int_equal(read.leaf.number, 43);
        assert_int_equal(reader.rest.size, 0);
    }
}

static void a_wish_with_unknown_flags_or_class_is_refused(void **state)
{
    (void)state;
    uint8_t room[ROOM];
    struct lease_wish read = {.class = 7};
    struct writer out = writer_over(room, sizeof(room));
    frame_put_wish(&out, &some_wish);
    for (size_t size = 0; size < out.size; size++)
        assert_false(frame_get_wish(&(struct frame_reader){.rest = slice_of(room, size)}, &read));
    room[0] = 4;
    assert_false(frame_get_wish(&(struct frame_reader){.rest = writer_slice(&out)}, &read));
    room[0] = 0;
    room[1] = 8;
    assert_false(frame_get_wish(&(struct frame_reader){.rest = writer_slice(&out)}, &read));
    assert_int_equal(read.class, 7);
}

static void roles_have_words(void **state)
{
    (void)state;
    for (enum vault_role role = 0; role < ROLE_COUNT; role++) {
        enum vault_role found = ROLE_COUNT;
        assert_true(vault_role_find(vault_role_name(role), &found));
        assert_int_equal(found, role);
    }
    enum vault_role untouched = ROLE_ERASE;
    assert_false(vault_role_find("Command", &untouched));
    assert_int_equal(untouched, ROLE_ERASE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_layout_is_fixed),
        cmocka_unit_test(every_type_is_read_back_and_no_truncation_is_a_frame),
        cmocka_unit_test(frames_follow_each_other_in_one_buffer),
        cmocka_unit_test(a_frame_that_does_not_fit_is_an_overflow),
        cmocka_unit_test(the_largest_frame_is_one_and_a_larger_is_none),
        cmocka_unit_test(a_header_that_is_not_ours_is_none),
        cmocka_unit_test(random_bytes_are_never_read_beyond_their_end),
        cmocka_unit_test(fields_are_read_in_order_and_zero_from_the_end_on),
        cmocka_unit_test(a_field_that_was_short_leaves_the_rest_unread),
        cmocka_unit_test(a_wish_is_read_back),
        cmocka_unit_test(a_wish_with_unknown_flags_or_class_is_refused),
        cmocka_unit_test(roles_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
