// SPDX-License-Identifier: Apache-2.0
// The order: what is known of it after its events, and where its commands are decided.
//
// Text in the state is not copied: it points into the event it came from, and so into the payload
// and the arena of whoever decoded that.
#ifndef DOMAIN_ORDER_H
#define DOMAIN_ORDER_H

#include "domain/evolve.h"
#include "domain/order_goods.h"
#include "domain/order_messages.h"
#include "domain/order_money.h"
#include "domain/order_sums.h"
#include "domain/transitions.h"

/* A line as it was placed, and what became of its units. */
struct order_line {
    struct order_placed_line placed;
    int64_t cancelled;        /* 0 to placed.qty; all of them once the order is cancelled */
    int64_t cancelled_amount; /* of placed.line_total */
    int64_t reserved;         /* 0, or all that are not cancelled */
    int64_t shipped;          /* of the reserved */
    int64_t delivered;        /* of the shipped */
    int64_t return_requested; /* of the delivered: announced, not here yet */
    int64_t returned;         /* of the delivered: came back */
    int64_t accepted;         /* of the returned */
    uint16_t article;         /* index into goods.articles */
};

/* Amounts are minor units of `currency`. After ORDER_NONE all members hold. */
struct order {
    enum order_status status;
    bool held;
    enum order_hold_reason hold_reason; /* while held */
    struct uuid customer_id;
    int64_t channel; /* index into order_channels */
    struct slice currency;
    bool prices_include_tax;
    enum rounding rounding;
    struct slice ship_country;
    struct slice bill_country;    /* empty: none */
    struct slice source_ref;      /* empty: none */
    struct slice shipping_method; /* empty: no shipping */
    struct slice promo_code;      /* empty: none */
    int64_t placed_at;            /* microseconds since 1970 UTC, as is the next */
    int64_t complete_by;          /* when it may be expired unless it is confirmed */
    struct order_line *lines;     /* ascending by line_no */
    size_t line_count;
    int64_t subtotal; /* sum of line_net */
    int64_t discount; /* of the lines, taken before tax */
    int64_t shipping; /* net */
    int64_t shipping_tax;
    int64_t tax;            /* sum of line_tax, and shipping_tax */
    int64_t total;          /* subtotal + shipping + tax */
    struct order_sums sums; /* due = sums.total - sums.cancelled_amount */
    struct order_goods goods;
    struct order_money money;
};

/* "none", "placed", … */
const char *order_status_name(enum order_status status);

/* Index of a line in order->lines, false when there is none. O(log n). */
MUST_USE bool order_find_line(const struct order *order, int64_t line_no, size_t *out);

/* ---- the state machine ---- */

/* What a command does in each state. A command whose body decides what it means has a row for each of
 * its meanings. */
struct order_row {
    enum command_type command;
    const char *variant; /* "reserved", …; NULL: the only row of its command */
    struct transition cells[ORDER_STATUS_COUNT];
};

enum { ORDER_ROW_COUNT = 25 };

/* By command, in the order of the catalogue. */
extern const struct order_row order_rows[ORDER_ROW_COUNT];

/* The row of a command. */
const struct order_row *order_row_of(const struct command *command);

/* ---- behind aggregates.h ---- */

MUST_USE bool order_decide(
    const struct order *order,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out);

MUST_USE enum evolve_result
order_evolve(struct order *order, const struct event *event, struct arena *arena);

/* The state with everything it points at in the arena. NULL: the arena is exhausted. */
MUST_USE struct order *order_copy(const struct order *from, struct arena *arena);

#endif
