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

/* Tables that are compared while walking over the streams, as merges of sorted lists. */
enum verify_table {
    VERIFY_ORDERS,
    VERIFY_LINES,
    VERIFY_CUSTOMERS,
    VERIFY_STOCK,
    VERIFY_RESERVATIONS,
    VERIFY_PROMOTIONS,
    VERIFY_DISCOUNTS,
    VERIFY_TABLES
};

union verify_row {
    int64_t number; /* of the stream: the first member of all of them */
    struct summary_row order;
    struct line_row line;
    struct customer_row customer;
    struct stock_row stock;
    struct reservation_row reservation;
    struct promotion_row promotion;
    struct discount_row discount;
};

/* Where the walk stands in a table. */
struct table_walk {
    struct cursor cursor;
    bool has_row;
    union verify_row row;
    int64_t expected; /* rows so far */
};

/* What a promotion has granted in one currency. */
struct granted {
    struct slice currency;
    int64_t redemptions;
    int64_t discount;
    struct granted *next;
};

/* The stream being folded. */
struct verify_stream {
    int64_t number; /* 0: none */
    struct uuid id;
    int32_t tenant_id;
    int16_t category;
    int64_t version; /* of its last event, as are position and occurred_us */
    int64_t position;
    int64_t occurred_us;
    int64_t first_occurred_us;
    bool broken;                /* a version is missing: it cannot be folded */
    struct aggregate aggregate; /* of categories that read models show */
    struct slice sealed;        /* newest copies, as a row holds them */
    struct granted *granted;    /* ascending by currency; the promotion itself does not keep it */
};

struct verify {
    struct db db;
    int64_t position; /* the checkpoint: events up to here count */
    struct cursor events;
    struct table_walk tables[VERIFY_TABLES];
    uint8_t *seen; /* a bit per position */
    struct verify_stream stream;
    struct arena arenas[2];
    struct arena *stream_arena; /* of one stream: reset when the next begins */
    struct arena *spare_arena;  /* where the state moves when that one is full of events */
    size_t compact_at;          /* bytes of stream_arena */
    struct arena sales_arena;
    struct sales sales; /* what read.sku_sales should hold */
    int64_t event_count;
    int64_t stream_count;
    int64_t sums_count;
    struct differences differences;
    struct progress progress;
};

/* Walks over all events, stream by stream, and compares what each leaves with its rows. */
MUST_USE bool verify_walk(struct verify *verify, struct error *err);

/* ---- verify_tables.c ---- */

/* "orders", "lines" …, as verify reports them. */
const char *verify_table_word(enum verify_table which);

/* Opens the cursors over all tables and stands at their first rows. */
MUST_USE bool verify_open_tables(struct verify *verify, struct error *err);

/* The next row that the table should have; they come in the order of their keys. Rows before it belong
 * to nothing: they are differences. */
MUST_USE bool verify_expect(
    struct verify *verify, enum verify_table which, const void *expected, struct error *err);

/* Passes over the rows of a stream that could not be folded. */
MUST_USE bool verify_skip_stream(struct verify *verify, int64_t number, struct error *err);

/* After the last stream: whatever rows are left belong to nothing. */
MUST_USE bool verify_rest(struct verify *verify, struct error *err);

/* ---- verify_orders.c, verify_others.c: the rows that the folded stream should have ---- */

typedef bool verify_function(struct verify *verify, struct error *err);
MUST_USE verify_function verify_order, verify_customer, verify_stock, verify_promotion;

/* Adds what the event grants to verify->stream. False: memory is exhausted. */
MUST_USE bool verify_grant(struct verify *verify, const struct event *event);

/* Moves what the promotion granted into the arena. False: memory is exhausted. */
MUST_USE bool verify_keep_grants(struct verify_stream *stream, struct arena *arena);

bool verify_exhausted(struct error *err);

/* ---- verify_sums.c ---- */

/* Compares the sales with read.sku_sales. */
MUST_USE bool verify_sums(struct verify *verify, struct error *err);

#endif
