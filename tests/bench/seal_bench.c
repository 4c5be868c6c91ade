// SPDX-License-Identifier: Apache-2.0
// What sealing costs one processor: seals and opens envelopes, asks for leases that are held, seals and
// opens the boxes of commands, makes the MAC of a record, and prints one JSON line with the microseconds of each.
//
//     seal_bench SECONDS        (of each measurement)
#include "base/text.h"
#include "command/signature.h"
#include "runtime/exit_code.h"
#include "vault/epoch_box.h"
#include "vault/lease_cache.h"
#include "vault/nonces.h"

#include <stdio.h>
#include <time.h>

enum {
    MOST_TEXT = 512,
    KEYS =
        5000, /* in the order-command of a busy minute: colder than one key used again and again */
    BATCH = 500,
    ROUNDS_PER_LOOK = 64, /* between two looks at the clock */
};

static struct slab slab;
static struct nonces nonces;
static struct lease_cache cache;
static uint8_t keys[KEYS][DATA_KEY_SIZE];
static uint8_t text[MOST_TEXT], room[2 * MOST_TEXT], sealed[2 * MOST_TEXT];
static size_t text_size;
static uint8_t shared[crypto_box_BEFORENMBYTES];

static struct seal_place place_of(uint64_t number)
{
    return (struct seal_place){
        .tenant = slice_of(text, 16),
        .stream_type = SLICE_LITERAL("order"),
        .version = (int64_t)number,
        .event_type = SLICE_LITERAL("OrderPlaced"),
        .schema_version = 3};
}

static void seal_one(uint64_t number)
{
    uint8_t nonce[SEAL_NONCE_SIZE];
    const struct seal_place place = place_of(number);
    nonces_next(&nonces, nonce);
    seal(
        keys[number % KEYS],
        (struct leaf){.tree = TREE_SUBJECTS, .number = number * LEAVES_PER_SUBJECT},
        &place,
        nonce,
        slice_of(text, text_size),
        sealed);
}

static void open_one(uint64_t number)
{
    (void)number;
    const struct seal_place place = place_of(1);
    size_t size;
    CHECK(seal_open(keys[1], &place, slice_of(sealed, seal_size(text_size)), room, &size));
}

static void box_one(uint64_t number)
{
    (void)number;
    const struct uuid id = {{1}};
    uint8_t nonce[SEAL_NONCE_SIZE];
    nonces_next(&nonces, nonce);
    epoch_box_seal(shared, &id, nonce, slice_of(text, text_size), sealed);
}

static void unbox_one(uint64_t number)
{
    (void)number;
    const struct uuid id = {{1}};
    struct slice plain;
    CHECK(epoch_box_open(
        shared, &id, slice_of(sealed, text_size + EPOCH_BOX_OVERHEAD), room, &plain));
}

/* What crypto_box_seal would cost per command instead: the shared key anew each time. */
static void share_one(uint64_t number)
{
    (void)number;
    CHECK(epoch_shared_key(keys[1], keys[2], shared));
}

/* A record as a producer signs it: nine headers and a body. Checking is the same work. */
static void sign_one(uint64_t number)
{
    static const struct header headers[] = {
        {SLICE_LITERAL("ce_specversion"), SLICE_LITERAL("1.0")},
        {SLICE_LITERAL("ce_type"), SLICE_LITERAL("order.command.place-order.v1")},
        {SLICE_LITERAL("ce_id"), SLICE_LITERAL("01890a5d-ac96-774b-bcce-b302099a9999")},
        {SLICE_LITERAL("ce_source"), SLICE_LITERAL("shop/checkout")},
        {SLICE_LITERAL("ce_time"), SLICE_LITERAL("2026-01-31T12:00:00.5Z")},
        {SLICE_LITERAL("content-type"), SLICE_LITERAL("application/msgpack")},
        {SLICE_LITERAL("reply_topic"), SLICE_LITERAL("order.replies")},
        {SLICE_LITERAL("order_tenant"), SLICE_LITERAL("acme")},
        {SLICE_LITERAL("order_producer"), SLICE_LITERAL("shop")}};
    uint8_t mac[SIGNATURE_SIZE];
    const struct signed_record record = {
        .topic = SLICE_LITERAL("order.commands"),
        .key = SLICE_LITERAL("01890a5d-ac96-774b-bcce-b302099a8057"),
        .value = slice_of(text, text_size),
        .headers = headers,
        .header_count = countof(headers)};
    signature_make(&record, keys[number % KEYS], mac);
    text[0] ^= mac[0]; /* so that it is made */
}

static struct lease_wish wish_of(uint64_t number)
{
    struct lease_wish wish = {.tenant = {{7}}};
    memcpy(wish.subject.bytes, &number, sizeof(number));
    return wish;
}

static void fill_cache(void)
{
    for (uint64_t i = 0; i < KEYS; i++) {
        const struct lease_wish wish = wish_of(i);
        const struct lease_answer answer = {
            .state = KEY_LIVE,
            .leaf = {.tree = TREE_SUBJECTS, .number = i * LEAVES_PER_SUBJECT},
            .key = keys[i],
            .expires_us = INT64_MAX};
        struct lease lease;
        CHECK(lease_cache_put(&cache, &wish, &answer, &lease));
    }
}

/* A batch of wishes whose keys are all held, as vault_lease looks them up. */
static void lease_batch(uint64_t number)
{
    static struct lease leases[BATCH];
    for (uint64_t i = 0; i < BATCH; i++) {
        const struct lease_wish wish = wish_of((number * BATCH + i * 7) % KEYS);
        CHECK(lease_cache_find(&cache, &wish, 0, &leases[i]));
    }
}

/* Microseconds of processor time of one call: others may share the machine. */
static double cost(void (*call)(uint64_t number), int64_t seconds)
{
    const clock_t begin = clock(), end = begin + seconds * CLOCKS_PER_SEC;
    clock_t now = begin;
    uint64_t done = 0;
    while (now < end) {
        for (int i = 0; i < ROUNDS_PER_LOOK; i++)
            call(done++);
        now = clock();
    }
    return (double)(now - begin) * 1e6 / CLOCKS_PER_SEC / (double)done;
}

static void measure(int64_t seconds)
{
    static const size_t sizes[] = {100, 200, 500};
    (void)printf("{\"cached_lease_us\": %.4f", cost(lease_batch, seconds) / BATCH);
    for (size_t i = 0; i < countof(sizes); i++) {
        text_size = sizes[i];
        (void)printf(", \"seal_%zu_us\": %.3f", text_size, cost(seal_one, seconds));
        seal_one(1);
        (void)printf(", \"open_%zu_us\": %.3f", text_size, cost(open_one, seconds));
    }
    text_size = 200;
    (void)printf(", \"box_200_us\": %.3f", cost(box_one, seconds));
    (void)printf(", \"unbox_200_us\": %.3f", cost(unbox_one, seconds));
    (void)printf(", \"shared_key_us\": %.3f", cost(share_one, seconds));
    (void)printf(", \"mac_200_us\": %.3f", cost(sign_one, seconds));
    text_size = 500;
    (void)printf(", \"mac_500_us\": %.3f}\n", cost(sign_one, seconds));
}

int main(int argc, char **argv)
{
    int64_t seconds = 0;
    struct error err;
    if (argc != 2 || !text_parse_i64(slice_of_text(argv[1]), &seconds) || seconds < 1) {
        (void)fprintf(stderr, "usage: seal_bench SECONDS\n");
        return EXIT_CODE_USAGE;
    }
    if (!process_harden(&err) || !slab_open(&slab, 1 << 20, true, &err)) {
        (void)fprintf(stderr, "seal_bench: %s\n", err.text);
        return EXIT_CODE_FAILED;
    }
    CHECK(nonces_open(&nonces, &slab) && lease_cache_open(&cache, KEYS, &slab));
    randombytes_buf(keys, sizeof(keys));
    memset(text, 'a', sizeof(text));
    CHECK(epoch_shared_key(keys[1], keys[2], shared));
    fill_cache();
    measure(seconds);
    return EXIT_CODE_OK;
}
