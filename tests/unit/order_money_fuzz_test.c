// SPDX-License-Identifier: Apache-2.0
// Results of providers, refunds, holds and deadlines at random, with amounts up to the edge of what can
// be held: whatever is accepted can be folded, and the sums agree with the payments and the refunds.
#include "support/till.h"

#include <stdio.h>

enum { ROUNDS = 200, STEPS = 120, IDS = 10, REFS = 40 };

static int64_t draw(uint64_t *seed, int64_t below)
{
    return stage_draw_below(seed, below);
}

/* Of the sizes at which something happens. */
static int64_t draw_amount(uint64_t *seed)
{
    static const int64_t sizes[] = {
        1, 2, 100, 2399, TILL_TOTAL - 1, TILL_TOTAL, TILL_TOTAL + 1, INT64_MAX / 2, INT64_MAX - 1};
    int64_t size = sizes[draw(seed, draw(seed, 8) == 0 ? countof(sizes) : countof(sizes) - 2)];
    return size - draw(seed, 2);
}

static void record(struct stage *stage, uint64_t *seed)
{
    static char refs[REFS][4];
    int64_t number = draw(seed, REFS);
    snprintf(refs[number], sizeof(refs[number]), "r%d", (int)number);
    enum payment_operation op = (enum payment_operation)draw(seed, PAYMENT_OPERATION_COUNT);
    struct record_payment_result result = till_result(
        op,
        draw(seed, 5) == 0 ? PAYMENT_DECLINED : PAYMENT_OK,
        (uint8_t)draw(seed, IDS),
        refs[number],
        draw_amount(seed));
    result.has_refund_id = op == PAYMENT_REFUND;
    result.refund_id = till_id((uint8_t)draw(seed, IDS));
    result.has_expires_at = draw(seed, 2) == 0;
    result.expires_at = STAGE_NOW + draw(seed, 100);
    stage_decide(stage, COMMAND_RECORD_PAYMENT_RESULT, &result);
}

static void request(struct stage *stage, uint64_t *seed)
{
    struct order_units *line = arena_new(&stage->arena, struct order_units);
    assert_non_null(line);
    *line = (struct order_units){.line_no = 1 + draw(seed, 3), .qty = 1 + draw(seed, 3)};
    struct request_refund command = {
        .refund_id = till_id((uint8_t)draw(seed, IDS)),
        .has_lines = draw(seed, 2) == 0,
        .lines = line,
        .lines_count = 1,
        .has_shipping = draw(seed, 3) == 0,
        .shipping = {draw(seed, 300), 2},
        .has_goodwill = draw(seed, 2) == 0,
        .goodwill = {draw_amount(seed), 2},
        .reason = draw(seed, REFUND_OTHER + 1)};
    stage_decide(stage, COMMAND_REQUEST_REFUND, &command);
}

static void move_goods(struct stage *stage, uint64_t *seed)
{
    struct order_units *line = arena_new(&stage->arena, struct order_units);
    struct cancel_order cancel = {.reason = 0};
    assert_non_null(line);
    *line = (struct order_units){.line_no = 1 + draw(seed, 3), .qty = 1 + draw(seed, 3)};
    struct cancel_lines cancel_lines = {.lines = line, .lines_count = 1};
    struct ship_lines ship = {
        .shipment_id = {{(uint8_t)draw(seed, 250), 1}},
        .carrier = SLICE_LITERAL("cart"),
        .lines = line,
        .lines_count = 1};
    struct record_reservation reserve = {.sku = SLICE_LITERAL("A-1"), .qty = 12};
    int64_t which = draw(seed, 20);
    if (which == 0)
        stage_decide(stage, COMMAND_CANCEL_ORDER, &cancel);
    else if (which < 8)
        stage_decide(stage, COMMAND_CANCEL_LINES, &cancel_lines);
    else if (which < 14)
        stage_decide(stage, COMMAND_SHIP_LINES, &ship);
    else
        stage_decide(stage, COMMAND_RECORD_RESERVATION, &reserve);
}

static void hold_or_end(struct stage *stage, uint64_t *seed)
{
    struct hold_order hold = {.reason = draw(seed, HOLD_AUTHORIZATION_EXPIRED + 1)};
    struct release_hold release = {.has_note = false};
    struct expire_order expire = {.deadline = draw(seed, DEADLINE_AUTHORIZATION + 1)};
    struct close_order close = {.has_ref = false};
    stage->context.now_us = STAGE_NOW + draw(seed, 200);
    switch (draw(seed, 6)) {
    case 0:
        stage_decide(stage, COMMAND_HOLD_ORDER, &hold);
        break;
    case 1:
    case 2:
        stage_decide(stage, COMMAND_RELEASE_HOLD, &release);
        break;
    case 3:
        stage_decide(stage, COMMAND_EXPIRE_ORDER, &expire);
        break;
    default:
        stage_decide(stage, COMMAND_CLOSE_ORDER, &close);
    }
}

static void check_payments(const struct order *order)
{
    struct order_sums sums = {0};
    for (size_t i = 0; i < order->money.payment_count; i++) {
        const struct order_payment *payment = &order->money.payments[i];
        assert_true(payment->refunded <= payment->captured);
        assert_true(payment->voided <= payment->authorised);
        sums.authorised += payment->authorised;
        sums.voided += payment->voided;
        sums.captured += payment->captured;
        sums.refunded += payment->refunded;
        sums.declines += payment->declines[PAYMENT_AUTHORIZE];
    }
    assert_int_equal(sums.authorised, order->sums.authorised);
    assert_int_equal(sums.voided, order->sums.voided);
    assert_int_equal(sums.captured, order->sums.captured);
    assert_int_equal(sums.refunded, order->sums.refunded);
    assert_int_equal(sums.declines, order->sums.declines);
}

static void check(const struct order *order)
{
    int64_t pending = 0;
    check_payments(order);
    for (size_t i = 0; i < order->money.refund_count; i++)
        pending += order_refund_pending(&order->money.refunds[i]);
    assert_int_equal(pending, order->sums.refund_pending);
    assert_true(order_refundable(order) >= 0);
    assert_true(order_funds(order) >= 0);
    assert_true(order->status != ORDER_CLOSED || order->sums.captured >= order->sums.refunded);
}

static void what_is_accepted_can_be_folded(void **state)
{
    size_t accepted = 0;
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t seed = (uint64_t)round + 1;
        struct stage stage;
        stage_open(&stage, CATEGORY_ORDER);
        stage_place(&stage);
        if (draw(&seed, 2) == 0)
            till_confirm(&stage);
        for (int step = 0; step < STEPS; step++) {
            int64_t which = draw(&seed, 10);
            if (which < 5)
                record(&stage, &seed);
            else if (which < 8)
                request(&stage, &seed);
            else if (which < 9)
                move_goods(&stage, &seed);
            else
                hold_or_end(&stage, &seed);
            for (size_t i = 0; i < stage.decision.event_count; i++)
                assert_true(
                    aggregate_evolve(&stage.aggregate, &stage.decision.events[i], &stage.arena));
            accepted += stage.decision.event_count;
            check(stage_order(&stage));
        }
        stage_close(&stage);
    }
    assert_true(accepted > (size_t)ROUNDS * STEPS / 10); /* it did something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_accepted_can_be_folded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
