// SPDX-License-Identifier: Apache-2.0
// Lives of orders for order_feed.h: from the promotion to the last refund, broken off anywhere, decided
// by the domain. Every event there is comes from one of them.
#ifndef SUPPORT_LIFE_FEED_H
#define SUPPORT_LIFE_FEED_H

#include "domain/promotion.h"
#include "support/order_feed.h"

/* 4 units at 2.50 and 2 at 3.00, 20 % tax inside, 1.00 off: 15.00 to be paid. */
struct life {
    struct feed *feed;
    struct uuid order;
    struct uuid customer;
    struct uuid promotion;
    char code[32];
};

#define LIFE_CODE(life) slice_of_text((life)->code)

static inline void life_do(const struct life *life, enum command_type type, const void *body)
{
    feed_do(life->feed, CATEGORY_ORDER, &life->order, type, body);
}

/* An id that belongs to the order: of its payment, of one of its shipments … */
static inline struct uuid life_id(const struct life *life, uint8_t which)
{
    struct uuid id = life->order;
    id.bytes[15] = which;
    return id;
}

static inline void
life_stock(const struct life *life, const char *sku, enum command_type type, const void *body)
{
    struct uuid id = stock_stream_id(
        &life->feed->tenant.tenant, slice_of_text(STOCK_DEFAULT_LOCATION), slice_of_text(sku));
    feed_do(life->feed, CATEGORY_STOCK, &id, type, body);
}

/* ---- steps ---- */

static inline void life_define(struct life *life)
{
    const struct define_promotion body = {
        .code = LIFE_CODE(life),
        .kind = PROMOTION_FIXED,
        .has_amount = true,
        .amount = {1, 0},
        .has_currency = true,
        .currency = SLICE_LITERAL("EUR"),
        .per_customer = 1,
        .valid_from = 0,
        .valid_until = STAGE_NOW * 2};
    feed_do(life->feed, CATEGORY_PROMOTION, &life->promotion, COMMAND_DEFINE_PROMOTION, &body);
}

static inline void life_redeem(struct life *life)
{
    const struct redeem_promotion body = {
        .code = LIFE_CODE(life),
        .order_id = life->order,
        .customer_id = life->customer,
        .currency = SLICE_LITERAL("EUR"),
        .subtotal = {1600, 2},
        .claimed_discount = {1, 0},
        .at = STAGE_NOW};
    feed_do(life->feed, CATEGORY_PROMOTION, &life->promotion, COMMAND_REDEEM_PROMOTION, &body);
}

static inline void life_place(struct life *life)
{
    struct place_order_line lines[] = {
        {.line_no = 1,
         .sku = SLICE_LITERAL("LIFE-A"),
         .qty = 4,
         .unit_price = {250, 2},
         .tax_ppm = 200000},
        {.line_no = 7,
         .sku = SLICE_LITERAL("LIFE-B"),
         .qty = 2,
         .unit_price = {3, 0},
         .tax_ppm = 200000}};
    struct place_order order = {
        .customer_id = life->customer,
        .currency = SLICE_LITERAL("EUR"),
        .prices_include_tax = true,
        .ship_country = SLICE_LITERAL("DE"),
        .lines = lines,
        .lines_count = 2,
        .has_promo = true,
        .promo = {.code = LIFE_CODE(life), .claimed_discount = {1, 0}},
        .declared_total = {1500, 2},
        .placed_at = STAGE_NOW};
    if (life->feed->personal)
        ada_orders(&order);
    life_do(life, COMMAND_PLACE_ORDER, &order);
}

static inline void life_reserve_stock(struct life *life)
{
    static const char *const skus[] = {"LIFE-A", "LIFE-B"};
    for (size_t i = 0; i < countof(skus); i++) {
        const struct receive_stock more = {.sku = slice_of_text(skus[i]), .qty = 10};
        const struct reserve_stock wanted = {
            .sku = slice_of_text(skus[i]), .order_id = life->order, .qty = i == 0 ? 4 : 2};
        life_stock(life, skus[i], COMMAND_RECEIVE_STOCK, &more);
        life_stock(life, skus[i], COMMAND_RESERVE_STOCK, &wanted);
    }
}

static inline void life_record_a(struct life *life)
{
    struct record_reservation body = {
        .sku = SLICE_LITERAL("LIFE-A"), .outcome = CLAIM_REFUSED, .qty = 4};
    life_do(life, COMMAND_RECORD_RESERVATION, &body);
    body.outcome = CLAIM_RESERVED;
    life_do(life, COMMAND_RECORD_RESERVATION, &body);
}

static inline void life_record_b(struct life *life)
{
    const struct record_reservation body = {
        .sku = SLICE_LITERAL("LIFE-B"), .outcome = CLAIM_RESERVED, .qty = 2};
    life_do(life, COMMAND_RECORD_RESERVATION, &body);
}

static inline void life_apply(struct life *life)
{
    const struct record_redemption body = {
        .promotion_id = life->promotion,
        .code = LIFE_CODE(life),
        .outcome = REDEMPTION_APPLIED,
        .has_discount = true,
        .discount = {1, 0}};
    life_do(life, COMMAND_RECORD_REDEMPTION, &body);
}

static inline void life_hold(struct life *life)
{
    struct hold_order body = {.reason = HOLD_MANUAL};
    if (life->feed->personal) {
        body.has_note = true;
        body.note.text = slice_of_text("calls back");
    }
    life_do(life, COMMAND_HOLD_ORDER, &body);
}

static inline void life_release(struct life *life)
{
    life_do(life, COMMAND_RELEASE_HOLD, &(struct release_hold){0});
}

static inline void life_pay(
    const struct life *life, enum payment_operation op, enum payment_outcome outcome, int64_t minor)
{
    static int64_t number;
    struct record_payment_result body = {
        .payment_id = life_id(life, 1),
        .op = op,
        .outcome = outcome,
        .amount = {minor, 2},
        .provider = SLICE_LITERAL("bank"),
        .provider_ref = feed_text(life->feed, "ref-", number++)};
    if (op == PAYMENT_AUTHORIZE && outcome == PAYMENT_OK && life->feed->personal) {
        body.has_instrument = true;
        body.instrument.has_last4 = true;
        body.instrument.last4 = slice_of_text("4242");
    }
    if (op == PAYMENT_REFUND) {
        body.has_refund_id = true;
        body.refund_id = life_id(life, outcome == PAYMENT_OK ? 5 : 4);
    }
    life_do(life, COMMAND_RECORD_PAYMENT_RESULT, &body);
}

static inline void life_decline(struct life *life)
{
    life_pay(life, PAYMENT_AUTHORIZE, PAYMENT_DECLINED, 1500);
}

static inline void life_authorise(struct life *life)
{
    life_pay(life, PAYMENT_AUTHORIZE, PAYMENT_OK, 1500);
}

static inline void life_cancel_unit(struct life *life)
{
    feed_cancel_line(life->feed, &life->order, 1, 1);
}

static inline void
life_ship(const struct life *life, uint8_t which, int64_t line_no, const char *sku, int64_t qty)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    struct ship_lines body = {
        .shipment_id = life_id(life, which),
        .carrier = SLICE_LITERAL("post"),
        .lines = &line,
        .lines_count = 1,
        .shipped_at = STAGE_NOW};
    const struct commit_reservation gone = {
        .sku = slice_of_text(sku),
        .order_id = life->order,
        .shipment_id = body.shipment_id,
        .qty = qty};
    if (life->feed->personal) {
        body.has_tracking = true;
        body.tracking.number = slice_of_text("T-1");
    }
    life_do(life, COMMAND_SHIP_LINES, &body);
    life_stock(life, sku, COMMAND_COMMIT_RESERVATION, &gone);
}

static inline void life_ship_first(struct life *life)
{
    const struct release_reservation cancelled = {
        .sku = SLICE_LITERAL("LIFE-A"), .order_id = life->order, .qty = 1};
    life_stock(life, "LIFE-A", COMMAND_RELEASE_RESERVATION, &cancelled);
    life_ship(life, 2, 1, "LIFE-A", 3);
}

static inline void life_capture(struct life *life)
{
    life_pay(life, PAYMENT_CAPTURE, PAYMENT_OK, 1000);
}

static inline void life_deliver(const struct life *life, uint8_t which)
{
    const struct record_delivery body = {
        .shipment_id = life_id(life, which), .delivered_at = STAGE_NOW};
    life_do(life, COMMAND_RECORD_DELIVERY, &body);
}

static inline void life_deliver_first(struct life *life)
{
    life_deliver(life, 2);
}

static inline void life_ship_second(struct life *life)
{
    life_ship(life, 3, 7, "LIFE-B", 2);
}

static inline void life_deliver_second(struct life *life)
{
    life_deliver(life, 3);
}

static inline void life_announce_return(struct life *life)
{
    struct return_line line = {.line_no = 1, .qty = 3}; /* one will not arrive */
    const struct request_return body = {
        .return_id = life_id(life, 6), .lines = &line, .lines_count = 1};
    life_do(life, COMMAND_REQUEST_RETURN, &body);
}

static inline void life_take_back(struct life *life)
{
    struct received_line line = {.line_no = 1, .accepted = 1, .rejected = 1, .restock = 1};
    const struct receive_return body = {
        .return_id = life_id(life, 6), .lines = &line, .lines_count = 1};
    life_do(life, COMMAND_RECEIVE_RETURN, &body);
}

static inline void life_ask_refund(struct life *life)
{
    struct request_refund body = {
        .refund_id = life_id(life, 4), .has_goodwill = true, .goodwill = {2, 0}, .reason = 3};
    life_do(life, COMMAND_REQUEST_REFUND, &body);
    body.refund_id = life_id(life, 5);
    life_do(life, COMMAND_REQUEST_REFUND, &body);
}

static inline void life_fail_refund(struct life *life)
{
    life_pay(life, PAYMENT_REFUND, PAYMENT_DECLINED, 200);
}

static inline void life_settle_refund(struct life *life)
{
    life_pay(life, PAYMENT_REFUND, PAYMENT_OK, 200);
}

/* What is due beside the good will: so that nothing is owed. */
static inline void life_capture_rest(struct life *life)
{
    struct stream_id stream = feed_order_stream(life->feed, life->order);
    struct aggregate aggregate;
    feed_load(life->feed, &stream, &aggregate);
    int64_t owed = order_balance(aggregate.state);
    life_pay(life, PAYMENT_CAPTURE, PAYMENT_OK, owed);
    life_pay(life, PAYMENT_VOID, PAYMENT_OK, 500 - owed);
}

static inline void life_note(struct life *life)
{
    if (life->feed->personal)
        life_do(
            life,
            COMMAND_ADD_NOTE,
            &(struct add_note){.note = {.text = SLICE_LITERAL("was friendly")}});
}

static inline void life_close(struct life *life)
{
    int64_t now_us = life->feed->clock_us;
    life->feed->clock_us += INT64_C(60) * 86400 * 1000000;
    life_do(life, COMMAND_CLOSE_ORDER, &(struct close_order){0});
    life->feed->clock_us = now_us;
}

/* ---- lives ---- */

static void (*const life_steps[])(struct life *life) = {
    life_define,         life_redeem,          life_place,         life_reserve_stock,
    life_record_a,       life_record_b,        life_apply,         life_hold,
    life_decline,        life_authorise,       life_release,       life_cancel_unit,
    life_ship_first,     life_capture,         life_deliver_first, life_ship_second,
    life_deliver_second, life_announce_return, life_take_back,     life_ask_refund,
    life_fail_refund,    life_settle_refund,   life_capture_rest,  life_note,
    life_close,
};

enum { LIFE_STEPS = countof(life_steps), LIFE_PLACED = 3, LIFE_SHIPPED = 13 };

/* The first `steps` steps of an order's life. */
static inline struct life feed_live(struct feed *feed, size_t steps)
{
    struct life life = {.feed = feed, .order = feed_uuid(feed), .customer = feed_uuid(feed)};
    (void)snprintf(
        life.code, sizeof(life.code), "LIFE%08X", (unsigned)stage_draw_below(&feed->seed, 1 << 30));
    life.promotion = promotion_stream_id(&feed->tenant.tenant, LIFE_CODE(&life));
    for (size_t i = 0; i < steps; i++)
        life_steps[i](&life);
    return life;
}

/* Ends before anything was shipped: cancelled, or expired while it waits. */
static inline void life_end_early(struct life *life, size_t steps, bool expires)
{
    const struct release_redemption back = {.code = LIFE_CODE(life), .order_id = life->order};
    int64_t now_us = life->feed->clock_us;
    life->feed->clock_us += INT64_C(3600) * 1000000;
    if (expires)
        life_do(life, COMMAND_EXPIRE_ORDER, &(struct expire_order){.deadline = DEADLINE_PAYMENT});
    else
        feed_cancel_order(life->feed, &life->order);
    life->feed->clock_us = now_us;
    feed_do(life->feed, CATEGORY_PROMOTION, &life->promotion, COMMAND_RELEASE_REDEMPTION, &back);
    if (steps > LIFE_PLACED) {
        const struct release_reservation body = {
            .sku = SLICE_LITERAL("LIFE-B"), .order_id = life->order, .qty = 2};
        life_stock(life, "LIFE-B", COMMAND_RELEASE_RESERVATION, &body);
    }
    feed_do(
        life->feed,
        CATEGORY_PROMOTION,
        &life->promotion,
        COMMAND_DEACTIVATE_PROMOTION,
        &(struct deactivate_promotion){.code = LIFE_CODE(life)});
}

static inline void feed_forget(struct feed *feed, const struct uuid *customer, bool destroyed)
{
    static const uint8_t fingerprint[16];
    const struct request_erasure asked = {
        .request_ref = SLICE_LITERAL("ticket-1"), .requested_by = SLICE_LITERAL("desk")};
    struct destroyed_class contact = {.class_name = 0};
    const struct confirm_erasure done = {
        .key_fingerprint = slice_of(fingerprint, sizeof(fingerprint)),
        .destroyed_at = STAGE_NOW,
        .classes = &contact,
        .classes_count = 1};
    feed_do(feed, CATEGORY_CUSTOMER, customer, COMMAND_REQUEST_ERASURE, &asked);
    if (destroyed)
        feed_do(feed, CATEGORY_CUSTOMER, customer, COMMAND_CONFIRM_ERASURE, &done);
}

/* Whole lives, lives that are broken off everywhere, ends before shipping. */
static inline void feed_lives(struct feed *feed)
{
    for (size_t steps = LIFE_PLACED; steps <= LIFE_STEPS; steps++) {
        struct life life = feed_live(feed, steps);
        if (steps < LIFE_SHIPPED && steps % 2 == 0)
            life_end_early(&life, steps, steps < 10);
    }
    if (!feed->personal)
        return;
    for (int i = 0; i < 3; i++) {
        struct uuid customer = feed_register(feed);
        feed_forget(feed, &customer, i != 0);
    }
}

#endif
