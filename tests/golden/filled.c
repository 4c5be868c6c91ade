// SPDX-License-Identifier: Apache-2.0
#include "golden/filled.h"

#include "golden/golden.h"
#include "message/sealed.h"
#include "support/cmocka.h"
#include "wire/scan.h"

#include <stdio.h>

enum { MOST_BYTES = 64 * 1024, FIRST_TIME_S = 1769860800 /* 2026-01-31T12:00:00Z */ };

struct filler {
    enum filling filling;
    struct arena *arena;
    int64_t number; /* of fields filled so far: makes values differ */
};

static void fill(struct filler *filler, const struct message *message, void *body);

const char *filling_name(enum filling filling)
{
    static const char *const names[] = {"whole", "bare", "boxed"};
    return names[filling];
}

/* Limits may be raised without a new version of the message: values stay away from most of them. */
static int64_t integer_of(const struct filler *filler, const struct message_field *field)
{
    if (filler->filling != FILLED_WHOLE)
        return field->least;
    if (field->greatest == INT64_MAX)
        return INT64_C(5000000000) + filler->number;
    int64_t value = (field->least > 0 ? field->least : 0) + 70000 + filler->number;
    return value < field->greatest ? value : field->greatest;
}

/* The name of the field, cut or filled up to its bounds; whole ones have a letter of two bytes. */
static struct slice text_of(const struct filler *filler, const struct message_field *field)
{
    bool is_whole = filler->filling == FILLED_WHOLE;
    size_t least = (size_t)field->least;
    size_t most = is_whole ? (size_t)field->greatest : least;
    struct writer out = writer_over(arena_take(filler->arena, most), most);
    for (size_t i = 0; i < least || (is_whole && i < field->name_size && i < most); i++)
        writer_byte(&out, i < field->name_size ? (uint8_t)field->name[i] : 'x');
    if (is_whole && most - out.size >= 2)
        writer_bytes(&out, "\xc3\xa9", 2);
    return writer_slice(&out);
}

static struct slice bytes_of(const struct filler *filler, const struct message_field *field)
{
    size_t size = (size_t)field->least;
    if (filler->filling == FILLED_WHOLE && field->greatest >= field->least + 3)
        size += 3;
    uint8_t *bytes = arena_take(filler->arena, size);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(0x7e + 3 * i);
    return slice_of(bytes, size);
}

static struct uuid id_of(const struct filler *filler)
{
    struct uuid id = {{0x01, 0x9c, 0x12, 0x34, 0x56, 0x78, 0x7a, 0xbc, 0x8d, 0xef}};
    id.bytes[15] = (uint8_t)filler->number;
    return id;
}

static void fill_list(struct filler *filler, const struct message_field *field, char *body)
{
    size_t count = filler->filling == FILLED_WHOLE && field->greatest > 1 ? 2 : 1;
    char *elements = arena_take_array(filler->arena, count, field->element->size);
    assert_non_null(elements);
    for (size_t i = 0; i < count; i++)
        fill(filler, field->element, elements + i * field->element->size);
    memcpy(body + field->offset, &elements, sizeof(elements));
    memcpy(body + field->count_offset, &count, sizeof(count));
}

static void fill_field(struct filler *filler, const struct message_field *field, char *body)
{
    char *at = body + field->offset;
    int64_t number = filler->number++;
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        *at = filler->filling == FILLED_WHOLE;
        break;
    case KIND_INT:
        memcpy(at, &(int64_t){integer_of(filler, field)}, sizeof(int64_t));
        break;
    case KIND_TIME:
        memcpy(at, &(int64_t){INT64_C(1000000) * FIRST_TIME_S + number}, sizeof(int64_t));
        break;
    case KIND_ENUM:
        memcpy(at, &(int64_t){filler->filling == FILLED_WHOLE}, sizeof(int64_t));
        break;
    case KIND_DECIMAL:
        memcpy(at, &(struct decimal){100 * number + 99, 2}, sizeof(struct decimal));
        break;
    case KIND_UUID:
        *(struct uuid *)(void *)at = id_of(filler);
        break;
    case KIND_TEXT:
        *(struct slice *)(void *)at = text_of(filler, field);
        break;
    case KIND_BYTES:
        *(struct slice *)(void *)at = bytes_of(filler, field);
        break;
    case KIND_RECORD:
        fill(filler, field->element, at);
        break;
    case KIND_LIST:
        fill_list(filler, field, body);
        break;
    }
}

static bool is_wanted(const struct filler *filler, const struct message_field *field)
{
    bool boxed = filler->filling == FILLED_BOXED;
    if (message_is_box(field))
        return boxed;
    if (message_is_personal(field) && boxed)
        return false;
    return filler->filling == FILLED_WHOLE || field->has_offset == NO_OFFSET;
}

static void fill(struct filler *filler, const struct message *message, void *body)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (!is_wanted(filler, field))
            continue;
        fill_field(filler, field, body);
        if (field->has_offset != NO_OFFSET)
            memcpy((char *)body + field->has_offset, &(bool){true}, sizeof(bool));
    }
}

void *golden_fill(const struct message *message, enum filling filling, struct arena *arena)
{
    struct filler filler = {.filling = filling, .arena = arena};
    void *body = arena_take(arena, message->size);
    assert_non_null(body);
    fill(&filler, message, body);
    return body;
}

bool golden_is_personal(const struct message *message)
{
    for (size_t i = 0; i < message->field_count; i++) {
        if (message_is_personal(&message->fields[i]))
            return true;
    }
    return false;
}

void golden_check_message(
    const char *name, const struct message *message, enum wire_form form, const void *body)
{
    static const char *const forms[] = {
        [WIRE_CONTRACT] = "contract",
        [WIRE_STORED] = "stored",
        [WIRE_CONTRACT_CLEAR] = "clear",
        [WIRE_CONTRACT_PERSONAL] = "personal"};
    static uint8_t bytes[MOST_BYTES];
    char file[120];
    struct arena arena;
    struct writer out = writer_over(bytes, sizeof(bytes));
    int size = snprintf(file, sizeof(file), "%s.%s", name, forms[form]);
    assert_in_range(size, 1, sizeof(file) - 1);
    wire_encode(message, form, body, &out);
    assert_false(out.overflow);
    golden_check(file, writer_slice(&out));
    arena_init(&arena, 4 << 20);
    struct slice stored = golden_read(file, &arena);
    const struct wire_limits *limits =
        form == WIRE_STORED ? &wire_event_limits : &wire_command_limits;
    struct wire_fault fault;
    void *read = arena_take(&arena, message->size);
    assert_non_null(read);
    assert_true(wire_scan(stored, limits, &fault));
    if (!wire_decode(message, form, stored, &arena, read, &fault))
        fail_msg("%s.hex: cannot be read: %s", file, fault.field != NULL ? fault.field : "?");
    if (form == WIRE_CONTRACT || !golden_is_personal(message))
        assert_same_message(message, read, body);
    arena_release(&arena);
}
