// SPDX-License-Identifier: Apache-2.0
// Reads comma-separated values (RFC 4180) record by record from any source of bytes, with a buffer
// of fixed size. Lines may end in LF or CRLF; a quoted field may hold commas, quotes and newlines.
#ifndef LOAD_CSV_H
#define LOAD_CSV_H

#include "base/error.h"
#include "base/slice.h"

enum { CSV_BUFFER_SIZE = 64 * 1024 }; /* a record, raw, is at most this long */

/* Fills up to `capacity` bytes; *out_size 0 is the end. */
typedef bool csv_read_function(
    void *context, uint8_t *into, size_t capacity, size_t *out_size, struct error *err);

struct csv_reader {
    csv_read_function *read;
    void *context;
    uint8_t *data; /* CSV_BUFFER_SIZE bytes, owned */
    size_t start;  /* of what was not given out yet */
    size_t end;
    bool ended; /* the source has no more */
    int64_t line;
};

MUST_USE bool
csv_open(struct csv_reader *reader, csv_read_function *read, void *context, struct error *err);
void csv_close(struct csv_reader *reader);

/* The next record's fields, valid until the next call. *out_count 0: there is none left. Fails with
 * ERROR_invalid naming the line for a wrong quote, too long a record or more than `capacity`
 * fields, and with the source's error. */
MUST_USE bool csv_next(
    struct csv_reader *reader,
    struct slice *fields,
    size_t capacity,
    size_t *out_count,
    struct error *err);

#endif
