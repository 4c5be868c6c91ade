// SPDX-License-Identifier: Apache-2.0
// What the parts of verify share. All of it reads one snapshot: the events up to the checkpoint and
// the read models as they were at that moment.
#ifndef PROJECTOR_VERIFY_H
#define PROJECTOR_VERIFY_H

#include "domain/aggregates.h"
#include "projector/columns.h"
#include "projector/cursor.h"
#include "projector/sales.h"
#include "runtime/progress.h"

struct verify_counts {
    int64_t events;
    int64_t streams;
    int64_t orders; /* expected ones, compared with their row; as lines and sums */
    int64_t lines;
    int64_t sums;
    int64_t customers;
};

/* The stream being folded. */
struct verify_stream {
    int64_t number; /* 0: none */
    struct uuid id;
    int32_t tenant_id;
    int16_t category;
    int64_t version; /* of its last event, as are the next two */
    int64_t position;
    int64_t occurred_us;
    int64_t first_occurred_us;
    bool broken;                /* a version is missing: it cannot be folded */
    struct aggregate aggregate; /* of categories that read models show */
    struct slice sealed;        /* newest copies, as a row holds them */
};

struct verify {
    struct db db;
    int64_t position; /* the checkpoint: events up to here count */
    struct cursor events;
    struct cursor summaries;
    struct cursor lines;
    struct cursor customers;
    struct summary_row summary; /* the rows at which the cursors stand */
    struct line_row line;
    struct customer_row customer;
    bool has_summary;
    bool has_line;
    bool has_customer;
    uint8_t *seen; /* a bit per position */
    struct verify_stream stream;
    struct arena stream_arena; /* of one stream: reset when the next begins */
    struct arena sales_arena;
    struct sales sales; /* what read.sku_sales should hold */
    struct verify_counts counts;
    struct differences differences;
    struct progress progress;
};

/* Walks over all events, stream by stream, and compares each order with its rows. */
MUST_USE bool verify_walk(struct verify *verify, struct error *err);

/* ---- verify_orders.c ---- */

/* Opens the cursors over orders and lines and stands at their first rows. */
MUST_USE bool verify_open_rows(struct verify *verify, struct error *err);

/* Compares the folded order of verify->stream with its rows and adds it to the sales. Rows of
 * orders before it belong to nothing: they are differences. */
MUST_USE bool verify_order(struct verify *verify, struct error *err);

/* Passes over the rows of a stream that could not be folded. */
MUST_USE bool verify_skip_order(struct verify *verify, struct error *err);

/* After the last stream: whatever rows are left belong to nothing. */
MUST_USE bool verify_rest(struct verify *verify, struct error *err);

/* ---- verify_customers.c: the same for customers ---- */

MUST_USE bool verify_open_customers(struct verify *verify, struct error *err);
MUST_USE bool verify_customer(struct verify *verify, struct error *err);
MUST_USE bool verify_skip_customer(struct verify *verify, struct error *err);
MUST_USE bool verify_rest_customers(struct verify *verify, struct error *err);

/* ---- verify_sums.c ---- */

/* Compares the sales with read.sku_sales. */
MUST_USE bool verify_sums(struct verify *verify, struct error *err);

#endif
