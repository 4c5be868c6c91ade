// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_codec.h"

#include <lz4.h>
#include <lz4frame.h>
#include <limits.h>
#include <zlib.h>
#include <zstd.h>

#include "base/banned.h"

enum {
    GZIP_WINDOW = 15 + 16, /* zlib's way of asking for gzip */
    JAVA_HEADER = 16,      /* of snappy-java: magic 8, version 4, compatible version 4 */
    PGLZ_LEAST = 3,
    PGLZ_LONG = 18, /* a match this long has its length in another byte */
};

const char *scan_codec_name(enum scan_codec codec)
{
    static const char *const names[] = {
#define X(name, word) word,
        SCAN_CODECS(X)
#undef X
    };
    return names[codec];
}

/* What is decoded so far, and where matches are copied from. */
struct output {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
};

static bool put(struct output *out, const uint8_t *bytes, size_t size)
{
    if (size > out->capacity - out->size)
        return false;
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
    return true;
}

/* Byte by byte: a match may reach into what it writes. */
static bool repeat(struct output *out, size_t distance, size_t size)
{
    if (distance == 0 || distance > out->size || size > out->capacity - out->size)
        return false;
    for (; size > 0; size--, out->size++)
        out->bytes[out->size] = out->bytes[out->size - distance];
    return true;
}

/* ---- pglz (src/common/pg_lzcompress.c) ---- */

static bool pglz_match(struct slice bytes, size_t *at, struct output *out)
{
    if (bytes.size - *at < 2)
        return false;
    size_t size = (bytes.data[*at] & 0x0fu) + PGLZ_LEAST;
    size_t distance = (bytes.data[*at] & 0xf0u) << 4 | bytes.data[*at + 1];
    *at += 2;
    if (size == PGLZ_LONG) {
        if (*at == bytes.size)
            return false;
        size += bytes.data[(*at)++];
    }
    size_t room = out->capacity - out->size;
    return repeat(out, distance, size < room ? size : room);
}

static bool decode_pglz(struct slice bytes, struct output *out)
{
    size_t at = 0;
    while (at < bytes.size && out->size < out->capacity) {
        uint8_t control = bytes.data[at++];
        for (int bit = 0; bit < 8 && at < bytes.size && out->size < out->capacity; bit++) {
            bool is_match = (control >> bit & 1) != 0;
            if (is_match ? !pglz_match(bytes, &at, out) : !put(out, bytes.data + at++, 1))
                return false;
        }
    }
    return at == bytes.size && out->size == out->capacity;
}

/* ---- snappy (format_description.txt) ---- */

static bool little(struct slice bytes, size_t *at, size_t width, size_t *out)
{
    size_t value = 0;
    if (bytes.size - *at < width)
        return false;
    for (size_t i = 0; i < width; i++)
        value |= (size_t)bytes.data[*at + i] << 8 * i;
    *at += width;
    *out = value;
    return true;
}

static bool varint(struct slice bytes, size_t *at, size_t *out)
{
    size_t value = 0;
    for (int shift = 0; shift < 35 && *at < bytes.size; shift += 7) {
        uint8_t byte = bytes.data[(*at)++];
        value |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool snappy_literal(struct slice bytes, size_t *at, uint8_t tag, struct output *out)
{
    size_t size = tag >> 2;
    if (size >= 60 && !little(bytes, at, size - 59, &size))
        return false;
    size++;
    if (size > bytes.size - *at || !put(out, bytes.data + *at, size))
        return false;
    *at += size;
    return true;
}

static bool snappy_copy(struct slice bytes, size_t *at, uint8_t tag, struct output *out)
{
    size_t distance;
    size_t size = (tag >> 2) + 1u;
    switch (tag & 3) {
    case 1:
        if (!little(bytes, at, 1, &distance))
            return false;
        return repeat(out, (size_t)(tag >> 5) << 8 | distance, (tag >> 2 & 7u) + 4);
    case 2:
        return little(bytes, at, 2, &distance) && repeat(out, distance, size);
    default:
        return little(bytes, at, 4, &distance) && repeat(out, distance, size);
    }
}

static bool decode_snappy_block(struct slice bytes, struct output *out)
{
    size_t at = 0;
    size_t wanted;
    size_t before = out->size;
    if (!varint(bytes, &at, &wanted) || wanted > out->capacity - out->size)
        return false;
    while (at < bytes.size) {
        uint8_t tag = bytes.data[at++];
        if ((tag & 3) == 0 ? !snappy_literal(bytes, &at, tag, out)
                           : !snappy_copy(bytes, &at, tag, out))
            return false;
    }
    return out->size - before == wanted;
}

static bool decode_snappy(struct slice bytes, struct output *out)
{
    static const uint8_t magic[] = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
    if (bytes.size < JAVA_HEADER || memcmp(bytes.data, magic, sizeof(magic)) != 0)
        return decode_snappy_block(bytes, out);
    size_t at = JAVA_HEADER;
    while (bytes.size - at > 4) {
        const uint8_t *head = bytes.data + at;
        size_t size =
            (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        at += 4;
        if (size > bytes.size - at || !decode_snappy_block(slice_of(bytes.data + at, size), out))
            return false;
        at += size;
    }
    return at == bytes.size;
}

/* ---- the others are libraries ---- */

static bool decode_lz4(struct slice bytes, struct output *out)
{
    if (bytes.size > INT_MAX || out->capacity > INT_MAX)
        return false;
    int size = LZ4_decompress_safe(
        (const char *)bytes.data, (char *)out->bytes, (int)bytes.size, (int)out->capacity);
    out->size = size > 0 ? (size_t)size : 0;
    return size >= 0;
}

static bool decode_lz4_frame(struct slice bytes, struct output *out)
{
    LZ4F_dctx *context;
    size_t at = 0;
    size_t left = 1;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)))
        return false;
    while (left != 0 && at < bytes.size) {
        size_t written = out->capacity - out->size;
        size_t taken = bytes.size - at;
        left = LZ4F_decompress(
            context, out->bytes + out->size, &written, bytes.data + at, &taken, NULL);
        if (LZ4F_isError(left) || (written == 0 && taken == 0))
            break;
        out->size += written;
        at += taken;
    }
    (void)LZ4F_freeDecompressionContext(context);
    return left == 0;
}

static bool decode_gzip(struct slice bytes, struct output *out)
{
    z_stream stream = {0};
    if (bytes.size > UINT_MAX || out->capacity > UINT_MAX ||
        inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return false;
    stream.next_in = (Bytef *)(uintptr_t)bytes.data;
    stream.avail_in = (uInt)bytes.size;
    stream.next_out = out->bytes;
    stream.avail_out = (uInt)out->capacity;
    int end = inflate(&stream, Z_FINISH);
    out->size = out->capacity - stream.avail_out;
    (void)inflateEnd(&stream);
    return end == Z_STREAM_END;
}

/* In a stream: Kafka's frames do not say how much comes out. */
static bool decode_zstd(struct slice bytes, struct output *out)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer in = {.src = bytes.data, .size = bytes.size};
    ZSTD_outBuffer plain = {.dst = out->bytes, .size = out->capacity};
    size_t left = 1;
    if (stream == NULL)
        return false;
    while (left != 0 && in.pos < in.size) {
        size_t before = in.pos + plain.pos;
        left = ZSTD_decompressStream(stream, &plain, &in);
        if (ZSTD_isError(left) || in.pos + plain.pos == before)
            break;
    }
    out->size = plain.pos;
    (void)ZSTD_freeDStream(stream);
    return left == 0;
}

bool scan_decode(
    enum scan_codec codec, struct slice bytes, uint8_t *out, size_t capacity, size_t *size)
{
    static bool (*const decoders[CODEC_COUNT])(struct slice, struct output *) = {
        [CODEC_PGLZ] = decode_pglz,
        [CODEC_LZ4] = decode_lz4,
        [CODEC_LZ4_FRAME] = decode_lz4_frame,
        [CODEC_ZSTD] = decode_zstd,
        [CODEC_GZIP] = decode_gzip,
        [CODEC_SNAPPY] = decode_snappy,
    };
    struct output output = {.bytes = out, .capacity = capacity};
    bool decoded = decoders[codec](bytes, &output);
    *size = output.size;
    return decoded;
}
