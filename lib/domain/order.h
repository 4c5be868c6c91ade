// SPDX-License-Identifier: Apache-2.0
// The order: what is known of it after its events, and where its commands are decided.
//
// Text in the state is not copied: it points into the event it came from, and so into the payload
// and the arena of whoever decoded that.
#ifndef DOMAIN_ORDER_H
#define DOMAIN_ORDER_H

#include "domain/evolve.h"
#include "domain/order_messages.h"
#include "domain/order_sums.h"
#include "domain/transitions.h"

/* A line as it was placed, and what became of it. */
struct order_line {
    struct order_placed_line placed;
    int64_t cancelled; /* units, 0 to placed.qty; all of them once the order is cancelled */
};

/* Amounts are minor units of `currency`. After ORDER_NONE all members hold. */
struct order {
    enum order_status status;
    struct uuid customer_id;
    int64_t channel; /* index into order_channels */
    struct slice currency;
    bool prices_include_tax;
    enum rounding rounding;
    struct slice ship_country;
    struct slice source_ref;      /* empty: none */
    struct slice shipping_method; /* empty: no shipping */
    int64_t placed_at;            /* microseconds since 1970 UTC */
    struct order_line *lines;     /* ascending by line_no */
    size_t line_count;
    int64_t units;           /* sum of qty */
    int64_t units_cancelled; /* sum of cancelled */
    int64_t subtotal;        /* sum of line_net */
    int64_t shipping;        /* net */
    int64_t shipping_tax;
    int64_t tax;              /* sum of line_tax, and shipping_tax */
    int64_t total;            /* subtotal + shipping + tax */
    int64_t cancelled_amount; /* of total; due = total - cancelled_amount */
};

/* "none", "placed", … */
const char *order_status_name(enum order_status status);

/* Index of a line in order->lines, false when there is none. O(log n). */
MUST_USE bool order_find_line(const struct order *order, int64_t line_no, size_t *out);

/* What each command does in each state. Rows of other categories are empty. */
extern const struct transition order_transitions[COMMAND_TYPE_COUNT][ORDER_STATUS_COUNT];

/* ---- behind aggregates.h ---- */

MUST_USE bool order_decide(
    const struct order *order,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out);

MUST_USE enum evolve_result
order_evolve(struct order *order, const struct event *event, struct arena *arena);

#endif
