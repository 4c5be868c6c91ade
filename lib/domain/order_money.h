// SPDX-License-Identifier: Apache-2.0
// What an order knows of its money: payments, what providers said about them, refunds. Amounts are
// minor units of the order's currency.
//
// All zero is the state before anything was paid. A shallow copy of the struct may be folded into
// without changing the original, as long as no refund is among the events.
#ifndef DOMAIN_ORDER_MONEY_H
#define DOMAIN_ORDER_MONEY_H

#include "domain/evolve.h"
#include "domain/order_messages.h"
#include "domain/rejections.h"

enum { PAYMENT_OPERATION_COUNT = 4 };

/* One payment: an authorisation that is captured or voided in parts, or (authorised 0) money that
 * was taken in one step. We ask for no more than is authorised and not voided; what a provider says it
 * took beyond that was taken all the same. */
struct order_payment {
    struct uuid id;
    struct slice provider;
    int64_t authorised; /* ever */
    int64_t voided;
    int64_t captured;
    int64_t refunded;                          /* settled, of captured */
    int64_t declines[PAYMENT_OPERATION_COUNT]; /* by enum payment_operation */
    int64_t expires_at;                        /* of the newest authorisation, as it said */
    bool has_expires_at;
};

/* What a provider said once; newest first. Nodes never change. They are looked through one by one: an
 * order has a handful, and 20,000 refusals take 1.2 s in all. */
struct payment_result {
    const struct payment_result *older;
    struct slice provider_ref; /* unique for its op within the order */
    struct uuid payment_id;
    struct uuid refund_id; /* op refund */
    int64_t amount;        /* 0: a refusal that says none */
    enum payment_operation op;
    bool is_ok;
};

/* What refunds of a line are for that did not fail as a whole. */
struct refunded_line {
    int64_t cancelled; /* units, of those cancelled */
    int64_t cancelled_amount;
    int64_t returned; /* units, of those returned and accepted */
    int64_t returned_amount;
};

/* What one refund is for of the line at an index. */
struct refund_share {
    size_t at;
    struct refunded_line of;
};

/* pending = amount - settled - failed. It is for lines, shipping and good will until all of it has
 * failed. */
struct order_refund {
    struct uuid id;
    int64_t amount; /* the lines' amounts + shipping + goodwill */
    int64_t settled;
    int64_t failed;
    int64_t shipping;
    int64_t goodwill;
    int64_t credit; /* of amount: what the customer need not pay of what is due */
    int64_t reason; /* index into order_refund_reasons */
    const struct order_units_priced *lines;
    const struct refund_share *shares; /* one per line */
    size_t line_count;
};

struct order_money {
    struct order_payment payments[ORDER_MAX_PAYMENTS];
    size_t payment_count;
    const struct payment_result *results;
    struct order_refund *refunds; /* in the order of their requests */
    size_t refund_count;
    size_t refund_room;
    struct refunded_line *lines; /* one per line of the order, same index; NULL: none so far */
    int64_t shipping;            /* refunded, pending or settled, as is the next */
    int64_t credit;              /* of returned units, of shipping and of good will */
};

/* Everything it points at into the arena. line_count: of the order. False: the arena is exhausted. */
MUST_USE bool order_money_copy(struct order_money *money, size_t line_count, struct arena *arena);

struct order;

/* An amount of a command as it was sent, at least `least` minor units, in the order's currency. False:
 * *refusal says why. */
MUST_USE bool order_read_amount(
    const struct order *order,
    const struct decimal *amount,
    int64_t least,
    int64_t *out,
    enum rejection_code *refusal);

/* By id, NULL when there is none. */
const struct order_payment *
order_find_payment(const struct order_money *money, const struct uuid *id);
const struct order_refund *
order_find_refund(const struct order_money *money, const struct uuid *id);

/* amount - settled - failed */
int64_t order_refund_pending(const struct order_refund *refund);

/* What of an authorisation is neither captured nor voided; 0 for money taken in one step, or beyond
 * it. */
int64_t order_payment_open(const struct order_payment *payment);

/* What stands behind the order: what was captured and what is still open of each payment. Refunds do
 * not lessen it. */
int64_t order_funds(const struct order *order);

/* Of that, what has not lapsed at a time (microseconds since 1970): only this can still be taken. An
 * authorisation lapses when the newest of its payment said. */
int64_t order_funds_at(const struct order *order, int64_t now_us);

/* Whether what is open of the payment has lapsed. */
bool order_payment_lapsed(const struct order_payment *payment, int64_t now_us);

/* total - cancelled_amount */
int64_t order_due(const struct order *order);

/* What the customer need not pay of what is due: refunds, pending or settled, of returned units,
 * of shipping and of good will. Refunds of cancelled units or of what was paid too much are none; nor
 * is anything once nothing is due. */
int64_t order_credit(const struct order *order);

/* Takes qty units of a line that were cancelled or returned and are not refunded yet, of the kind
 * first that the reason is about, and says what they cost. False: there are not so many. */
MUST_USE bool order_share_refund(
    const struct order *order, size_t at, int64_t qty, int64_t reason, struct refunded_line *out);

/* The id of the refund that takes the place of one that had failed, and went after all. */
struct uuid order_late_refund_id(const struct uuid *refund_id, struct slice provider_ref);

/* What of a refund has failed, and did not go after all. */
int64_t order_late_refundable(const struct order *order, const struct order_refund *refund);

/* RefundRequested for what went of a refund after it had failed; at least `amount`, what is above it
 * has failed all the same. amount: at most what is refundable. NULL: the arena is exhausted. */
struct refund_requested *order_request_late(
    const struct order *order,
    const struct order_refund *refund,
    const struct uuid *id,
    int64_t amount,
    struct arena *arena);

/* Remembers what was said, so that it is not recorded twice. */
MUST_USE enum evolve_result order_remember_result(
    struct order_money *money, const struct payment_result *said, struct arena *arena);

/* Folds money that went back for a refund. */
MUST_USE enum evolve_result order_refund_settle(
    struct order *order, const struct uuid *id, int64_t amount, struct arena *arena);

/* captured - refunded - pending: what can be refunded at all. */
int64_t order_refundable(const struct order *order);

/* What is refundable beyond due - credit; below 0: so much is still owed. */
int64_t order_excess(const struct order *order);

/* due - credit - (captured - refunded): 0 when nobody owes anybody. */
int64_t order_balance(const struct order *order);

#endif
