// SPDX-License-Identifier: Apache-2.0
// Inside the generator: chance, articles, and drafts of orders.
#ifndef LOAD_GENERATE_PARTS_H
#define LOAD_GENERATE_PARTS_H

#include "domain/order_messages.h"
#include "load/ids.h"

enum {
    GENERATED_CUSTOMERS = 4000,
    GENERATED_ARTICLES = 4000,
    GENERATED_MOST_LINES = 1100, /* of shape SHAPE_RETAIL; the real data has 1,112 */
};

/* What orders look like. */
enum order_shape {
    SHAPE_SMALL,  /* 1 to 5 lines: for measurements */
    SHAPE_RETAIL, /* as the real orders of docs/retail-data.md: median 15 lines, p90 48, p99 110 */
};

#define GENERATED_BASE_TIME_US INT64_C(1735689600000000) /* 2025-01-01: the same in every run */

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t draw(uint64_t *state);

/* 0 .. bound-1; the bias of the remainder does not matter here. */
static inline int64_t draw_below(uint64_t *state, int64_t bound)
{
    return (int64_t)(draw(state) % (uint64_t)bound);
}

/* What a run's chance and its ids start from: the same for the same run id, kind and seed. */
struct run_start {
    uint64_t random;
    int64_t id_base_ms;
};

struct run_start run_start_of(const struct run_identity *identity, const char *kind, int64_t seed);

/* Ids grow with time, as UUIDv7 does it and as senders should (kinder to indexes than random ones),
 * yet the same run makes the same ids: their time is counted, not read. A run has its own era.
 * number: of the command that needs it. */
struct uuid run_id_draw(int64_t id_base_ms, int64_t number, uint64_t *random);

struct article {
    char sku[16];
    char title[48];
    int64_t price; /* minor units */
};

struct articles;

/* NULL: out of memory. */
struct articles *articles_new(enum order_shape shape, uint64_t *random);
void articles_free(struct articles *articles);

/* Few are sold often. SHAPE_SMALL: the n-th article is drawn 1/n as often as the first (Zipf).
 * SHAPE_RETAIL: in proportion to 1/(n + 49), which is close to the real counts: the first article is
 * in 0.45 % of all lines (0.43 % in the data), the 40th in 0.26 % (0.18 %), the 201st in 0.09 %. */
const struct article *articles_draw(const struct articles *articles, uint64_t *random);

/* Number of an article, from 0. */
size_t articles_index(const struct articles *articles, const struct article *article);

/* Lines of an order. SHAPE_RETAIL: along the quantiles of the real data. */
int64_t draw_line_count(enum order_shape shape, uint64_t *random);

/* Encoded orders in stock: what is sold is drawn and encoded once, then copied and given another
 * customer, time and reference each time. Encoding is the dearest part of sending a command, and a
 * load client should cost little beside what it measures. */
struct drafts;

struct draft_lines {
    int64_t count;
    const int64_t *qty; /* of each line */
    int64_t total;      /* of the order, minor units */
};

/* NULL: out of memory. */
struct drafts *
drafts_new(const struct articles *articles, enum order_shape shape, uint64_t *random);
void drafts_free(struct drafts *drafts);

/* The message of order `number` (from 0) of the customer (text of a UUID); chance picks the draft.
 * Valid until the next call. */
struct slice drafts_take(
    struct drafts *drafts,
    uint64_t chance,
    int64_t number,
    const char *customer,
    struct draft_lines *out_lines);

#endif
