// SPDX-License-Identifier: Apache-2.0
#include "load/sealing.h"

#include "wire/pack.h"

#include "base/banned.h"

enum {
    FIXED_MAP = 0x80, /* of up to 15 pairs */
    FIXED_MOST = 15,
    COMMAND_ID_SIZE = 16,
    RANDOM_NONCE_SIZE = crypto_box_NONCEBYTES - 8,
    BOX_OVERHEAD = crypto_box_NONCEBYTES + crypto_box_MACBYTES + COMMAND_ID_SIZE,
    PERSONAL_MOST = 4096,
};

#define EPOCH_PREFIX "order-epoch-v1"

const char *personal_mode_name(enum personal_mode mode)
{
    static const char *const names[] = {"none", "sealed", "plain"};
    return names[mode];
}

bool epoch_is_signed(const struct epoch *epoch, const uint8_t vault_key[crypto_sign_PUBLICKEYBYTES])
{
    uint8_t bytes[64];
    struct writer out = writer_over(bytes, sizeof(bytes));
    writer_bytes(&out, EPOCH_PREFIX, strlen(EPOCH_PREFIX));
    writer_u64(&out, epoch->number);
    writer_bytes(&out, epoch->public_key, sizeof(epoch->public_key));
    CHECK(!out.overflow);
    return memcmp(epoch->signed_by, vault_key, sizeof(epoch->signed_by)) == 0 &&
           crypto_sign_verify_detached(epoch->signature, bytes, out.size, vault_key) == 0;
}

bool sealing_init(struct sealing *sealing, enum personal_mode mode, struct error *err)
{
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium does not start");
    *sealing = (struct sealing){.mode = mode};
    randombytes_buf(sealing->nonce, RANDOM_NONCE_SIZE);
    return true;
}

bool sealing_use_epoch(struct sealing *sealing, const struct epoch *epoch, struct error *err)
{
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    CHECK(crypto_box_keypair(sealing->sender, secret) == 0);
    int refused = crypto_box_beforenm(sealing->shared, epoch->public_key, secret);
    sodium_memzero(secret, sizeof(secret));
    if (refused != 0)
        return error_set(
            err,
            ERROR_invalid,
            "the public key of epoch %llu is none",
            (unsigned long long)epoch->number);
    sealing->epoch = epoch->number;
    return true;
}

/* A message's map has `more` pairs more. */
static void widen(struct writer *message, uint8_t more)
{
    if (message->overflow)
        return;
    CHECK(message->size > 0 && (message->data[0] & 0xf0) == FIXED_MAP);
    CHECK((message->data[0] & 0x0f) + more <= FIXED_MOST);
    message->data[0] = (uint8_t)(message->data[0] + more);
}

static void add_plain(struct slice personal, struct writer *message)
{
    CHECK(personal.size > 0 && (personal.data[0] & 0xf0) == FIXED_MAP);
    widen(message, personal.data[0] & 0x0f);
    writer_bytes(message, personal.data + 1, personal.size - 1);
}

static void count_nonce(struct sealing *sealing)
{
    struct writer out = writer_over(sealing->nonce + RANDOM_NONCE_SIZE, 8);
    writer_u64(&out, sealing->sealed++);
}

/* nonce, then the ciphertext of the command id and the personal part. */
static size_t make_box(
    struct sealing *sealing, const struct uuid *command_id, struct slice personal, uint8_t *box)
{
    uint8_t *plain = box + crypto_box_NONCEBYTES + crypto_box_MACBYTES;
    size_t size = COMMAND_ID_SIZE + personal.size;
    count_nonce(sealing);
    memcpy(box, sealing->nonce, crypto_box_NONCEBYTES);
    memcpy(plain, command_id->bytes, COMMAND_ID_SIZE);
    memcpy(plain + COMMAND_ID_SIZE, personal.data, personal.size);
    CHECK(
        crypto_box_easy_afternm(
            box + crypto_box_NONCEBYTES, plain, size, sealing->nonce, sealing->shared) == 0);
    return BOX_OVERHEAD + personal.size;
}

static void add_sealed(
    struct sealing *sealing,
    const struct uuid *command_id,
    struct slice personal,
    struct writer *message)
{
    uint8_t box[BOX_OVERHEAD + PERSONAL_MOST];
    CHECK(personal.size <= PERSONAL_MOST && sealing->epoch != 0);
    size_t size = make_box(sealing, command_id, personal, box);
    widen(message, 1);
    pack_text(message, slice_of_text("sealed"));
    pack_map(message, 3);
    pack_text(message, slice_of_text("epoch"));
    pack_int(message, (int64_t)sealing->epoch);
    pack_text(message, slice_of_text("sender"));
    pack_binary(message, slice_of(sealing->sender, sizeof(sealing->sender)));
    pack_text(message, slice_of_text("box"));
    pack_binary(message, slice_of(box, size));
}

void sealing_add(
    struct sealing *sealing,
    const struct uuid *command_id,
    struct slice personal,
    struct writer *message)
{
    switch (sealing->mode) {
    case PERSONAL_NONE:
        return;
    case PERSONAL_PLAIN:
        add_plain(personal, message);
        return;
    case PERSONAL_SEALED:
        add_sealed(sealing, command_id, personal, message);
        return;
    }
    UNREACHABLE();
}
