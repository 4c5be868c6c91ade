// SPDX-License-Identifier: Apache-2.0
#include "store/digest.h"

void event_digest(
    const struct stream_id *stream,
    int64_t version,
    const struct uuid *command_id,
    const struct new_event *event,
    uint8_t out[static STORE_DIGEST_SIZE])
{
    uint8_t bytes[64];
    struct writer head = writer_over(bytes, sizeof(bytes));
    writer_u32(&head, (uint32_t)stream->tenant_id);
    writer_u16(&head, (uint16_t)stream->category);
    writer_bytes(&head, stream->id.bytes, sizeof(stream->id.bytes));
    writer_u32(&head, (uint32_t)version);
    writer_bytes(&head, command_id->bytes, sizeof(command_id->bytes));
    writer_u16(&head, (uint16_t)event->schema_version);
    writer_u64(&head, (uint64_t)event->occurred_us);
    writer_u16(&head, (uint16_t)event->type.size);
    CHECK(!head.overflow && event->type.size <= UINT16_MAX && event->sealed.size <= UINT32_MAX);
    uint8_t sealed_size[4];
    struct writer size = writer_over(sealed_size, sizeof(sealed_size));
    writer_u32(&size, (uint32_t)event->sealed.size);

    crypto_generichash_state state;
    CHECK(crypto_generichash_init(&state, NULL, 0, STORE_DIGEST_SIZE) == 0);
    crypto_generichash_update(&state, head.data, head.size);
    crypto_generichash_update(&state, event->type.data, event->type.size);
    crypto_generichash_update(&state, event->payload.data, event->payload.size);
    crypto_generichash_update(&state, sealed_size, sizeof(sealed_size));
    crypto_generichash_update(&state, event->sealed.data, event->sealed.size);
    crypto_generichash_final(&state, out, STORE_DIGEST_SIZE);
}

void batch_digest_begin(struct batch_digest *batch)
{
    crypto_hash_sha256_init(&batch->state);
}

void batch_digest_add(
    struct batch_digest *batch,
    const struct stream_id *stream,
    int64_t version,
    const struct uuid *command_id,
    const struct new_event *event)
{
    uint8_t digest[STORE_DIGEST_SIZE];
    event_digest(stream, version, command_id, event, digest);
    crypto_hash_sha256_update(&batch->state, digest, sizeof(digest));
}

void batch_digest_end(struct batch_digest *batch, uint8_t out[static STORE_DIGEST_SIZE])
{
    static_assert((int)STORE_DIGEST_SIZE == (int)crypto_hash_sha256_BYTES, "sha256 is 32 bytes");
    crypto_hash_sha256_final(&batch->state, out);
}
