// SPDX-License-Identifier: Apache-2.0
// A sound history of an order, and faulty events to plant into it: the books must name the invariant
// that each breaks.
#ifndef SUPPORT_PLANTED_H
#define SUPPORT_PLANTED_H

#include "support/books.h"
#include "support/cmocka.h"

#define ID(number) \
    { \
        { \
            (number) \
        } \
    }
#define EUR SLICE_LITERAL("EUR")
#define ARTICLE .sku = SLICE_LITERAL("A-1"), .location = SLICE_LITERAL("main")
#define UNITS(...) \
    (const struct order_units[]) \
    { \
        __VA_ARGS__ \
    }
#define PRICED(...) \
    (const struct order_units_priced[]) \
    { \
        __VA_ARGS__ \
    }

/* ---- a sound order: lines 1 and 2 of one article, line 3 of another; 30.00 and 2.00 for shipping ---- */

static const struct order_placed_line lines[] = {
    {.line_no = 1, .sku = SLICE_LITERAL("A-1"), .qty = 2, .line_net = 1000, .line_total = 1000},
    {.line_no = 2,
     .sku = SLICE_LITERAL("A-1"),
     .qty = 1,
     .discount = 100,
     .line_net = 900,
     .line_tax = 100,
     .line_total = 1000},
    {.line_no = 3, .sku = SLICE_LITERAL("B-2"), .qty = 3, .line_net = 1000, .line_total = 1000}};
static const struct order_placed placed = {
    .currency = EUR,
    .lines = lines,
    .lines_count = 3,
    .shipping = 200,
    .subtotal = 2900,
    .tax = 100,
    .discount = 100,
    .total = 3200,
    .promo_code = SLICE_LITERAL("X"),
    .has_promo_code = true};
static const struct line_reserved reserved_a = {
    ARTICLE, .qty = 3, .lines = UNITS({1, 2}, {2, 1}), .lines_count = 2};
static const struct line_reserved reserved_b = {
    .sku = SLICE_LITERAL("B-2"),
    .location = SLICE_LITERAL("main"),
    .qty = 3,
    .lines = UNITS({3, 3}),
    .lines_count = 1};
static const struct promotion_share shares[] = {{2, 100}};
static const struct promotion_applied applied = {
    .code = SLICE_LITERAL("X"), .discount = 100, .allocation = shares, .allocation_count = 1};
static const struct payment_authorized authorized = {
    .payment_id = ID(1), .provider_ref = SLICE_LITERAL("a1"), .amount = 3200, .currency = EUR};
static const struct order_confirmed confirmed = {.total = 3200};
static const struct lines_cancelled cancelled = {
    .lines = PRICED({3, 1, 333}), .lines_count = 1, .amount = 333, .cancelled_amount = 333};
static const struct shipment_dispatched dispatched = {
    .shipment_id = ID(5),
    .lines = PRICED({1, 2, 1000}, {2, 1, 1000}, {3, 2, 667}),
    .lines_count = 3,
    .amount = 2667};
static const struct payment_captured captured = {
    .payment_id = ID(1), .provider_ref = SLICE_LITERAL("c1"), .amount = 2867, .currency = EUR};
static const struct shipment_delivered delivered = {
    .shipment_id = ID(5), .lines = UNITS({1, 2}, {2, 1}, {3, 2}), .lines_count = 3};
static const struct return_line coming[] = {{1, 2, 0}};
static const struct return_requested announced = {
    .return_id = ID(6), .lines = coming, .lines_count = 1};
static const struct received_line came[] = {{1, 1, 1, 1}};
static const struct return_received received = {
    .return_id = ID(6), .lines = came, .lines_count = 1};
static const struct refund_requested refund = {
    .refund_id = ID(7),
    .lines = PRICED({1, 1, 500}),
    .lines_count = 1,
    .amount = 500,
    .reason = REFUND_RETURNED};
static const struct refund_settled settled = {
    .refund_id = ID(7),
    .payment_id = ID(1),
    .provider_ref = SLICE_LITERAL("r1"),
    .amount = 500,
    .currency = EUR};
static const struct order_closed closed = {.closed_at = 1};

static const struct event history[] = {
    {EVENT_ORDER_PLACED, &placed},
    {EVENT_LINE_RESERVED, &reserved_a},
    {EVENT_LINE_RESERVED, &reserved_b},
    {EVENT_PROMOTION_APPLIED, &applied},
    {EVENT_PAYMENT_AUTHORIZED, &authorized},
    {EVENT_ORDER_CONFIRMED, &confirmed},
    {EVENT_LINES_CANCELLED, &cancelled},
    {EVENT_SHIPMENT_DISPATCHED, &dispatched},
    {EVENT_PAYMENT_CAPTURED, &captured},
    {EVENT_SHIPMENT_DELIVERED, &delivered},
    {EVENT_RETURN_REQUESTED, &announced},
    {EVENT_RETURN_RECEIVED, &received},
    {EVENT_REFUND_REQUESTED, &refund},
    {EVENT_REFUND_SETTLED, &settled},
    {EVENT_ORDER_CLOSED, &closed},
};

/* Posts the first so many events; all of them are sound. */
static inline void post_history(struct order_books *books, size_t count)
{
    *books = (struct order_books){0};
    for (size_t i = 0; i < count; i++) {
        const char *fault = order_books_post(books, &history[i]);
        if (fault != NULL)
            fail_msg("event %zu: %s", i + 1, fault);
    }
}

static inline void assert_names(const char *fault, const char *invariant, const char *bug)
{
    if (fault == NULL)
        fail_msg("not noticed: %s", bug);
    if (strncmp(fault, invariant, strlen(invariant)) != 0 || fault[strlen(invariant)] != ':')
        fail_msg("%s: expected %s, found %s", bug, invariant, fault);
}

static inline void plant(size_t after, const char *invariant, const char *bug, struct event event)
{
    struct order_books books;
    post_history(&books, after);
    assert_names(order_books_post(&books, &event), invariant, bug);
}

/* An event as in the history but for what is changed. */
#define PLANT(after, invariant, bug, event_type, type, base, ...) \
    do { \
        struct type changed = base; \
        __VA_ARGS__; \
        plant(after, invariant, bug, (struct event){event_type, &changed}); \
    } while (0)

enum { PLACED = 1, RESERVED = 3, FUNDED = 5, CONFIRMED = 6, CUT = 7, SHIPPED = 8, PAID = 9 };
enum { DELIVERED = 10, ANNOUNCED = 11, CAME_BACK = 12, REFUNDING = 13, REFUNDED = 14 };

#endif
