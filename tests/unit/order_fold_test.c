// SPDX-License-Identifier: Apache-2.0
// Events of an order's goods that cannot follow, or do not add up, are named and never folded. And an
// order is copied with all that became of it.
#include "support/order_stage.h"

static struct stage stage;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place_promoted(&stage);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

static bool can_follow(enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    struct aggregate aggregate;
    assert_true(aggregate_copy(&stage.aggregate, &stage.arena, &aggregate));
    bool folded = aggregate_evolve(&aggregate, &event, &stage.arena);
    assert_true(folded || aggregate.contradicted);
    return folded;
}

static void redeem(void)
{
    struct record_redemption command = stage_redemption(REDEMPTION_APPLIED);
    stage_do(&stage, COMMAND_RECORD_REDEMPTION, &command, 1);
}

/* ---- what does not add up ---- */

static void a_reservation_is_of_all_that_is_open(void **state)
{
    (void)state;
    struct order_units lines[] = {{1, 2}, {3, 10}};
    struct line_reserved event = {
        .sku = SLICE_LITERAL("A-1"),
        .location = SLICE_LITERAL("main"),
        .qty = 12,
        .lines = lines,
        .lines_count = 2};
    assert_true(can_follow(EVENT_LINE_RESERVED, &event));
    event.qty = 11;
    assert_false(can_follow(EVENT_LINE_RESERVED, &event));
    lines[1].qty = 9;
    assert_false(can_follow(EVENT_LINE_RESERVED, &event));
    lines[1] = (struct order_units){2, 1}; /* of another article */
    assert_false(can_follow(EVENT_LINE_RESERVED, &event));
    lines[1] = (struct order_units){1, 2}; /* twice the same */
    assert_false(can_follow(EVENT_LINE_RESERVED, &event));
    lines[1] = (struct order_units){8, 10};
    assert_false(can_follow(EVENT_LINE_RESERVED, &event));
    event.lines_count = 0; /* as if nothing were open */
    event.qty = 12;
    assert_false(can_follow(EVENT_LINE_RESERVED, &event));
    event.location = slice_of_text("north");
    assert_false(can_follow(EVENT_LINE_RESERVED, &event));
    stage_reserve(&stage, "A-1", NULL, 12, 1);
    assert_false(can_follow(EVENT_LINE_RESERVED, stage.decision.events[0].body));
    const struct line_reservation_refused refused = {
        .sku = SLICE_LITERAL("A-1"), .location = SLICE_LITERAL("main"), .requested = 12};
    assert_false(can_follow(EVENT_LINE_RESERVATION_REFUSED, &refused));
}

static void a_promotion_is_the_one_claimed(void **state)
{
    (void)state;
    struct promotion_share share = {.line_no = 1, .amount = 0};
    struct promotion_applied applied = {
        .code = SLICE_LITERAL("SUMMER"), .allocation = &share, .allocation_count = 1};
    struct promotion_refused refused = {.code = SLICE_LITERAL("SUMMER")};
    assert_true(can_follow(EVENT_PROMOTION_APPLIED, &applied));
    assert_true(can_follow(EVENT_PROMOTION_REFUSED, &refused));
    share.amount = 1;
    assert_false(can_follow(EVENT_PROMOTION_APPLIED, &applied));
    share = (struct promotion_share){.line_no = 5};
    assert_false(can_follow(EVENT_PROMOTION_APPLIED, &applied));
    share.line_no = 1;
    applied.discount = 1;
    assert_false(can_follow(EVENT_PROMOTION_APPLIED, &applied));
    applied.discount = 0;
    applied.code = refused.code = slice_of_text("WINTER");
    assert_false(can_follow(EVENT_PROMOTION_APPLIED, &applied));
    assert_false(can_follow(EVENT_PROMOTION_REFUSED, &refused));
    redeem();
    assert_false(can_follow(EVENT_PROMOTION_APPLIED, stage.decision.events[0].body));
    refused.code = slice_of_text("SUMMER");
    assert_false(can_follow(EVENT_PROMOTION_REFUSED, &refused));
}

static void a_discount_is_that_of_the_lines(void **state)
{
    (void)state;
    struct order_placed_line line = {
        .line_no = 1,
        .sku = SLICE_LITERAL("A-1"),
        .qty = 1,
        .unit_price = 100,
        .discount = 10,
        .line_net = 90,
        .line_total = 90};
    struct order_placed event = {
        .currency = SLICE_LITERAL("EUR"),
        .ship_country = SLICE_LITERAL("DE"),
        .lines = &line,
        .lines_count = 1,
        .subtotal = 90,
        .discount = 10,
        .total = 90};
    stage_close(&stage);
    stage_open(&stage, CATEGORY_ORDER);
    assert_true(can_follow(EVENT_ORDER_PLACED, &event));
    event.discount = 11;
    assert_false(can_follow(EVENT_ORDER_PLACED, &event));
}

static void a_shipment_is_of_what_is_reserved(void **state)
{
    (void)state;
    struct order_units_priced line = {.line_no = 1, .qty = 2, .amount = 4798};
    struct shipment_dispatched event = {
        .shipment_id = {{1}},
        .carrier = SLICE_LITERAL("dhl"),
        .lines = &line,
        .lines_count = 1,
        .amount = 4798};
    assert_false(can_follow(EVENT_SHIPMENT_DISPATCHED, &event)); /* it is not confirmed */
    redeem();
    stage_confirm(&stage);
    assert_true(can_follow(EVENT_SHIPMENT_DISPATCHED, &event));
    line.qty = 3;
    assert_false(can_follow(EVENT_SHIPMENT_DISPATCHED, &event));
    line.qty = 0;
    assert_false(can_follow(EVENT_SHIPMENT_DISPATCHED, &event));
    line.qty = 2;
    event.amount++;
    assert_false(can_follow(EVENT_SHIPMENT_DISPATCHED, &event));
    line.amount = event.amount = STAGE_DUE + 1;
    assert_false(can_follow(EVENT_SHIPMENT_DISPATCHED, &event));
    event.lines_count = 0;
    event.amount = 0;
    assert_false(can_follow(EVENT_SHIPMENT_DISPATCHED, &event));
    stage_ship_line(&stage, 1, 1, 1);
    const struct order_units_priced other = {.line_no = 2, .qty = 1, .amount = 600};
    event.lines = &other;
    event.lines_count = 1;
    event.amount = 600;
    assert_false(can_follow(EVENT_SHIPMENT_DISPATCHED, &event)); /* the id is known */
}

static void a_delivery_is_of_a_shipment(void **state)
{
    (void)state;
    struct order_units line = {.line_no = 1, .qty = 1};
    struct shipment_delivered event = {.shipment_id = {{1}}, .lines = &line, .lines_count = 1};
    redeem();
    stage_confirm(&stage);
    stage_ship_line(&stage, 1, 1, 1);
    assert_true(can_follow(EVENT_SHIPMENT_DELIVERED, &event));
    line.qty = 2;
    assert_false(can_follow(EVENT_SHIPMENT_DELIVERED, &event));
    line = (struct order_units){.line_no = 3, .qty = 1};
    assert_false(can_follow(EVENT_SHIPMENT_DELIVERED, &event));
    event.lines_count = 0;
    assert_false(can_follow(EVENT_SHIPMENT_DELIVERED, &event));
    event.lines_count = 1;
    event.shipment_id = stage_id(2);
    assert_false(can_follow(EVENT_SHIPMENT_DELIVERED, &event));
    stage_deliver(&stage, 1);
    line = (struct order_units){.line_no = 1, .qty = 1};
    event.shipment_id = stage_id(1);
    assert_false(can_follow(EVENT_SHIPMENT_DELIVERED, &event));
}

/* Shipped units are not cancelled. */
static void what_has_left_is_not_cancelled(void **state)
{
    (void)state;
    struct order_units_priced line = {.line_no = 1, .qty = 1, .amount = 2399};
    struct lines_cancelled event = {
        .lines = &line, .lines_count = 1, .amount = 2399, .cancelled_amount = 2399};
    redeem();
    stage_confirm(&stage);
    stage_ship_line(&stage, 1, 1, 1);
    assert_true(can_follow(EVENT_LINES_CANCELLED, &event));
    line.qty = 2;
    assert_false(can_follow(EVENT_LINES_CANCELLED, &event));
    const struct order_cancelled all = {.amount = STAGE_DUE, .cancelled_amount = STAGE_DUE};
    assert_false(can_follow(EVENT_ORDER_CANCELLED, &all));
}

/* ---- copies ---- */

/* Everything the order was folded from is gone: what the copy still points at there is found by the
 * address sanitizer. */
static void an_order_is_copied_with_all_of_it(void **state)
{
    (void)state;
    struct arena arena;
    struct aggregate copy;
    redeem();
    stage_confirm(&stage);
    stage_fulfil(&stage, ORDER_DELIVERED);
    stage_announce(&stage, 1, 1, 1);
    stage_take_back(&stage, 1, 1, 1);
    stage_announce(&stage, 2, 3, 5);
    arena_init(&arena, (size_t)1 << 20);
    assert_true(aggregate_copy(&stage.aggregate, &arena, &copy));
    arena_release(&stage.arena);
    arena_init(&stage.arena, (size_t)1 << 20);
    stage.aggregate = copy;
    const struct order *order = stage_order(&stage);
    assert_true(slice_is(order->promo_code, "SUMMER"));
    assert_true(slice_is(order->goods.shipments[1].carrier, "dhl"));
    assert_int_equal(order->goods.shipments[1].lines[1].qty, 10);
    assert_int_equal(order->goods.returns[0].received[0].accepted, 1);
    assert_int_equal(order->lines[2].return_requested, 5);
    stage_reserve(&stage, "A-1", NULL, 12, 0);
    stage_reserve(&stage, "B-22", "north", 1, 0);
    stage_take_back(&stage, 2, 3, 5);
    stage_announce(&stage, 3, 3, 5);
    assert_int_equal(order->sums.returned, 6);
    arena_release(&arena);
}

static void a_copy_says_when_the_arena_is_exhausted(void **state)
{
    (void)state;
    size_t refusals = 0;
    redeem();
    stage_confirm(&stage);
    stage_fulfil(&stage, ORDER_DELIVERED);
    stage_announce(&stage, 1, 1, 1);
    stage_take_back(&stage, 1, 1, 1);
    for (size_t maximum = 0; maximum < 16384; maximum += 64) {
        struct arena small;
        struct aggregate copy;
        arena_init(&small, maximum);
        refusals += !aggregate_copy(&stage.aggregate, &small, &copy);
        arena_release(&small);
    }
    assert_in_range(refusals, 20, 200);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(a_reservation_is_of_all_that_is_open),
        ON_STAGE(a_promotion_is_the_one_claimed),
        ON_STAGE(a_discount_is_that_of_the_lines),
        ON_STAGE(a_shipment_is_of_what_is_reserved),
        ON_STAGE(a_delivery_is_of_a_shipment),
        ON_STAGE(what_has_left_is_not_cancelled),
        ON_STAGE(an_order_is_copied_with_all_of_it),
        ON_STAGE(a_copy_says_when_the_arena_is_exhausted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
