// SPDX-License-Identifier: Apache-2.0
// One record: its bytes, its place in the chain.
#include "shredder/ledger.h"

#include "vault/frames.h"

#include <inttypes.h>
#include <sodium.h>

#include "base/banned.h"

enum {
    FIXED_SIZE = 96,
    TARGET_SIZE = 11,
    REQUEST_SIZE = 16,
    FORMAT = 1,
};
static_assert(crypto_sign_BYTES == LEDGER_SIGNATURE_SIZE, "Ed25519");
static_assert(crypto_sign_SECRETKEYBYTES == LEDGER_SIGNING_KEY_SIZE, "Ed25519");
static_assert(crypto_sign_PUBLICKEYBYTES == LEDGER_KEY_SIZE, "Ed25519");

static const char domain[] = "order-ledger-v1";

enum { SIGNED_SIZE = sizeof(domain) - 1 + LEDGER_HASH_SIZE };

size_t ledger_record_size(const struct ledger_record *record)
{
    return FIXED_SIZE + record->target_count * TARGET_SIZE + record->request_count * REQUEST_SIZE +
           LEDGER_SIGNATURE_SIZE;
}

static void hash_record(struct slice record, uint8_t out[static LEDGER_HASH_SIZE])
{
    int failed = crypto_generichash(
        out, LEDGER_HASH_SIZE, record.data, record.size - LEDGER_SIGNATURE_SIZE, NULL, 0);
    CHECK(failed == 0);
}

static void
signed_message(const uint8_t hash[static LEDGER_HASH_SIZE], uint8_t out[static SIGNED_SIZE])
{
    memcpy(out, domain, sizeof(domain) - 1);
    memcpy(out + sizeof(domain) - 1, hash, LEDGER_HASH_SIZE);
}

static void
write_fixed(const struct ledger_record *record, const struct ledger_head *head, struct writer *out)
{
    writer_u32(out, (uint32_t)ledger_record_size(record));
    writer_byte(out, FORMAT);
    writer_byte(out, (uint8_t)record->kind);
    writer_u16(out, 0);
    writer_u64(out, record->generation);
    writer_u64(out, (uint64_t)record->at_us);
    writer_u64(out, record->reserved);
    writer_u64(out, record->epoch);
    writer_bytes(out, record->vault.bytes, sizeof(record->vault.bytes));
    writer_bytes(out, head->hash, sizeof(head->hash));
    writer_u32(out, (uint32_t)record->target_count);
    writer_u32(out, (uint32_t)record->request_count);
}

void ledger_write(
    const struct ledger_record *record,
    const struct ledger_head *head,
    const uint8_t signing_key[static LEDGER_SIGNING_KEY_SIZE],
    struct writer *out)
{
    uint8_t message[SIGNED_SIZE];
    uint8_t hash[LEDGER_HASH_SIZE];
    size_t start = out->size;
    CHECK(record->generation == head->records + 1);
    CHECK(record->target_count <= LEDGER_MOST_TARGETS);
    CHECK(record->request_count <= LEDGER_MOST_TARGETS);
    write_fixed(record, head, out);
    for (size_t i = 0; i < record->target_count; i++) {
        writer_u16(out, record->targets[i].tree);
        writer_u64(out, record->targets[i].target.first);
        writer_byte(out, record->targets[i].target.depth);
    }
    for (size_t i = 0; i < record->request_count; i++)
        writer_bytes(out, record->requests[i].bytes, sizeof(record->requests[i].bytes));
    uint8_t *signature = writer_reserve(out, LEDGER_SIGNATURE_SIZE);
    CHECK(signature != NULL);
    hash_record(slice_of(out->data + start, out->size - start), hash);
    signed_message(hash, message);
    int failed = crypto_sign_detached(signature, NULL, message, sizeof(message), signing_key);
    CHECK(failed == 0);
}

/* Whether kind and the numbers of targets and requests go with the size. */
static bool is_whole(struct slice record, uint8_t kind, struct frame_reader *rest)
{
    uint64_t targets = frame_u32(rest);
    uint64_t requests = frame_u32(rest);
    return kind >= LEDGER_INIT && kind <= LEDGER_ROTATE &&
           record.size ==
               FIXED_SIZE + targets * TARGET_SIZE + requests * REQUEST_SIZE + LEDGER_SIGNATURE_SIZE;
}

static const char *
fault_of(const struct ledger_head *head, struct slice record, const uint8_t *public_key)
{
    struct frame_reader reader = {.rest = record};
    uint8_t hash[LEDGER_HASH_SIZE];
    uint8_t message[SIGNED_SIZE];
    if (record.size < FIXED_SIZE + LEDGER_SIGNATURE_SIZE || frame_u32(&reader) != record.size ||
        frame_u8(&reader) != FORMAT)
        return "is no record";
    uint8_t kind = frame_u8(&reader);
    (void)frame_u16(&reader);
    uint64_t generation = frame_u64(&reader);
    (void)frame_bytes(&reader, 8 + 8 + 8 + sizeof(struct uuid));
    struct slice previous = frame_bytes(&reader, LEDGER_HASH_SIZE);
    if (!is_whole(record, kind, &reader))
        return "is no record";
    if (generation != head->records + 1)
        return "is of another generation";
    if (memcmp(previous.data, head->hash, LEDGER_HASH_SIZE) != 0)
        return "does not follow the one before";
    hash_record(record, hash);
    signed_message(hash, message);
    if (public_key != NULL && crypto_sign_verify_detached(
                                  record.data + record.size - LEDGER_SIGNATURE_SIZE,
                                  message,
                                  sizeof(message),
                                  public_key) != 0)
        return "has a wrong signature";
    return NULL;
}

bool ledger_follow(
    struct ledger_head *head, struct slice record, const uint8_t *public_key, struct error *err)
{
    const char *fault = fault_of(head, record, public_key);
    if (fault != NULL)
        return error_set(
            err, ERROR_tampered, "ledger: record %" PRIu64 " %s", head->records + 1, fault);
    hash_record(record, head->hash);
    head->records++;
    head->size += record.size;
    return true;
}
