// SPDX-License-Identifier: Apache-2.0
// What a sender does with personal data: the service reads every part of every made-up person, a box
// opens with the key of its epoch and for its command only.
#include "domain/customer_messages.h"
#include "domain/order_messages.h"
#include "load/person.h"
#include "load/sealing.h"
#include "support/cmocka.h"
#include "wire/codec.h"

enum { CUSTOMERS = 2000 };

static struct uuid customer_number(uint32_t number)
{
    struct uuid id = {{0x10}};
    memcpy(id.bytes + 4, &number, sizeof(number));
    memcpy(id.bytes + 12, &number, sizeof(number));
    id.bytes[3] = (uint8_t)(number * 7);
    return id;
}

/* The service's decoder on a personal part; texts point into the packed bytes. */
static void decode(const struct message *message, const struct writer *packed, void *out)
{
    struct arena arena;
    struct wire_fault fault;
    assert_false(packed->overflow);
    arena_init(&arena, 1 << 20);
    if (!wire_decode(message, WIRE_CONTRACT_PERSONAL, writer_slice(packed), &arena, out, &fault))
        fail_msg("%s: %s", fault.field != NULL ? fault.field : "-", fault.reason);
    arena_release(&arena);
}

static void every_person_is_read_by_the_service(void **state)
{
    (void)state;
    uint8_t bytes[PERSON_PACKED_SIZE];
    int64_t payers = 0;
    for (uint32_t i = 0; i < CUSTOMERS; i++) {
        struct uuid id = customer_number(i);
        struct person person;
        person_make(&id, i % 3, "DE", &person);
        struct writer out = writer_over(bytes, sizeof(bytes));
        struct place_order order = {.has_bill_to = false};
        person_pack_order(&person, &out);
        decode(&place_order_message, &out, &order);
        assert_true(order.has_contact && order.has_delivery);
        assert_true(slice_is(order.delivery.ship_to.country, "DE"));
        payers += order.has_bill_to;
        struct register_customer registration = {.has_locale = false};
        out = writer_over(bytes, sizeof(bytes));
        person_pack_contact(&person, &out);
        decode(&register_customer_message, &out, &registration);
        assert_true(slice_is(registration.contact.email, person.email));
        struct change_shipping_address change = {.has_sealed = false};
        out = writer_over(bytes, sizeof(bytes));
        person_pack_address(&person, &out);
        decode(&change_shipping_address_message, &out, &change);
        assert_true(slice_is(change.address.line1, person.line1));
    }
    assert_in_range(payers, CUSTOMERS / 16, CUSTOMERS / 5);
}

static void a_person_is_always_the_same_and_nobody_else(void **state)
{
    (void)state;
    static struct person people[CUSTOMERS];
    for (uint32_t i = 0; i < CUSTOMERS; i++) {
        struct uuid id = customer_number(i);
        struct person again;
        person_make(&id, 0, "GB", &people[i]);
        person_make(&id, 0, "GB", &again);
        assert_memory_equal(&again, &people[i], sizeof(again));
        person_make(&id, 1, "GB", &again);
        assert_string_not_equal(again.email, people[i].email);
        for (uint32_t other = 0; other < i; other++)
            assert_string_not_equal(people[other].email, people[i].email);
    }
}

/* ---- boxes ---- */

struct epoch_keys {
    struct epoch epoch;
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    uint8_t signer[crypto_sign_SECRETKEYBYTES];
};

static struct epoch_keys new_epoch(uint64_t number)
{
    struct epoch_keys keys = {.epoch = {.number = number}};
    uint8_t bytes[64];
    struct writer out = writer_over(bytes, sizeof(bytes));
    assert_int_equal(crypto_box_keypair(keys.epoch.public_key, keys.secret), 0);
    assert_int_equal(crypto_sign_keypair(keys.epoch.signed_by, keys.signer), 0);
    writer_bytes(&out, "order-epoch-v1", 14);
    writer_u64(&out, number);
    writer_bytes(&out, keys.epoch.public_key, sizeof(keys.epoch.public_key));
    assert_int_equal(
        crypto_sign_detached(keys.epoch.signature, NULL, bytes, out.size, keys.signer), 0);
    return keys;
}

static const struct uuid order_command = {{1, 2, 3, 4}};

/* RegisterCustomer of customer 1 as it is sent. */
static struct slice
send_registration(struct sealing *sealing, struct slice personal, uint8_t *bytes, size_t size)
{
    struct uuid id = customer_number(1);
    struct person person;
    struct writer out = writer_over(bytes, size);
    person_make(&id, 0, "GB", &person);
    person_pack_registration(&person, &out);
    sealing_add(sealing, &order_command, personal, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static struct slice pack_contact(uint8_t *bytes, size_t size)
{
    struct uuid id = customer_number(1);
    struct person person;
    struct writer out = writer_over(bytes, size);
    person_make(&id, 0, "GB", &person);
    person_pack_contact(&person, &out);
    assert_false(out.overflow);
    return writer_slice(&out);
}

static void read_message(
    enum wire_form form, struct slice bytes, struct arena *arena, struct register_customer *out)
{
    struct wire_fault fault;
    arena_init(arena, 1 << 20);
    assert_true(wire_decode(&register_customer_message, form, bytes, arena, out, &fault));
}

static void a_box_opens_for_its_epoch_and_command(void **state)
{
    (void)state;
    uint8_t personal_bytes[1024], bytes[2048], plain[1024];
    struct epoch_keys keys = new_epoch(7);
    struct sealing sealing;
    struct error err;
    struct arena arena;
    struct register_customer message;
    assert_true(sealing_init(&sealing, PERSONAL_SEALED, &err));
    assert_true(sealing_use_epoch(&sealing, &keys.epoch, &err));
    struct slice personal = pack_contact(personal_bytes, sizeof(personal_bytes));
    struct slice sent = send_registration(&sealing, personal, bytes, sizeof(bytes));
    read_message(WIRE_CONTRACT_CLEAR, sent, &arena, &message);
    assert_true(message.has_sealed && slice_is(message.region, "GB"));
    assert_int_equal(message.sealed.epoch, 7);
    struct slice box = message.sealed.box;
    assert_int_equal(
        crypto_box_open_easy(
            plain,
            box.data + crypto_box_NONCEBYTES,
            box.size - crypto_box_NONCEBYTES,
            box.data,
            message.sealed.sender.data,
            keys.secret),
        0);
    size_t size = box.size - crypto_box_NONCEBYTES - crypto_box_MACBYTES;
    assert_int_equal(size, personal.size + sizeof(order_command));
    assert_memory_equal(plain, order_command.bytes, sizeof(order_command));
    assert_memory_equal(plain + sizeof(order_command), personal.data, personal.size);
    arena_release(&arena);
}

static void no_two_boxes_are_the_same(void **state)
{
    (void)state;
    uint8_t personal_bytes[1024], first[2048], second[2048];
    struct epoch_keys keys = new_epoch(1);
    struct sealing sealing;
    struct error err;
    assert_true(sealing_init(&sealing, PERSONAL_SEALED, &err));
    assert_true(sealing_use_epoch(&sealing, &keys.epoch, &err));
    struct slice personal = pack_contact(personal_bytes, sizeof(personal_bytes));
    struct slice a = send_registration(&sealing, personal, first, sizeof(first));
    struct slice b = send_registration(&sealing, personal, second, sizeof(second));
    assert_int_equal(a.size, b.size);
    assert_false(slice_equal(a, b));
    assert_int_equal(sealing.sealed, 2);
}

static void plain_and_nothing_are_sent_as_told(void **state)
{
    (void)state;
    uint8_t personal_bytes[1024], bytes[2048];
    struct sealing sealing;
    struct error err;
    struct arena arena;
    struct register_customer message;
    struct slice personal = pack_contact(personal_bytes, sizeof(personal_bytes));
    assert_true(sealing_init(&sealing, PERSONAL_PLAIN, &err));
    read_message(
        WIRE_CONTRACT,
        send_registration(&sealing, personal, bytes, sizeof(bytes)),
        &arena,
        &message);
    assert_false(message.has_sealed);
    assert_true(message.contact.email.size > 10);
    arena_release(&arena);
    assert_true(sealing_init(&sealing, PERSONAL_NONE, &err));
    struct slice clear = send_registration(&sealing, personal, bytes, sizeof(bytes));
    assert_int_equal(clear.data[0], 0x82);
}

static void an_epoch_needs_the_vaults_signature(void **state)
{
    (void)state;
    struct epoch_keys keys = new_epoch(3);
    struct epoch_keys stranger = new_epoch(3);
    assert_true(epoch_is_signed(&keys.epoch, keys.epoch.signed_by));
    assert_false(epoch_is_signed(&stranger.epoch, keys.epoch.signed_by));
    keys.epoch.number++;
    assert_false(epoch_is_signed(&keys.epoch, keys.epoch.signed_by));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_person_is_read_by_the_service),
        cmocka_unit_test(a_person_is_always_the_same_and_nobody_else),
        cmocka_unit_test(a_box_opens_for_its_epoch_and_command),
        cmocka_unit_test(no_two_boxes_are_the_same),
        cmocka_unit_test(plain_and_nothing_are_sent_as_told),
        cmocka_unit_test(an_epoch_needs_the_vaults_signature),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
