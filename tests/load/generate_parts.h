// SPDX-License-Identifier: Apache-2.0
// Inside the generator: chance, articles, and drafts of orders.
#ifndef LOAD_GENERATE_PARTS_H
#define LOAD_GENERATE_PARTS_H

#include "base/uuid.h"
#include "domain/order_messages.h"

enum {
    GENERATED_CUSTOMERS = 4000,
    GENERATED_ARTICLES = 4000,
    GENERATED_MOST_LINES = 5,
};

#define GENERATED_BASE_TIME_US INT64_C(1735689600000000) /* 2025-01-01: the same in every run */

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t draw(uint64_t *state);

/* 0 .. bound-1; the bias of the remainder does not matter here. */
static inline int64_t draw_below(uint64_t *state, int64_t bound)
{
    return (int64_t)(draw(state) % (uint64_t)bound);
}

struct article {
    char sku[16];
    char title[48];
    int64_t price; /* minor units */
};

struct articles;

/* NULL: out of memory. */
struct articles *articles_new(uint64_t *random);
void articles_free(struct articles *articles);

/* The n-th article is drawn 1/n as often as the first (Zipf). */
const struct article *articles_draw(const struct articles *articles, uint64_t *random);

/* Encoded orders in stock: what is sold is drawn and encoded once, then copied and given another
 * customer, time and reference each time. Encoding is the dearest part of sending a command, and a
 * load client should cost little beside what it measures. */
struct drafts;

struct draft_lines {
    int64_t count;
    int64_t qty[GENERATED_MOST_LINES];
};

/* NULL: out of memory. */
struct drafts *drafts_new(const struct articles *articles, uint64_t *random);
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
