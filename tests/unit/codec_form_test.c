// SPDX-License-Identifier: Apache-2.0
// Personal fields in the forms of the codec: what each form has, what it refuses, and that nothing
// personal is in the stored one.
#include "domain/customer_messages.h"
#include "domain/order_messages.h"
#include "golden/golden.h"
#include "support/cmocka.h"
#include "support/person.h"
#include "support/stage.h"
#include "support/wire_assert.h"
#include "wire/cursor.h"
#include "wire/pack.h"
#include "wire/scan.h"

enum { ROOM = 8192 };

struct forms {
    struct arena arena;
    struct stage_order order; /* Ada's */
    struct wire_fault fault;
};

static const uint8_t key[32] = {0xee};

static int open_forms(void **state)
{
    static struct forms forms;
    arena_init(&forms.arena, (size_t)1 << 20);
    stage_fill_order(&forms.order);
    ada_orders(&forms.order.command);
    *state = &forms;
    return 0;
}

static int close_forms(void **state)
{
    arena_release(&((struct forms *)*state)->arena);
    return 0;
}

static struct slice
encoded(struct forms *forms, const struct message *message, enum wire_form form, const void *body)
{
    struct writer out = writer_over(arena_take_raw(&forms->arena, ROOM), ROOM);
    assert_non_null(out.data);
    wire_encode(message, form, body, &out);
    assert_false(out.overflow);
    assert_true(wire_scan(writer_slice(&out), &wire_command_limits, &forms->fault));
    return exact_copy(writer_slice(&out));
}

static void decode(
    struct forms *forms,
    const struct message *message,
    enum wire_form form,
    struct slice bytes,
    void *out)
{
    if (!wire_decode(message, form, bytes, &forms->arena, out, &forms->fault))
        fail_msg("%s: %s", forms->fault.field, forms->fault.reason);
}

static void refuse(
    struct forms *forms,
    const struct message *message,
    enum wire_form form,
    struct slice bytes,
    enum wire_fault_code code,
    const char *field)
{
    void *body = arena_take(&forms->arena, message->size);
    assert_non_null(body);
    assert_false(wire_decode(message, form, bytes, &forms->arena, body, &forms->fault));
    assert_fault_is(&forms->fault, code, field, message->name);
}

static bool holds(struct slice bytes, const char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i + size <= bytes.size; i++) {
        if (memcmp(bytes.data + i, text, size) == 0)
            return true;
    }
    return false;
}

static struct sealed_box a_box(void)
{
    return (struct sealed_box){
        .epoch = 7, .sender = slice_of(key, sizeof(key)), .box = SLICE_LITERAL("ciphertext")};
}

/* ---- the parts make up the whole ---- */

static void clear_and_personal_part_make_up_the_whole(void **state)
{
    struct forms *forms = *state;
    const struct place_order *order = &forms->order.command;
    const struct message *message = &place_order_message;
    struct slice clear = encoded(forms, message, WIRE_CONTRACT_CLEAR, order);
    struct slice personal = encoded(forms, message, WIRE_CONTRACT_PERSONAL, order);
    struct place_order got;
    decode(forms, message, WIRE_CONTRACT_CLEAR, clear, &got);
    assert_false(got.has_contact || got.has_delivery || got.has_bill_to);
    decode(forms, message, WIRE_CONTRACT_PERSONAL, personal, &got);
    assert_same_message(message, &got, order);
    assert_false(holds(clear, "Lovelace") || holds(clear, "ada@") || holds(clear, "Berlin"));
    assert_true(holds(personal, "Lovelace") && holds(personal, "Berlin"));
    assert_false(holds(personal, "EUR"));
    free_copy(clear);
    free_copy(personal);
}

/* Decoding the personal part again leaves nothing of the one before. */
static void the_personal_part_replaces_what_was_there(void **state)
{
    struct forms *forms = *state;
    struct place_order only_contact = {.has_contact = true, .contact = ada_contact()};
    only_contact.contact.has_phone = false;
    const struct message *message = &place_order_message;
    struct slice personal = encoded(forms, message, WIRE_CONTRACT_PERSONAL, &only_contact);
    struct place_order got = forms->order.command;
    decode(forms, message, WIRE_CONTRACT_PERSONAL, personal, &got);
    assert_true(got.has_contact && !got.contact.has_phone);
    assert_false(got.has_delivery || got.has_bill_to || got.delivery.has_note);
    assert_int_equal(got.delivery.ship_to.city.size, 0);
    assert_true(slice_is(got.currency, "EUR") && got.lines_count == STAGE_LINES);
    free_copy(personal);
    struct place_order nobody = {.has_contact = false};
    personal = encoded(forms, message, WIRE_CONTRACT_PERSONAL, &nobody);
    assert_true(slice_equal(personal, BYTES("\x80")));
    decode(forms, message, WIRE_CONTRACT_PERSONAL, personal, &got);
    assert_false(got.has_contact);
    free_copy(personal);
}

/* The bytes that fingerprints are made of: the same with the person, without, and in a box. */
static void nothing_personal_is_in_the_stored_form(void **state)
{
    struct forms *forms = *state;
    struct place_order bare = forms->order.command;
    struct place_order sealed = forms->order.command;
    bare.has_contact = bare.has_delivery = false;
    sealed.sealed = a_box();
    sealed.has_sealed = true;
    const struct message *message = &place_order_message;
    struct slice whole = encoded(forms, message, WIRE_STORED, &forms->order.command);
    struct slice without = encoded(forms, message, WIRE_STORED, &bare);
    struct slice in_a_box = encoded(forms, message, WIRE_STORED, &sealed);
    assert_true(slice_equal(whole, without) && slice_equal(whole, in_a_box));
    assert_false(holds(whole, "Lovelace") || holds(whole, "ciphertext"));
    struct place_order got;
    decode(forms, message, WIRE_STORED, whole, &got);
    assert_same_message(message, &got, &bare);
    free_copy(whole);
    free_copy(without);
    free_copy(in_a_box);
}

static void a_required_record_is_empty_in_the_stored_form(void **state)
{
    struct forms *forms = *state;
    const struct customer_registered event = {
        .region = SLICE_LITERAL("eu"), .contact = ada_customer()};
    struct slice stored = encoded(forms, &customer_registered_message, WIRE_STORED, &event);
    assert_true(slice_equal(
        stored,
        BYTES("\x92\xa2"
              "eu\xc0")));
    struct customer_registered got;
    memset(&got, 0xff, sizeof(got));
    decode(forms, &customer_registered_message, WIRE_STORED, stored, &got);
    assert_true(slice_is(got.region, "eu") && !got.has_locale);
    assert_int_equal(got.contact.email.size, 0);
    assert_false(got.contact.has_phone);
    refuse(
        forms,
        &customer_registered_message,
        WIRE_STORED,
        BYTES("\x91\xa2"
              "eu"),
        WIRE_missing_field,
        "locale");
    refuse(
        forms,
        &customer_registered_message,
        WIRE_STORED,
        BYTES("\x93\xa2"
              "eu\xc0\xc0"),
        WIRE_bad_field,
        NULL);
    free_copy(stored);
}

static void a_section_has_all_its_fields(void **state)
{
    struct forms *forms = *state;
    const struct order_delivery delivery = ada_delivery();
    static const enum wire_form all[] = {WIRE_STORED, WIRE_CONTRACT, WIRE_CONTRACT_CLEAR};
    for (size_t i = 0; i < countof(all); i++) {
        struct order_delivery got;
        struct slice bytes = encoded(forms, &order_delivery_message, all[i], &delivery);
        decode(forms, &order_delivery_message, all[i], bytes, &got);
        assert_same_message(&order_delivery_message, &got, &delivery);
        free_copy(bytes);
    }
}

/* ---- boxes ---- */

static void with_a_box_the_whole_is_the_clear_part(void **state)
{
    struct forms *forms = *state;
    const struct register_customer sent = {
        .region = SLICE_LITERAL("eu"),
        .contact = ada_customer(), /* of a sender who has sealed it already */
        .sealed = a_box(),
        .has_sealed = true};
    const struct message *message = &register_customer_message;
    struct slice whole = encoded(forms, message, WIRE_CONTRACT, &sent);
    struct slice clear = encoded(forms, message, WIRE_CONTRACT_CLEAR, &sent);
    assert_true(slice_equal(whole, clear));
    assert_false(holds(whole, "Ada"));
    struct register_customer got;
    decode(forms, message, WIRE_CONTRACT, whole, &got);
    assert_true(got.has_sealed && got.sealed.epoch == 7);
    assert_true(slice_is(got.sealed.box, "ciphertext"));
    assert_true(slice_equal(got.sealed.sender, slice_of(key, sizeof(key))));
    assert_int_equal(got.contact.email.size, 0);
    struct slice opened = encoded(forms, message, WIRE_CONTRACT_PERSONAL, &sent);
    decode(forms, message, WIRE_CONTRACT_PERSONAL, opened, &got);
    assert_same_message(&customer_contact_message, &got.contact, &sent.contact);
    assert_true(got.has_sealed && slice_is(got.region, "eu"));
    free_copy(whole);
    free_copy(clear);
    free_copy(opened);
}

/* Keys and values of several maps in one; how many pairs it has is said by the caller. */
static struct slice
joined(struct forms *forms, size_t pairs, struct slice first, struct slice second)
{
    struct writer out = writer_over(arena_take_raw(&forms->arena, ROOM), ROOM);
    assert_non_null(out.data);
    pack_map(&out, pairs);
    writer_bytes(&out, first.data + 1, first.size - 1);
    writer_bytes(&out, second.data + 1, second.size - 1);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void plain_and_sealed_together_is_a_fault_of_the_box(void **state)
{
    struct forms *forms = *state;
    const struct change_contact sealed = {.sealed = a_box(), .has_sealed = true};
    const struct change_contact plain = {.contact = ada_customer()};
    const struct message *message = &change_contact_message;
    struct slice box = encoded(forms, message, WIRE_CONTRACT, &sealed);
    struct slice person = encoded(forms, message, WIRE_CONTRACT, &plain);
    struct slice both = joined(forms, 2, box, person);
    struct slice turned = joined(forms, 2, person, box);
    refuse(forms, message, WIRE_CONTRACT, both, WIRE_bad_field, "sealed");
    refuse(forms, message, WIRE_CONTRACT, turned, WIRE_bad_field, "sealed");
    refuse(forms, message, WIRE_CONTRACT_CLEAR, both, WIRE_bad_field, "contact");
    free_copy(box);
    free_copy(person);
}

static void personal_data_is_required_in_one_form_or_the_other(void **state)
{
    struct forms *forms = *state;
    struct change_contact got;
    refuse(
        forms,
        &change_contact_message,
        WIRE_CONTRACT,
        BYTES("\x80"),
        WIRE_missing_field,
        "contact");
    refuse(
        forms,
        &change_contact_message,
        WIRE_CONTRACT_PERSONAL,
        BYTES("\x80"),
        WIRE_missing_field,
        "contact");
    decode(forms, &change_contact_message, WIRE_CONTRACT_CLEAR, BYTES("\x80"), &got);
    assert_false(got.has_sealed);
    decode(forms, &change_contact_message, WIRE_STORED, BYTES("\x90"), &got);
}

static void each_part_refuses_the_fields_of_the_other(void **state)
{
    struct forms *forms = *state;
    const struct change_shipping_address address = {
        .country = SLICE_LITERAL("DE"), .address = ada_address()};
    const struct change_shipping_address sealed = {
        .country = SLICE_LITERAL("DE"), .sealed = a_box(), .has_sealed = true};
    const struct message *message = &change_shipping_address_message;
    struct slice whole = encoded(forms, message, WIRE_CONTRACT, &address);
    struct slice box = encoded(forms, message, WIRE_CONTRACT, &sealed);
    refuse(forms, message, WIRE_CONTRACT_CLEAR, whole, WIRE_bad_field, "address");
    refuse(forms, message, WIRE_CONTRACT_PERSONAL, whole, WIRE_bad_field, "country");
    refuse(forms, message, WIRE_CONTRACT_PERSONAL, box, WIRE_bad_field, "country");
    refuse(forms, message, WIRE_CONTRACT_PERSONAL, BYTES("\x81\xa1x\x01"), WIRE_bad_field, NULL);
    /* A box in a box. */
    struct slice inner = encoded(
        forms,
        &change_contact_message,
        WIRE_CONTRACT,
        &(struct change_contact){.sealed = a_box(), .has_sealed = true});
    refuse(forms, &change_contact_message, WIRE_CONTRACT_PERSONAL, inner, WIRE_bad_field, "sealed");
    free_copy(whole);
    free_copy(box);
    free_copy(inner);
}

/* Damaged bytes are refused or read in every form, never more than that; what is read can be written,
 * and what is written is read the same. */
static void survives_damage_in_every_form(void **state)
{
    struct forms *forms = *state;
    struct register_customer customer = {
        .region = SLICE_LITERAL("eu"), .contact = ada_customer(), .sealed = a_box()};
    const struct message *message = &register_customer_message;
    uint64_t seed = 8;
    size_t read = 0;
    for (int round = 0; round < 20000; round++) {
        enum wire_form form = (enum wire_form)(next_random(&seed) % 4);
        struct register_customer got;
        arena_reset(&forms->arena);
        customer.has_sealed = next_random(&seed) % 2 == 0;
        struct writer out = writer_over(arena_take_raw(&forms->arena, ROOM), ROOM);
        wire_encode(message, form, &customer, &out);
        out.data[next_random(&seed) % out.size] = (uint8_t)next_random(&seed);
        struct slice bytes = exact_copy(slice_of(out.data, out.size));
        memset(&got, 0, sizeof(got));
        got.region = slice_of_text("eu"); /* the personal form leaves it alone */
        if (wire_scan(bytes, &wire_command_limits, &forms->fault) &&
            wire_decode(message, form, bytes, &forms->arena, &got, &forms->fault)) {
            struct slice again = encoded(forms, message, form, &got);
            struct register_customer twin = got;
            decode(forms, message, form, again, &twin);
            assert_same_message(message, &twin, &got);
            free_copy(again);
            read++;
        }
        free_copy(bytes);
    }
    assert_in_range(read, 1000, 19000);
}

/* ---- bytes ---- */

#define BLOB_FIELDS(F, T) \
    F(T, BYTES, few, REQUIRED, NONE, 2, 4) \
    F(T, BYTES, most, OPTIONAL, NONE, 0, SEALED_MOST_BYTES)
DECLARE_MESSAGE(blob, BLOB_FIELDS)
DEFINE_MESSAGE(blob, "Blob", 1, BLOB_FIELDS)

static void bytes_are_byte_strings_in_both_forms(void **state)
{
    struct forms *forms = *state;
    struct blob body = {.few = SLICE_LITERAL("\x00\xff")};
    struct slice stored = encoded(forms, &blob_message, WIRE_STORED, &body);
    struct slice contract = encoded(forms, &blob_message, WIRE_CONTRACT, &body);
    assert_true(slice_equal(stored, BYTES("\x92\xc4\x02\x00\xff\xc0")));
    assert_true(slice_equal(
        contract,
        BYTES("\x81\xa3"
              "few\xc4\x02\x00\xff")));
    struct blob got;
    decode(forms, &blob_message, WIRE_STORED, stored, &got);
    assert_same_message(&blob_message, &got, &body);
    decode(forms, &blob_message, WIRE_CONTRACT, contract, &got);
    assert_same_message(&blob_message, &got, &body);
    free_copy(stored);
    free_copy(contract);
}

static void bytes_have_bounds_and_one_type(void **state)
{
    struct forms *forms = *state;
    static const struct slice stored[] = {
        SLICE_LITERAL("\x92\xc4\x01x\xc0"),     /* too few */
        SLICE_LITERAL("\x92\xc4\x05xxxxx\xc0"), /* too many */
        SLICE_LITERAL("\x92\xa2xx\xc0"),        /* text */
        SLICE_LITERAL("\x92\x05\xc0"),          /* a number */
        SLICE_LITERAL("\x92\xa4"
                      "Zm8=\xc0"),       /* base64 is of the contract only */
        SLICE_LITERAL("\x92\xc4\x03xx"), /* cut */
        SLICE_LITERAL("\x92\xc0\xc0"),   /* nil */
    };
    for (size_t i = 0; i < countof(stored); i++)
        refuse(forms, &blob_message, WIRE_STORED, stored[i], WIRE_bad_field, "few");
    static const struct slice contract[] = {
        SLICE_LITERAL("\x81\xa3"
                      "few\xa4Zg=="), /* one byte */
        SLICE_LITERAL("\x81\xa3"
                      "few\xa8Zm9vYmE="), /* five */
        SLICE_LITERAL("\x81\xa3"
                      "few\xa3Zm8"), /* no padding */
        SLICE_LITERAL("\x81\xa3"
                      "few\xc3"),
    };
    for (size_t i = 0; i < countof(contract); i++)
        refuse(forms, &blob_message, WIRE_CONTRACT, contract[i], WIRE_bad_field, "few");
    struct blob got;
    decode(
        forms,
        &blob_message,
        WIRE_CONTRACT,
        BYTES("\x81\xa3"
              "few\xa4Zm8="),
        &got);
    assert_true(slice_is(got.few, "fo"));
    struct arena small;
    arena_init(&small, 1);
    assert_false(wire_decode(
        &blob_message,
        WIRE_CONTRACT,
        BYTES("\x81\xa3"
              "few\xa4Zm8="),
        &small,
        &got,
        &forms->fault));
    assert_fault_is(&forms->fault, WIRE_too_large, "few", "an exhausted arena");
    arena_release(&small);
}

#define FORMS(test) cmocka_unit_test_setup_teardown(test, open_forms, close_forms)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FORMS(clear_and_personal_part_make_up_the_whole),
        FORMS(the_personal_part_replaces_what_was_there),
        FORMS(nothing_personal_is_in_the_stored_form),
        FORMS(a_required_record_is_empty_in_the_stored_form),
        FORMS(a_section_has_all_its_fields),
        FORMS(with_a_box_the_whole_is_the_clear_part),
        FORMS(plain_and_sealed_together_is_a_fault_of_the_box),
        FORMS(personal_data_is_required_in_one_form_or_the_other),
        FORMS(each_part_refuses_the_fields_of_the_other),
        FORMS(survives_damage_in_every_form),
        FORMS(bytes_are_byte_strings_in_both_forms),
        FORMS(bytes_have_bounds_and_one_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
