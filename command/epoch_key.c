// SPDX-License-Identifier: Apache-2.0
#include "command/epoch_key.h"

#include "base/clock.h"
#include "bus/reader.h"
#include "command/epoch_record.h"
#include "wire/json.h"

#include <errno.h>
#include <stdio.h>

#include "base/banned.h"

#define EPOCH_PREFIX "order-epoch-v1"

enum {
    RECORD_ROOM = 64 * 1024, /* a record has some 350 bytes */
    READ_US = 10 * 1000 * 1000,
    POLL_MS = 100,
};

static bool from_hex(struct slice text, uint8_t *out, size_t size)
{
    size_t written;
    return text.size >= 2 * size &&
           sodium_hex2bin(out, size, (const char *)text.data, 2 * size, NULL, &written, NULL) ==
               0 &&
           written == size;
}

/* The first bytes of a file, as many as `room` has. */
static bool
read_file(const char *path, uint8_t *room, size_t size, struct slice *out, struct error *err)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(err, ERROR_invalid, "%.300s: %s", path, strerror(errno));
    *out = slice_of(room, fread(room, 1, size, file));
    (void)fclose(file);
    return true;
}

bool epoch_read_vault_key(const char *path, uint8_t key[static VAULT_KEY_SIZE], struct error *err)
{
    uint8_t room[256];
    uint8_t found[VAULT_KEY_SIZE];
    struct slice text;
    if (!read_file(path, room, sizeof(room), &text, err))
        return false;
    if (text.size == VAULT_KEY_SIZE)
        memcpy(found, text.data, VAULT_KEY_SIZE);
    else if (!from_hex(text, found, VAULT_KEY_SIZE))
        return error_set(
            err, ERROR_invalid, "%.300s: holds no public key of %d bytes", path, VAULT_KEY_SIZE);
    memcpy(key, found, VAULT_KEY_SIZE);
    return true;
}

static bool
decode_record(struct slice json, struct arena *arena, struct epoch_record *out, struct error *err)
{
    struct slice bytes;
    struct wire_fault fault;
    if (json_to_msgpack(json, &wire_command_limits, arena, &bytes, &fault) &&
        wire_decode(&epoch_record_message, WIRE_CONTRACT, bytes, arena, out, &fault))
        return true;
    return error_set(
        err,
        ERROR_invalid,
        "no record of a command epoch: %s%s%s",
        fault.field != NULL ? fault.field : "",
        fault.field != NULL ? ": " : "",
        fault.reason);
}

static bool check_record(
    const struct epoch_record *record,
    const uint8_t *vault_key,
    struct epoch_key *out,
    struct error *err)
{
    uint8_t room[sizeof(EPOCH_PREFIX) - 1 + 8 + crypto_box_PUBLICKEYBYTES];
    uint8_t signature[crypto_sign_BYTES];
    uint8_t signer[VAULT_KEY_SIZE];
    struct epoch_key key = {.number = record->epoch};
    if (!from_hex(record->public_key, key.public_key, sizeof(key.public_key)) ||
        !from_hex(record->signature, signature, sizeof(signature)) ||
        !from_hex(record->signed_by, signer, sizeof(signer)))
        return error_set(err, ERROR_invalid, "no record of a command epoch: not hexadecimal");
    struct writer bytes = writer_over(room, sizeof(room));
    writer_bytes(&bytes, EPOCH_PREFIX, sizeof(EPOCH_PREFIX) - 1);
    writer_u64(&bytes, (uint64_t)key.number);
    writer_bytes(&bytes, key.public_key, sizeof(key.public_key));
    CHECK(!bytes.overflow);
    bool ours = vault_key == NULL || memcmp(vault_key, signer, sizeof(signer)) == 0;
    if (!ours || crypto_sign_verify_detached(signature, bytes.data, bytes.size, signer) != 0)
        return error_set(
            err,
            ERROR_tampered,
            "command epoch %lld is not signed by the vault",
            (long long)key.number);
    *out = key;
    return true;
}

bool epoch_key_read(
    struct slice json, const uint8_t *vault_key, struct epoch_key *out, struct error *err)
{
    struct arena arena;
    struct epoch_record record;
    arena_init(&arena, RECORD_ROOM);
    bool ok =
        decode_record(json, &arena, &record, err) && check_record(&record, vault_key, out, err);
    arena_release(&arena);
    return ok;
}

bool epoch_key_from_file(
    const char *path, const uint8_t *vault_key, struct epoch_key *out, struct error *err)
{
    uint8_t room[4096];
    struct slice json;
    if (!read_file(path, room, sizeof(room), &json, err))
        return false;
    return epoch_key_read(json, vault_key, out, err) || error_prefix(err, "%.200s", path);
}

/* Takes the record in when it is newer. An epoch that was taken back has no value. */
static bool take(
    const rd_kafka_message_t *message,
    const uint8_t *vault_key,
    struct epoch_key *newest,
    struct error *err)
{
    struct epoch_key key;
    if (message->len == 0)
        return true;
    if (!epoch_key_read(slice_of(message->payload, message->len), vault_key, &key, err))
        return false;
    if (key.number >= newest->number) /* a later record replaces an earlier one */
        *newest = key;
    return true;
}

static bool read_all(
    struct reader *reader, const uint8_t *vault_key, struct epoch_key *newest, struct error *err)
{
    int64_t until_us = clock_monotonic_us() + READ_US;
    while (!reader_at_end(reader)) {
        rd_kafka_message_t *message = reader_poll(reader, POLL_MS);
        bool ok = message == NULL || take(message, vault_key, newest, err);
        if (message != NULL)
            rd_kafka_message_destroy(message);
        if (!ok)
            return false;
        if (clock_monotonic_us() > until_us)
            return error_set(err, ERROR_transient, "no answer: %s", reader_trouble(reader));
    }
    return newest->number > 0 ||
           error_set(
               err,
               ERROR_not_found,
               "no command epoch is published there: is order-shredder serve running?");
}

bool epoch_key_from_topic(
    const char *brokers,
    const char *topic,
    const uint8_t *vault_key,
    struct epoch_key *out,
    struct error *err)
{
    struct reader *reader;
    struct epoch_key newest = {0};
    if (!reader_open_all(&reader, brokers, topic, "order-epochs", err))
        return false;
    bool ok = read_all(reader, vault_key, &newest, err);
    reader_close(reader);
    if (!ok)
        return error_prefix(err, "topic %.100s", topic);
    *out = newest;
    return true;
}
