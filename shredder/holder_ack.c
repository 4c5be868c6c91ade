// SPDX-License-Identifier: Apache-2.0
#include "shredder/holder_ack.h"

#include "base/clock.h"
#include "shredder/disk.h"
#include "vault/frames.h"

#include <sodium.h>

#include "base/banned.h"

#define ACK_FILE "ack"

static const uint8_t magic[8] = {'S', 'H', 'R', 'D', 'A', 'C', 'K', '1'};

enum {
    SIGNED_SIZE = sizeof(magic) + sizeof(struct uuid) + 3 * sizeof(uint64_t) + HOLDER_KEY_SIZE,
    ACK_SIZE = SIGNED_SIZE + LEDGER_SIGNATURE_SIZE,
};

bool holder_ack_write(
    int directory,
    const struct holder_ack *ack,
    const uint8_t public_key[static HOLDER_KEY_SIZE],
    const uint8_t secret_key[static LEDGER_SIGNING_KEY_SIZE],
    struct error *err)
{
    uint8_t bytes[ACK_SIZE];
    struct writer writer = writer_over(bytes, sizeof(bytes));
    writer_bytes(&writer, magic, sizeof(magic));
    writer_bytes(&writer, ack->vault.bytes, sizeof(ack->vault.bytes));
    writer_u64(&writer, ack->generation);
    writer_u64(&writer, ack->ledger_size);
    writer_u64(&writer, (uint64_t)clock_now_us());
    writer_bytes(&writer, public_key, HOLDER_KEY_SIZE);
    CHECK(writer.size == SIGNED_SIZE);
    int failed = crypto_sign_detached(bytes + SIGNED_SIZE, NULL, bytes, SIGNED_SIZE, secret_key);
    CHECK(failed == 0);
    return disk_replace(directory, ACK_FILE, slice_of(bytes, sizeof(bytes)), err);
}

static bool parse(
    const uint8_t *bytes,
    const struct uuid *vault,
    const uint8_t *public_key,
    struct holder_ack *out)
{
    struct frame_reader reader = {.rest = slice_of(bytes, SIGNED_SIZE)};
    struct slice start = frame_bytes(&reader, sizeof(magic));
    struct holder_ack ack = {.vault = frame_uuid(&reader)};
    ack.generation = frame_u64(&reader);
    ack.ledger_size = frame_u64(&reader);
    (void)frame_u64(&reader);
    struct slice key = frame_bytes(&reader, HOLDER_KEY_SIZE);
    if (!slice_equal(start, slice_of(magic, sizeof(magic))) || !uuid_equal(&ack.vault, vault) ||
        !slice_equal(key, slice_of(public_key, HOLDER_KEY_SIZE)) ||
        crypto_sign_verify_detached(bytes + SIGNED_SIZE, bytes, SIGNED_SIZE, public_key) != 0)
        return false;
    *out = ack;
    return true;
}

bool holder_ack_read(
    int directory,
    const struct uuid *vault,
    const uint8_t public_key[static HOLDER_KEY_SIZE],
    struct holder_ack *out,
    struct error *err)
{
    uint8_t bytes[ACK_SIZE];
    size_t size;
    if (!disk_read(directory, ACK_FILE, bytes, sizeof(bytes), &size, err)) {
        if (err->kind != ERROR_not_found)
            return false;
        *out = (struct holder_ack){0};
        return true;
    }
    if (size != sizeof(bytes) || !parse(bytes, vault, public_key, out))
        return error_set(
            err, ERROR_tampered, "its acknowledgement is forged, or not of this holder and vault");
    return true;
}
