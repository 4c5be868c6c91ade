// SPDX-License-Identifier: Apache-2.0
// The control of invariants_test, the money of orders: events that a faulty domain would let through. The books must
// name the invariant that each breaks.
#include "support/planted.h"

static void faults_of_totals(void **state)
{
    (void)state;
    struct order_placed_line bad[3];
    memcpy(bad, lines, sizeof(lines));
    PLANT(0, "I3", "another total", EVENT_ORDER_PLACED, order_placed, placed, changed.total++);
    PLANT(0, "I3", "another tax", EVENT_ORDER_PLACED, order_placed, placed, changed.tax++);
    PLANT(
        0, "I3", "another discount", EVENT_ORDER_PLACED, order_placed, placed, changed.discount++);
    bad[1].line_tax--;
    PLANT(
        0,
        "I3",
        "a line that is not its parts",
        EVENT_ORDER_PLACED,
        order_placed,
        placed,
        changed.lines = bad);
    PLANT(
        RESERVED,
        "I3",
        "a discount dealt out otherwise",
        EVENT_PROMOTION_APPLIED,
        promotion_applied,
        applied,
        changed.discount = 99);
}

static void faults_of_money(void **state)
{
    (void)state;
    PLANT(
        SHIPPED,
        "I7",
        "captured in another currency",
        EVENT_PAYMENT_CAPTURED,
        payment_captured,
        captured,
        changed.currency = slice_of_text("USD"));
    PLANT(
        PAID,
        "state",
        "captured twice",
        EVENT_PAYMENT_CAPTURED,
        payment_captured,
        captured,
        (void)0);
    const struct payment_voided voided = {
        .payment_id = ID(1), .provider_ref = SLICE_LITERAL("v1"), .amount = 334};
    PLANT(
        PAID,
        "I5",
        "more voided than is open",
        EVENT_PAYMENT_VOIDED,
        payment_voided,
        voided,
        (void)0);
    PLANT(
        CAME_BACK,
        "I6",
        "a refund above what was captured",
        EVENT_REFUND_REQUESTED,
        refund_requested,
        refund,
        changed.amount = 2868);
    PLANT(
        DELIVERED,
        "I6",
        "a refund of units the customer has",
        EVENT_REFUND_REQUESTED,
        refund_requested,
        refund,
        (void)0);
    PLANT(CAME_BACK,
          "I6",
          "a refund of units that were rejected",
          EVENT_REFUND_REQUESTED,
          refund_requested,
          refund,
          changed.lines = PRICED({1, 2, 1000});
          changed.amount = 1000);
    PLANT(CAME_BACK,
          "I6",
          "a refund at another price",
          EVENT_REFUND_REQUESTED,
          refund_requested,
          refund,
          changed.lines = PRICED({1, 1, 501});
          changed.amount = 501);
    PLANT(
        CAME_BACK,
        "I14",
        "a refund that is not its parts",
        EVENT_REFUND_REQUESTED,
        refund_requested,
        refund,
        changed.amount = 499);
    PLANT(
        REFUNDED,
        "I6",
        "units refunded twice",
        EVENT_REFUND_REQUESTED,
        refund_requested,
        refund,
        changed.refund_id.bytes[0] = 77);
    PLANT(CAME_BACK,
          "I6",
          "more shipping back than was paid",
          EVENT_REFUND_REQUESTED,
          refund_requested,
          refund,
          changed.lines_count = 0;
          changed.shipping = changed.amount = 201);
    PLANT(
        REFUNDING,
        "I6",
        "more settled than was requested",
        EVENT_REFUND_SETTLED,
        refund_settled,
        settled,
        changed.amount = 501);
    PLANT(
        REFUNDED,
        "I6",
        "settled twice",
        EVENT_REFUND_SETTLED,
        refund_settled,
        settled,
        changed.provider_ref = slice_of_text("r2"));
    PLANT(
        REFUNDING,
        "I7",
        "refunded in another currency",
        EVENT_REFUND_SETTLED,
        refund_settled,
        settled,
        changed.currency = slice_of_text("USD"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_of_totals),
        cmocka_unit_test(faults_of_money),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
