// SPDX-License-Identifier: Apache-2.0
// Money for the order on the stage, and the way there: reserved, paid, shipped, delivered, returned.
// Amounts are cents.
#ifndef SUPPORT_TILL_H
#define SUPPORT_TILL_H

#include "support/stage.h"

enum { TILL_TOTAL = 6106 }; /* of the stage's order */

static inline struct uuid till_id(uint8_t number)
{
    return (struct uuid){{0x7e, number}};
}

/* What a provider says. The reference is of the caller's choice; authorisations say nothing of when
 * they lapse. */
static inline struct record_payment_result till_result(
    enum payment_operation op,
    enum payment_outcome outcome,
    uint8_t payment,
    const char *provider_ref,
    int64_t cents)
{
    return (struct record_payment_result){
        .payment_id = till_id(payment),
        .op = (int64_t)op,
        .outcome = (int64_t)outcome,
        .amount = {cents, 2},
        .provider = SLICE_LITERAL("paypoint"),
        .provider_ref = slice_of_text(provider_ref)};
}

/* A result that is accepted with so many events. */
static inline void
till_record(struct stage *stage, const struct record_payment_result *result, size_t events)
{
    stage_do(stage, COMMAND_RECORD_PAYMENT_RESULT, result, events);
}

static inline void till_authorize(
    struct stage *stage, uint8_t payment, const char *provider_ref, int64_t cents, size_t events)
{
    struct record_payment_result result =
        till_result(PAYMENT_AUTHORIZE, PAYMENT_OK, payment, provider_ref, cents);
    till_record(stage, &result, events);
}

static inline void till_capture(
    struct stage *stage, uint8_t payment, const char *provider_ref, int64_t cents, size_t events)
{
    struct record_payment_result result =
        till_result(PAYMENT_CAPTURE, PAYMENT_OK, payment, provider_ref, cents);
    till_record(stage, &result, events);
}

static inline void till_void(
    struct stage *stage, uint8_t payment, const char *provider_ref, int64_t cents, size_t events)
{
    struct record_payment_result result =
        till_result(PAYMENT_VOID, PAYMENT_OK, payment, provider_ref, cents);
    till_record(stage, &result, events);
}

/* A result that is refused. */
static inline void till_refused(
    struct stage *stage,
    const struct record_payment_result *result,
    enum rejection_code code,
    const char *field)
{
    stage_decide(stage, COMMAND_RECORD_PAYMENT_RESULT, result);
    stage_refused(stage, code, field);
}

/* Everything open is reserved; `events` of the last of the two reservations. */
static inline void till_reserve(struct stage *stage, int64_t expires_at, size_t events)
{
    struct record_reservation lamps = {
        .sku = SLICE_LITERAL("A-1"),
        .qty = 12,
        .has_expires_at = expires_at != 0,
        .expires_at = expires_at};
    struct record_reservation other = {
        .sku = SLICE_LITERAL("B-22"),
        .location = SLICE_LITERAL("north"),
        .has_location = true,
        .qty = 1,
        .has_expires_at = expires_at != 0,
        .expires_at = expires_at};
    stage_do(stage, COMMAND_RECORD_RESERVATION, &lamps, 1);
    stage_do(stage, COMMAND_RECORD_RESERVATION, &other, events);
}

/* Reserved and authorised: confirmed. Payment 1. */
static inline void till_confirm(struct stage *stage)
{
    till_reserve(stage, 0, 1);
    till_authorize(stage, 1, "a1", TILL_TOTAL, 2);
    assert_int_equal(stage_order(stage)->status, ORDER_CONFIRMED);
}

static inline void till_cancel(struct stage *stage, int64_t line_no, int64_t qty)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    struct cancel_lines command = {.lines = &line, .lines_count = 1};
    stage_decide(stage, COMMAND_CANCEL_LINES, &command);
    stage_do(stage, COMMAND_CANCEL_LINES, &command, stage->decision.event_count);
}

static inline void till_ship(struct stage *stage, uint8_t shipment, int64_t line_no, int64_t qty)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    struct ship_lines command = {
        .shipment_id = till_id(shipment),
        .carrier = SLICE_LITERAL("cart"),
        .lines = &line,
        .lines_count = 1,
        .shipped_at = STAGE_NOW};
    stage_do(stage, COMMAND_SHIP_LINES, &command, 1);
}

static inline void till_deliver(struct stage *stage, uint8_t shipment)
{
    struct record_delivery command = {.shipment_id = till_id(shipment), .delivered_at = STAGE_NOW};
    stage_do(stage, COMMAND_RECORD_DELIVERY, &command, 1);
}

/* Everything is shipped and delivered. */
static inline void till_deliver_all(struct stage *stage)
{
    till_ship(stage, 1, 1, 2);
    till_ship(stage, 2, 2, 1);
    till_ship(stage, 3, 3, 10);
    for (uint8_t shipment = 1; shipment <= 3; shipment++)
        till_deliver(stage, shipment);
    assert_int_equal(stage_order(stage)->status, ORDER_DELIVERED);
}

/* Units come back and are accepted. */
static inline void till_return(struct stage *stage, uint8_t id, int64_t line_no, int64_t qty)
{
    struct return_line line = {.line_no = line_no, .qty = qty};
    struct received_line back = {.line_no = line_no, .accepted = qty, .restock = qty};
    struct request_return request = {.return_id = till_id(id), .lines = &line, .lines_count = 1};
    struct receive_return receive = {.return_id = till_id(id), .lines = &back, .lines_count = 1};
    stage_do(stage, COMMAND_REQUEST_RETURN, &request, 1);
    stage_do(stage, COMMAND_RECEIVE_RETURN, &receive, 1);
}

/* A refund of some units of a line. */
static inline void till_refund_line(
    struct stage *stage, uint8_t id, const struct order_units *line, int64_t reason, int64_t cents)
{
    struct request_refund command = {
        .refund_id = till_id(id),
        .has_lines = true,
        .lines = line,
        .lines_count = 1,
        .reason = reason};
    stage_do(stage, COMMAND_REQUEST_REFUND, &command, 1);
    const struct refund_requested *event = stage->decision.events[0].body;
    assert_int_equal(event->amount, cents);
}

/* What the provider says to a refund. */
static inline struct record_payment_result till_refund_result(
    enum payment_outcome outcome, uint8_t refund, const char *provider_ref, int64_t cents)
{
    struct record_payment_result result =
        till_result(PAYMENT_REFUND, outcome, 1, provider_ref, cents);
    result.refund_id = till_id(refund);
    result.has_refund_id = true;
    return result;
}

static inline void
till_settle(struct stage *stage, uint8_t refund, const char *provider_ref, int64_t cents)
{
    struct record_payment_result result =
        till_refund_result(PAYMENT_OK, refund, provider_ref, cents);
    till_record(stage, &result, 1);
}

static inline struct order *till_order(struct stage *stage)
{
    return stage->aggregate.state;
}

/* Opens the stage with its order placed. */
static inline int till_open(void **state)
{
    static struct stage stage;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    *state = &stage;
    return 0;
}

static inline int till_close(void **state)
{
    stage_close(*state);
    return 0;
}

#define AT_TILL(test) cmocka_unit_test_setup_teardown(test, till_open, till_close)

#endif
