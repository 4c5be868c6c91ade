// SPDX-License-Identifier: Apache-2.0
// Facets: what the sums say about money, goods and returns, each by itself, because all combinations
// of them occur.
#include "domain/order_sums.h"

#include "base/check.h"

#include "base/banned.h"

static const char *const payment_names[] = {
    "pending",
    "authorized",
    "part_captured",
    "captured",
    "part_refunded",
    "refunded",
    "voided",
    "declined",
    "over_captured"};
_Static_assert(countof(payment_names) == PAYMENT_FACET_COUNT, "each payment facet has a name");

static const char *const goods_names[] = {
    "none", "part_reserved", "reserved", "part_shipped", "shipped", "part_delivered", "delivered"};
_Static_assert(countof(goods_names) == GOODS_FACET_COUNT, "each goods facet has a name");

static const char *const returns_names[] = {"none", "requested", "part_returned", "returned"};
_Static_assert(countof(returns_names) == RETURNS_FACET_COUNT, "each returns facet has a name");

/* Before anything is captured. */
static enum payment_facet promised(const struct order_sums *sums)
{
    if (sums->authorised > sums->voided)
        return PAYMENT_FACET_AUTHORIZED;
    if (sums->authorised > 0)
        return PAYMENT_FACET_VOIDED;
    return sums->declines > 0 ? PAYMENT_FACET_DECLINED : PAYMENT_FACET_PENDING;
}

/* Over-captured is what somebody has to give back: it stands out until that is done. */
static enum payment_facet payment_facet_of(const struct order_sums *sums)
{
    int64_t due = sums->total - sums->cancelled_amount;
    int64_t kept = sums->captured - sums->refunded;
    if (sums->captured == 0)
        return promised(sums);
    if (kept <= 0)
        return PAYMENT_FACET_REFUNDED;
    if (kept > due)
        return PAYMENT_FACET_OVER_CAPTURED;
    if (sums->refunded > 0)
        return PAYMENT_FACET_PART_REFUNDED;
    return sums->captured < due ? PAYMENT_FACET_PART_CAPTURED : PAYMENT_FACET_CAPTURED;
}

/* Reserved units that were cancelled since count as reserved. While a SKU waits, an order that had
 * other units reserved and then cancelled may therefore look reserved too early; the aggregate, which
 * knows its SKUs, does not decide by this. */
static enum goods_facet goods_facet_of(const struct order_sums *sums)
{
    int64_t open = sums->units - sums->cancelled;
    if (sums->delivered > 0)
        return sums->delivered < open ? GOODS_FACET_PART_DELIVERED : GOODS_FACET_DELIVERED;
    if (sums->shipped > 0)
        return sums->shipped < open ? GOODS_FACET_PART_SHIPPED : GOODS_FACET_SHIPPED;
    if (sums->reserved == 0 || open == 0)
        return GOODS_FACET_NONE;
    return sums->reserved < open ? GOODS_FACET_PART_RESERVED : GOODS_FACET_RESERVED;
}

static enum returns_facet returns_facet_of(const struct order_sums *sums)
{
    if (sums->returned > 0)
        return sums->returned < sums->units - sums->cancelled ? RETURNS_FACET_PART_RETURNED
                                                              : RETURNS_FACET_RETURNED;
    return sums->return_requested > 0 ? RETURNS_FACET_REQUESTED : RETURNS_FACET_NONE;
}

struct order_facets order_facets_of(const struct order_sums *sums)
{
    return (struct order_facets){
        .payment = payment_facet_of(sums),
        .goods = goods_facet_of(sums),
        .returns = returns_facet_of(sums)};
}

const char *payment_facet_name(enum payment_facet facet)
{
    CHECK(facet < PAYMENT_FACET_COUNT);
    return payment_names[facet];
}

const char *goods_facet_name(enum goods_facet facet)
{
    CHECK(facet < GOODS_FACET_COUNT);
    return goods_names[facet];
}

const char *returns_facet_name(enum returns_facet facet)
{
    CHECK(facet < RETURNS_FACET_COUNT);
    return returns_names[facet];
}

/* An order that waits for its money says so once its goods are secured. */
static const char *shown_while_placed(const struct order_facets *facets)
{
    if (facets->payment == PAYMENT_FACET_DECLINED)
        return "payment_failed";
    return facets->goods == GOODS_FACET_RESERVED ? "pending_payment" : "pending";
}

const char *order_shown_status(enum order_status status, const struct order_sums *sums)
{
    static const char *const shown[ORDER_STATUS_COUNT] = {
        [ORDER_NONE] = "pending",
        [ORDER_CONFIRMED] = "confirmed",
        [ORDER_PART_SHIPPED] = "processing",
        [ORDER_SHIPPED] = "shipped",
        [ORDER_DELIVERED] = "delivered",
        [ORDER_CLOSED] = "delivered",
        [ORDER_CANCELLED] = "cancelled",
        [ORDER_EXPIRED] = "cancelled",
    };
    struct order_facets facets = order_facets_of(sums);
    CHECK(status < ORDER_STATUS_COUNT);
    if (facets.payment == PAYMENT_FACET_REFUNDED)
        return "refunded";
    return status == ORDER_PLACED ? shown_while_placed(&facets) : shown[status];
}
