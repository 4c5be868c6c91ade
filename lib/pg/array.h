// SPDX-License-Identifier: Apache-2.0
// Builds one-dimensional binary arrays as parameters ($1::bigint[] …). The buffer grows and is
// reused from call to call.
#ifndef PG_ARRAY_H
#define PG_ARRAY_H

#include "base/slice.h"
#include "base/uuid.h"

/* PostgreSQL's built-in type numbers (catalog pg_type), of the elements. */
enum array_type {
    ARRAY_BOOL = 16,
    ARRAY_BYTEA = 17,
    ARRAY_I64 = 20,
    ARRAY_I16 = 21,
    ARRAY_I32 = 23,
    ARRAY_TEXT = 25,
    ARRAY_TIME = 1184, /* timestamptz */
    ARRAY_UUID = 2950,
};

struct array_buffer {
    enum array_type type;
    struct writer out; /* its memory grows; owned here */
    int32_t count;
    bool has_null;
    bool failed; /* memory is exhausted: checked once, at the end */
};

void array_init(struct array_buffer *array, enum array_type type);
void array_release(struct array_buffer *array);

/* Back to no elements; keeps the memory. */
void array_reset(struct array_buffer *array);

void array_null(struct array_buffer *array);
void array_i16(struct array_buffer *array, int16_t value);
void array_i32(struct array_buffer *array, int32_t value);
void array_i64(struct array_buffer *array, int64_t value);
void array_uuid(struct array_buffer *array, const struct uuid *id);
void array_bytes(struct array_buffer *array, struct slice bytes); /* bytea or text */
void array_time(struct array_buffer *array, int64_t us);          /* since 1970 */

/* The parameter's bytes; false when memory ran out. Valid until the next change. */
MUST_USE bool array_finish(struct array_buffer *array, struct slice *out);

#endif
