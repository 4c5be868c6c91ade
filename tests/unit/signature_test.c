// SPDX-License-Identifier: Apache-2.0
// The MAC of a record: vectors made with Python's hashlib.blake2b, and everything that must change it.
#include "command/signature.h"
#include "support/cmocka.h"

#include <sodium.h>

#define HEADER(name, value) \
    { \
        SLICE_LITERAL(name), SLICE_LITERAL(value) \
    }

static const struct header usual[] = {
    HEADER("ce_specversion", "1.0"),
    HEADER("ce_type", "order.command.cancel-order.v1"),
    HEADER("ce_id", "01890a5d-ac96-774b-bcce-b302099a9999"),
    HEADER("ce_source", "test"),
    HEADER("content-type", "application/json"),
    HEADER("reply_topic", "order.replies"),
    HEADER("tracestate", "a=b"),
    HEADER("order_producer", "shop"),
    HEADER("order_tenant", "acme"),
};

struct desk {
    uint8_t key[SECRET_SIZE];
    struct header headers[countof(usual)];
    struct signed_record record;
    uint8_t mac[SIGNATURE_SIZE];
};

static int open_desk(void **state)
{
    static struct desk desk;
    memcpy(desk.headers, usual, sizeof(usual));
    for (size_t i = 0; i < SECRET_SIZE; i++)
        desk.key[i] = (uint8_t)i;
    desk.record = (struct signed_record){
        .topic = slice_of_text("order.commands"),
        .key = slice_of_text("01890a5d-ac96-774b-bcce-b302099a8057"),
        .value = slice_of_text("{\"reason\":\"customer\"}"),
        .headers = desk.headers,
        .header_count = countof(usual)};
    *state = &desk;
    return sodium_init() < 0;
}

static void assert_mac(const struct desk *desk, const struct signed_record *record, const char *hex)
{
    uint8_t mac[SIGNATURE_SIZE];
    char text[2 * SIGNATURE_SIZE + 1];
    signature_make(record, desk->key, mac);
    assert_string_equal(sodium_bin2hex(text, sizeof(text), mac, sizeof(mac)), hex);
    assert_true(signature_holds(record, desk->key, slice_of(mac, sizeof(mac))));
}

static void another_implementation_makes_the_same(void **state)
{
    struct desk *desk = *state;
    assert_mac(
        desk, &desk->record, "5b60a8a76236cc7fd1088c53e8d152cecd88fa706d7a058dcd0bac5a7df1c871");
    const struct signed_record nothing = {.headers = NULL};
    assert_mac(desk, &nothing, "31e84ab86af9d4d52cae2904530656ef35167b3388446c7634e2f246b5b4387c");
}

static void assert_changed(const struct desk *desk, const char *what)
{
    uint8_t mac[SIGNATURE_SIZE];
    const struct signed_record first = {
        .topic = slice_of_text("order.commands"),
        .key = slice_of_text("01890a5d-ac96-774b-bcce-b302099a8057"),
        .value = slice_of_text("{\"reason\":\"customer\"}"),
        .headers = usual,
        .header_count = countof(usual)};
    signature_make(&first, desk->key, mac);
    if (signature_holds(&desk->record, desk->key, slice_of(mac, sizeof(mac))))
        fail_msg("the MAC still holds: %s", what);
}

static void every_part_is_signed(void **state)
{
    struct desk *desk = *state;
    struct signed_record first = desk->record;
    desk->record.topic = slice_of_text("order.command");
    assert_changed(desk, "topic");
    desk->record = first;
    desk->record.key = slice_of_text("01890a5d-ac96-774b-bcce-b302099a8058");
    assert_changed(desk, "key");
    desk->record = first;
    desk->record.value = slice_of_text("{\"reason\":\"customes\"}");
    assert_changed(desk, "body");
    desk->record.value = slice_of(NULL, 0);
    assert_changed(desk, "no body");
    desk->record = first;
    for (size_t i = 0; i < countof(usual); i++) {
        char value[64];
        if (!envelope_is_signed(usual[i].name))
            continue;
        memcpy(value, usual[i].value.data, usual[i].value.size);
        value[usual[i].value.size - 1] ^= 1;
        desk->headers[i].value = slice_of(value, usual[i].value.size);
        assert_changed(desk, (const char *)usual[i].name.data);
        desk->headers[i] = usual[i];
    }
    desk->record.header_count--;
    assert_changed(desk, "a header is gone");
    desk->record.header_count++;
    desk->headers[6] = (struct header)HEADER("ce_x", "");
    assert_changed(desk, "a header was added");
    desk->headers[6] = usual[6];
    desk->headers[0] = usual[1];
    desk->headers[1] = usual[0];
    assert_changed(desk, "the order of the headers");
}

/* What ends one part cannot become the beginning of the next. */
static void parts_do_not_run_into_each_other(void **state)
{
    struct desk *desk = *state;
    desk->record.topic = slice_of_text("order.commands0");
    desk->record.key = slice_of_text("1890a5d-ac96-774b-bcce-b302099a8057");
    assert_changed(desk, "topic and key");
}

static void headers_that_nobody_reads_may_change(void **state)
{
    struct desk *desk = *state;
    desk->headers[6].value = slice_of_text("c=d");
    assert_mac(
        desk, &desk->record, "5b60a8a76236cc7fd1088c53e8d152cecd88fa706d7a058dcd0bac5a7df1c871");
}

static void another_key_or_size_does_not_do(void **state)
{
    struct desk *desk = *state;
    signature_make(&desk->record, desk->key, desk->mac);
    assert_false(
        signature_holds(&desk->record, desk->key, slice_of(desk->mac, SIGNATURE_SIZE - 1)));
    assert_false(signature_holds(&desk->record, desk->key, slice_of(NULL, 0)));
    desk->key[31] ^= 0x80;
    assert_false(signature_holds(&desk->record, desk->key, slice_of(desk->mac, SIGNATURE_SIZE)));
}

static void every_flipped_bit_of_the_mac_is_seen(void **state)
{
    struct desk *desk = *state;
    signature_make(&desk->record, desk->key, desk->mac);
    for (size_t bit = 0; bit < 8 * (size_t)SIGNATURE_SIZE; bit++) {
        desk->mac[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(
            signature_holds(&desk->record, desk->key, slice_of(desk->mac, SIGNATURE_SIZE)));
        desk->mac[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup(function, open_desk)
    const struct CMUnitTest tests[] = {
        CASE(another_implementation_makes_the_same),
        CASE(every_part_is_signed),
        CASE(parts_do_not_run_into_each_other),
        CASE(headers_that_nobody_reads_may_change),
        CASE(another_key_or_size_does_not_do),
        CASE(every_flipped_bit_of_the_mac_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
