// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_kafka.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    NAME_DIGITS = 20,
    HEADER = 61, /* of a batch, until its records */
    LENGTH_AT = 8,
    COUNTED_FROM = 12, /* the length counts from here */
    MAGIC_AT = 16,
    MAGIC = 2,
    ATTRIBUTES_AT = 21,
    CODEC_MASK = 7,
    MOST_BATCH = 128 * 1024 * 1024,
    PLAIN_LEAST = 1024 * 1024,
    PLAIN_FACTOR = 64, /* of the compressed size; more is given when it is not enough */
};

bool scan_is_segment(const char *path)
{
    const char *name = strrchr(path, '/');
    name = name != NULL ? name + 1 : path;
    for (size_t i = 0; i < NAME_DIGITS; i++) {
        if (!isdigit((unsigned char)name[i]))
            return false;
    }
    return strncmp(name + NAME_DIGITS, ".log", 4) == 0;
}

static uint32_t big_u32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Frames do not say how much comes out, so the room grows until it is enough. */
static void decode(struct scan *scan, unsigned codec, struct slice records, uint64_t offset)
{
    static const struct {
        enum scan_layer layer;
        enum scan_codec codec;
    } ways[] = {
        {LAYER_RAW, CODEC_COUNT},
        {LAYER_KAFKA_GZIP, CODEC_GZIP},
        {LAYER_KAFKA_SNAPPY, CODEC_SNAPPY},
        {LAYER_KAFKA_LZ4, CODEC_LZ4_FRAME},
        {LAYER_KAFKA_ZSTD, CODEC_ZSTD}};
    if (codec == 0)
        return;
    if (codec >= countof(ways)) {
        scan->undecodable++;
        scan_trouble(scan, "a batch of unknown codec %u", codec);
        return;
    }
    size_t room = records.size * PLAIN_FACTOR;
    room = room < PLAIN_LEAST ? PLAIN_LEAST : room > SCAN_MOST_PLAIN ? SCAN_MOST_PLAIN : room;
    bool decoded =
        scan_decoded(scan, ways[codec].layer, ways[codec].codec, records, room, offset, NULL);
    if (!decoded && room < SCAN_MOST_PLAIN)
        decoded = scan_decoded(
            scan, ways[codec].layer, ways[codec].codec, records, SCAN_MOST_PLAIN, offset, NULL);
    if (!decoded) {
        scan->undecodable++;
        scan_trouble(
            scan,
            "a batch at %llu does not decode (%s)",
            (unsigned long long)offset,
            scan_codec_name(ways[codec].codec));
    }
}

static bool read_all(int fd, uint8_t *out, size_t size, uint64_t offset)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = pread(fd, out + at, size - at, (off_t)(offset + at));
        if (got <= 0)
            return false;
        at += (size_t)got;
    }
    return true;
}

/* The records of the batch; false: out of memory, or the file ends in it. */
static bool
scan_batch(struct scan *scan, int fd, const uint8_t header[static HEADER], uint64_t offset)
{
    size_t size = (size_t)big_u32(header + LENGTH_AT) + COUNTED_FROM - HEADER;
    unsigned codec = header[ATTRIBUTES_AT + 1] & CODEC_MASK;
    if (codec == 0)
        return true;
    uint8_t *records = malloc(size != 0 ? size : 1);
    bool read = records != NULL && read_all(fd, records, size, offset + HEADER);
    if (read)
        decode(scan, codec, slice_of(records, size), offset);
    free(records);
    return read;
}

void scan_segment(struct scan *scan, int fd)
{
    uint8_t header[HEADER];
    for (uint64_t offset = 0; read_all(fd, header, HEADER, offset);) {
        size_t length = big_u32(header + LENGTH_AT);
        if (length < HEADER - COUNTED_FROM)
            return; /* room that was reserved for batches to come */
        if (header[MAGIC_AT] != MAGIC || length > MOST_BATCH) {
            scan_trouble(scan, "no record batch at %llu", (unsigned long long)offset);
            return;
        }
        if (!scan_batch(scan, fd, header, offset))
            return; /* being written just now */
        offset += length + COUNTED_FROM;
    }
}
