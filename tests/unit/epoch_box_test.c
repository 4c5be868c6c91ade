// SPDX-License-Identifier: Apache-2.0
// Sealed commands: they are NaCl's crypto_box, as any sender can make it, and belong to one command.
#include "support/cmocka.h"
#include "vault/epoch_box.h"

enum { SECRET_SIZE = 17, BOX_SIZE = SECRET_SIZE + EPOCH_BOX_OVERHEAD, ROOM = 256 };

static const char secret[] = "alice@example.org";
static struct uuid command_id;
static uint8_t nonce[crypto_box_NONCEBYTES];
static uint8_t epoch_public[crypto_box_PUBLICKEYBYTES], epoch_secret[crypto_box_SECRETKEYBYTES];
static uint8_t sender_public[crypto_box_PUBLICKEYBYTES], sender_secret[crypto_box_SECRETKEYBYTES];
static uint8_t at_sender[crypto_box_BEFORENMBYTES], at_epoch[crypto_box_BEFORENMBYTES];

static void from_hex(const char *hex, void *out, size_t size)
{
    size_t got;
    assert_int_equal(sodium_hex2bin(out, size, hex, strlen(hex), NULL, &got, NULL), 0);
    assert_int_equal(got, size);
}

/* Epoch seed 00..1f, sender's seed 20..3f, nonce 40..57, command id 16 times 77. */
static int set_up(void **state)
{
    (void)state;
    uint8_t epoch_seed[crypto_box_SEEDBYTES], sender_seed[crypto_box_SEEDBYTES];
    for (uint8_t i = 0; i < 32; i++) {
        epoch_seed[i] = i;
        sender_seed[i] = (uint8_t)(32 + i);
    }
    for (uint8_t i = 0; i < sizeof(nonce); i++)
        nonce[i] = (uint8_t)(64 + i);
    memset(command_id.bytes, 0x77, sizeof(command_id.bytes));
    epoch_key_pair(epoch_seed, epoch_public, epoch_secret);
    epoch_key_pair(sender_seed, sender_public, sender_secret);
    return epoch_shared_key(epoch_public, sender_secret, at_sender) &&
                   epoch_shared_key(sender_public, epoch_secret, at_epoch)
               ? 0
               : -1;
}

static struct slice sealed(uint8_t room[static BOX_SIZE])
{
    epoch_box_seal(at_sender, &command_id, nonce, slice_of_text(secret), room);
    return slice_of(room, BOX_SIZE);
}

static bool opens(const struct uuid *id, struct slice box)
{
    uint8_t room[ROOM];
    struct slice plain;
    return epoch_box_open(at_epoch, id, box, room, &plain);
}

/* Made with crypto_box_seed_keypair and crypto_box_easy alone. */
static void the_fixed_vector(void **state)
{
    (void)state;
    uint8_t room[BOX_SIZE], expected[64];
    from_hex("4701d08488451f545a409fb58ae3e58581ca40ac3f7f114698cd71deac73ca01", expected, 32);
    assert_memory_equal(epoch_public, expected, 32);
    from_hex("5730800ab340fcb18ce5111eda9d705f91388b41e4544cbd103ba5942db2233e", expected, 32);
    assert_memory_equal(sender_public, expected, 32);
    from_hex(
        "bfbca7e7021e06da7d0c3e223fa7c3cf14b251a0c5a0c880adf1f1081b08f4087bcda61213a6c8b2dbe6e5c7"
        "5d76d37edd",
        expected,
        49);
    struct slice box = sealed(room);
    assert_memory_equal(box.data, nonce, sizeof(nonce));
    assert_memory_equal(box.data + sizeof(nonce), expected, 49);
}

static void any_nacl_library_reads_and_writes_it(void **state)
{
    (void)state;
    uint8_t room[BOX_SIZE], text[BOX_SIZE], other[BOX_SIZE];
    struct slice box = sealed(room);
    const uint8_t *sealed_text = box.data + sizeof(nonce);
    assert_int_equal(
        crypto_box_open_easy(
            text, sealed_text, box.size - sizeof(nonce), nonce, sender_public, epoch_secret),
        0);
    assert_memory_equal(text, command_id.bytes, 16);
    assert_memory_equal(text + 16, secret, SECRET_SIZE);

    memcpy(other, nonce, sizeof(nonce));
    assert_int_equal(
        crypto_box_easy(
            other + sizeof(nonce), text, 16 + SECRET_SIZE, nonce, epoch_public, sender_secret),
        0);
    assert_memory_equal(other, room, BOX_SIZE);
}

static void opens_for_its_command_only(void **state)
{
    (void)state;
    uint8_t room[BOX_SIZE], opened[BOX_SIZE];
    struct slice box = sealed(room), plain;
    assert_true(epoch_box_open(at_epoch, &command_id, box, opened, &plain));
    assert_true(slice_is(plain, secret));

    struct uuid other = command_id;
    other.bytes[15] ^= 1;
    memset(opened, 0xa5, sizeof(opened));
    assert_false(epoch_box_open(at_epoch, &other, box, opened, &plain));
    assert_true(sodium_is_zero(opened, box.size - EPOCH_BOX_OUTSIDE));
}

static void no_bit_can_be_flipped_and_nothing_cut_off(void **state)
{
    (void)state;
    uint8_t room[BOX_SIZE];
    struct slice box = sealed(room);
    for (size_t bit = 0; bit < 8 * box.size; bit++) {
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(opens(&command_id, box));
        room[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t size = 0; size < box.size; size++)
        assert_false(opens(&command_id, slice_of(room, size)));
    assert_true(opens(&command_id, box));
}

static void another_epoch_does_not_open_it(void **state)
{
    (void)state;
    const uint8_t seed[crypto_box_SEEDBYTES] = {9};
    uint8_t room[BOX_SIZE], opened[BOX_SIZE], public_key[32], secret_key[32], shared[32];
    struct slice box = sealed(room), plain;
    epoch_key_pair(seed, public_key, secret_key);
    assert_true(epoch_shared_key(sender_public, secret_key, shared));
    assert_false(epoch_box_open(shared, &command_id, box, opened, &plain));
}

static void an_empty_part_is_a_box_too(void **state)
{
    (void)state;
    uint8_t room[EPOCH_BOX_OVERHEAD], opened[EPOCH_BOX_OVERHEAD];
    struct slice plain;
    epoch_box_seal(at_sender, &command_id, nonce, slice_of(NULL, 0), room);
    assert_true(
        epoch_box_open(at_epoch, &command_id, slice_of(room, sizeof(room)), opened, &plain));
    assert_int_equal(plain.size, 0);
}

/* With such a key everybody knows what is shared. */
static void a_senders_key_of_small_order_is_refused(void **state)
{
    (void)state;
    const uint8_t zero[crypto_box_PUBLICKEYBYTES] = {0};
    uint8_t shared[crypto_box_BEFORENMBYTES];
    assert_false(epoch_shared_key(zero, epoch_secret, shared));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fixed_vector),
        cmocka_unit_test(any_nacl_library_reads_and_writes_it),
        cmocka_unit_test(opens_for_its_command_only),
        cmocka_unit_test(no_bit_can_be_flipped_and_nothing_cut_off),
        cmocka_unit_test(another_epoch_does_not_open_it),
        cmocka_unit_test(an_empty_part_is_a_box_too),
        cmocka_unit_test(a_senders_key_of_small_order_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
