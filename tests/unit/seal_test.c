// SPDX-License-Identifier: Apache-2.0
// The envelope: known answers, and that it opens with one key, in one place, or not at all.
#include "support/aborts.h"
#include "support/cmocka.h"
#include "vault/seal.h"

#include <sodium.h>

enum { ROOM = 4096, SECRET_SIZE = 17, SECRET_ENVELOPE = 132 };

static const char secret[] = "alice@example.org";
static const struct leaf test_leaf = {.tree = TREE_SUBJECTS, .number = 0x12345678};
static uint8_t key[DATA_KEY_SIZE];
static uint8_t nonce[SEAL_NONCE_SIZE];

static void from_hex(const char *hex, void *out, size_t size)
{
    size_t got;
    assert_int_equal(sodium_hex2bin(out, size, hex, strlen(hex), NULL, &got, NULL), 0);
    assert_int_equal(got, size);
}

static int set_up(void **state)
{
    (void)state;
    from_hex("eb46c0fc9fa9af5f473af7aad97390c03900a48e82c9ac8ae36acd649e15ca77", key, 32);
    for (uint8_t i = 0; i < sizeof(nonce); i++)
        nonce[i] = i;
    return sodium_init() < 0 ? -1 : 0;
}

static struct seal_place known_place(void)
{
    struct seal_place place = {
        .tenant = SLICE_LITERAL("t1"),
        .stream_type = SLICE_LITERAL("order"),
        .version = 1,
        .event_type = SLICE_LITERAL("OrderPlaced"),
        .schema_version = 3,
    };
    memset(place.stream_id.bytes, 0x11, sizeof(place.stream_id.bytes));
    memset(place.event_id.bytes, 0x22, sizeof(place.event_id.bytes));
    return place;
}

/* The envelope of the known answer. */
static struct slice known_envelope(uint8_t room[static SECRET_ENVELOPE])
{
    const struct seal_place place = known_place();
    seal(key, test_leaf, &place, nonce, slice_of_text(secret), room);
    return slice_of(room, SECRET_ENVELOPE);
}

static bool opens(const struct seal_place *place, struct slice envelope)
{
    uint8_t plain[ROOM];
    size_t size;
    return seal_open(key, place, envelope, plain, &size);
}

static void the_known_answer(void **state)
{
    (void)state;
    uint8_t room[SECRET_ENVELOPE], hash[32], expected[32];
    struct slice envelope = known_envelope(room);
    from_hex("879b5c096d3ca5254f99108a86f3fe50", expected, 16);
    assert_memory_equal(envelope.data + 36, expected, 16);
    from_hex("e928a5d3874b635eaa7c56e61487371f654be8edb894d41cec08a7d0a3b1a76a", expected, 32);
    crypto_generichash(hash, sizeof(hash), envelope.data, envelope.size, NULL, 0);
    assert_memory_equal(hash, expected, sizeof(hash));

    struct leaf leaf;
    assert_true(seal_leaf(envelope, &leaf));
    assert_int_equal(leaf.tree, test_leaf.tree);
    assert_int_equal(leaf.number, test_leaf.number);
}

static void what_was_sealed_opens_at_every_size(void **state)
{
    (void)state;
    const struct seal_place place = known_place();
    uint8_t text[300], room[ROOM], plain[ROOM];
    for (size_t size = 0; size <= sizeof(text); size++) {
        size_t got = SIZE_MAX;
        memset(text, (int)size, sizeof(text));
        assert_int_equal((seal_size(size) - SEAL_OVERHEAD) % SEAL_BLOCK, 0);
        assert_true(seal_size(size) > size + SEAL_OVERHEAD);
        assert_true(seal_size(size) <= size + SEAL_OVERHEAD + SEAL_BLOCK);
        seal(key, test_leaf, &place, nonce, slice_of(text, size), room);
        assert_true(seal_open(key, &place, slice_of(room, seal_size(size)), plain, &got));
        assert_int_equal(got, size);
        assert_memory_equal(plain, text, size);
    }
}

static void lengths_show_in_steps_of_a_block_only(void **state)
{
    (void)state;
    assert_int_equal(seal_size(0), 68 + 64);
    assert_int_equal(seal_size(63), 68 + 64);
    assert_int_equal(seal_size(64), 68 + 128);
    assert_int_equal(seal_size(SEAL_MOST_PLAIN), 68 + 64 * 1025);
}

static void no_bit_can_be_flipped(void **state)
{
    (void)state;
    const struct seal_place place = known_place();
    uint8_t room[SECRET_ENVELOPE], plain[SECRET_ENVELOPE];
    struct slice envelope = known_envelope(room);
    for (size_t bit = 0; bit < 8 * envelope.size; bit++) {
        size_t size = 4711;
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(plain, 0xa5, sizeof(plain));
        assert_false(seal_open(key, &place, envelope, plain, &size));
        assert_int_equal(size, 4711);
        if (bit >= 16) /* it still looks like an envelope: the room was used, and wiped */
            assert_true(sodium_is_zero(plain, SEAL_BLOCK));
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(opens(&place, envelope));
}

static void it_opens_in_no_other_place(void **state)
{
    (void)state;
    const struct seal_place place = known_place();
    uint8_t room[SECRET_ENVELOPE];
    struct slice envelope = known_envelope(room);
    struct seal_place moved[] = {place, place, place, place, place, place, place, place, place};
    moved[0].tenant = slice_of_text("t2");
    moved[1].stream_type = slice_of_text("stock");
    moved[2].stream_id.bytes[15] ^= 1;
    moved[3].version = 2;
    moved[4].event_id.bytes[0] ^= 1;
    moved[5].event_type = slice_of_text("OrderPlacee");
    moved[6].schema_version = 2;
    moved[7].class = 1;
    /* A byte that moves from one field into its neighbour. */
    moved[8].tenant = slice_of_text("t1o");
    moved[8].stream_type = slice_of_text("rder");
    for (size_t i = 0; i < countof(moved); i++)
        assert_false(opens(&moved[i], envelope));
    assert_true(opens(&place, envelope));
}

static void an_edited_leaf_is_no_other_persons(void **state)
{
    (void)state;
    const struct seal_place place = known_place();
    uint8_t room[SECRET_ENVELOPE];
    struct slice envelope = known_envelope(room);
    room[11] = (uint8_t)(room[11] + LEAVES_PER_SUBJECT);
    struct leaf leaf;
    assert_true(seal_leaf(envelope, &leaf));
    assert_int_equal(leaf.number, test_leaf.number + LEAVES_PER_SUBJECT);
    assert_false(opens(&place, envelope));
}

static void bytes_that_are_no_envelope_are_left_alone(void **state)
{
    (void)state;
    const struct seal_place place = known_place();
    uint8_t room[SECRET_ENVELOPE + 64] = {0}, plain[1] = {0xa5};
    (void)known_envelope(room);
    struct leaf leaf;
    size_t size;
    for (size_t cut = 0; cut < sizeof(room); cut++) {
        if (cut == SECRET_ENVELOPE)
            continue;
        assert_false(seal_leaf(slice_of(room, cut), &leaf));
        assert_false(seal_open(key, &place, slice_of(room, cut), plain, &size));
    }
    assert_int_equal(plain[0], 0xa5);
}

/* Poly1305 does not commit to its key: this ciphertext and tag are right under the keys that come of
 * two data keys. They were found by solving both polynomials for two free blocks, with a second key
 * whose key stream agrees in the last byte, so that the padding is right as well. */
static void a_ciphertext_for_two_keys_opens_under_one(void **state)
{
    (void)state;
    const struct seal_place place = known_place();
    uint8_t other[DATA_KEY_SIZE], room[SECRET_ENVELOPE], first[64], second[64];
    size_t first_size, second_size;
    struct slice envelope = known_envelope(room);
    from_hex("98fd2f3bfea0471fc7bf1373d1c4d3f3a365049a373f7926c119be746f980fca", other, 32);
    from_hex(
        "d124ca8a3a5c2952b5624f18267a97e978a42a89d6e562a77f7e1782f29ac05e"
        "c348906a33128a6bed69d5e7662e65238c7dea6ccf51c50c9e38bbf096115736"
        "4a6743ef6ea0419c9d536843a42df019",
        room + 52,
        80);
    assert_true(seal_open(key, &place, envelope, first, &first_size));
    assert_false(seal_open(other, &place, envelope, second, &second_size));

    /* Nothing but the commitment refused it: with the one of the other key it is the reverse. */
    from_hex("59fe6f6133bf3f4fab7b8ae53179c3f9", room + 36, 16);
    assert_true(seal_open(other, &place, envelope, second, &second_size));
    assert_false(opens(&place, envelope));
    assert_int_equal(first_size, second_size);
    assert_memory_not_equal(first, second, 63);
}

static void seal_with(void *argument)
{
    const struct seal_place place = known_place();
    const uint8_t no_key[DATA_KEY_SIZE] = {0};
    uint8_t room[SECRET_ENVELOPE];
    bool wiped = *(bool *)argument;
    struct leaf leaf = {.tree = TREE_SUBJECTS, .number = wiped ? 8 : 9};
    seal(wiped ? no_key : key, leaf, &place, nonce, slice_of_text(secret), room);
}

static void bugs_of_ours_do_not_seal(void **state)
{
    (void)state;
    bool wiped_key = true, leaf_of_another_class = false;
    assert_true(aborts(seal_with, &wiped_key));
    assert_true(aborts(seal_with, &leaf_of_another_class));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_answer),
        cmocka_unit_test(what_was_sealed_opens_at_every_size),
        cmocka_unit_test(lengths_show_in_steps_of_a_block_only),
        cmocka_unit_test(no_bit_can_be_flipped),
        cmocka_unit_test(it_opens_in_no_other_place),
        cmocka_unit_test(an_edited_leaf_is_no_other_persons),
        cmocka_unit_test(bytes_that_are_no_envelope_are_left_alone),
        cmocka_unit_test(a_ciphertext_for_two_keys_opens_under_one),
        cmocka_unit_test(bugs_of_ours_do_not_seal),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
