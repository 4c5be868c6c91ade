// SPDX-License-Identifier: Apache-2.0
// Folding is total: an event that contradicts the state is never folded but named, because what is
// stored may have been changed by somebody.
#include "support/stage.h"

static struct stage stage;
static struct order_placed_line lines[STAGE_LINES];
static struct order_placed placed;

static int open_stage(void **state)
{
    struct stage_order order;
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_fill_order(&order);
    stage_decide(&stage, COMMAND_PLACE_ORDER, &order.command);
    stage_accepted(&stage, 1);
    placed = *(const struct order_placed *)stage.decision.events[0].body;
    memcpy(lines, placed.lines, sizeof(lines));
    placed.lines = lines;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

static void fold(enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    assert_true(aggregate_evolve(&stage.aggregate, &event, &stage.arena));
}

/* The event is refused, as one that contradicts; what was folded before is untouched for the next
 * case, because each begins with a stage of its own. */
static void contradicts(enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    struct aggregate aggregate;
    assert_true(aggregate_copy(&stage.aggregate, &stage.arena, &aggregate));
    assert_false(aggregate_evolve(&aggregate, &event, &stage.arena));
    assert_true(aggregate.contradicted);
    assert_int_equal(aggregate.version, stage.aggregate.version);
}

static void the_event_itself_is_folded(void **state)
{
    (void)state;
    fold(EVENT_ORDER_PLACED, &placed);
    assert_int_equal(stage_order(&stage)->total, 6106);
}

static void amounts_must_add_up(void **state)
{
    (void)state;
    int64_t *const amounts[] = {
        &lines[0].line_net,
        &lines[1].line_tax,
        &lines[2].line_total,
        &placed.subtotal,
        &placed.shipping,
        &placed.shipping_tax,
        &placed.tax,
        &placed.total};
    for (size_t i = 0; i < countof(amounts); i++) {
        int64_t right = *amounts[i];
        *amounts[i] = right + 1;
        contradicts(EVENT_ORDER_PLACED, &placed);
        *amounts[i] = INT64_MAX;
        contradicts(EVENT_ORDER_PLACED, &placed);
        *amounts[i] = right;
    }
}

static void lines_must_be_there_and_once(void **state)
{
    (void)state;
    lines[2].line_no = lines[0].line_no;
    contradicts(EVENT_ORDER_PLACED, &placed);
    lines[2].line_no = 3;
    placed.lines_count = 0;
    contradicts(EVENT_ORDER_PLACED, &placed);
    placed.lines_count = STAGE_LINES;
    placed.rounding = ROUNDING_COUNT;
    contradicts(EVENT_ORDER_PLACED, &placed);
}

static void an_order_is_placed_once_and_first(void **state)
{
    (void)state;
    const struct order_cancelled all = {.amount = 6106, .cancelled_amount = 6106};
    contradicts(EVENT_ORDER_CANCELLED, &all);
    fold(EVENT_ORDER_PLACED, &placed);
    contradicts(EVENT_ORDER_PLACED, &placed);
    fold(EVENT_ORDER_CANCELLED, &all);
    contradicts(EVENT_ORDER_CANCELLED, &all);
}

static void cancelled_lines_must_have_been_open(void **state)
{
    (void)state;
    struct order_units_priced line = {.line_no = 1, .qty = 2, .amount = 4798};
    struct lines_cancelled event = {
        .lines = &line, .lines_count = 1, .amount = 4798, .cancelled_amount = 4798};
    contradicts(EVENT_LINES_CANCELLED, &event); /* nothing was placed */
    fold(EVENT_ORDER_PLACED, &placed);
    line.line_no = 4;
    contradicts(EVENT_LINES_CANCELLED, &event);
    line.line_no = 1;
    line.qty = 3;
    contradicts(EVENT_LINES_CANCELLED, &event);
    line.qty = 0;
    contradicts(EVENT_LINES_CANCELLED, &event);
    line.qty = 2;
    event.amount++;
    contradicts(EVENT_LINES_CANCELLED, &event);
    event.amount--;
    event.cancelled_amount++;
    contradicts(EVENT_LINES_CANCELLED, &event);
    event.cancelled_amount--;
    fold(EVENT_LINES_CANCELLED, &event);
    contradicts(EVENT_LINES_CANCELLED, &event); /* they are gone */
}

static void a_cancelled_order_leaves_nothing_open(void **state)
{
    (void)state;
    struct order_cancelled event = {.amount = 6105, .cancelled_amount = 6106};
    fold(EVENT_ORDER_PLACED, &placed);
    contradicts(EVENT_ORDER_CANCELLED, &event);
    event.amount = 6106;
    event.cancelled_amount = 6105;
    contradicts(EVENT_ORDER_CANCELLED, &event);
}

static void stock_counts_must_follow(void **state)
{
    (void)state;
    struct stock_received received = {
        .sku = SLICE_LITERAL("A-1"), .location = SLICE_LITERAL("main"), .qty = 5, .on_hand = 5};
    struct stock_adjusted adjusted = {
        .sku = SLICE_LITERAL("A-1"), .location = SLICE_LITERAL("main"), .delta = -1, .on_hand = 4};
    contradicts(EVENT_STOCK_RECEIVED, &received); /* not of an order */
    assert_true(aggregate_init(&stage.aggregate, CATEGORY_STOCK, &stage.arena));
    contradicts(EVENT_ORDER_PLACED, &placed);
    contradicts(EVENT_STOCK_ADJUSTED, &adjusted); /* nothing was received */
    fold(EVENT_STOCK_RECEIVED, &received);
    contradicts(EVENT_STOCK_RECEIVED, &received); /* 5 and 5 is not 5 */
    adjusted.on_hand = 5;
    contradicts(EVENT_STOCK_ADJUSTED, &adjusted);
    adjusted.on_hand = 4;
    adjusted.reserved = 1;
    contradicts(EVENT_STOCK_ADJUSTED, &adjusted);
    adjusted.reserved = 0;
    adjusted.location = slice_of_text("north");
    contradicts(EVENT_STOCK_ADJUSTED, &adjusted);
    adjusted.location = slice_of_text("main");
    adjusted.sku = slice_of_text("A-2");
    contradicts(EVENT_STOCK_ADJUSTED, &adjusted);
    adjusted.sku = slice_of_text("A-1");
    fold(EVENT_STOCK_ADJUSTED, &adjusted);
    adjusted.delta = -5;
    adjusted.on_hand = -1;
    contradicts(EVENT_STOCK_ADJUSTED, &adjusted);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(the_event_itself_is_folded),
        ON_STAGE(amounts_must_add_up),
        ON_STAGE(lines_must_be_there_and_once),
        ON_STAGE(an_order_is_placed_once_and_first),
        ON_STAGE(cancelled_lines_must_have_been_open),
        ON_STAGE(a_cancelled_order_leaves_nothing_open),
        ON_STAGE(stock_counts_must_follow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
