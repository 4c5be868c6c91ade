// SPDX-License-Identifier: Apache-2.0
// The write-ahead log. A page of it begins with a header; records follow, aligned to eight bytes, and
// go on over the headers of further pages.
#include "shredder/scan_postgres.h"

#include <stdlib.h>

#include "base/banned.h"

enum {
    WAL_MAGIC_HIGH = 0xd1,    /* of every version since 2007 */
    WAL_MAGIC_LEAST = 0xd110, /* PostgreSQL 15: since then images are marked as below */
    WAL_INFO = 2,
    WAL_REMAINING = 16,
    WAL_SHORT_HEADER = 24,
    WAL_LONG_HEADER = 40,
    WAL_CONTINUES = 1,
    WAL_LONG = 2,

    RECORD_HEADER = 24,
    RECORD_MOST = 64 * 1024 * 1024,

    BLOCK_MOST = 32,
    BLOCK_ORIGIN = 253,
    BLOCK_TRANSACTION = 252,
    BLOCK_DATA_LONG = 254,
    BLOCK_DATA_SHORT = 255,
    FORK_HAS_IMAGE = 0x10,
    FORK_SAME_RELATION = 0x80,
    IMAGE_HAS_HOLE = 0x01,
    IMAGE_PGLZ = 0x04,
    IMAGE_LZ4 = 0x08,
    IMAGE_ZSTD = 0x10,
    IMAGE_COMPRESSED = IMAGE_PGLZ | IMAGE_LZ4 | IMAGE_ZSTD,
    RELATION_SIZE = 12,
    BLOCK_NUMBER_SIZE = 4,
};

/* A record, put together from pages. */
struct record {
    uint8_t *bytes; /* owned */
    size_t capacity;
    size_t size;  /* in all */
    size_t have;  /* until now */
    size_t pages; /* it is on */
    uint64_t offset;
};

struct image {
    size_t size;
    size_t data_size; /* of the block's data behind it */
    size_t hole_size;
    uint8_t info;
};

bool scan_is_wal(struct slice page)
{
    return page.size >= PAGE_SIZE_OF_POSTGRES && page.data[1] == WAL_MAGIC_HIGH &&
           u16_at(page.data) >= WAL_MAGIC_LEAST && u16_at(page.data + WAL_INFO) < 16;
}

/* ---- page images ---- */

static void
scan_image(struct scan *scan, const struct image *image, struct slice bytes, uint64_t offset)
{
    static const struct {
        uint8_t flag;
        enum scan_layer layer;
        enum scan_codec codec;
    } ways[] = {
        {IMAGE_PGLZ, LAYER_WAL_PGLZ, CODEC_PGLZ},
        {IMAGE_LZ4, LAYER_WAL_LZ4, CODEC_LZ4},
        {IMAGE_ZSTD, LAYER_WAL_ZSTD, CODEC_ZSTD}};
    struct slice page;
    if (image->hole_size >= PAGE_SIZE_OF_POSTGRES)
        return;
    for (size_t i = 0; i < countof(ways); i++) {
        if ((image->info & ways[i].flag) == 0)
            continue;
        if (!scan_decoded(
                scan,
                ways[i].layer,
                ways[i].codec,
                bytes,
                PAGE_SIZE_OF_POSTGRES - image->hole_size,
                offset,
                &page)) {
            scan->undecodable++;
            continue;
        }
        /* Values in it are decoded into the same room. */
        uint8_t copy[PAGE_SIZE_OF_POSTGRES];
        memcpy(copy, page.data, page.size);
        scan_values(scan, slice_of(copy, page.size), offset);
    }
}

/* ---- a record ---- */

struct cursor {
    struct slice rest;
    bool short_of;
};

static const uint8_t *take(struct cursor *cursor, size_t size)
{
    static const uint8_t nothing[RECORD_HEADER];
    if (cursor->short_of || size > cursor->rest.size) {
        cursor->short_of = true;
        return nothing;
    }
    const uint8_t *at = cursor->rest.data;
    cursor->rest = slice_of(at + size, cursor->rest.size - size);
    return at;
}

static void read_image(struct cursor *cursor, struct image *image)
{
    const uint8_t *head = take(cursor, 5);
    image->size = u16_at(head);
    image->info = head[4];
    if ((image->info & IMAGE_COMPRESSED) == 0)
        image->hole_size = PAGE_SIZE_OF_POSTGRES - image->size;
    else if ((image->info & IMAGE_HAS_HOLE) != 0)
        image->hole_size = u16_at(take(cursor, 2));
}

/* The headers of a record's blocks; returns how many, and in *payload how much follows them. */
static size_t read_blocks(struct cursor *cursor, struct image *images, size_t *payload)
{
    size_t count = 0;
    *payload = 0;
    while (!cursor->short_of && cursor->rest.size > *payload) {
        uint8_t id = take(cursor, 1)[0];
        if (id == BLOCK_DATA_SHORT || id == BLOCK_DATA_LONG) {
            *payload += id == BLOCK_DATA_SHORT ? take(cursor, 1)[0] : u32_at(take(cursor, 4));
            break;
        }
        if (id == BLOCK_ORIGIN || id == BLOCK_TRANSACTION) {
            (void)take(cursor, id == BLOCK_ORIGIN ? 2 : 4);
            continue;
        }
        if (id > BLOCK_MOST || count > BLOCK_MOST)
            return 0;
        struct image image = {.size = 0};
        const uint8_t *head = take(cursor, 3);
        uint8_t fork = head[0];
        image.data_size = u16_at(head + 1);
        if ((fork & FORK_HAS_IMAGE) != 0)
            read_image(cursor, &image);
        (void)take(cursor, (fork & FORK_SAME_RELATION) != 0 ? 0 : RELATION_SIZE);
        (void)take(cursor, BLOCK_NUMBER_SIZE);
        *payload += image.size + image.data_size;
        images[count++] = image;
    }
    return cursor->short_of ? 0 : count;
}

static void scan_record(struct scan *scan, const struct record *record)
{
    struct image images[BLOCK_MOST + 2];
    struct slice all = slice_of(record->bytes, record->size);
    struct cursor cursor = {.rest = slice_of(all.data + RECORD_HEADER, all.size - RECORD_HEADER)};
    size_t payload;
    if (record->pages > 1) { /* on one page the bytes of the file had it */
        scan_part(scan, LAYER_WAL_RECORD);
        scan_bytes(scan, LAYER_WAL_RECORD, all, record->offset);
    }
    scan_values(scan, all, record->offset);
    size_t count = read_blocks(&cursor, images, &payload);
    for (size_t i = 0; i < count; i++) {
        struct slice bytes = slice_of(take(&cursor, images[i].size), images[i].size);
        (void)take(&cursor, images[i].data_size);
        if (!cursor.short_of && (images[i].info & IMAGE_COMPRESSED) != 0)
            scan_image(scan, &images[i], bytes, record->offset);
    }
}

/* ---- pages ---- */

static bool begin_record(struct record *record, size_t size, uint64_t offset)
{
    if (size > record->capacity) {
        uint8_t *larger = realloc(record->bytes, size);
        if (larger == NULL)
            return false;
        record->bytes = larger;
        record->capacity = size;
    }
    record->size = size;
    record->have = 0;
    record->pages = 0;
    record->offset = offset;
    return true;
}

/* Adds what of the record is here; returns how much that is. */
static size_t add_to_record(struct scan *scan, struct record *record, struct slice here)
{
    size_t missing = record->size - record->have;
    size_t size = missing < here.size ? missing : here.size;
    CHECK(record->bytes != NULL); /* begun: a record is longer than its header */
    memcpy(record->bytes + record->have, here.data, size);
    record->have += size;
    record->pages++;
    if (record->have == record->size) {
        scan_record(scan, record);
        record->size = 0;
    }
    return size;
}

static size_t aligned(size_t at)
{
    return (at + 7) / 8 * 8;
}

/* Records that begin on this page from `at` on. */
static void begin_records(
    struct scan *scan, struct record *record, const uint8_t *page, size_t at, uint64_t offset)
{
    while (at + 8 <= PAGE_SIZE_OF_POSTGRES) {
        size_t size = u32_at(page + at);
        if (size < RECORD_HEADER || size > RECORD_MOST || !begin_record(record, size, offset + at))
            return;
        at = aligned(
            at +
            add_to_record(scan, record, slice_of(page + at, (size_t)PAGE_SIZE_OF_POSTGRES - at)));
    }
}

static void
scan_wal_page(struct scan *scan, struct record *record, const uint8_t *page, uint64_t offset)
{
    uint16_t info = u16_at(page + WAL_INFO);
    size_t remaining = u32_at(page + WAL_REMAINING);
    size_t at = (info & WAL_LONG) != 0 ? WAL_LONG_HEADER : WAL_SHORT_HEADER;
    size_t room = PAGE_SIZE_OF_POSTGRES - at;
    bool goes_on = (info & WAL_CONTINUES) != 0;
    if (goes_on && record->size != 0 && record->size - record->have == remaining)
        (void)add_to_record(scan, record, slice_of(page + at, room));
    else
        record->size = 0;
    if (goes_on && remaining >= room)
        return;
    begin_records(scan, record, page, aligned(at + (goes_on ? remaining : 0)), offset);
}

void scan_wal(struct scan *scan, struct slice segment)
{
    struct record record = {.bytes = NULL};
    for (size_t at = 0; at + PAGE_SIZE_OF_POSTGRES <= segment.size; at += PAGE_SIZE_OF_POSTGRES) {
        struct slice page = slice_of(segment.data + at, PAGE_SIZE_OF_POSTGRES);
        if (scan_is_wal(page))
            scan_wal_page(scan, &record, page.data, at);
        else
            record.size = 0;
    }
    free(record.bytes);
}
