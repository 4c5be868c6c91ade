// SPDX-License-Identifier: Apache-2.0
// The published key of a command epoch: taken only as the vault has signed it.
#include "command/epoch_key.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>

struct vault_of_test {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    char record[1024];
};

static const uint8_t epoch_public[crypto_box_PUBLICKEYBYTES] = {1, 2, 3, [31] = 9};

static void hex(char *out, const uint8_t *bytes, size_t size)
{
    (void)sodium_bin2hex(out, 2 * size + 1, bytes, size);
}

static void sign(struct vault_of_test *vault, uint64_t number, uint64_t signed_number)
{
    uint8_t signature[crypto_sign_BYTES];
    uint8_t bytes[14 + 8 + 32];
    char key[65], sig[129], by[65];
    memcpy(bytes, "order-epoch-v1", 14);
    for (size_t i = 0; i < 8; i++)
        bytes[14 + i] = (uint8_t)(signed_number >> (56 - 8 * i));
    memcpy(bytes + 22, epoch_public, 32);
    assert_int_equal(
        crypto_sign_detached(signature, NULL, bytes, sizeof(bytes), vault->secret_key), 0);
    hex(key, epoch_public, 32);
    hex(sig, signature, 64);
    hex(by, vault->public_key, 32);
    (void)snprintf(
        vault->record,
        sizeof(vault->record),
        "{\"epoch\":%llu,\"public_key\":\"%s\",\"signature\":\"%s\",\"signed_by\":\"%s\"}",
        (unsigned long long)number,
        key,
        sig,
        by);
}

static int make_vault(void **state)
{
    static struct vault_of_test vault;
    uint8_t seed[crypto_sign_SEEDBYTES] = {7};
    if (sodium_init() < 0 ||
        crypto_sign_seed_keypair(vault.public_key, vault.secret_key, seed) != 0)
        return -1;
    sign(&vault, 258, 258);
    *state = &vault;
    return 0;
}

static void a_record_is_taken_as_it_was_signed(void **state)
{
    struct vault_of_test *vault = *state;
    struct epoch_key key;
    struct error err;
    assert_true(epoch_key_read(slice_of_text(vault->record), vault->public_key, &key, &err));
    assert_int_equal(key.number, 258);
    assert_memory_equal(key.public_key, epoch_public, sizeof(epoch_public));
    assert_true(epoch_key_read(slice_of_text(vault->record), NULL, &key, &err));
}

static void assert_tampered(const struct vault_of_test *vault, const uint8_t *vault_key)
{
    struct epoch_key key;
    struct error err;
    assert_false(epoch_key_read(slice_of_text(vault->record), vault_key, &key, &err));
    assert_int_equal(err.kind, ERROR_tampered);
}

static void another_number_or_key_was_not_signed(void **state)
{
    struct vault_of_test *vault = *state;
    sign(vault, 259, 258);
    assert_tampered(vault, vault->public_key);
    assert_tampered(vault, NULL);
    sign(vault, 258, 258);
    char *at = strstr(vault->record, "\"public_key\":\"01");
    assert_non_null(at);
    at[strlen("\"public_key\":\"0")] = '3';
    assert_tampered(vault, NULL);
}

static void another_vault_is_not_believed(void **state)
{
    struct vault_of_test *vault = *state;
    const uint8_t other[crypto_sign_PUBLICKEYBYTES] = {1};
    assert_tampered(vault, other);
}

static void anything_else_is_no_record(void **state)
{
    (void)state;
    struct epoch_key key;
    struct error err;
    static const char *const texts[] = {
        "", "{}", "[]", "{\"epoch\":1}", "{\"epoch\":1,\"public_key\":\"zz\"}", "\xff"};
    for (size_t i = 0; i < countof(texts); i++) {
        assert_false(epoch_key_read(slice_of_text(texts[i]), NULL, &key, &err));
        assert_int_equal(err.kind, ERROR_invalid);
    }
}

int main(void)
{
#define CASE(function) cmocka_unit_test_setup(function, make_vault)
    const struct CMUnitTest tests[] = {
        CASE(a_record_is_taken_as_it_was_signed),
        CASE(another_number_or_key_was_not_signed),
        CASE(another_vault_is_not_believed),
        CASE(anything_else_is_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
