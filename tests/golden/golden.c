// SPDX-License-Identifier: Apache-2.0
#include "golden/golden.h"

#include "message/walk.h"
#include "support/cmocka.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_GOLDEN = 1024 * 1024, BYTES_PER_LINE = 32 };

/* Opens <name>.hex; NULL with errno otherwise. */
static FILE *open_golden(const char *name, const char *mode)
{
    char path[4096];
    int size = snprintf(path, sizeof(path), "%s/%s.hex", ORDER_GOLDEN_DIR, name);
    assert_true(size > 0 && (size_t)size < sizeof(path));
    return fopen(path, mode);
}

static int hex_digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two digits a byte; white space between bytes and lines that start with # count for nothing. */
static void read_hex(const char *name, FILE *file, struct writer *out)
{
    int c;
    while ((c = getc(file)) != EOF) {
        if (c == ' ' || c == '\n')
            continue;
        if (c == '#') {
            while (c != EOF && c != '\n')
                c = getc(file);
            continue;
        }
        int high = hex_digit(c);
        int low = hex_digit(getc(file));
        if (high < 0 || low < 0)
            fail_msg("%s.hex: not hexadecimal at byte %zu", name, out->size);
        writer_byte(out, (uint8_t)(high << 4 | low));
    }
    assert_false(out->overflow);
}

struct slice golden_read(const char *name, struct arena *arena)
{
    struct writer bytes = writer_over(arena_take_raw(arena, MAX_GOLDEN), MAX_GOLDEN);
    assert_non_null(bytes.data);
    FILE *file = open_golden(name, "r");
    if (file == NULL)
        fail_msg("%s.hex: cannot be read (ORDER_GOLDEN_WRITE=1 writes a missing one)", name);
    read_hex(name, file, &bytes);
    (void)fclose(file);
    return writer_slice(&bytes);
}

/* Writes the file if it does not exist. */
static void write_missing(const char *name, struct slice bytes)
{
    FILE *file = open_golden(name, "wx");
    if (file == NULL) {
        assert_int_equal(errno, EEXIST);
        return;
    }
    for (size_t i = 0; i < bytes.size; i++) {
        bool line_ends = i % BYTES_PER_LINE == BYTES_PER_LINE - 1 || i + 1 == bytes.size;
        assert_true(fprintf(file, "%02x%s", bytes.data[i], line_ends ? "\n" : "") > 0);
    }
    assert_int_equal(fclose(file), 0);
}

void golden_check(const char *name, struct slice bytes)
{
    const char *write = getenv("ORDER_GOLDEN_WRITE");
    if (write != NULL && strcmp(write, "1") == 0)
        write_missing(name, bytes);
    struct arena arena;
    arena_init(&arena, 2 * MAX_GOLDEN);
    struct slice expected = golden_read(name, &arena);
    size_t same = 0;
    while (same < bytes.size && same < expected.size && bytes.data[same] == expected.data[same])
        same++;
    size_t expected_size = expected.size;
    arena_release(&arena);
    if (same != bytes.size || same != expected_size)
        fail_msg(
            "%s.hex: %zu bytes, expected %zu; the first difference is at byte %zu",
            name,
            bytes.size,
            expected_size,
            same);
}

/* Bytes that a member of this kind takes; 0 where its value lies elsewhere. */
static size_t member_size(const struct message_field *field)
{
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        return sizeof(bool);
    case KIND_INT:
    case KIND_TIME:
    case KIND_ENUM:
        return sizeof(int64_t);
    case KIND_UUID:
        return sizeof(struct uuid);
    case KIND_DECIMAL:
        return sizeof(struct decimal);
    case KIND_TEXT:
    case KIND_BYTES:
    case KIND_RECORD:
    case KIND_LIST:
        break;
    }
    return 0;
}

static void assert_same_field(const struct message_walk *got, const struct message_walk *expected)
{
    const struct message_field *field = got->field;
    const char *got_member = (const char *)got->body + field->offset;
    const char *expected_member = (const char *)expected->body + field->offset;
    if (message_has(got->body, field) != message_has(expected->body, field))
        fail_msg("%s.%s: present in one only", got->message->name, field->name);
    if (!message_has(got->body, field))
        return;
    bool same = memcmp(got_member, expected_member, member_size(field)) == 0;
    if (field->kind == KIND_TEXT || field->kind == KIND_BYTES) {
        same = slice_equal(
            message_get_slice(got->body, field), message_get_slice(expected->body, field));
    } else if (field->kind == KIND_LIST) {
        size_t a, b;
        (void)message_get_list(got->body, field, &a);
        (void)message_get_list(expected->body, field, &b);
        same = a == b;
    }
    if (!same)
        fail_msg("%s.%s: other value", got->message->name, field->name);
}

void assert_same_message(const struct message *message, const void *got, const void *expected)
{
    struct message_walk a, b;
    message_walk_start(&a, message, got);
    message_walk_start(&b, message, expected);
    while (message_walk_next(&a)) {
        assert_true(message_walk_next(&b));
        assert_int_equal(a.step, b.step);
        if (a.step == WALK_FIELD)
            assert_same_field(&a, &b);
    }
    assert_false(message_walk_next(&b));
}
