// SPDX-License-Identifier: Apache-2.0
// The life of the stage's order, command by command, up to any state. Its articles: 12 of A-1 at main
// (lines 1 and 3), 1 of B-22 at north (line 2). Due: 61.06, no promotion unless stage_place_promoted.
#ifndef SUPPORT_ORDER_STAGE_H
#define SUPPORT_ORDER_STAGE_H

#include "support/stage.h"

#include <inttypes.h>
#include <stdio.h>

#define STAGE_HOUR (INT64_C(3600) * 1000000)
#define STAGE_DAY (24 * STAGE_HOUR)

enum { STAGE_DUE = 6106 };

/* Ids of payments, shipments, returns, refunds: a byte tells them apart. */
static inline struct uuid stage_id(uint8_t byte)
{
    return (struct uuid){{byte}};
}

static inline const struct event *stage_event(const struct stage *stage, size_t at)
{
    assert_true(at < stage->decision.event_count);
    return &stage->decision.events[at];
}

/* The event of the last decision, of the type it must have. */
static inline const void *stage_body(const struct stage *stage, size_t at, enum event_type type)
{
    assert_int_equal(stage_event(stage, at)->type, type);
    return stage_event(stage, at)->body;
}

/* The stage's order with the code SUMMER, which takes nothing off. */
static inline void stage_place_promoted(struct stage *stage)
{
    struct stage_order order;
    stage_fill_order(&order);
    order.command.promo = (struct place_order_promo){.code = SLICE_LITERAL("SUMMER")};
    order.command.has_promo = true;
    stage_do(stage, COMMAND_PLACE_ORDER, &order.command, 1);
}

static inline struct record_reservation
stage_reservation(const char *sku, const char *location, int64_t qty)
{
    return (struct record_reservation){
        .sku = slice_of_text(sku),
        .location = slice_of_text(location != NULL ? location : ""),
        .has_location = location != NULL,
        .outcome = CLAIM_RESERVED,
        .qty = qty};
}

static inline void stage_reserve(
    struct stage *stage, const char *sku, const char *location, int64_t qty, size_t events)
{
    struct record_reservation command = stage_reservation(sku, location, qty);
    stage_do(stage, COMMAND_RECORD_RESERVATION, &command, events);
}

static inline struct record_redemption stage_redemption(int64_t outcome)
{
    return (struct record_redemption){
        .promotion_id = {{0x99}}, .code = SLICE_LITERAL("SUMMER"), .outcome = outcome};
}

/* Cents, by payment `id`; the provider's reference follows from both. */
static inline struct record_payment_result
stage_payment(char *reference, enum payment_operation op, uint8_t id, int64_t amount)
{
    int size = snprintf(reference, 32, "%d-%d-%" PRId64, (int)op, id, amount);
    assert_true(size > 0 && size < 32);
    return (struct record_payment_result){
        .payment_id = stage_id(id),
        .op = op,
        .outcome = PAYMENT_OK,
        .amount = {amount, 2},
        .provider = SLICE_LITERAL("adyen"),
        .provider_ref = slice_of_text(reference)};
}

static inline void
stage_pay(struct stage *stage, enum payment_operation op, uint8_t id, int64_t amount, size_t events)
{
    char *reference = arena_take(&stage->arena, 32);
    assert_non_null(reference);
    struct record_payment_result command = stage_payment(reference, op, id, amount);
    stage_do(stage, COMMAND_RECORD_PAYMENT_RESULT, &command, events);
}

/* Lines as they are shipped; they outlive the call, as the state points at them. */
static inline struct ship_lines
stage_shipment(struct stage *stage, uint8_t id, const struct order_units *lines, size_t count)
{
    struct order_units *kept = arena_array(&stage->arena, count, struct order_units);
    assert_non_null(kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = lines[i];
    return (struct ship_lines){
        .shipment_id = stage_id(id),
        .carrier = SLICE_LITERAL("dhl"),
        .lines = kept,
        .lines_count = count,
        .shipped_at = STAGE_NOW};
}

static inline void
stage_ship(struct stage *stage, uint8_t id, const struct order_units *lines, size_t count)
{
    struct ship_lines command = stage_shipment(stage, id, lines, count);
    stage_do(stage, COMMAND_SHIP_LINES, &command, 1);
}

static inline void stage_ship_line(struct stage *stage, uint8_t id, int64_t line_no, int64_t qty)
{
    const struct order_units line = {.line_no = line_no, .qty = qty};
    stage_ship(stage, id, &line, 1);
}

static inline void stage_deliver(struct stage *stage, uint8_t id)
{
    struct record_delivery command = {.shipment_id = stage_id(id), .delivered_at = STAGE_NOW};
    stage_do(stage, COMMAND_RECORD_DELIVERY, &command, 1);
}

/* Announces the return of units of one line. */
static inline void stage_announce(struct stage *stage, uint8_t id, int64_t line_no, int64_t qty)
{
    struct return_line *line = arena_new(&stage->arena, struct return_line);
    assert_non_null(line);
    *line = (struct return_line){.line_no = line_no, .qty = qty};
    struct request_return command = {.return_id = stage_id(id), .lines = line, .lines_count = 1};
    stage_do(stage, COMMAND_REQUEST_RETURN, &command, 1);
}

/* Everything of it arrives and is accepted. */
static inline void stage_take_back(struct stage *stage, uint8_t id, int64_t line_no, int64_t qty)
{
    struct received_line *line = arena_new(&stage->arena, struct received_line);
    assert_non_null(line);
    *line = (struct received_line){.line_no = line_no, .accepted = qty, .restock = qty};
    struct receive_return command = {.return_id = stage_id(id), .lines = line, .lines_count = 1};
    stage_do(stage, COMMAND_RECEIVE_RETURN, &command, 1);
}

/* What a placed order without a promotion misses. Payment 1 pays. */
static inline void stage_confirm(struct stage *stage)
{
    stage_reserve(stage, "A-1", NULL, 12, 1);
    stage_reserve(stage, "B-22", "north", 1, 1);
    stage_pay(stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE, 2);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
}

enum { STAGE_FIRST_SHIPMENT = 4, STAGE_SECOND_SHIPMENT = 6 };

/* From CONFIRMED on, in the order of the states: line 1 leaves first, then the rest. */
static inline void stage_fulfil(struct stage *stage, enum order_status until)
{
    const struct order_units rest[] = {{.line_no = 2, .qty = 1}, {.line_no = 3, .qty = 10}};
    if (until >= ORDER_PART_SHIPPED)
        stage_ship_line(stage, STAGE_FIRST_SHIPMENT, 1, 2);
    if (until >= ORDER_SHIPPED)
        stage_ship(stage, STAGE_SECOND_SHIPMENT, rest, 2);
    if (until >= ORDER_DELIVERED) {
        stage_deliver(stage, STAGE_FIRST_SHIPMENT);
        stage_deliver(stage, STAGE_SECOND_SHIPMENT);
    }
    if (until == ORDER_CLOSED) {
        struct close_order command = {.has_ref = false};
        stage->context.now_us = STAGE_NOW + 31 * STAGE_DAY;
        stage_do(stage, COMMAND_CLOSE_ORDER, &command, 1);
    }
    assert_int_equal(stage_order(stage)->status, until);
}

#endif
