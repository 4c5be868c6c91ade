// SPDX-License-Identifier: Apache-2.0
#include "shredder/scan_postgres.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum {
    VALUE_HEADER = 4, /* size << 2 | kind */
    VALUE_COMPRESSED = 2,
    VALUE_INFO = 4, /* plain size | method << 30 */
    METHOD_PGLZ = 0,
    METHOD_LZ4 = 1,
    MOST_VALUE_IN_PLACE = PAGE_SIZE_OF_POSTGRES,

    PAGE_LOWER = 12,
    PAGE_UPPER = 14,
    PAGE_SPECIAL = 16,
    PAGE_VERSION = 18,
    PAGE_HEADER = 24,
    PAGE_VERSION_VALUE = 0x2004, /* 8,192 bytes, layout 4 */

    TUPLE_COLUMNS = 18,
    TUPLE_FLAGS = 20,
    TUPLE_DATA_AT = 22,
    TUPLE_HAS_NULL = 1,
    CHUNK_COLUMNS = 3, /* chunk_id, chunk_seq, chunk_data */
    CHUNK_TUPLE_HEADER = 24,
    CHUNK_HEADER = 8,
    MOST_CHUNK_BYTES = 64 * 1024 * 1024, /* kept at a time */
};

struct toast_chunk {
    uint32_t id;
    uint32_t sequence;
    size_t at; /* in the bytes */
    size_t size;
    uint64_t offset; /* of its page */
};

/* ---- values in place ---- */

/* info and what follows it, as it is stored compressed. False: no such thing. */
static bool scan_compressed(
    struct scan *scan, const enum scan_layer layers[2], struct slice stored, uint64_t offset)
{
    uint32_t info = u32_at(stored.data);
    uint32_t method = info >> 30;
    size_t plain = info & 0x3fffffff;
    struct slice bytes = slice_of(stored.data + VALUE_INFO, stored.size - VALUE_INFO);
    if (method > METHOD_LZ4 || plain <= bytes.size || plain > SCAN_MOST_PLAIN)
        return false;
    return scan_decoded(
        scan,
        layers[method],
        method == METHOD_PGLZ ? CODEC_PGLZ : CODEC_LZ4,
        bytes,
        plain,
        offset,
        NULL);
}

void scan_values(struct scan *scan, struct slice bytes, uint64_t offset)
{
    static const enum scan_layer layers[] = {LAYER_VALUE_PGLZ, LAYER_VALUE_LZ4};
    for (size_t at = 0; at + VALUE_HEADER + VALUE_INFO < bytes.size; at++) {
        uint32_t header = u32_at(bytes.data + at);
        size_t size = header >> 2;
        if ((header & 3) != VALUE_COMPRESSED || size <= VALUE_HEADER + VALUE_INFO ||
            size > bytes.size - at || size > MOST_VALUE_IN_PLACE)
            continue;
        (void)scan_compressed(
            scan,
            layers,
            slice_of(bytes.data + at + VALUE_HEADER, size - VALUE_HEADER),
            offset + at);
    }
}

/* ---- chunks ---- */

static bool grow(void **memory, size_t used, size_t *capacity, size_t needed)
{
    size_t wanted = *capacity != 0 ? *capacity : 64 * 1024;
    while (wanted < needed)
        wanted *= 2;
    if (wanted == *capacity)
        return true;
    void *larger = malloc(wanted);
    if (larger == NULL)
        return false;
    if (used != 0)
        memcpy(larger, *memory, used);
    if (*memory != NULL)
        sodium_memzero(*memory, used);
    free(*memory);
    *memory = larger;
    *capacity = wanted;
    return true;
}

static void keep_chunk(struct toast_chunks *chunks, struct toast_chunk chunk, struct slice data)
{
    void *rows = chunks->chunks;
    void *bytes = chunks->bytes;
    size_t size = sizeof(struct toast_chunk);
    size_t capacity = chunks->capacity * size;
    bool room = grow(&rows, chunks->count * size, &capacity, (chunks->count + 1) * size);
    chunks->chunks = rows;
    chunks->capacity = capacity / size;
    room =
        room &&
        grow(&bytes, chunks->bytes_size, &chunks->bytes_capacity, chunks->bytes_size + data.size);
    chunks->bytes = bytes;
    if (!room) {
        chunks->failed = true;
        return;
    }
    chunk.at = chunks->bytes_size;
    chunk.size = data.size;
    memcpy(chunks->bytes + chunks->bytes_size, data.data, data.size);
    chunks->bytes_size += data.size;
    chunks->chunks[chunks->count++] = chunk;
}

/* The bytes of a value that is not compressed and fills `rest`. */
static bool plain_value(struct slice rest, struct slice *out)
{
    if (rest.size == 0)
        return false;
    bool is_short = (rest.data[0] & 1) != 0;
    size_t header = is_short ? 1 : VALUE_HEADER;
    if (rest.size < header || (!is_short && (rest.data[0] & 3) != 0))
        return false;
    size_t size = is_short ? rest.data[0] >> 1 : u32_at(rest.data) >> 2;
    *out = slice_of(rest.data + header, rest.size - header);
    return size == rest.size;
}

/* A tuple is taken for a chunk when all of it fits to the last byte. */
static void take_tuple(struct toast_chunks *chunks, struct slice tuple, uint64_t offset)
{
    struct slice data;
    if (tuple.size <= CHUNK_TUPLE_HEADER + CHUNK_HEADER ||
        (u16_at(tuple.data + TUPLE_COLUMNS) & 0x7ff) != CHUNK_COLUMNS ||
        tuple.data[TUPLE_DATA_AT] != CHUNK_TUPLE_HEADER ||
        (u16_at(tuple.data + TUPLE_FLAGS) & TUPLE_HAS_NULL) != 0)
        return;
    const uint8_t *chunk = tuple.data + CHUNK_TUPLE_HEADER;
    size_t left = tuple.size - CHUNK_TUPLE_HEADER - CHUNK_HEADER;
    if (plain_value(slice_of(chunk + CHUNK_HEADER, left), &data))
        keep_chunk(
            chunks,
            (struct toast_chunk){
                .id = u32_at(chunk), .sequence = u32_at(chunk + 4), .offset = offset},
            data);
}

bool scan_is_page(const uint8_t page[static PAGE_SIZE_OF_POSTGRES])
{
    unsigned lower = u16_at(page + PAGE_LOWER);
    unsigned upper = u16_at(page + PAGE_UPPER);
    unsigned special = u16_at(page + PAGE_SPECIAL);
    return u16_at(page + PAGE_VERSION) == PAGE_VERSION_VALUE && lower >= PAGE_HEADER &&
           lower <= upper && upper <= special && special <= PAGE_SIZE_OF_POSTGRES;
}

void scan_page(
    struct scan *scan,
    struct toast_chunks *chunks,
    const uint8_t page[static PAGE_SIZE_OF_POSTGRES],
    uint64_t offset)
{
    scan_values(scan, slice_of(page, PAGE_SIZE_OF_POSTGRES), offset);
    size_t lower = u16_at(page + PAGE_LOWER);
    for (size_t at = PAGE_HEADER; at + 4 <= lower; at += 4) {
        uint32_t pointer = u32_at(page + at);
        size_t from = pointer & 0x7fff;
        size_t size = pointer >> 17;
        if (size != 0 && from >= lower && from + size <= PAGE_SIZE_OF_POSTGRES)
            take_tuple(chunks, slice_of(page + from, size), offset);
    }
    if (chunks->bytes_size > MOST_CHUNK_BYTES)
        scan_chunks(scan, chunks);
}

static int by_value(const void *left, const void *right)
{
    const struct toast_chunk *a = left;
    const struct toast_chunk *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence ? -1 : 1;
    return (a->at > b->at) - (a->at < b->at);
}

static void scan_value(struct scan *scan, struct slice value, uint64_t offset)
{
    static const enum scan_layer layers[] = {LAYER_TOAST_PGLZ, LAYER_TOAST_LZ4};
    scan_part(scan, LAYER_TOAST);
    scan_bytes(scan, LAYER_TOAST, value, offset);
    if (value.size > VALUE_INFO)
        (void)scan_compressed(scan, layers, value, offset);
}

/* Of a chunk that is there twice, from a row before and a row after, one is taken. */
static size_t join_value(struct toast_chunks *chunks, size_t first, uint8_t *out, size_t *size)
{
    size_t at = first;
    uint32_t next = 0;
    *size = 0;
    while (at < chunks->count && chunks->chunks[at].id == chunks->chunks[first].id) {
        const struct toast_chunk *chunk = &chunks->chunks[at++];
        if (chunk->sequence != next)
            continue;
        memcpy(out + *size, chunks->bytes + chunk->at, chunk->size);
        *size += chunk->size;
        next++;
    }
    return at;
}

void scan_chunks(struct scan *scan, struct toast_chunks *chunks)
{
    uint8_t *value = chunks->count != 0 ? malloc(chunks->bytes_size) : NULL;
    if (chunks->failed || (chunks->count != 0 && value == NULL))
        scan_trouble(scan, "out of memory for values in chunks");
    if (value != NULL) {
        size_t size;
        qsort(chunks->chunks, chunks->count, sizeof(*chunks->chunks), by_value);
        for (size_t first = 0, next; first < chunks->count; first = next) {
            next = join_value(chunks, first, value, &size);
            if (size != 0)
                scan_value(scan, slice_of(value, size), chunks->chunks[first].offset);
        }
        sodium_memzero(value, chunks->bytes_size);
    }
    free(value);
    chunks->count = 0;
    chunks->bytes_size = 0;
    chunks->failed = false;
}

void toast_chunks_release(struct toast_chunks *chunks)
{
    if (chunks->bytes != NULL)
        sodium_memzero(chunks->bytes, chunks->bytes_capacity);
    free(chunks->bytes);
    free(chunks->chunks);
    *chunks = (struct toast_chunks){.count = 0};
}
