// SPDX-License-Identifier: Apache-2.0
// A folded batch as PostgreSQL takes it: for each statement one array per parameter, a row across all of
// them; new orders and their lines as binary COPY data when they are many. Buffers grow and are kept
// from batch to batch.
#ifndef PROJECTOR_ROWS_H
#define PROJECTOR_ROWS_H

#include "pg/array.h"
#include "pg/copy.h"
#include "projector/fold.h"
#include "projector/statements.h"

enum { MOST_COLUMNS = 37 };

/* New orders as COPY data, columns as in their insert statements. */
extern const char rows_copy_orders[]; /* begins with "copy read.order_summary" */
extern const char rows_copy_lines[];

/* Up to so many lines and customers go as arrays: one round trip for everything beats what COPY saves
 * later. */
enum { SMALL_BATCH_ROWS = 100 };

/* Rows of one statement. */
struct row_set {
    struct array_buffer columns[MOST_COLUMNS];
    size_t column_count;
    size_t row_count;
};

struct rows {
    bool small;                      /* new orders are in row sets, not in the COPY data */
    struct row_set sets[QUERY_SETS]; /* by enum projector_query */
    struct copy_buffer orders;
    struct copy_buffer lines;
};

void rows_init(struct rows *rows);
void rows_release(struct rows *rows);

/* Forgets what was filled in. */
void rows_reset(struct rows *rows);

/* What is to be read of older rows. */
void rows_fill_keys(struct rows *rows, const struct fold *fold);

/* Everything that is written. ERROR_fatal: memory ran out or a sum does not fit. */
MUST_USE bool rows_fill(struct rows *rows, const struct fold *fold, struct error *err);

/* The rows of a set as the parameters of its statement. False when memory ran out. */
MUST_USE bool rows_params(struct row_set *set, struct db_params *params, struct error *err);

/* ---- sums of an order, in the order of their columns in all statements ---- */

struct sums_column {
    size_t offset; /* of an int64_t of struct order_sums */
    bool is_wide;  /* bigint, else integer */
};

enum { SUMS_COLUMNS = 13 };
extern const struct sums_column rows_sums[SUMS_COLUMNS]; /* the wide ones first */

/* ---- between the parts ---- */

/* Where the columns of a row go. */
struct row_sink {
    struct copy_buffer *copy; /* NULL: the arrays */
    struct array_buffer *next;
};

struct row_sink rows_begin(struct rows *rows, enum projector_query query);
void put_i64(struct row_sink *sink, int64_t value);
void put_i32(struct row_sink *sink, int64_t value); /* which the domain keeps within 32 bits */
void put_i16(struct row_sink *sink, int64_t value); /* too large ones as the largest */
void put_time(struct row_sink *sink, int64_t us);
void put_uuid(struct row_sink *sink, const struct uuid *id);
void put_bytes(struct row_sink *sink, struct slice bytes);
void put_null(struct row_sink *sink);

static inline void put_optional(struct row_sink *sink, bool has, struct slice bytes)
{
    if (has)
        put_bytes(sink, bytes);
    else
        put_null(sink);
}

/* tenant, id, version before, version, position, time: of an older stream that moves on */
void put_moved(struct row_sink *sink, const struct stream_change *stream);

/* rows_orders.c, rows_others.c */
void rows_fill_orders(struct rows *rows, const struct fold *fold);
void rows_fill_others(struct rows *rows, const struct fold *fold);

#endif
