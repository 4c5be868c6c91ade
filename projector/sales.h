// SPDX-License-Identifier: Apache-2.0
// Sums per tenant, month, article and currency, in memory: the rows of read.sku_sales, as changes
// of one batch or as totals of the whole log. Knows neither events nor PostgreSQL. No sum shrinks: one
// that does not fit 64 bits stays at the most they hold, here and in the table, so that no order, be it
// ever so large, stops the projection.
#ifndef PROJECTOR_SALES_H
#define PROJECTOR_SALES_H

#include "projector/index.h"

struct sales_key {
    int32_t tenant_id;
    int32_t month; /* its first day, counted from 1970-01-01 */
    struct slice sku;
    struct slice currency;
};

struct sales_row {
    struct sales_key key; /* text in the arena */
    int64_t orders;
    int64_t units;
    int64_t revenue; /* this and cancelled_revenue: minor units */
    int64_t cancelled_units;
    int64_t cancelled_revenue;
    int64_t last_order; /* the order counted last: one with the article on two lines counts once */
    bool compared;      /* for verify */
    struct sales_row *next;
};

struct sales {
    struct arena *arena; /* the rows live there: reset it after sales_reset */
    struct index index;
    struct sales_row *rows; /* a list, newest first */
};

void sales_init(struct sales *sales, struct arena *arena);

/* Forgets all rows. */
void sales_reset(struct sales *sales);

/* The row of a key, made when there is none. NULL: the arena is exhausted. */
MUST_USE struct sales_row *sales_row(struct sales *sales, const struct sales_key *key);

/* NULL when there is none. */
struct sales_row *sales_find(const struct sales *sales, const struct sales_key *key);

static inline size_t sales_count(const struct sales *sales)
{
    return sales->index.count;
}

/* One ordered line of `order_number`; lines of one order come one after another. */
void sales_add_line(struct sales_row *row, int64_t order_number, int64_t units, int64_t revenue);
void sales_add_cancelled(struct sales_row *row, int64_t units, int64_t revenue);

/* First day of the month (UTC) of a time, in days since 1970-01-01. */
int32_t sales_month(int64_t time_us);

#endif
