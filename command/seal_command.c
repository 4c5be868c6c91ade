// SPDX-License-Identifier: Apache-2.0
#include "command/seal_command.h"

#include "message/sealed.h"
#include "vault/epoch_box.h"
#include "wire/scan.h"

#include "base/banned.h"

enum { MOST_PLAIN = SEALED_MOST_BYTES - EPOCH_BOX_OVERHEAD };

bool command_sealer_open(
    struct command_sealer *sealer, const struct epoch_key *epoch, struct error *err)
{
    uint8_t secret[crypto_box_SECRETKEYBYTES];
    struct command_sealer made = {.epoch = epoch->number};
    if (sodium_init() < 0)
        return error_set(err, ERROR_fatal, "libsodium cannot be initialised");
    made.shared = sodium_malloc(crypto_box_BEFORENMBYTES);
    if (made.shared == NULL)
        return error_set(err, ERROR_fatal, "no memory for a key");
    CHECK(crypto_box_keypair(made.public_key, secret) == 0);
    bool ok = epoch_shared_key(epoch->public_key, secret, made.shared);
    sodium_memzero(secret, sizeof(secret));
    if (!ok) {
        command_sealer_close(&made);
        return error_set(
            err, ERROR_invalid, "nothing can be sealed to epoch %lld", (long long)epoch->number);
    }
    *sealer = made;
    return true;
}

void command_sealer_close(struct command_sealer *sealer)
{
    sodium_free(sealer->shared);
    *sealer = (struct command_sealer){0};
}

/* Puts the box into a copy of the body, whose personal fields the clear form leaves out. */
static void add_box(const struct message *message, void *body, const struct sealed_box *box)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        bool has = true;
        if (!message_is_box(field))
            continue;
        memcpy((char *)body + field->offset, box, sizeof(*box));
        memcpy((char *)body + field->has_offset, &has, sizeof(has));
    }
}

bool command_seal(
    const struct command_sealer *sealer,
    const struct command *command,
    const struct uuid *id,
    struct arena *arena,
    struct slice *out)
{
    const struct message *message = command_descriptions[command->type].message;
    size_t room = wire_command_limits.bytes;
    struct writer plain = writer_over(arena_take_raw(arena, MOST_PLAIN), MOST_PLAIN);
    uint8_t *box = arena_take_raw(arena, SEALED_MOST_BYTES);
    void *body = arena_take_raw(arena, message->size);
    struct writer clear = writer_over(arena_take_raw(arena, room), room);
    uint8_t nonce[crypto_box_NONCEBYTES];
    if (plain.data == NULL || box == NULL || body == NULL || clear.data == NULL)
        return false;
    wire_encode(message, WIRE_CONTRACT_PERSONAL, command->body, &plain);
    CHECK(!plain.overflow); /* the bounds of personal fields are far below */
    randombytes_buf(nonce, sizeof(nonce));
    epoch_box_seal(sealer->shared, id, nonce, writer_slice(&plain), box);
    memcpy(body, command->body, message->size);
    const struct sealed_box sealed = {
        .epoch = sealer->epoch,
        .sender = slice_of(sealer->public_key, sizeof(sealer->public_key)),
        .box = slice_of(box, plain.size + EPOCH_BOX_OVERHEAD)};
    add_box(message, body, &sealed);
    wire_encode(message, WIRE_CONTRACT_CLEAR, body, &clear);
    *out = writer_slice(&clear);
    return !clear.overflow;
}
