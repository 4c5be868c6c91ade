// SPDX-License-Identifier: Apache-2.0
// Sums over an order, and what follows from them: its status after shipping, its facets, what people
// are shown. Every event says by itself what it changes of the sums, so that the aggregate and the
// read models come to the same without sharing anything else.
#ifndef DOMAIN_ORDER_SUMS_H
#define DOMAIN_ORDER_SUMS_H

#include "domain/catalog.h"

/* Stored in read models: numbers are for ever. */
enum order_status {
    ORDER_NONE, /* no event yet */
    ORDER_PLACED,
    ORDER_CONFIRMED,
    ORDER_PART_SHIPPED,
    ORDER_SHIPPED,
    ORDER_DELIVERED,
    ORDER_CLOSED,
    ORDER_CANCELLED,
    ORDER_EXPIRED,
    ORDER_STATUS_COUNT
};

/* Units over all lines, amounts in minor units. All but the last two only grow. */
struct order_sums {
    int64_t units;     /* ordered */
    int64_t cancelled; /* of them; all of them once the order is cancelled or expired */
    int64_t reserved;  /* ever, cancelled since included */
    int64_t shipped;
    int64_t delivered;
    int64_t returned; /* came back, accepted or not */
    int64_t total;
    int64_t cancelled_amount; /* of total: due = total - cancelled_amount */
    int64_t authorised;       /* ever */
    int64_t voided;           /* of authorised */
    int64_t captured;
    int64_t refunded;         /* settled */
    int64_t declines;         /* authorisations refused by providers */
    int64_t return_requested; /* announced, not here yet */
    int64_t refund_pending;   /* requested, neither settled nor failed */
};

/* Adds what the event changes. False: it does not fit, or is no event of an order. */
MUST_USE bool order_sums_add(struct order_sums *sums, const struct event *event);

/* The status after the event, with the sums after it. */
enum order_status order_status_after(
    enum order_status before, const struct event *event, const struct order_sums *sums);

/* Stored in read models: numbers are for ever. */
enum payment_facet {
    PAYMENT_FACET_PENDING,
    PAYMENT_FACET_AUTHORIZED,
    PAYMENT_FACET_PART_CAPTURED,
    PAYMENT_FACET_CAPTURED,
    PAYMENT_FACET_PART_REFUNDED,
    PAYMENT_FACET_REFUNDED,
    PAYMENT_FACET_VOIDED,
    PAYMENT_FACET_DECLINED,
    PAYMENT_FACET_OVER_CAPTURED,
    PAYMENT_FACET_COUNT
};
enum goods_facet {
    GOODS_FACET_NONE,
    GOODS_FACET_PART_RESERVED,
    GOODS_FACET_RESERVED,
    GOODS_FACET_PART_SHIPPED,
    GOODS_FACET_SHIPPED,
    GOODS_FACET_PART_DELIVERED,
    GOODS_FACET_DELIVERED,
    GOODS_FACET_COUNT
};
enum returns_facet {
    RETURNS_FACET_NONE,
    RETURNS_FACET_REQUESTED,
    RETURNS_FACET_PART_RETURNED,
    RETURNS_FACET_RETURNED,
    RETURNS_FACET_COUNT
};

struct order_facets {
    enum payment_facet payment;
    enum goods_facet goods;
    enum returns_facet returns;
};

struct order_facets order_facets_of(const struct order_sums *sums);

/* "pending", "authorized" …; "none", "part_reserved" …; "none", "requested" … */
const char *payment_facet_name(enum payment_facet facet);
const char *goods_facet_name(enum goods_facet facet);
const char *returns_facet_name(enum returns_facet facet);

/* One word for customers: "pending", "pending_payment", "payment_failed", "confirmed", "processing",
 * "shipped", "delivered", "cancelled", "refunded". */
const char *order_shown_status(enum order_status status, const struct order_sums *sums);

#endif
