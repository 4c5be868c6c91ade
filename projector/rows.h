// SPDX-License-Identifier: Apache-2.0
// A folded batch as PostgreSQL takes it: binary COPY data for what is new, arrays for what changes.
// Buffers grow and are kept from batch to batch.
#ifndef PROJECTOR_ROWS_H
#define PROJECTOR_ROWS_H

#include "pg/array.h"
#include "pg/copy.h"
#include "pg/db.h"
#include "projector/fold.h"

/* Columns in the order in which rows_fill writes them, in the COPY statements as in the arrays. */
enum { SUMMARY_COLUMNS = 20, LINE_COLUMNS = 13, CUSTOMER_COLUMNS = 10 };
extern const char rows_copy_summary[]; /* begins with "copy read.order_summary" */
extern const char rows_copy_lines[];

/* Up to so many lines and customers go as arrays: one round trip for everything beats what COPY saves later. */
enum { SMALL_BATCH_ROWS = 100 };

/* Arrays of the statements that change orders, in the order of their parameters. */
enum changed_array {
    CHANGED_TENANT,
    CHANGED_ID,
    CHANGED_NUMBER,
    CHANGED_VERSION_BEFORE,
    CHANGED_VERSION,
    CHANGED_POSITION,
    CHANGED_AMOUNT,
    CHANGED_UPDATED,
    CHANGED_ARRAYS
};

enum line_array { LINE_ORDER_NUMBER, LINE_NO, LINE_UNITS, LINE_AMOUNT, LINE_ARRAYS };

enum sales_array {
    SALES_TENANT,
    SALES_MONTH,
    SALES_SKU,
    SALES_CURRENCY,
    SALES_ORDERS,
    SALES_UNITS,
    SALES_REVENUE,
    SALES_CANCELLED_UNITS,
    SALES_CANCELLED_REVENUE,
    SALES_ARRAYS
};

struct rows {
    bool small; /* new orders are in the arrays, not in the COPY data */
    struct copy_buffer summary;
    struct copy_buffer lines;
    struct array_buffer small_summary[SUMMARY_COLUMNS];
    struct array_buffer small_lines[LINE_COLUMNS];
    struct array_buffer changed[CHANGED_ARRAYS]; /* orders with lines cancelled */
    struct array_buffer changed_lines[LINE_ARRAYS];
    struct array_buffer cancelled[CHANGED_ARRAYS]; /* orders cancelled as a whole */
    struct array_buffer sales[SALES_ARRAYS];
    struct array_buffer customers[CUSTOMER_COLUMNS]; /* new ones, always as arrays */
};

void rows_init(struct rows *rows);
void rows_release(struct rows *rows);

/* Everything but the sales. False when memory ran out. */
MUST_USE bool rows_fill(struct rows *rows, const struct fold *fold, struct error *err);

/* The sales, in no particular order: whoever writes them holds the checkpoint's row, so nobody else
 * locks theirs. ERROR_fatal: memory ran out or a sum does not fit. */
MUST_USE bool rows_fill_sales(struct rows *rows, const struct fold *fold, struct error *err);

/* Appends finished arrays as parameters. False when memory ran out. */
MUST_USE bool
rows_params(struct array_buffer *arrays, size_t count, struct db_params *params, struct error *err);

/* ---- customer_rows.c ---- */

void customer_rows_init(struct array_buffer arrays[static CUSTOMER_COLUMNS]);

/* New customers of the batch. */
void customer_rows_fill(
    struct array_buffer arrays[static CUSTOMER_COLUMNS], const struct fold *fold);

#endif
