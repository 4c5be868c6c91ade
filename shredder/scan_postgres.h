// SPDX-License-Identifier: Apache-2.0
// What PostgreSQL's files hold beside plain bytes: values compressed in place, values in chunks of a
// TOAST table, and compressed page images in the WAL. No catalogue is read: values are recognised by
// their headers, so that rows count which are deleted but still there.
//
// Layouts: PostgreSQL 15, little endian (varatt.h, bufpage.h, heaptoast.h, xlogrecord.h).
#ifndef SHREDDER_SCAN_POSTGRES_H
#define SHREDDER_SCAN_POSTGRES_H

#include "shredder/scan_work.h"

enum { PAGE_SIZE_OF_POSTGRES = 8192, WAL_SEGMENT_MOST = 1024 * 1024 * 1024 };

/* Integers of these files; the machine's own order, as PostgreSQL writes them. */
static inline uint16_t u16_at(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t u32_at(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* Values compressed in place, wherever in the bytes they begin. */
void scan_values(struct scan *scan, struct slice bytes, uint64_t offset);

/* Chunks of values in TOAST tables, gathered page by page and put together in the end. */
struct toast_chunks {
    struct toast_chunk *chunks; /* owned */
    size_t count;
    size_t capacity;
    uint8_t *bytes; /* owned */
    size_t bytes_size;
    size_t bytes_capacity;
    bool failed; /* out of memory */
};

/* Whether this looks like a page of a table. */
bool scan_is_page(const uint8_t page[static PAGE_SIZE_OF_POSTGRES]);

/* Values and chunks of a page. */
void scan_page(
    struct scan *scan,
    struct toast_chunks *chunks,
    const uint8_t page[static PAGE_SIZE_OF_POSTGRES],
    uint64_t offset);

/* Puts the chunks together, looks at them, and forgets them. */
void scan_chunks(struct scan *scan, struct toast_chunks *chunks);
void toast_chunks_release(struct toast_chunks *chunks);

/* ---- WAL ---- */

/* Whether this is the beginning of a page of WAL. */
bool scan_is_wal(struct slice page);

/* Records that go over several pages, as whole ones, and page images. What is left of earlier uses of
 * the segment is looked at too. A record that began in another segment is not put together. */
void scan_wal(struct scan *scan, struct slice segment);

#endif
