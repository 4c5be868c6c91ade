// SPDX-License-Identifier: Apache-2.0
#include "shredder/epochs.h"

#include "base/clock.h"
#include "runtime/log.h"
#include "shredder/broker.h"
#include "shredder/epoch_topic.h"
#include "vault/epoch_box.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

enum { HOUR_SECONDS = 3600, SIGNED_SIZE = 14 + 8 + crypto_box_PUBLICKEYBYTES };

/* The public key of an epoch; false: it is destroyed, or never was. */
static bool public_key_of(const struct broker *broker, uint64_t number, uint8_t out[static 32])
{
    uint8_t seed[TREE_KEY_SIZE];
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    struct leaf leaf = {.tree = TREE_EPOCHS, .number = number};
    if (key_vault_derive(broker->vault, leaf, LEAF_EPOCH_SEED, seed) != KEY_LIVE)
        return false;
    epoch_key_pair(seed, out, secret);
    sodium_memzero(seed, sizeof(seed));
    sodium_memzero(secret, sizeof(secret));
    return true;
}

/* They are destroyed from the oldest on, so they are looked for from the newest back. */
static void find_oldest(struct broker *broker)
{
    uint64_t oldest = key_vault_epoch(broker->vault);
    uint8_t ignored[32];
    while (oldest > 1 && public_key_of(broker, oldest - 1, ignored))
        oldest--;
    broker->epochs.oldest = oldest;
}

/* ---- publishing ---- */

static void put_hex(struct writer *out, const char *name, const uint8_t *bytes, size_t size)
{
    char hex[2 * 64 + 1];
    CHECK(size <= 64);
    (void)sodium_bin2hex(hex, sizeof(hex), bytes, size);
    writer_bytes(out, ",\"", 2);
    writer_bytes(out, name, strlen(name));
    writer_bytes(out, "\":\"", 3);
    writer_bytes(out, hex, 2 * size);
    writer_byte(out, '"');
}

void epochs_describe(const struct broker *broker, struct writer *out)
{
    uint64_t number = key_vault_epoch(broker->vault);
    uint8_t message[SIGNED_SIZE];
    uint8_t signature[64];
    uint8_t signer[32];
    char text[40];
    struct writer signing = writer_over(message, sizeof(message));
    writer_bytes(&signing, "order-epoch-v1", 14);
    writer_u64(&signing, number);
    writer_bytes(&signing, broker->epochs.public_key, sizeof(broker->epochs.public_key));
    CHECK(!signing.overflow);
    key_vault_sign(broker->vault, writer_slice(&signing), signature);
    key_vault_public_key(broker->vault, signer);
    int length = snprintf(text, sizeof(text), "{\"epoch\":%" PRIu64, number);
    writer_bytes(out, text, (size_t)length);
    put_hex(out, "public_key", broker->epochs.public_key, sizeof(broker->epochs.public_key));
    put_hex(out, "signature", signature, sizeof(signature));
    put_hex(out, "signed_by", signer, sizeof(signer));
    writer_byte(out, '}');
}

static void publish(struct broker *broker)
{
    char value[512];
    struct writer out = writer_over(value, sizeof(value));
    epochs_describe(broker, &out);
    CHECK(!out.overflow);
    if (broker->epochs.topic != NULL)
        epoch_topic_offer(broker->epochs.topic, key_vault_epoch(broker->vault), writer_slice(&out));
}

/* ---- opening and destroying ---- */

static void take_current(struct broker *broker)
{
    bool live = public_key_of(broker, key_vault_epoch(broker->vault), broker->epochs.public_key);
    CHECK(live); /* the current epoch is never destroyed */
    broker->epochs.taken = key_vault_epoch(broker->vault);
    publish(broker);
}

bool epochs_rotate(struct broker *broker, struct error *err)
{
    uint64_t number;
    if (!key_vault_next_epoch(broker->vault, &number, err)) {
        /* It may be committed all the same: then it is the one that others must seal to. */
        if (broker->epochs.taken != key_vault_epoch(broker->vault))
            take_current(broker);
        return false;
    }
    broker->epochs.since_us = clock_now_us();
    take_current(broker);
    broker_note_vault(broker);
    LOG(LOG_INFO,
        "epoch_opened",
        "commands are sealed to a new epoch from now on",
        LOG_NUMBER("epoch", (int64_t)number));
    return true;
}

/* The epochs from the oldest to `last`: forgotten in one generation, called back. */
static bool destroy(struct broker *broker, uint64_t last, struct error *err)
{
    enum { AT_ONCE = 256 };
    struct vault_target targets[AT_ONCE];
    uint64_t oldest = broker->epochs.oldest;
    size_t count = 0;
    for (uint64_t number = oldest; number <= last && count < AT_ONCE; number++)
        targets[count++] = (struct vault_target){
            .tree = TREE_EPOCHS, .target = {.first = number, .depth = TREE_DEPTH}};
    if (!key_vault_puncture(broker->vault, targets, count, NULL, 0, err))
        return false;
    const struct leaf_span gone = {.tree = TREE_EPOCHS, .first = oldest, .count = count};
    broker->epochs.oldest = oldest + count;
    broker_note_vault(broker);
    broker_revoke(broker, &gone, 1, KEY_ERASED, NULL);
    broker->eraser.finish_us = 0; /* erasures may have waited for it */
    LOG(LOG_INFO,
        "epochs_destroyed",
        "commands sealed to these epochs cannot be opened any more",
        LOG_NUMBER("from", (int64_t)oldest),
        LOG_NUMBER("to", (int64_t)(oldest + count - 1)));
    return true;
}

bool epochs_retire(struct broker *broker, uint64_t number, struct error *err)
{
    uint64_t current = key_vault_epoch(broker->vault);
    uint64_t last = number < current ? number : current - 1;
    while (broker->epochs.oldest <= last) {
        if (!destroy(broker, last, err))
            return false;
    }
    return true;
}

bool epochs_tick(struct broker *broker, struct error *err)
{
    int64_t age_seconds = (clock_now_us() - broker->epochs.since_us) / 1000000;
    if (age_seconds < broker->options->epoch_hours * HOUR_SECONDS)
        return true;
    return epochs_rotate(broker, err);
}

bool epochs_start(struct broker *broker, struct error *err)
{
    const struct broker_options *options = broker->options;
    if (key_vault_epoch(broker->vault) == 0) {
        uint64_t number;
        if (!key_vault_next_epoch(broker->vault, &number, err) || !broker_record_vault(broker, err))
            return false;
        broker->epochs.since_us = clock_now_us();
    }
    find_oldest(broker);
    if (options->brokers != NULL &&
        !epoch_topic_open(&broker->epochs.topic, options->brokers, options->epoch_topic, err))
        return false;
    take_current(broker);
    return true;
}

void epochs_stop(struct broker *broker)
{
    epoch_topic_close(broker->epochs.topic);
    broker->epochs.topic = NULL;
}
