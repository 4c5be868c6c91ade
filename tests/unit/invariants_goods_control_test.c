// SPDX-License-Identifier: Apache-2.0
// The control of invariants_test, the goods of orders: events that a faulty domain would let through. The books must
// name the invariant that each breaks.
#include "support/planted.h"

static void the_history_is_sound(void **state)
{
    struct order_books books;
    (void)state;
    post_history(&books, sizeof(history) / sizeof(*history));
    assert_int_equal(books.status, ORDER_CLOSED);
}

static void faults_of_goods(void **state)
{
    (void)state;
    PLANT(
        RESERVED,
        "I2",
        "a line reserved twice",
        EVENT_LINE_RESERVED,
        line_reserved,
        reserved_a,
        (void)0);
    PLANT(PLACED,
          "I2",
          "an article reserved line by line",
          EVENT_LINE_RESERVED,
          line_reserved,
          reserved_a,
          changed.lines_count = 1;
          changed.qty = 2);
    PLANT(PLACED,
          "I2",
          "a line reserved in part",
          EVENT_LINE_RESERVED,
          line_reserved,
          reserved_a,
          changed.lines = UNITS({1, 1}, {2, 1});
          changed.qty = 2);
    PLANT(
        PLACED,
        "I2",
        "more reserved than the lines say",
        EVENT_LINE_RESERVED,
        line_reserved,
        reserved_a,
        changed.qty = 4);
    PLANT(
        PLACED,
        "I1",
        "more cancelled than ordered",
        EVENT_LINES_CANCELLED,
        lines_cancelled,
        cancelled,
        changed.lines = PRICED({3, 4, 333}));
    PLANT(
        SHIPPED,
        "I1",
        "shipped units cancelled",
        EVENT_LINES_CANCELLED,
        lines_cancelled,
        cancelled,
        changed.cancelled_amount = 666);
    PLANT(CUT,
          "I1",
          "cancelled units shipped",
          EVENT_SHIPMENT_DISPATCHED,
          shipment_dispatched,
          dispatched,
          changed.lines = PRICED({3, 3, 667});
          changed.lines_count = 1;
          changed.amount = 667);
    PLANT(
        SHIPPED,
        "state",
        "shipped twice",
        EVENT_SHIPMENT_DISPATCHED,
        shipment_dispatched,
        dispatched,
        (void)0);
    PLANT(
        FUNDED,
        "I9",
        "shipped before it is confirmed",
        EVENT_SHIPMENT_DISPATCHED,
        shipment_dispatched,
        dispatched,
        (void)0);
    PLANT(CUT,
          "I3",
          "units shipped at another price",
          EVENT_SHIPMENT_DISPATCHED,
          shipment_dispatched,
          dispatched,
          changed.lines = PRICED({3, 2, 600});
          changed.lines_count = 1;
          changed.amount = 600);
    PLANT(PAID,
          "I1",
          "more delivered than shipped",
          EVENT_SHIPMENT_DELIVERED,
          shipment_delivered,
          delivered,
          changed.lines = UNITS({3, 3});
          changed.lines_count = 1);
    PLANT(
        DELIVERED,
        "I1",
        "delivered twice",
        EVENT_SHIPMENT_DELIVERED,
        shipment_delivered,
        delivered,
        (void)0);
    PLANT(
        PAID,
        "I1",
        "returned before it is delivered",
        EVENT_RETURN_REQUESTED,
        return_requested,
        announced,
        (void)0);
    PLANT(
        ANNOUNCED,
        "I1",
        "announced twice over",
        EVENT_RETURN_REQUESTED,
        return_requested,
        announced,
        changed.return_id.bytes[0] = 66);
    PLANT(
        ANNOUNCED,
        "I1",
        "more came back than was announced",
        EVENT_RETURN_RECEIVED,
        return_received,
        received,
        changed.lines = ((const struct received_line[]){{1, 3, 0, 0}}));
    PLANT(
        ANNOUNCED,
        "I1",
        "missing units forgotten",
        EVENT_RETURN_RECEIVED,
        return_received,
        received,
        changed.lines = ((const struct received_line[]){{1, 1, 0, 0}}));
}

static void faults_of_ends(void **state)
{
    (void)state;
    const struct order_cancelled all = {.amount = 3200, .cancelled_amount = 3200};
    const struct order_expired expired = {.amount = 2867, .cancelled_amount = 3200};
    PLANT(
        SHIPPED,
        "I9",
        "cancelled after it was shipped",
        EVENT_ORDER_CANCELLED,
        order_cancelled,
        all,
        (void)0);
    PLANT(
        SHIPPED,
        "I9",
        "expired after it was shipped",
        EVENT_ORDER_EXPIRED,
        order_expired,
        expired,
        (void)0);
    PLANT(
        PLACED,
        "I4",
        "cancelled, but something is due",
        EVENT_ORDER_CANCELLED,
        order_cancelled,
        all,
        changed.amount = 3100);
    PLANT(
        PLACED,
        "I4",
        "a cancelled amount that is no sum",
        EVENT_LINES_CANCELLED,
        lines_cancelled,
        cancelled,
        changed.cancelled_amount = 334);
    PLANT(
        0,
        "state",
        "confirmed before it is placed",
        EVENT_ORDER_CONFIRMED,
        order_confirmed,
        confirmed,
        (void)0);
    PLANT(
        PLACED,
        "I8",
        "confirmed without stock",
        EVENT_ORDER_CONFIRMED,
        order_confirmed,
        confirmed,
        (void)0);
    PLANT(
        RESERVED,
        "I8",
        "confirmed without its promotion",
        EVENT_ORDER_CONFIRMED,
        order_confirmed,
        confirmed,
        (void)0);
    PLANT(
        RESERVED + 1,
        "I4",
        "confirmed without money",
        EVENT_ORDER_CONFIRMED,
        order_confirmed,
        confirmed,
        (void)0);
    PLANT(
        FUNDED,
        "I4",
        "confirmed for another amount",
        EVENT_ORDER_CONFIRMED,
        order_confirmed,
        confirmed,
        changed.total = 3199);
    PLANT(
        CAME_BACK,
        "I14",
        "closed, but a refund is owed",
        EVENT_ORDER_CLOSED,
        order_closed,
        closed,
        changed.balance = 1);
    PLANT(SHIPPED, "state", "closed on its way", EVENT_ORDER_CLOSED, order_closed, closed, (void)0);
}

static void a_held_order_is_neither_confirmed_nor_shipped(void **state)
{
    const struct order_held held = {.reason = HOLD_FRAUD};
    const struct event holds = {EVENT_ORDER_HELD, &held};
    struct order_books books;
    (void)state;
    post_history(&books, FUNDED);
    assert_null(order_books_post(&books, &holds));
    assert_names(order_books_post(&books, &history[FUNDED]), "I8", "confirmed on hold");
    post_history(&books, CUT);
    assert_null(order_books_post(&books, &holds));
    assert_names(order_books_post(&books, &history[CUT]), "state", "shipped on hold");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_history_is_sound),
        cmocka_unit_test(faults_of_goods),
        cmocka_unit_test(faults_of_ends),
        cmocka_unit_test(a_held_order_is_neither_confirmed_nor_shipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
