// SPDX-License-Identifier: Apache-2.0
// What an order knows of its money: payments, what providers said about them, refunds. Amounts are
// minor units of the order's currency.
//
// All zero is the state before anything was paid. A shallow copy of the struct may be folded into
// without changing the original, as long as no refund is among the events.
#ifndef DOMAIN_ORDER_MONEY_H
#define DOMAIN_ORDER_MONEY_H

#include "base/arena.h"
#include "domain/order_messages.h"

enum { PAYMENT_OPERATION_COUNT = 4 };

/* One payment: an authorisation that is captured or voided in parts, or (authorised 0) money that
 * was taken in one step. captured + voided <= authorised unless authorised is 0. */
struct order_payment {
    struct uuid id;
    struct slice provider;
    int64_t authorised; /* ever */
    int64_t voided;
    int64_t captured;
    int64_t declines[PAYMENT_OPERATION_COUNT]; /* by enum payment_operation */
    int64_t expires_at;                        /* of the newest authorisation, as it said */
    bool has_expires_at;
};

/* What a provider said once; newest first. Nodes never change. */
struct payment_result {
    const struct payment_result *older;
    struct slice provider_ref; /* unique for its op within the order */
    struct uuid payment_id;
    struct uuid refund_id; /* op refund */
    int64_t amount;        /* 0: a refusal, which says none */
    enum payment_operation op;
    bool is_ok;
};

/* pending = amount - settled - failed. */
struct order_refund {
    struct uuid id;
    int64_t amount; /* the lines' amounts + shipping + goodwill */
    int64_t settled;
    int64_t failed;
    int64_t shipping;
    int64_t goodwill;
    int64_t reason; /* index into order_refund_reasons */
    const struct order_units_priced *lines;
    size_t line_count;
};

/* Of one line: what refunds that did not fail as a whole are for. */
struct refunded_line {
    int64_t units;
    int64_t amount;
};

struct order_money {
    struct order_payment payments[ORDER_MAX_PAYMENTS];
    size_t payment_count;
    const struct payment_result *results;
    struct order_refund *refunds; /* in the order of their requests */
    size_t refund_count;
    size_t refund_room;
    struct refunded_line *lines; /* one per line of the order, same index; NULL: no refund yet */
};

/* Everything it points at into the arena. line_count: of the order. False: the arena is exhausted. */
MUST_USE bool order_money_copy(struct order_money *money, size_t line_count, struct arena *arena);

struct order;

/* What stands behind the order: authorised - voided of each payment, or what was taken in one step.
 * Refunds do not lessen it. */
int64_t order_funds(const struct order *order);

/* total - cancelled_amount */
int64_t order_due(const struct order *order);

/* What the customer need not pay of what is due: refunds, pending or settled, of returned units,
 * of shipping and of good will. */
int64_t order_credit(const struct order *order);

/* due - credit - (captured - refunded): 0 when nobody owes anybody. */
int64_t order_balance(const struct order *order);

#endif
