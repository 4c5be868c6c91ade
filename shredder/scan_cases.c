// SPDX-License-Identifier: Apache-2.0
// The cases of the scanner's self-test: one file each.
#include "shredder/scan_plants.h"
#include "shredder/scan_selftest.h"

#include <sodium.h>

#include "base/banned.h"

enum { KAFKA_GZIP = 1, KAFKA_SNAPPY, KAFKA_LZ4, KAFKA_ZSTD, CHUNK = 400, MARK = 32 };

static void put_text(struct writer *out, const char *text)
{
    writer_bytes(out, text, strlen(text));
}

/* ---- text ---- */

static void plain_log(const char *mark, struct writer *out)
{
    put_text(out, "2026-01-01 00:00:00 UTC [1] ERROR:  name ");
    put_text(out, mark);
    put_text(out, " is not wanted\n");
}

static void base64_after(size_t before, const char *mark, struct writer *out)
{
    uint8_t bytes[2 + MARK + 2] = "xx";
    char text[64];
    memcpy(bytes + before, mark, MARK);
    memcpy(bytes + before + MARK, "zz", 2);
    (void)sodium_bin2base64(
        text, sizeof(text), bytes, before + MARK + 2, sodium_base64_VARIANT_ORIGINAL);
    put_text(out, "{\"name\":\"");
    put_text(out, text);
    put_text(out, "\"}\n");
}

static void base64_0(const char *mark, struct writer *out)
{
    base64_after(0, mark, out);
}

static void base64_1(const char *mark, struct writer *out)
{
    base64_after(1, mark, out);
}

static void base64_2(const char *mark, struct writer *out)
{
    base64_after(2, mark, out);
}

static void hex_with(const char *digits, const char *mark, struct writer *out)
{
    put_text(out, "\\x");
    for (size_t i = 0; i < MARK; i++) {
        writer_byte(out, (uint8_t)digits[(uint8_t)mark[i] >> 4]);
        writer_byte(out, (uint8_t)digits[(uint8_t)mark[i] & 15]);
    }
}

static void hex_small(const char *mark, struct writer *out)
{
    hex_with("0123456789abcdef", mark, out);
}

static void hex_capital(const char *mark, struct writer *out)
{
    hex_with("0123456789ABCDEF", mark, out);
}

static void utf16(const char *mark, bool little, struct writer *out)
{
    for (size_t i = 0; i < MARK; i++) {
        writer_byte(out, little ? (uint8_t)mark[i] : 0);
        writer_byte(out, little ? 0 : (uint8_t)mark[i]);
    }
}

static void utf16_little(const char *mark, struct writer *out)
{
    utf16(mark, true, out);
}

static void utf16_big(const char *mark, struct writer *out)
{
    utf16(mark, false, out);
}

/* ---- PostgreSQL ---- */

static void page_with_value(enum scan_codec codec, const char *mark, struct writer *out)
{
    uint8_t bytes[2 * PLANT_PLAIN_SIZE];
    struct writer value = writer_over(bytes, sizeof(bytes));
    plant_value(codec, mark, &value);
    plant_page(writer_slice(&value), out);
}

static void page_pglz(const char *mark, struct writer *out)
{
    page_with_value(CODEC_PGLZ, mark, out);
}

static void page_lz4(const char *mark, struct writer *out)
{
    page_with_value(CODEC_LZ4, mark, out);
}

/* As in a core file: a page of shared memory that does not begin at a multiple of 8,192. */
static void memory_image(const char *mark, struct writer *out)
{
    for (size_t i = 0; i < 4096; i++)
        writer_byte(out, 0x7f);
    page_with_value(CODEC_PGLZ, mark, out);
}

/* Chunk by chunk, each on a page of its own, the later one first. */
static void chunks_of(struct slice value, size_t first_size, struct writer *out)
{
    const struct slice parts[] = {
        slice_of(value.data, first_size),
        slice_of(value.data + first_size, value.size - first_size)};
    for (uint32_t sequence = 2; sequence-- > 0;) {
        uint8_t bytes[2 * PLANT_PLAIN_SIZE];
        struct writer chunk = writer_over(bytes, sizeof(bytes));
        uint32_t id = 4711;
        uint32_t header = (uint32_t)(parts[sequence].size + 4) << 2;
        writer_bytes(&chunk, &id, sizeof(id));
        writer_bytes(&chunk, &sequence, sizeof(sequence));
        writer_bytes(&chunk, &header, sizeof(header));
        writer_bytes(&chunk, parts[sequence].data, parts[sequence].size);
        CHECK(!chunk.overflow);
        plant_page(writer_slice(&chunk), out);
    }
}

/* Cut in the middle of the mark. */
static void chunks_plain(const char *mark, struct writer *out)
{
    uint8_t bytes[CHUNK + MARK + CHUNK];
    struct writer value = writer_over(bytes, sizeof(bytes));
    for (size_t i = 0; i < CHUNK; i++)
        writer_byte(&value, 'a');
    writer_bytes(&value, mark, MARK);
    for (size_t i = 0; i < CHUNK; i++)
        writer_byte(&value, 'b');
    chunks_of(writer_slice(&value), CHUNK + MARK / 2, out);
}

static void chunks_with(enum scan_codec codec, const char *mark, struct writer *out)
{
    uint8_t bytes[2 * PLANT_PLAIN_SIZE];
    struct writer value = writer_over(bytes, sizeof(bytes));
    plant_value(codec, mark, &value);
    CHECK(!value.overflow);
    /* Chunks hold the value without its header. */
    chunks_of(slice_of(bytes + 4, value.size - 4), 20, out);
}

static void chunks_pglz(const char *mark, struct writer *out)
{
    chunks_with(CODEC_PGLZ, mark, out);
}

static void chunks_lz4(const char *mark, struct writer *out)
{
    chunks_with(CODEC_LZ4, mark, out);
}

/* ---- WAL ---- */

static void wal_image(enum scan_codec codec, const char *mark, struct writer *out)
{
    uint8_t bytes[2 * 8192];
    struct writer record = writer_over(bytes, sizeof(bytes));
    plant_wal_image(codec, mark, &record);
    CHECK(!record.overflow);
    plant_wal(writer_slice(&record), out);
}

static void wal_pglz(const char *mark, struct writer *out)
{
    wal_image(CODEC_PGLZ, mark, out);
}

static void wal_lz4(const char *mark, struct writer *out)
{
    wal_image(CODEC_LZ4, mark, out);
}

static void wal_zstd(const char *mark, struct writer *out)
{
    wal_image(CODEC_ZSTD, mark, out);
}

/* The mark is cut by the header of the second page: the record begins 256 bytes before it, and its
 * data 29 bytes later. */
static void wal_over_pages(const char *mark, struct writer *out)
{
    uint8_t data[512];
    uint8_t bytes[1024];
    struct writer record = writer_over(bytes, sizeof(bytes));
    memset(data, 'w', sizeof(data));
    memcpy(data + 256 - 29 - MARK / 2, mark, MARK);
    plant_wal_data(slice_of(data, sizeof(data)), &record);
    plant_wal(writer_slice(&record), out);
}

static void wal_value(const char *mark, struct writer *out)
{
    uint8_t data[2 * PLANT_PLAIN_SIZE];
    uint8_t bytes[4 * PLANT_PLAIN_SIZE];
    struct writer value = writer_over(data, sizeof(data));
    struct writer record = writer_over(bytes, sizeof(bytes));
    plant_value(CODEC_PGLZ, mark, &value);
    plant_wal_data(writer_slice(&value), &record);
    plant_wal(writer_slice(&record), out);
}

/* ---- Kafka ---- */

static void batch(unsigned number, enum scan_codec codec, const char *mark, struct writer *out)
{
    uint8_t plain[PLANT_PLAIN_SIZE];
    uint8_t bytes[2 * PLANT_PLAIN_SIZE];
    struct writer text = writer_over(plain, sizeof(plain));
    struct writer encoded = writer_over(bytes, sizeof(bytes));
    plant_plain(mark, &text);
    plant_encoded(codec, writer_slice(&text), &encoded);
    CHECK(!encoded.overflow);
    plant_batch(0, slice_of("nothing", 7), out);
    plant_batch(number, writer_slice(&encoded), out);
}

static void kafka_gzip(const char *mark, struct writer *out)
{
    batch(KAFKA_GZIP, CODEC_GZIP, mark, out);
}

static void kafka_snappy(const char *mark, struct writer *out)
{
    batch(KAFKA_SNAPPY, CODEC_SNAPPY, mark, out);
}

/* In the blocks of snappy-java. */
static void kafka_snappy_java(const char *mark, struct writer *out)
{
    static const uint8_t head[] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1};
    uint8_t plain[PLANT_PLAIN_SIZE];
    uint8_t bytes[2 * PLANT_PLAIN_SIZE];
    uint8_t framed[3 * PLANT_PLAIN_SIZE];
    struct writer text = writer_over(plain, sizeof(plain));
    struct writer encoded = writer_over(bytes, sizeof(bytes));
    struct writer blocks = writer_over(framed, sizeof(framed));
    plant_plain(mark, &text);
    plant_encoded(CODEC_SNAPPY, writer_slice(&text), &encoded);
    writer_bytes(&blocks, head, sizeof(head));
    writer_u32(&blocks, (uint32_t)encoded.size);
    writer_bytes(&blocks, bytes, encoded.size);
    CHECK(!blocks.overflow);
    plant_batch(KAFKA_SNAPPY, writer_slice(&blocks), out);
}

static void kafka_lz4(const char *mark, struct writer *out)
{
    batch(KAFKA_LZ4, CODEC_LZ4_FRAME, mark, out);
}

static void kafka_zstd(const char *mark, struct writer *out)
{
    batch(KAFKA_ZSTD, CODEC_ZSTD, mark, out);
}

#define SEGMENT(folder) folder "/00000000000000000000.log"

const struct selftest_case selftest_cases[] = {
    {"log line", "server.log", LAYER_RAW, FORM_RAW, plain_log},
    {"base64, first place", "base64-0", LAYER_RAW, FORM_BASE64, base64_0},
    {"base64, second place", "base64-1", LAYER_RAW, FORM_BASE64, base64_1},
    {"base64, third place", "base64-2", LAYER_RAW, FORM_BASE64, base64_2},
    {"hexadecimal, small", "hex-small", LAYER_RAW, FORM_HEX, hex_small},
    {"hexadecimal, capital", "hex-capital", LAYER_RAW, FORM_HEX, hex_capital},
    {"UTF-16LE", "utf16-little", LAYER_RAW, FORM_UTF16_LE, utf16_little},
    {"UTF-16BE", "utf16-big", LAYER_RAW, FORM_UTF16_BE, utf16_big},
    {"table, pglz", "table-pglz", LAYER_VALUE_PGLZ, FORM_RAW, page_pglz},
    {"table, lz4", "table-lz4", LAYER_VALUE_LZ4, FORM_RAW, page_lz4},
    {"core file or swap", "core", LAYER_VALUE_PGLZ, FORM_RAW, memory_image},
    {"TOAST chunks", "toast-plain", LAYER_TOAST, FORM_RAW, chunks_plain},
    {"TOAST chunks, pglz", "toast-pglz", LAYER_TOAST_PGLZ, FORM_RAW, chunks_pglz},
    {"TOAST chunks, lz4", "toast-lz4", LAYER_TOAST_LZ4, FORM_RAW, chunks_lz4},
    {"WAL record over two pages", "wal-pages", LAYER_WAL_RECORD, FORM_RAW, wal_over_pages},
    {"WAL record, value pglz", "wal-value", LAYER_VALUE_PGLZ, FORM_RAW, wal_value},
    {"WAL page image, pglz", "wal-pglz", LAYER_WAL_PGLZ, FORM_RAW, wal_pglz},
    {"WAL page image, lz4", "wal-lz4", LAYER_WAL_LZ4, FORM_RAW, wal_lz4},
    {"WAL page image, zstd", "wal-zstd", LAYER_WAL_ZSTD, FORM_RAW, wal_zstd},
    {"Kafka, gzip", SEGMENT("gzip-0"), LAYER_KAFKA_GZIP, FORM_RAW, kafka_gzip},
    {"Kafka, snappy", SEGMENT("snappy-0"), LAYER_KAFKA_SNAPPY, FORM_RAW, kafka_snappy},
    {"Kafka, snappy-java", SEGMENT("snappy-1"), LAYER_KAFKA_SNAPPY, FORM_RAW, kafka_snappy_java},
    {"Kafka, lz4", SEGMENT("lz4-0"), LAYER_KAFKA_LZ4, FORM_RAW, kafka_lz4},
    {"Kafka, zstd", SEGMENT("zstd-0"), LAYER_KAFKA_ZSTD, FORM_RAW, kafka_zstd},
};
const size_t selftest_case_count = countof(selftest_cases);
