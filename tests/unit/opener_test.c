// SPDX-License-Identifier: Apache-2.0
// Boxes of commands: what a sender has sealed opens for its own command only, and the keys that were
// computed for it are few, found again, and wiped.
#include "command/opener.h"
#include "command/seal_command.h"
#include "support/command_item.h"

enum { EPOCH = 7 };

static const struct register_customer customer = {
    .region = SLICE_LITERAL("eu-west"),
    .contact = {
        .given_name = SLICE_LITERAL("Ada"),
        .family_name = SLICE_LITERAL("Byron"),
        .email = SLICE_LITERAL("ada@b.example")}};

struct desk {
    struct slab slab;
    struct opener opener;
    struct arena plain;
    struct arena sent;
    struct command_sealer sender;
    uint8_t seed[crypto_box_SEEDBYTES];
    struct register_customer body;
    struct item item;
};

static struct epoch_key key_of(const uint8_t *seed, int64_t number)
{
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    struct epoch_key key = {.number = number};
    epoch_key_pair(seed, key.public_key, secret);
    return key;
}

static int open_desk(void **state)
{
    static struct desk desk;
    struct error err;
    memset(&desk, 0, sizeof(desk));
    memset(desk.seed, 0x5e, sizeof(desk.seed));
    arena_init(&desk.plain, (size_t)1 << 20);
    arena_init(&desk.sent, (size_t)4 << 20);
    const struct epoch_key key = key_of(desk.seed, EPOCH);
    if (!slab_open(&desk.slab, OPENER_MEMORY, true, &err) ||
        !opener_init(&desk.opener, &desk.slab) || !command_sealer_open(&desk.sender, &key, &err))
        return -1;
    opener_learn_epoch(&desk.opener, EPOCH, desk.seed);
    *state = &desk;
    return 0;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;
    command_sealer_close(&desk->sender);
    slab_close(&desk->slab);
    arena_release(&desk->plain);
    arena_release(&desk->sent);
    return 0;
}

/* A command as it is after intake: its clear part decoded, its box closed. */
static void arrive(struct desk *desk, const struct command_sealer *sender, uint8_t id)
{
    const struct command command = {.type = COMMAND_REGISTER_CUSTOMER, .body = &customer};
    const struct uuid command_id = test_uuid(id);
    struct slice bytes;
    struct wire_fault fault;
    assert_true(command_seal(sender, &command, &command_id, &desk->sent, &bytes));
    assert_true(wire_decode(
        &register_customer_message, WIRE_CONTRACT, bytes, &desk->sent, &desk->body, &fault));
    assert_true(desk->body.has_sealed);
    desk->item = test_item(COMMAND_REGISTER_CUSTOMER, &desk->body, 1, id);
    desk->item.body = &desk->body;
    desk->item.box = ITEM_BOX_CLOSED;
    desk->item.sealed = desk->body.sealed;
}

static void assert_opened(const struct desk *desk)
{
    assert_int_equal(desk->item.state, ITEM_OPEN);
    assert_int_equal(desk->item.box, ITEM_BOX_OPEN);
    assert_true(slice_is(desk->body.contact.given_name, "Ada"));
    assert_true(slice_is(desk->body.contact.email, "ada@b.example"));
    assert_false(desk->body.contact.has_phone);
    assert_true(slice_is(desk->body.region, "eu-west"));
}

static void assert_refused(const struct desk *desk, const char *code)
{
    assert_int_equal(desk->item.state, ITEM_ANSWERED);
    assert_int_equal(desk->item.answer.outcome, ANSWER_INVALID);
    assert_string_equal(desk->item.answer.code, code);
    assert_true(desk->item.answer.dead_letter);
}

static void a_box_opens_into_the_body(void **state)
{
    struct desk *desk = *state;
    arrive(desk, &desk->sender, 1);
    assert_int_equal(desk->body.contact.given_name.size, 0);
    opener_open(&desk->opener, &desk->item, &desk->plain);
    assert_opened(desk);
}

static void it_opens_again_after_everything_was_forgotten(void **state)
{
    struct desk *desk = *state;
    arrive(desk, &desk->sender, 1);
    opener_open(&desk->opener, &desk->item, &desk->plain);
    opener_forget(&desk->opener);
    assert_false(opener_knows_epoch(&desk->opener, EPOCH));
    arena_wipe(&desk->plain);
    desk->item.box = ITEM_BOX_CLOSED;
    opener_learn_epoch(&desk->opener, EPOCH, desk->seed);
    opener_open(&desk->opener, &desk->item, &desk->plain);
    assert_opened(desk);
}

static void a_box_of_another_command_does_not_open(void **state)
{
    struct desk *desk = *state;
    arrive(desk, &desk->sender, 1);
    desk->item.envelope.id = test_uuid(2);
    opener_open(&desk->opener, &desk->item, &desk->plain);
    assert_refused(desk, "sealed_box");
}

static void no_byte_of_a_box_can_be_changed(void **state)
{
    struct desk *desk = *state;
    arrive(desk, &desk->sender, 1);
    struct slice box = desk->item.sealed.box;
    for (size_t i = 0; i < box.size; i += 7) {
        struct slice changed;
        assert_true(arena_copy(&desk->sent, box, &changed));
        memcpy((uint8_t *)(uintptr_t)changed.data + i, &(uint8_t){box.data[i] ^ 1}, 1);
        desk->item.sealed.box = changed;
        desk->item.state = ITEM_OPEN;
        opener_open(&desk->opener, &desk->item, &desk->plain);
        assert_refused(desk, "sealed_box");
    }
}

static void what_is_too_short_for_a_box_is_none(void **state)
{
    struct desk *desk = *state;
    arrive(desk, &desk->sender, 1);
    desk->item.sealed.box.size = EPOCH_BOX_OVERHEAD - 1;
    opener_open(&desk->opener, &desk->item, &desk->plain);
    assert_refused(desk, "sealed_box");
}

static void a_key_of_small_order_is_no_sender(void **state)
{
    struct desk *desk = *state;
    static const uint8_t nobody[crypto_box_PUBLICKEYBYTES];
    arrive(desk, &desk->sender, 1);
    desk->item.sealed.sender = slice_of(nobody, sizeof(nobody));
    opener_open(&desk->opener, &desk->item, &desk->plain);
    assert_refused(desk, "sealed_box");
}

/* Seals any bytes as the sender of the test would. */
static void arrive_with(struct desk *desk, struct slice inside)
{
    static const uint8_t nonce[crypto_box_NONCEBYTES] = {3};
    uint8_t *box = arena_take(&desk->sent, inside.size + EPOCH_BOX_OVERHEAD);
    arrive(desk, &desk->sender, 1);
    epoch_box_seal(desk->sender.shared, &desk->item.envelope.id, nonce, inside, box);
    desk->item.sealed.box = slice_of(box, inside.size + EPOCH_BOX_OVERHEAD);
    opener_open(&desk->opener, &desk->item, &desk->plain);
}

static void what_is_in_a_box_is_checked_like_any_input(void **state)
{
    struct desk *desk = *state;
    arrive_with(desk, slice_of_text("\xc1"));
    assert_refused(desk, "bad_encoding");
    arrive_with(desk, slice_of_text("\x80")); /* an empty map */
    assert_refused(desk, "missing_field");
    assert_string_equal(desk->item.answer.field, "contact");
    arrive_with(desk, slice_of_text("\x81\xa6region\xa2xx")); /* a field of the clear part */
    assert_refused(desk, "bad_field");
    static const uint8_t bomb[] = {0xdd, 0xff, 0xff, 0xff, 0xff};
    arrive_with(desk, slice_of(bomb, sizeof(bomb)));
    assert_refused(desk, "bad_encoding");
}

static void a_sender_is_agreed_with_once(void **state)
{
    struct desk *desk = *state;
    for (uint8_t i = 1; i < 20; i++) {
        arena_reset(&desk->sent);
        arrive(desk, &desk->sender, i);
        opener_open(&desk->opener, &desk->item, &desk->plain);
        assert_opened(desk);
    }
    assert_int_equal(desk->opener.agreed, 1);
}

static void more_senders_than_there_is_room_for_are_served_all_the_same(void **state)
{
    struct desk *desk = *state;
    struct error err;
    const struct epoch_key key = key_of(desk->seed, EPOCH);
    for (int i = 0; i < OPENER_SETS * OPENER_WAYS + 100; i++) {
        struct command_sealer sender;
        arena_reset(&desk->sent);
        arena_reset(&desk->plain);
        assert_true(command_sealer_open(&sender, &key, &err));
        arrive(desk, &sender, 1);
        opener_open(&desk->opener, &desk->item, &desk->plain);
        assert_opened(desk);
        command_sealer_close(&sender);
    }
}

static void an_epoch_that_is_dropped_leaves_nothing(void **state)
{
    struct desk *desk = *state;
    arrive(desk, &desk->sender, 1);
    opener_open(&desk->opener, &desk->item, &desk->plain);
    opener_drop_epoch(&desk->opener, EPOCH);
    assert_false(opener_knows_epoch(&desk->opener, EPOCH));
    size_t kept = 0;
    for (size_t i = 0; i < desk->slab.size; i++)
        kept += desk->slab.memory[i] != 0;
    assert_int_equal(kept, 0);
}

static void the_epoch_unused_for_longest_makes_way(void **state)
{
    struct desk *desk = *state;
    for (int64_t i = 1; i < OPENER_EPOCHS; i++)
        opener_learn_epoch(&desk->opener, EPOCH + i, desk->seed);
    arrive(desk, &desk->sender, 1);
    opener_open(&desk->opener, &desk->item, &desk->plain); /* uses the oldest */
    opener_learn_epoch(&desk->opener, EPOCH + OPENER_EPOCHS, desk->seed);
    assert_true(opener_knows_epoch(&desk->opener, EPOCH));
    assert_false(opener_knows_epoch(&desk->opener, EPOCH + 1));
    assert_true(opener_knows_epoch(&desk->opener, EPOCH + OPENER_EPOCHS));
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, open_desk, close_desk)
    const struct CMUnitTest tests[] = {
        CASE(a_box_opens_into_the_body),
        CASE(it_opens_again_after_everything_was_forgotten),
        CASE(a_box_of_another_command_does_not_open),
        CASE(no_byte_of_a_box_can_be_changed),
        CASE(what_is_too_short_for_a_box_is_none),
        CASE(a_key_of_small_order_is_no_sender),
        CASE(what_is_in_a_box_is_checked_like_any_input),
        CASE(a_sender_is_agreed_with_once),
        CASE(more_senders_than_there_is_room_for_are_served_all_the_same),
        CASE(an_epoch_that_is_dropped_leaves_nothing),
        CASE(the_epoch_unused_for_longest_makes_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
