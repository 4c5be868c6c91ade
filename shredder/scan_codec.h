// SPDX-License-Identifier: Apache-2.0
// The compressions that PostgreSQL and Kafka store bytes in. All decoders are safe on any bytes: they
// say no, or fill what they were given room for.
#ifndef SHREDDER_SCAN_CODEC_H
#define SHREDDER_SCAN_CODEC_H

#include "base/check.h"
#include "base/slice.h"

#include <stdbool.h>

/* X(name, word) */
#define SCAN_CODECS(X) \
    X(PGLZ, "pglz")           /* PostgreSQL's own; exactly `capacity` bytes come out */ \
    X(LZ4, "lz4")             /* a block, as PostgreSQL stores it */ \
    X(LZ4_FRAME, "lz4 frame") /* as Kafka stores it */ \
    X(ZSTD, "zstd") \
    X(GZIP, "gzip") \
    X(SNAPPY, "snappy") /* bare, or in the blocks of snappy-java */

enum scan_codec {
#define X(name, word) CODEC_##name,
    SCAN_CODECS(X)
#undef X
        CODEC_COUNT
};

const char *scan_codec_name(enum scan_codec codec);

/* Decodes into `out`; *size is what came out. False: these bytes are not of this codec, or do not fit
 * into `capacity`. What was decoded until then is in `out`, *size bytes of it. */
MUST_USE bool
scan_decode(enum scan_codec codec, struct slice bytes, uint8_t *out, size_t capacity, size_t *size);

#endif
