// SPDX-License-Identifier: Apache-2.0
// One aggregate on a stage: commands go in, events are folded, decisions are looked at. And the
// order and the stock item that most tests start from.
#ifndef SUPPORT_STAGE_H
#define SUPPORT_STAGE_H

#include "domain/customer.h"
#include "domain/order.h"
#include "domain/stock_item.h"
#include "support/cmocka.h"

#define STAGE_NOW INT64_C(1769860800000000) /* 2026-01-31T12:00:00Z */

struct stage {
    struct arena arena;
    struct tenant_settings tenant;
    struct decide_context context;
    struct aggregate aggregate;
    struct decision decision; /* of the last command */
};

static inline void stage_open(struct stage *stage, enum category category)
{
    memset(stage, 0, sizeof(*stage));
    arena_init(&stage->arena, (size_t)64 << 20);
    stage->tenant = (struct tenant_settings){
        .tenant =
            {{0x5f,
              0x0e,
              0x6f,
              0x4c,
              0x6d,
              0x0b,
              0x5c,
              0x1b,
              0x9a,
              0x52,
              0x7a,
              0x1f,
              0x2f,
              0x1d,
              0x9e,
              0x01}},
        .rounding = ROUNDING_HALF_EVEN,
        .gifts_allowed = true,
        .currencies = "*"};
    stage->context = (struct decide_context){
        .arena = &stage->arena,
        .now_us = STAGE_NOW,
        .tenant = &stage->tenant,
        .stream_id = stock_stream_id(
            &stage->tenant.tenant, slice_of_text(STOCK_DEFAULT_LOCATION), slice_of_text("A-1"))};
    assert_true(aggregate_init(&stage->aggregate, category, &stage->arena));
}

static inline void stage_close(struct stage *stage)
{
    arena_release(&stage->arena);
}

static inline const struct order *stage_order(const struct stage *stage)
{
    assert_int_equal(stage->aggregate.category, CATEGORY_ORDER);
    return stage->aggregate.state;
}

static inline const struct stock_item *stage_item(const struct stage *stage)
{
    assert_int_equal(stage->aggregate.category, CATEGORY_STOCK);
    return stage->aggregate.state;
}

static inline const struct customer *stage_customer(const struct stage *stage)
{
    assert_int_equal(stage->aggregate.category, CATEGORY_CUSTOMER);
    return stage->aggregate.state;
}

/* Decides only. */
static inline void stage_decide(struct stage *stage, enum command_type type, const void *body)
{
    struct command command = {.type = type, .body = body};
    assert_true(aggregate_decide(&stage->aggregate, &command, &stage->context, &stage->decision));
}

/* The last command was accepted with so many events. */
static inline void stage_accepted(const struct stage *stage, size_t event_count)
{
    if (stage->decision.rejection != NULL)
        fail_msg("refused: %s", stage->decision.rejection->code);
    assert_int_equal(stage->decision.event_count, event_count);
}

/* The last command was refused; field NULL: none is to blame. */
static inline void
stage_refused(const struct stage *stage, enum rejection_code code, const char *field)
{
    assert_non_null(stage->decision.rejection);
    assert_string_equal(stage->decision.rejection->code, rejections[code].code);
    assert_int_equal(stage->decision.event_count, 0);
    if (field == NULL) {
        assert_null(stage->decision.field);
    } else {
        assert_non_null(stage->decision.field);
        assert_string_equal(stage->decision.field, field);
    }
}

/* Decides, expects events, folds them. */
static inline void
stage_do(struct stage *stage, enum command_type type, const void *body, size_t event_count)
{
    stage_decide(stage, type, body);
    stage_accepted(stage, event_count);
    for (size_t i = 0; i < event_count; i++)
        assert_true(aggregate_evolve(&stage->aggregate, &stage->decision.events[i], &stage->arena));
}

enum { STAGE_LINES = 3 };

/* An order of three lines in EUR, 20 % tax on top, with shipping: 61.06 in all. */
struct stage_order {
    struct place_order_line lines[STAGE_LINES];
    struct place_order command;
};

static inline void stage_fill_order(struct stage_order *order)
{
    memset(order, 0, sizeof(*order));
    order->lines[0] = (struct place_order_line){
        .line_no = 1,
        .sku = SLICE_LITERAL("A-1"),
        .title = SLICE_LITERAL("Lamp"),
        .has_title = true,
        .qty = 2,
        .unit_price = {1999, 2},
        .tax_ppm = 200000};
    order->lines[1] = (struct place_order_line){
        .line_no = 2,
        .sku = SLICE_LITERAL("B-22"),
        .seller_id = SLICE_LITERAL("seller-7"),
        .has_seller_id = true,
        .location = SLICE_LITERAL("north"),
        .has_location = true,
        .commission_bps = 1500,
        .has_commission_bps = true,
        .qty = 1,
        .unit_price = {5, 0},
        .tax_ppm = 200000};
    order->lines[2] = (struct place_order_line){
        .line_no = 3,
        .sku = SLICE_LITERAL("A-1"),
        .qty = 10,
        .unit_price = {1, 1},
        .tax_ppm = 200000};
    order->command = (struct place_order){
        .customer_id = {{0xc0, 0x57}},
        .channel = 0,
        .currency = SLICE_LITERAL("EUR"),
        .ship_country = SLICE_LITERAL("DE"),
        .lines = order->lines,
        .lines_count = STAGE_LINES,
        .has_shipping = true,
        .shipping = {.method = SLICE_LITERAL("post"), .amount = {490, 2}, .tax_ppm = 200000},
        .declared_total = {6106, 2},
        .placed_at = STAGE_NOW,
        .source_ref = SLICE_LITERAL("573585"),
        .has_source_ref = true};
}

/* Has the order above placed. */
static inline void stage_place(struct stage *stage)
{
    struct stage_order order;
    stage_fill_order(&order);
    stage_do(stage, COMMAND_PLACE_ORDER, &order.command, 1);
}

/* splitmix64 (Steele, Lea, Flood 2014): the same numbers for a seed everywhere. */
static inline uint64_t stage_draw(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* From 0 to below - 1. */
static inline int64_t stage_draw_below(uint64_t *seed, int64_t below)
{
    return (int64_t)(stage_draw(seed) % (uint64_t)below);
}

#endif
