// SPDX-License-Identifier: Apache-2.0
#include "command/signature.h"

#include <sodium.h>

#include "base/banned.h"

static void add(crypto_generichash_state *state, struct slice bytes)
{
    int failed = crypto_generichash_update(state, bytes.data, bytes.size);
    CHECK(failed == 0);
}

static void add_number(crypto_generichash_state *state, size_t number)
{
    CHECK(number <= UINT32_MAX); /* Kafka's sizes have 31 bits */
    uint32_t big = __builtin_bswap32((uint32_t)number);
    add(state, slice_of(&big, sizeof(big)));
}

static void add_sized(crypto_generichash_state *state, struct slice bytes)
{
    add_number(state, bytes.size);
    add(state, bytes);
}

static size_t count_signed(const struct signed_record *record)
{
    size_t count = 0;
    for (size_t i = 0; i < record->header_count; i++)
        count += envelope_is_signed(record->headers[i].name);
    return count;
}

void signature_make(
    const struct signed_record *record,
    const uint8_t key[static SECRET_SIZE],
    uint8_t out[static SIGNATURE_SIZE])
{
    crypto_generichash_state state;
    int failed = crypto_generichash_init(&state, key, SECRET_SIZE, SIGNATURE_SIZE);
    CHECK(failed == 0);
    add(&state, slice_of_text("order-command-mac-v1"));
    add_sized(&state, record->topic);
    add_sized(&state, record->key);
    add_number(&state, count_signed(record));
    for (size_t i = 0; i < record->header_count; i++) {
        const struct header *header = &record->headers[i];
        if (!envelope_is_signed(header->name))
            continue;
        add_sized(&state, header->name);
        add_sized(&state, header->value);
    }
    add_sized(&state, record->value);
    failed = crypto_generichash_final(&state, out, SIGNATURE_SIZE);
    CHECK(failed == 0);
    sodium_memzero(&state, sizeof(state)); /* its first block is the key */
}

bool signature_holds(
    const struct signed_record *record, const uint8_t key[static SECRET_SIZE], struct slice mac)
{
    uint8_t made[SIGNATURE_SIZE];
    if (mac.size != sizeof(made))
        return false;
    signature_make(record, key, made);
    return sodium_memcmp(made, mac.data, sizeof(made)) == 0;
}
