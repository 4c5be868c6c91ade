// SPDX-License-Identifier: Apache-2.0
// Sums of an order: what each event adds, the status that follows, the facets, what people are shown.
#include "domain/order_messages.h"
#include "domain/order_sums.h"
#include "support/cmocka.h"

static bool add(struct order_sums *sums, enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    return order_sums_add(sums, &event);
}

static void fold(struct order_sums *sums, enum event_type type, const void *body)
{
    assert_true(add(sums, type, body));
}

/* Two lines, 10 units in all, for 100.00. */
static struct order_sums placed(void)
{
    static const struct order_placed_line lines[] = {
        {.line_no = 1, .qty = 7}, {.line_no = 2, .qty = 3}};
    struct order_placed event = {.lines = lines, .lines_count = 2, .total = 10000};
    struct order_sums sums = {0};
    fold(&sums, EVENT_ORDER_PLACED, &event);
    return sums;
}

/* ---- what events add ---- */

static void goods_are_counted(void **state)
{
    (void)state;
    struct order_sums sums = placed();
    const struct order_units_priced priced[] = {{1, 2, 900}, {2, 1, 100}};
    const struct order_units units[] = {{1, 2}};
    const struct return_line returned[] = {{.line_no = 1, .qty = 4}};
    const struct received_line received[] = {{.line_no = 1, .accepted = 1, .rejected = 0}};
    const struct order_units all[] = {{1, 7}, {2, 3}};
    struct line_reserved reserved = {.qty = 10, .lines = all, .lines_count = 2};
    struct line_reserved too_late = {.qty = 10};
    struct lines_cancelled cancelled = {.lines = priced, .lines_count = 2, .amount = 1000};
    struct shipment_dispatched dispatched = {.lines = priced, .lines_count = 2, .amount = 1000};
    struct shipment_delivered delivered = {.lines = units, .lines_count = 1};
    struct return_requested requested = {.lines = returned, .lines_count = 1};
    struct return_received back = {.lines = received, .lines_count = 1, .missing = 2};
    fold(&sums, EVENT_LINE_RESERVED, &reserved);
    fold(&sums, EVENT_LINE_RESERVED, &too_late); /* nothing was open: to be released */
    fold(&sums, EVENT_LINES_CANCELLED, &cancelled);
    fold(&sums, EVENT_SHIPMENT_DISPATCHED, &dispatched);
    fold(&sums, EVENT_SHIPMENT_DELIVERED, &delivered);
    fold(&sums, EVENT_RETURN_REQUESTED, &requested);
    fold(&sums, EVENT_RETURN_RECEIVED, &back);
    const struct order_sums expected = {
        .units = 10,
        .cancelled = 3,
        .reserved = 10,
        .shipped = 3,
        .delivered = 2,
        .returned = 1,
        .total = 10000,
        .cancelled_amount = 1000,
        .return_requested = 1};
    assert_memory_equal(&sums, &expected, sizeof(sums));
    struct order_cancelled rest = {.amount = 9000};
    fold(&sums, EVENT_ORDER_CANCELLED, &rest);
    assert_int_equal(sums.cancelled, 10);
    assert_int_equal(sums.cancelled_amount, 10000);
}

static void money_is_counted(void **state)
{
    (void)state;
    struct order_sums sums = placed();
    struct payment_declined refused = {.op = PAYMENT_AUTHORIZE};
    struct payment_declined not_captured = {.op = PAYMENT_CAPTURE};
    struct payment_authorized authorised = {.amount = 10000};
    struct payment_captured captured = {.amount = 8000};
    struct payment_voided voided = {.amount = 2000};
    struct refund_requested requested = {.amount = 700};
    struct refund_settled settled = {.amount = 400};
    struct refund_failed failed = {.amount = 200};
    fold(&sums, EVENT_PAYMENT_DECLINED, &refused);
    fold(&sums, EVENT_PAYMENT_DECLINED, &not_captured);
    fold(&sums, EVENT_PAYMENT_AUTHORIZED, &authorised);
    fold(&sums, EVENT_PAYMENT_CAPTURED, &captured);
    fold(&sums, EVENT_PAYMENT_VOIDED, &voided);
    fold(&sums, EVENT_REFUND_REQUESTED, &requested);
    fold(&sums, EVENT_REFUND_SETTLED, &settled);
    fold(&sums, EVENT_REFUND_FAILED, &failed);
    const struct order_sums expected = {
        .units = 10,
        .total = 10000,
        .authorised = 10000,
        .voided = 2000,
        .captured = 8000,
        .refunded = 400,
        .declines = 1,
        .refund_pending = 100};
    assert_memory_equal(&sums, &expected, sizeof(sums));
}

static void expiry_takes_all_that_is_open(void **state)
{
    (void)state;
    struct order_sums sums = placed();
    struct order_expired expired = {.amount = 10000};
    fold(&sums, EVENT_ORDER_EXPIRED, &expired);
    assert_int_equal(sums.cancelled, 10);
    assert_int_equal(sums.cancelled_amount, 10000);
}

/* Orders of before had refunds without a request. */
static void a_refund_nobody_requested_is_counted(void **state)
{
    (void)state;
    struct order_sums sums = placed();
    struct refund_settled settled = {.amount = 500};
    fold(&sums, EVENT_REFUND_SETTLED, &settled);
    assert_int_equal(sums.refunded, 500);
    assert_int_equal(sums.refund_pending, 0);
}

static void events_without_sums_change_none(void **state)
{
    (void)state;
    struct order_sums before = placed();
    static const enum event_type types[] = {
        EVENT_LINE_RESERVATION_REFUSED,
        EVENT_PROMOTION_APPLIED,
        EVENT_PROMOTION_REFUSED,
        EVENT_ORDER_CONFIRMED,
        EVENT_ORDER_HELD,
        EVENT_ORDER_RELEASED,
        EVENT_SHIPPING_ADDRESS_CHANGED,
        EVENT_NOTE_ADDED,
        EVENT_ORDER_CLOSED};
    for (size_t i = 0; i < countof(types); i++) {
        struct order_sums sums = before;
        fold(&sums, types[i], NULL);
        assert_memory_equal(&sums, &before, sizeof(sums));
    }
}

/* What does not fit or would go below zero is said, and changes nothing. */
static void what_does_not_fit_is_said(void **state)
{
    (void)state;
    struct order_sums before = placed();
    struct order_sums sums = before;
    struct payment_captured most = {.amount = INT64_MAX};
    struct payment_captured one = {.amount = 1};
    struct refund_failed failed = {.amount = 1};
    const struct received_line received[] = {{.line_no = 1, .accepted = 1}};
    struct return_received back = {.lines = received, .lines_count = 1};
    assert_false(add(&sums, EVENT_REFUND_FAILED, &failed));
    assert_false(add(&sums, EVENT_RETURN_RECEIVED, &back));
    assert_false(add(&sums, EVENT_STOCK_RECEIVED, NULL));
    assert_memory_equal(&sums, &before, sizeof(sums));
    fold(&sums, EVENT_PAYMENT_CAPTURED, &most);
    assert_false(add(&sums, EVENT_PAYMENT_CAPTURED, &one));
    assert_int_equal(sums.captured, INT64_MAX);
}

static void a_settled_refund_is_no_more_than_is_pending(void **state)
{
    (void)state;
    struct order_sums sums = placed();
    struct refund_requested requested = {.amount = 500};
    struct refund_settled settled = {.amount = 501};
    fold(&sums, EVENT_REFUND_REQUESTED, &requested);
    assert_false(add(&sums, EVENT_REFUND_SETTLED, &settled));
    assert_int_equal(sums.refunded, 0);
}

/* ---- status ---- */

static void status_follows_the_events(void **state)
{
    (void)state;
    /* Of 10 units: what is cancelled, shipped, delivered after the event. */
    static const struct {
        enum order_status before;
        enum event_type event;
        int64_t cancelled, shipped, delivered;
        enum order_status after;
    } rows[] = {
        {ORDER_NONE, EVENT_ORDER_PLACED, 0, 0, 0, ORDER_PLACED},
        {ORDER_PLACED, EVENT_LINE_RESERVED, 0, 0, 0, ORDER_PLACED},
        {ORDER_PLACED, EVENT_ORDER_CONFIRMED, 0, 0, 0, ORDER_CONFIRMED},
        {ORDER_PLACED, EVENT_LINES_CANCELLED, 10, 0, 0, ORDER_PLACED},
        {ORDER_PLACED, EVENT_ORDER_EXPIRED, 10, 0, 0, ORDER_EXPIRED},
        {ORDER_CONFIRMED, EVENT_ORDER_CANCELLED, 10, 0, 0, ORDER_CANCELLED},
        {ORDER_CONFIRMED, EVENT_LINES_CANCELLED, 3, 0, 0, ORDER_CONFIRMED},
        {ORDER_CONFIRMED, EVENT_SHIPMENT_DISPATCHED, 0, 9, 0, ORDER_PART_SHIPPED},
        {ORDER_CONFIRMED, EVENT_SHIPMENT_DISPATCHED, 1, 9, 0, ORDER_SHIPPED},
        {ORDER_PART_SHIPPED, EVENT_SHIPMENT_DISPATCHED, 0, 10, 4, ORDER_SHIPPED},
        {ORDER_PART_SHIPPED, EVENT_SHIPMENT_DELIVERED, 0, 9, 9, ORDER_PART_SHIPPED},
        {ORDER_PART_SHIPPED, EVENT_LINES_CANCELLED, 1, 8, 8, ORDER_PART_SHIPPED},
        {ORDER_PART_SHIPPED, EVENT_LINES_CANCELLED, 2, 8, 7, ORDER_SHIPPED},
        {ORDER_PART_SHIPPED, EVENT_LINES_CANCELLED, 2, 8, 8, ORDER_DELIVERED},
        {ORDER_SHIPPED, EVENT_SHIPMENT_DELIVERED, 2, 8, 7, ORDER_SHIPPED},
        {ORDER_SHIPPED, EVENT_SHIPMENT_DELIVERED, 2, 8, 8, ORDER_DELIVERED},
        {ORDER_DELIVERED, EVENT_RETURN_RECEIVED, 0, 10, 10, ORDER_DELIVERED},
        {ORDER_DELIVERED, EVENT_ORDER_CLOSED, 0, 10, 10, ORDER_CLOSED},
        {ORDER_CLOSED, EVENT_PAYMENT_CAPTURED, 0, 10, 10, ORDER_CLOSED},
        {ORDER_CANCELLED, EVENT_LINE_RESERVED, 10, 0, 0, ORDER_CANCELLED},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct order_sums sums = {
            .units = 10,
            .cancelled = rows[i].cancelled,
            .shipped = rows[i].shipped,
            .delivered = rows[i].delivered};
        struct event event = {.type = rows[i].event};
        enum order_status after = order_status_after(rows[i].before, &event, &sums);
        if (after != rows[i].after)
            fail_msg("row %zu", i);
    }
}

/* ---- facets ---- */

static void the_payment_facet(void **state)
{
    (void)state;
    /* Of a total of 100. */
    static const struct {
        int64_t cancelled_amount, authorised, voided, captured, refunded, declines;
        enum payment_facet facet;
    } rows[] = {
        {0, 0, 0, 0, 0, 0, PAYMENT_FACET_PENDING},
        {0, 0, 0, 0, 0, 2, PAYMENT_FACET_DECLINED},
        {0, 100, 0, 0, 0, 2, PAYMENT_FACET_AUTHORIZED},
        {0, 100, 99, 0, 0, 0, PAYMENT_FACET_AUTHORIZED},
        {0, 100, 100, 0, 0, 1, PAYMENT_FACET_VOIDED},
        {0, 100, 0, 1, 0, 0, PAYMENT_FACET_PART_CAPTURED},
        {0, 100, 0, 99, 0, 0, PAYMENT_FACET_PART_CAPTURED},
        {1, 100, 0, 99, 0, 0, PAYMENT_FACET_CAPTURED},
        {0, 0, 0, 100, 0, 0, PAYMENT_FACET_CAPTURED},
        {0, 101, 0, 101, 0, 0, PAYMENT_FACET_OVER_CAPTURED},
        {1, 100, 0, 100, 0, 0, PAYMENT_FACET_OVER_CAPTURED},
        {100, 100, 0, 100, 0, 0, PAYMENT_FACET_OVER_CAPTURED},
        {100, 100, 0, 100, 99, 0, PAYMENT_FACET_OVER_CAPTURED},
        {100, 100, 0, 100, 100, 0, PAYMENT_FACET_REFUNDED},
        {0, 100, 0, 100, 1, 0, PAYMENT_FACET_PART_REFUNDED},
        {0, 100, 0, 100, 100, 0, PAYMENT_FACET_REFUNDED},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct order_sums sums = {
            .total = 100,
            .cancelled_amount = rows[i].cancelled_amount,
            .authorised = rows[i].authorised,
            .voided = rows[i].voided,
            .captured = rows[i].captured,
            .refunded = rows[i].refunded,
            .declines = rows[i].declines};
        if (order_facets_of(&sums).payment != rows[i].facet)
            fail_msg("row %zu: %s", i, payment_facet_name(order_facets_of(&sums).payment));
    }
}

static void the_goods_facet(void **state)
{
    (void)state;
    /* Of 10 units. */
    static const struct {
        int64_t cancelled, reserved, shipped, delivered;
        enum goods_facet facet;
    } rows[] = {
        {0, 0, 0, 0, GOODS_FACET_NONE},
        {0, 1, 0, 0, GOODS_FACET_PART_RESERVED},
        {0, 9, 0, 0, GOODS_FACET_PART_RESERVED},
        {1, 9, 0, 0, GOODS_FACET_RESERVED},
        {0, 10, 0, 0, GOODS_FACET_RESERVED},
        {10, 10, 0, 0, GOODS_FACET_NONE},
        {0, 10, 9, 0, GOODS_FACET_PART_SHIPPED},
        {1, 10, 9, 0, GOODS_FACET_SHIPPED},
        {0, 10, 9, 9, GOODS_FACET_PART_DELIVERED},
        {1, 10, 9, 9, GOODS_FACET_DELIVERED},
    };
    for (size_t i = 0; i < countof(rows); i++) {
        struct order_sums sums = {
            .units = 10,
            .cancelled = rows[i].cancelled,
            .reserved = rows[i].reserved,
            .shipped = rows[i].shipped,
            .delivered = rows[i].delivered};
        if (order_facets_of(&sums).goods != rows[i].facet)
            fail_msg("row %zu: %s", i, goods_facet_name(order_facets_of(&sums).goods));
    }
}

static void the_returns_facet(void **state)
{
    (void)state;
    struct order_sums sums = {.units = 10, .cancelled = 2, .shipped = 8, .delivered = 8};
    assert_int_equal(order_facets_of(&sums).returns, RETURNS_FACET_NONE);
    sums.return_requested = 1;
    assert_int_equal(order_facets_of(&sums).returns, RETURNS_FACET_REQUESTED);
    sums.returned = 7;
    assert_int_equal(order_facets_of(&sums).returns, RETURNS_FACET_PART_RETURNED);
    sums.returned = 8;
    assert_int_equal(order_facets_of(&sums).returns, RETURNS_FACET_RETURNED);
}

static void facets_have_names(void **state)
{
    (void)state;
    assert_string_equal(payment_facet_name(PAYMENT_FACET_PENDING), "pending");
    assert_string_equal(payment_facet_name(PAYMENT_FACET_OVER_CAPTURED), "over_captured");
    assert_string_equal(goods_facet_name(GOODS_FACET_NONE), "none");
    assert_string_equal(goods_facet_name(GOODS_FACET_DELIVERED), "delivered");
    assert_string_equal(returns_facet_name(RETURNS_FACET_NONE), "none");
    assert_string_equal(returns_facet_name(RETURNS_FACET_RETURNED), "returned");
}

static void one_word_is_shown(void **state)
{
    (void)state;
    const struct order_sums fresh = {.units = 10, .total = 100};
    const struct order_sums secured = {.units = 10, .total = 100, .reserved = 10};
    const struct order_sums declined = {.units = 10, .total = 100, .reserved = 10, .declines = 1};
    const struct order_sums back = {.units = 10, .total = 100, .captured = 9, .refunded = 9};
    assert_string_equal(order_shown_status(ORDER_PLACED, &fresh), "pending");
    assert_string_equal(order_shown_status(ORDER_PLACED, &secured), "pending_payment");
    assert_string_equal(order_shown_status(ORDER_PLACED, &declined), "payment_failed");
    assert_string_equal(order_shown_status(ORDER_CONFIRMED, &fresh), "confirmed");
    assert_string_equal(order_shown_status(ORDER_PART_SHIPPED, &fresh), "processing");
    assert_string_equal(order_shown_status(ORDER_SHIPPED, &fresh), "shipped");
    assert_string_equal(order_shown_status(ORDER_DELIVERED, &fresh), "delivered");
    assert_string_equal(order_shown_status(ORDER_CLOSED, &fresh), "delivered");
    assert_string_equal(order_shown_status(ORDER_CANCELLED, &fresh), "cancelled");
    assert_string_equal(order_shown_status(ORDER_EXPIRED, &fresh), "cancelled");
    for (size_t status = ORDER_PLACED; status < ORDER_STATUS_COUNT; status++)
        assert_string_equal(order_shown_status((enum order_status)status, &back), "refunded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goods_are_counted),
        cmocka_unit_test(money_is_counted),
        cmocka_unit_test(expiry_takes_all_that_is_open),
        cmocka_unit_test(a_refund_nobody_requested_is_counted),
        cmocka_unit_test(events_without_sums_change_none),
        cmocka_unit_test(what_does_not_fit_is_said),
        cmocka_unit_test(a_settled_refund_is_no_more_than_is_pending),
        cmocka_unit_test(status_follows_the_events),
        cmocka_unit_test(the_payment_facet),
        cmocka_unit_test(the_goods_facet),
        cmocka_unit_test(the_returns_facet),
        cmocka_unit_test(facets_have_names),
        cmocka_unit_test(one_word_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
