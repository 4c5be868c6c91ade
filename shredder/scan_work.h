// SPDX-License-Identifier: Apache-2.0
// A scan under way: what is looked for, where we are, what was found. The parts of the scanner
// (files, PostgreSQL pages and WAL, Kafka batches, tables) all report to it.
//
// What is found is told by the needle's label, never by its value.
#ifndef SHREDDER_SCAN_WORK_H
#define SHREDDER_SCAN_WORK_H

#include "runtime/progress.h"
#include "shredder/scan_codec.h"
#include "shredder/scan_match.h"
#include "shredder/scan_needles.h"

/* How the bytes that are looked at were stored. X(name, words) */
#define SCAN_LAYERS(X) \
    X(RAW, "bytes of a file") \
    X(VALUE_PGLZ, "PostgreSQL value, pglz") \
    X(VALUE_LZ4, "PostgreSQL value, lz4") \
    X(TOAST, "PostgreSQL value in chunks") \
    X(TOAST_PGLZ, "PostgreSQL value in chunks, pglz") \
    X(TOAST_LZ4, "PostgreSQL value in chunks, lz4") \
    X(WAL_RECORD, "WAL record over several pages") \
    X(WAL_PGLZ, "WAL page image, pglz") \
    X(WAL_LZ4, "WAL page image, lz4") \
    X(WAL_ZSTD, "WAL page image, zstd") \
    X(KAFKA_GZIP, "Kafka batch, gzip") \
    X(KAFKA_SNAPPY, "Kafka batch, snappy") \
    X(KAFKA_LZ4, "Kafka batch, lz4") \
    X(KAFKA_ZSTD, "Kafka batch, zstd") \
    X(SQL, "table by SQL")

enum scan_layer {
#define X(name, words) LAYER_##name,
    SCAN_LAYERS(X)
#undef X
        LAYER_COUNT
};

const char *scan_layer_name(enum scan_layer layer);

enum {
    SCAN_MOST_HITS = 10000,
    SCAN_MOST_TROUBLES = 1000,
    SCAN_LAST_HITS = 64,                 /* looked through for one like a new one */
    SCAN_MOST_PLAIN = 128 * 1024 * 1024, /* of one decoded value, batch or record */
};

struct scan_hit {
    char *file; /* path, or table; owned */
    uint64_t offset;
    enum scan_layer layer;
    size_t needle;
    enum needle_form form;
    int64_t times; /* in this file, written and stored the same way */
};

/* Something that could not be read. */
struct scan_trouble {
    char *file; /* owned */
    char reason[96];
};

struct scan {
    const struct needles *needles;
    struct matcher *matcher;
    struct progress progress;
    const char *file; /* the one that is looked at */
    enum scan_layer layer;
    uint64_t seen_until; /* offset: what ends before was found already */
    struct {
        int64_t parts; /* files, values, batches, rows */
        int64_t bytes;
    } layers[LAYER_COUNT];
    int64_t undecodable; /* parts that said they were compressed, and could not be decoded */
    int64_t seconds;
    struct scan_hit *hits; /* owned */
    size_t hit_count;      /* kept */
    int64_t hits_in_all;
    struct scan_trouble *troubles; /* owned */
    size_t trouble_count;
    int64_t troubles_in_all;
    uint8_t *plain; /* room for what is decoded; owned */
    size_t plain_capacity;
};

MUST_USE bool scan_begin(struct scan *scan, const struct needles *needles, struct error *err);
void scan_end(struct scan *scan);

/* Looks at bytes of the current file; offset: where they are in it, or where what they were decoded
 * from begins. */
void scan_bytes(struct scan *scan, enum scan_layer layer, struct slice bytes, uint64_t offset);

/* Counts a part of a layer. */
void scan_part(struct scan *scan, enum scan_layer layer);

/* Decodes and looks at what comes out, also at the beginning of what cannot be decoded to the end.
 * capacity: the most that may come out. False: it did not decode. *out (may be NULL): what came out,
 * until the next call. */
bool scan_decoded(
    struct scan *scan,
    enum scan_layer layer,
    enum scan_codec codec,
    struct slice bytes,
    size_t capacity,
    uint64_t offset,
    struct slice *out);

/* The current file could not be read, or not all of it. */
void scan_trouble(struct scan *scan, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
