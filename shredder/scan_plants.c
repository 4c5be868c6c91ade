// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_plants.h"

#include <lz4.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

#include "base/banned.h"

enum {
    HALF = 16, /* of a mark */
    PAD = 600,
    PAGE = 8192,
    WAL_MAGIC = 0xd110,
    RECORD_HEADER = 24,
    PGLZ_MOST = 17, /* match without another byte for its length */
    SNAPPY_MOST = 64,
};

static void put(struct writer *out, const void *bytes, size_t size)
{
    writer_bytes(out, bytes, size);
}

static void put_u16(struct writer *out, uint16_t value)
{
    put(out, &value, sizeof(value));
}

static void put_u32(struct writer *out, uint32_t value)
{
    put(out, &value, sizeof(value));
}

static void put_zeros(struct writer *out, size_t size)
{
    for (; size > 0; size--)
        writer_byte(out, 0);
}

void plant_plain(const char *mark, struct writer *out)
{
    put(out, mark + HALF, HALF);
    writer_byte(out, '-');
    put(out, mark, HALF);
    writer_byte(out, '.');
    put(out, mark, HALF + HALF);
    for (size_t i = 0; i < PAD; i++)
        writer_byte(out, '=');
}

/* ---- codecs without an encoder in a library we link ---- */

struct match {
    size_t distance;
    size_t size;
};

static struct match longest(struct slice plain, size_t at, size_t most)
{
    struct match best = {.size = 0};
    for (size_t from = 0; from < at; from++) {
        size_t size = 0;
        while (size < most && at + size < plain.size &&
               plain.data[from + size] == plain.data[at + size])
            size++;
        if (size > best.size)
            best = (struct match){.distance = at - from, .size = size};
    }
    return best;
}

static void encode_pglz(struct slice plain, struct writer *out)
{
    size_t at = 0;
    while (at < plain.size) {
        size_t control_at = out->size;
        uint8_t control = 0;
        writer_byte(out, 0);
        for (unsigned bit = 0; bit < 8 && at < plain.size; bit++) {
            struct match match = longest(plain, at, PGLZ_MOST);
            if (match.size < 3) {
                writer_byte(out, plain.data[at++]);
                continue;
            }
            control = (uint8_t)(control | 1u << bit);
            writer_byte(out, (uint8_t)((match.distance >> 4 & 0xf0) | (match.size - 3)));
            writer_byte(out, (uint8_t)match.distance);
            at += match.size;
        }
        if (!out->overflow)
            out->data[control_at] = control;
    }
}

static void encode_snappy(struct slice plain, struct writer *out)
{
    for (size_t left = plain.size; left != 0; left >>= 7)
        writer_byte(out, (uint8_t)((left & 0x7f) | (left >= 0x80 ? 0x80 : 0)));
    for (size_t at = 0; at < plain.size;) {
        struct match match = longest(plain, at, SNAPPY_MOST);
        if (match.size < 4) {
            writer_byte(out, 0); /* a literal of one byte */
            writer_byte(out, plain.data[at++]);
            continue;
        }
        writer_byte(out, (uint8_t)((match.size - 1) << 2 | 2));
        put_u16(out, (uint16_t)match.distance);
        at += match.size;
    }
}

static size_t encode_gzip(struct slice plain, uint8_t *out, size_t capacity)
{
    z_stream stream = {0};
    CHECK(
        deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) ==
        Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)plain.data;
    stream.avail_in = (uInt)plain.size;
    stream.next_out = out;
    stream.avail_out = (uInt)capacity;
    CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    size_t size = capacity - stream.avail_out;
    CHECK(deflateEnd(&stream) == Z_OK);
    return size;
}

void plant_encoded(enum scan_codec codec, struct slice plain, struct writer *out)
{
    uint8_t bytes[PLANT_FILE_SIZE];
    size_t size = 0;
    switch (codec) {
    case CODEC_PGLZ:
        encode_pglz(plain, out);
        return;
    case CODEC_SNAPPY:
        encode_snappy(plain, out);
        return;
    case CODEC_LZ4:
        size = (size_t)LZ4_compress_default(
            (const char *)plain.data, (char *)bytes, (int)plain.size, sizeof(bytes));
        break;
    case CODEC_LZ4_FRAME:
        size = LZ4F_compressFrame(bytes, sizeof(bytes), plain.data, plain.size, NULL);
        break;
    case CODEC_ZSTD:
        size = ZSTD_compress(bytes, sizeof(bytes), plain.data, plain.size, 3);
        break;
    case CODEC_GZIP:
        size = encode_gzip(plain, bytes, sizeof(bytes));
        break;
    case CODEC_COUNT:
        break;
    }
    CHECK(size != 0 && size <= sizeof(bytes));
    put(out, bytes, size);
}

/* ---- PostgreSQL ---- */

void plant_value(enum scan_codec codec, const char *mark, struct writer *out)
{
    uint8_t plain[PLANT_PLAIN_SIZE];
    uint8_t encoded[PLANT_PLAIN_SIZE * 2];
    struct writer text = writer_over(plain, sizeof(plain));
    struct writer bytes = writer_over(encoded, sizeof(encoded));
    plant_plain(mark, &text);
    plant_encoded(codec, writer_slice(&text), &bytes);
    CHECK(!text.overflow && !bytes.overflow);
    put_u32(out, (uint32_t)(bytes.size + 8) << 2 | 2);
    put_u32(out, (uint32_t)text.size | (codec == CODEC_LZ4 ? 1u << 30 : 0));
    put(out, encoded, bytes.size);
}

/* A tuple of three columns without nulls, as a TOAST table has them. */
void plant_page(struct slice tuple_data, struct writer *out)
{
    size_t tuple = 24 + tuple_data.size;
    size_t upper = (PAGE - tuple) / 8 * 8;
    uint8_t header[24] = {0};
    put_zeros(out, 12);
    put_u16(out, 28);
    put_u16(out, (uint16_t)upper);
    put_u16(out, PAGE);
    put_u16(out, 0x2004);
    put_zeros(out, 4);
    put_u32(out, (uint32_t)upper | 1u << 15 | (uint32_t)tuple << 17);
    put_zeros(out, upper - 28);
    header[18] = 3;
    header[22] = 24;
    put(out, header, sizeof(header));
    put(out, tuple_data.data, tuple_data.size);
    put_zeros(out, PAGE - upper - tuple);
}

/* ---- WAL ---- */

static void put_wal_header(struct writer *out, size_t remaining)
{
    put_u16(out, WAL_MAGIC);
    put_u16(out, remaining != 0 ? 1 : 0);
    put_u32(out, 1);
    put_zeros(out, 8);
    put_u32(out, (uint32_t)remaining);
    put_u32(out, 0);
}

void plant_wal(struct slice record, struct writer *out)
{
    /* Near the end of the first page, so that the record goes over to the next one. */
    size_t begin = PAGE - 256;
    put_wal_header(out, 0);
    put_u32(out, (uint32_t)(begin - 24)); /* a record of nothing */
    put_zeros(out, begin - 28);
    for (size_t at = 0; at < record.size;) {
        size_t room = PAGE - out->size % PAGE;
        size_t size = record.size - at < room ? record.size - at : room;
        put(out, record.data + at, size);
        at += size;
        if (out->size % PAGE == 0 && at < record.size)
            put_wal_header(out, record.size - at);
    }
    put_zeros(out, (PAGE - out->size % PAGE) % PAGE);
}

static void put_record_header(struct writer *out, size_t size)
{
    put_u32(out, (uint32_t)size);
    put_zeros(out, RECORD_HEADER - 4);
}

void plant_wal_image(enum scan_codec codec, const char *mark, struct writer *out)
{
    static const uint8_t flags[CODEC_COUNT] = {
        [CODEC_PGLZ] = 0x04, [CODEC_LZ4] = 0x08, [CODEC_ZSTD] = 0x10};
    uint8_t page[PAGE] = {0};
    uint8_t encoded[PAGE * 2];
    struct writer text = writer_over(page, sizeof(page));
    struct writer bytes = writer_over(encoded, sizeof(encoded));
    plant_plain(mark, &text);
    plant_encoded(codec, slice_of(page, sizeof(page)), &bytes);
    CHECK(!bytes.overflow);
    put_record_header(out, RECORD_HEADER + 4 + 5 + 12 + 4 + bytes.size);
    writer_byte(out, 0);    /* first block */
    writer_byte(out, 0x10); /* has an image */
    put_u16(out, 0);        /* no other data */
    put_u16(out, (uint16_t)bytes.size);
    put_u16(out, 0);
    writer_byte(out, flags[codec]);
    put_zeros(out, 12 + 4); /* relation and block */
    put(out, encoded, bytes.size);
}

void plant_wal_data(struct slice data, struct writer *out)
{
    put_record_header(out, RECORD_HEADER + 5 + data.size);
    writer_byte(out, 254);
    put_u32(out, (uint32_t)data.size);
    put(out, data.data, data.size);
}

/* ---- Kafka ---- */

void plant_batch(unsigned codec, struct slice records, struct writer *out)
{
    writer_u64(out, 0);
    writer_u32(out, (uint32_t)(61 - 12 + records.size));
    writer_u32(out, 0);
    writer_byte(out, 2);
    writer_u32(out, 0);
    writer_u16(out, (uint16_t)codec);
    put_zeros(out, 4 + 8 + 8 + 8 + 2 + 4);
    writer_u32(out, 1);
    put(out, records.data, records.size);
}
