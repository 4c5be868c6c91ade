// SPDX-License-Identifier: Apache-2.0
// What the hash chain over the log is made of: one digest per event, over what is stored, and one
// over the digests of a batch. The database only links (schema/migrations/0003_append.sql).
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include "store/store.h"

#include <sodium.h>

enum { STORE_DIGEST_SIZE = 32 };

/* BLAKE2b-256 (RFC 7693, no key) over, big endian: tenant i32, category i16, stream id, version
 * i32, command id, schema version i16, occurred i64 in microseconds since 1970, length of the type
 * u16, type, payload, length of the sealed parts u32, sealed parts. Only ciphertext of what is
 * personal, so that a digest gives nothing away. */
void event_digest(
    const struct stream_id *stream,
    int64_t version,
    const struct uuid *command_id,
    const struct new_event *event,
    uint8_t out[static STORE_DIGEST_SIZE]);

/* sha256 over the digests of a batch's events, in the order of their positions. */
struct batch_digest {
    crypto_hash_sha256_state state;
};

void batch_digest_begin(struct batch_digest *batch);
void batch_digest_add(
    struct batch_digest *batch,
    const struct stream_id *stream,
    int64_t version,
    const struct uuid *command_id,
    const struct new_event *event);
void batch_digest_end(struct batch_digest *batch, uint8_t out[static STORE_DIGEST_SIZE]);

#endif
