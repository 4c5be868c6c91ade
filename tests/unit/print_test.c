// SPDX-License-Identifier: Apache-2.0
// The dump for logs: readable, on one line, and without anything personal.
#include "golden/sample.h"
#include "message/print.h"
#include "message/sealed.h"
#include "message/walk.h"
#include "support/cmocka.h"

#include <stdio.h>

static char printed[4096];

static const char *print(const struct message *message, const void *body)
{
    struct writer out = writer_over(printed, sizeof(printed) - 1);
    message_print(message, body, &out);
    assert_false(out.overflow);
    printed[out.size] = '\0';
    return printed;
}

static void prints_the_usual_sample(void **state)
{
    (void)state;
    assert_string_equal(
        print(&sample_message, &sample_usual),
        "Sample{id=019c1234-5678-7abc-8def-010203040506, gift=true, delta=-129, "
        "placed=2026-01-31T12:00:00.000000Z, colour=dark_blue, email=<contact>, "
        "ship_to={street=<delivery>, country=\"DE\"}, "
        "lines=[{sku=\"A-1\", quantity=2, price=19.99}, "
        "{sku=\"B-22\", quantity=1, price=-0.5, "
        "notes=[{text=\"ring twice\", at=2026-01-31T12:00:00.500000Z}, {text=\"\"}]}, "
        "{sku=\"Sch\xc3\xb6n \\\"3\\\"\", quantity=128, price=70000}], discount=0.125}");
}

static void masks_fields_of_a_class_wherever_they_are(void **state)
{
    (void)state;
    const char *text = print(&sample_message, &sample_full);
    assert_non_null(strstr(text, ", bill_to={street=<delivery>, country=\"IT\"}, lines=[{"));
    assert_null(strstr(text, "a@b"));
    assert_non_null(strstr(text, "wrapping=green, urgent=true}"));
}

#define PARCEL_FIELDS(F, T) \
    F(T, RECORD, from, OPTIONAL, CONTACT, sample_address, 0) \
    F(T, RECORD, to, REQUIRED, DELIVERY, sample_address, 0) \
    F(T, RECORD, sealed, OPTIONAL, NONE, sealed_box, 0) \
    F(T, INT, weight, REQUIRED, NONE, 0, 9)
DECLARE_MESSAGE(parcel, PARCEL_FIELDS)
DEFINE_MESSAGE(parcel, "Parcel", 1, PARCEL_FIELDS)

/* A record of a class is masked as a whole, what is after it is printed. */
static void masks_a_record_of_a_class_as_a_whole(void **state)
{
    (void)state;
    struct parcel body = {
        .to = {.street = SLICE_LITERAL("1 Main Street"), .country = SLICE_LITERAL("DE")},
        .sealed = {.epoch = 3, .sender = SLICE_LITERAL("k"), .box = SLICE_LITERAL("secret")},
        .weight = 3};
    assert_string_equal(print(&parcel_message, &body), "Parcel{to=<delivery>, weight=3}");
    body.has_from = true;
    body.has_sealed = true;
    assert_string_equal(
        print(&parcel_message, &body),
        "Parcel{from=<contact>, to=<delivery>, "
        "sealed={epoch=3, sender=<1 bytes>, box=<6 bytes>}, weight=3}");
}

#define PERSON_FIELDS(F, T) \
    F(T, TEXT, name, REQUIRED, INHERITED, 1, 9) \
    F(T, RECORD, home, REQUIRED, INHERITED, sample_address, 0)
DECLARE_MESSAGE(person, PERSON_FIELDS)
DEFINE_MESSAGE(person, "Person", 1, PERSON_FIELDS)

/* An opened section is printed by nobody by mistake. */
static void masks_a_personal_record_printed_alone(void **state)
{
    (void)state;
    struct person body = {.name = SLICE_LITERAL("Ada")};
    assert_string_equal(print(&person_message, &body), "Person{name=<personal>, home=<personal>}");
    assert_string_equal(message_class_name(CLASS_INHERITED), "personal");
    assert_string_equal(message_class_name((enum message_class)7), "spare");
}

#define SECRETS_FIELDS(F, T) \
    F(T, LIST, cards, REQUIRED, PAYMENT, sample_note, 9) \
    F(T, LIST, none, OPTIONAL, PAYMENT, sample_note, 9) \
    F(T, LIST, open, OPTIONAL, NONE, sample_note, 9) \
    F(T, INT, number, REQUIRED, PAYMENT, 0, 9) \
    F(T, BOOL, flag, REQUIRED, CONTACT, 0, 0)
DECLARE_MESSAGE(secrets, SECRETS_FIELDS)
DEFINE_MESSAGE(secrets, "Secrets", 1, SECRETS_FIELDS)

static void masks_lists_and_every_kind(void **state)
{
    (void)state;
    struct sample_note notes[2] = {
        {.text = slice_of_text("4111")}, {.text = slice_of_text("5500")}};
    struct secrets body = {.cards = notes, .cards_count = 2, .has_none = true, .has_open = true};
    assert_string_equal(
        print(&secrets_message, &body),
        "Secrets{cards=<payment>, none=<payment>, open=[], number=<payment>, flag=<contact>}");
}

static void a_value_can_fake_neither_line_nor_field(void **state)
{
    (void)state;
    struct sample_note note = {.text = slice_of_text("x\", at=1}\n2026 \\ \x1b[2J\x7f")};
    assert_string_equal(
        print(&sample_note_message, &note),
        "SampleNote{text=\"x\\\", at=1}\\x0a2026 \\\\ \\x1b[2J\\x7f\"}");
}

static void prints_what_has_no_name_or_no_text_form_as_a_number(void **state)
{
    (void)state;
    struct sample body = sample_usual;
    body.colour = 77;
    body.placed = INT64_MAX;
    const char *text = print(&sample_message, &body);
    assert_non_null(strstr(text, "placed=9223372036854775807, colour=77,"));
}

static void too_little_room_sets_the_flag(void **state)
{
    (void)state;
    size_t needed = strlen(print(&sample_message, &sample_usual));
    for (size_t size = 0; size <= needed; size++) {
        struct writer out = writer_over(printed, size);
        message_print(&sample_message, &sample_usual, &out);
        assert_int_equal(out.overflow, size < needed);
    }
}

/* The walk itself, as others use it: steps of a struct with an empty and a skipped part. */
static void walks_in_order_and_skips(void **state)
{
    (void)state;
    struct sample_note note = {.text = slice_of_text("t")};
    struct secrets body = {.cards = &note, .cards_count = 1, .has_open = true};
    static const char expected[] = "{ cards skipped none open ] number flag } ";
    char steps[128] = "";
    size_t at = 0;
    struct message_walk walk;
    message_walk_start(&walk, &secrets_message, &body);
    while (message_walk_next(&walk)) {
        static const char *const marks[] = {"{", "", "}", "]"};
        bool is_field = walk.step == WALK_FIELD;
        const char *mark = is_field ? walk.field->name : marks[walk.step];
        bool skip = is_field && strcmp(mark, "cards") == 0;
        if (skip)
            message_walk_skip(&walk);
        int size = snprintf(steps + at, sizeof(steps) - at, "%s %s", mark, skip ? "skipped " : "");
        at += (size_t)size;
    }
    assert_string_equal(steps, expected);
    assert_false(message_walk_next(&walk));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_the_usual_sample),
        cmocka_unit_test(masks_fields_of_a_class_wherever_they_are),
        cmocka_unit_test(masks_a_record_of_a_class_as_a_whole),
        cmocka_unit_test(masks_a_personal_record_printed_alone),
        cmocka_unit_test(masks_lists_and_every_kind),
        cmocka_unit_test(a_value_can_fake_neither_line_nor_field),
        cmocka_unit_test(prints_what_has_no_name_or_no_text_form_as_a_number),
        cmocka_unit_test(too_little_room_sets_the_flag),
        cmocka_unit_test(walks_in_order_and_skips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
