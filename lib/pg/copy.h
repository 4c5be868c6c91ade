// SPDX-License-Identifier: Apache-2.0
// Builds the data of a binary COPY in a growing buffer: header, tuples, trailer (PostgreSQL
// documentation, COPY, "Binary Format").
#ifndef PG_COPY_H
#define PG_COPY_H

#include "base/slice.h"
#include "base/uuid.h"

struct copy_buffer {
    struct writer out; /* its memory grows; owned here */
    size_t rows;
    bool failed; /* memory is exhausted: checked once, at the end */
};

void copy_init(struct copy_buffer *copy);
void copy_release(struct copy_buffer *copy);

/* Back to no rows; keeps the memory. */
void copy_reset(struct copy_buffer *copy);

void copy_row(struct copy_buffer *copy, int16_t columns);
void copy_null(struct copy_buffer *copy);
void copy_i16(struct copy_buffer *copy, int16_t value);
void copy_i32(struct copy_buffer *copy, int32_t value);
void copy_i64(struct copy_buffer *copy, int64_t value);
void copy_bool(struct copy_buffer *copy, bool value);
void copy_uuid(struct copy_buffer *copy, const struct uuid *id);
void copy_bytes(struct copy_buffer *copy, struct slice bytes);
void copy_time(struct copy_buffer *copy, int64_t us); /* timestamptz from microseconds since 1970 */

/* Ends the data and gives all of it; false when memory ran out. */
MUST_USE bool copy_finish(struct copy_buffer *copy, struct slice *out);

#endif
