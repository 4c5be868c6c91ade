// SPDX-License-Identifier: Apache-2.0
// Inside the retail source: what its steps share. An invoice becomes a plan, the list of its
// commands; their bodies live in the arena until the plan is used up.
#ifndef LOAD_RETAIL_STEPS_H
#define LOAD_RETAIL_STEPS_H

#include "base/arena.h"
#include "load/invoices.h"
#include "load/purchases.h"
#include "load/retail.h"
#include "load/text_file.h"

/* X(name, member): rows by stock code that are no goods, and other things to count. */
#define RETAIL_COUNTS(X) \
    X("rows", rows) \
    X("invoices_normal", invoices_normal) \
    X("invoices_cancel", invoices_cancel) \
    X("invoices_bad_debt", invoices_bad_debt) \
    X("invoices_without_product", invoices_without_product) \
    X("invoices_with_two_shippings", two_shippings) \
    X("orders_with_a_zero_price", zero_price_orders) \
    X("cancelled_rows_matched", matched) \
    X("cancelled_rows_over_several_purchases", over_several) \
    X("cancelled_rows_too_few_left", too_few) \
    X("cancelled_rows_nothing_matched", unmatched) \
    X("cancelled_rows_no_customer", no_customer) \
    X("skipped_POST", skipped_post) \
    X("skipped_DOT", skipped_dot) \
    X("skipped_C2", skipped_c2) \
    X("skipped_M", skipped_manual) \
    X("skipped_m", skipped_manual_small) \
    X("skipped_D", skipped_discount) \
    X("skipped_S", skipped_samples) \
    X("skipped_B", skipped_bad_debt) \
    X("skipped_BANK CHARGES", skipped_bank) \
    X("skipped_AMAZONFEE", skipped_amazon) \
    X("skipped_CRUK", skipped_charity) \
    X("skipped_gift_*", skipped_gift_cards)

enum retail_count_index {
#define X(name, member) COUNT_##member,
    RETAIL_COUNTS(X)
#undef X
        RETAIL_COUNT_COUNT
};

struct retail_order {
    struct uuid id;
    const char *refused; /* code, NULL: accepted */
};

struct retail {
    const struct run_identity *identity;
    bool gifts;
    bool personal;
    struct text_file *file;
    struct csv_reader csv;
    struct invoice_reader invoices;
    struct purchases purchases;
    struct map16 skus;      /* every code that was stocked -> its number */
    struct map16 customers; /* who is registered; values mean nothing */
    struct retail_order *orders;
    size_t order_count;
    size_t order_capacity;
    struct arena arena; /* of the plan */
    struct outgoing *plan;
    size_t plan_count;
    size_t plan_capacity;
    size_t plan_at;
    struct retail_count counts[RETAIL_COUNT_COUNT];
};

/* A row of an invoice: where a command comes from, which names it. */
struct retail_place {
    const struct invoice *invoice;
    size_t row;
};

/* Adds a command to the plan and gives it its id from `name`. NULL: out of memory. */
struct outgoing *
retail_plan_add(struct retail *retail, enum command_type type, const char *name, struct error *err);

/* ReceiveStock before the first order or adjustment of a code; *out_sku its number. */
MUST_USE bool retail_first_sight(
    struct retail *retail, const struct retail_row *row, uint32_t *out_sku, struct error *err);

/* The number of a code; false when it was never stocked. */
MUST_USE bool retail_find_sku(const struct retail *retail, const char *code, uint32_t *out_sku);

/* The customer of an invoice with this row; a guest is one of its own. */
struct uuid retail_customer(const struct retail *retail, const struct retail_row *row);

/* RegisterCustomer before the first order of a customer. */
MUST_USE bool
retail_plan_customer(struct retail *retail, const struct retail_row *row, struct error *err);

/* The personal part of an order; in the arena. */
MUST_USE bool retail_order_part(
    struct retail *retail, const struct retail_row *row, struct slice *out, struct error *err);

/* Counts a row that is no goods. */
void retail_skip_row(struct retail *retail, const struct retail_row *row);

static inline const struct retail_row *retail_row_at(const struct retail_place *place)
{
    return &place->invoice->rows[place->row];
}

/* What becomes of an invoice, by its kind; each adds to the plan. */
MUST_USE bool
retail_plan_order(struct retail *retail, const struct invoice *invoice, struct error *err);
MUST_USE bool
retail_plan_bad_debt(struct retail *retail, const struct invoice *invoice, struct error *err);
MUST_USE bool
retail_plan_adjustments(struct retail *retail, const struct invoice *invoice, struct error *err);
MUST_USE bool
retail_plan_cancellation(struct retail *retail, const struct invoice *invoice, struct error *err);

#endif
