// SPDX-License-Identifier: Apache-2.0
// Reservations of an order: all lines of an article at once or not at all, whenever they come.
#include "support/order_stage.h"

static struct stage stage;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

static void decide(struct record_reservation command, int64_t outcome)
{
    command.outcome = outcome;
    stage_decide(&stage, COMMAND_RECORD_RESERVATION, &command);
}

static void fold_decision(void)
{
    for (size_t i = 0; i < stage.decision.event_count; i++)
        assert_true(aggregate_evolve(&stage.aggregate, &stage.decision.events[i], &stage.arena));
}

static const struct order_article *article(const char *sku, const char *location)
{
    const struct order_article *found =
        order_find_article(stage_order(&stage), slice_of_text(sku), slice_of_text(location));
    assert_non_null(found);
    return found;
}

static void cancel_lines(int64_t line_no, int64_t qty, size_t events)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    struct cancel_lines command = {.lines = &line, .lines_count = 1};
    stage_do(&stage, COMMAND_CANCEL_LINES, &command, events);
}

/* ---- two lines, one article ---- */

static void lines_are_summed_up_by_article(void **state)
{
    (void)state;
    assert_int_equal(stage_order(&stage)->goods.article_count, 2);
    assert_int_equal(article("A-1", "main")->ordered, 12);
    assert_int_equal(article("B-22", "north")->ordered, 1);
    stage_reserve(&stage, "A-1", NULL, 12, 1);
    const struct line_reserved *event = stage_body(&stage, 0, EVENT_LINE_RESERVED);
    assert_true(slice_is(event->sku, "A-1"));
    assert_true(slice_is(event->location, "main"));
    assert_int_equal(event->qty, 12);
    assert_int_equal(event->lines_count, 2);
    assert_int_equal(event->lines[0].line_no, 1);
    assert_int_equal(event->lines[0].qty, 2);
    assert_int_equal(event->lines[1].line_no, 3);
    assert_int_equal(event->lines[1].qty, 10);
    const struct order *order = stage_order(&stage);
    assert_int_equal(order->lines[0].reserved, 2);
    assert_int_equal(order->lines[1].reserved, 0);
    assert_int_equal(order->lines[2].reserved, 10);
    assert_int_equal(order->sums.reserved, 12);
    assert_int_equal(order->goods.outstanding, 1);
}

/* The stock item has units for either line, not for both. Whoever asks line by line is promised the
 * same units twice; the order takes nothing less than all of them. */
static void two_lines_of_one_article_do_not_oversell(void **state)
{
    static struct stage stock;
    (void)state;
    stage_open(&stock, CATEGORY_STOCK);
    const struct receive_stock receive = {.sku = SLICE_LITERAL("A-1"), .qty = 10};
    stage_do(&stock, COMMAND_RECEIVE_STOCK, &receive, 1);
    const struct reserve_stock both = {
        .sku = SLICE_LITERAL("A-1"), .order_id = {{7}}, .qty = article("A-1", "main")->open};
    stage_decide(&stock, COMMAND_RESERVE_STOCK, &both);
    stage_refused(&stock, REJECTION_insufficient_stock, "qty");
    assert_int_equal(stage_item(&stock)->reserved, 0);
    stage_close(&stock);
    stage_reserve(&stage, "B-22", "north", 1, 1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE, 1);
    const int64_t one_line[] = {2, 10, 11};
    for (size_t i = 0; i < countof(one_line); i++) {
        decide(stage_reservation("A-1", "main", one_line[i]), CLAIM_RESERVED);
        stage_refused(&stage, REJECTION_insufficient_stock, "qty");
    }
    assert_int_equal(stage_order(&stage)->status, ORDER_PLACED);
    assert_int_equal(stage_order(&stage)->lines[0].reserved, 0);
    cancel_lines(3, 10, 1); /* what is left is what is there */
    decide(stage_reservation("A-1", "main", 2), CLAIM_RESERVED);
    stage_accepted(&stage, 2);
    (void)stage_body(&stage, 1, EVENT_ORDER_CONFIRMED);
}

static void other_articles_are_unknown(void **state)
{
    (void)state;
    decide(stage_reservation("A-1", "north", 12), CLAIM_RESERVED);
    stage_refused(&stage, REJECTION_unknown_line, "sku");
    decide(stage_reservation("B-22", NULL, 1), CLAIM_RESERVED);
    stage_refused(&stage, REJECTION_unknown_line, "sku");
    decide(stage_reservation("A-12", NULL, 1), CLAIM_REFUSED);
    stage_refused(&stage, REJECTION_unknown_line, "sku");
}

static void no_more_than_ordered_can_be_reserved(void **state)
{
    (void)state;
    decide(stage_reservation("A-1", NULL, 13), CLAIM_RESERVED);
    stage_refused(&stage, REJECTION_quantity_exceeds_open, "qty");
    decide(stage_reservation("A-1", NULL, 12), CLAIM_RESERVED);
    stage_accepted(&stage, 1);
}

/* The claim was on its way when units were cancelled: what is still open is served by it. */
static void units_cancelled_meanwhile_are_left_out(void **state)
{
    (void)state;
    cancel_lines(1, 1, 1);
    decide(stage_reservation("A-1", NULL, 10), CLAIM_RESERVED);
    stage_refused(&stage, REJECTION_insufficient_stock, "qty");
    stage_reserve(&stage, "A-1", NULL, 12, 1);
    const struct line_reserved *event = stage_body(&stage, 0, EVENT_LINE_RESERVED);
    assert_int_equal(event->qty, 11);
    assert_int_equal(event->lines[0].qty, 1);
    assert_int_equal(event->lines[1].qty, 10);
    assert_int_equal(stage_order(&stage)->lines[0].reserved, 1);
    cancel_lines(3, 4, 1); /* and what is cancelled now is not reserved any more */
    assert_int_equal(stage_order(&stage)->lines[2].reserved, 6);
    assert_int_equal(article("A-1", "main")->open, 7);
    assert_int_equal(article("A-1", "main")->to_release, 0);
}

static void a_reservation_told_again_changes_nothing(void **state)
{
    (void)state;
    stage_reserve(&stage, "A-1", NULL, 12, 1);
    stage_reserve(&stage, "A-1", "main", 12, 0);
    stage_reserve(&stage, "B-22", "north", 1, 1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE, 2);
    stage_reserve(&stage, "A-1", NULL, 12, 0);
    struct cancel_order cancel = {.reason = 0};
    stage_do(&stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    stage_reserve(&stage, "A-1", NULL, 12, 0); /* it is released with the order */
    assert_int_equal(article("A-1", "main")->to_release, 0);
}

/* ---- too late ---- */

static void expect_release(const char *sku, const char *location, int64_t qty)
{
    stage_reserve(&stage, sku, location, qty, 1);
    const struct line_reserved *event = stage_body(&stage, 0, EVENT_LINE_RESERVED);
    assert_int_equal(event->lines_count, 0);
    assert_false(event->has_lines);
    assert_int_equal(event->qty, qty);
    assert_int_equal(article(sku, location)->to_release, qty);
    stage_reserve(&stage, sku, location, qty, 0);
}

static void a_reservation_of_a_cancelled_order_is_to_be_released(void **state)
{
    (void)state;
    struct cancel_order cancel = {.reason = 0};
    stage_do(&stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    expect_release("A-1", "main", 12);
    expect_release("B-22", "north", 1);
    const struct order *order = stage_order(&stage);
    assert_int_equal(order->status, ORDER_CANCELLED);
    assert_int_equal(order->sums.reserved, 0);
    for (size_t i = 0; i < order->line_count; i++)
        assert_int_equal(order->lines[i].reserved, 0);
    decide(stage_reservation("A-1", "main", 13), CLAIM_RESERVED);
    stage_accepted(&stage, 0);
}

/* Catalogue, note (b): the article was cancelled meanwhile, the order lives on. */
static void a_reservation_of_a_cancelled_article_is_to_be_released(void **state)
{
    (void)state;
    cancel_lines(2, 1, 1);
    decide(stage_reservation("B-22", "north", 1), CLAIM_REFUSED);
    stage_accepted(&stage, 0);
    expect_release("B-22", "north", 1);
    decide(stage_reservation("B-22", "north", 1), CLAIM_REFUSED);
    stage_accepted(&stage, 0);
}

static void so_it_is_once_the_order_is_confirmed(void **state)
{
    (void)state;
    cancel_lines(2, 1, 1);
    stage_reserve(&stage, "A-1", NULL, 12, 1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, STAGE_DUE, 2);
    decide(stage_reservation("B-22", "north", 1), CLAIM_REFUSED);
    stage_accepted(&stage, 0);
    decide(stage_reservation("A-1", "main", 12), CLAIM_REFUSED);
    stage_refused(&stage, REJECTION_invalid_state, "sku");
    expect_release("B-22", "north", 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_CONFIRMED);
    assert_int_equal(stage_order(&stage)->sums.reserved, 12);
}

/* ---- refusals ---- */

static void a_refusal_is_kept_and_cancels_nothing(void **state)
{
    (void)state;
    struct record_reservation command = stage_reservation("A-1", NULL, 12);
    command.available = 3;
    command.has_available = true;
    command.code = slice_of_text("insufficient_stock");
    command.has_code = true;
    decide(command, CLAIM_REFUSED);
    stage_accepted(&stage, 1);
    const struct line_reservation_refused *event =
        stage_body(&stage, 0, EVENT_LINE_RESERVATION_REFUSED);
    assert_true(slice_is(event->sku, "A-1"));
    assert_true(slice_is(event->location, "main"));
    assert_int_equal(event->requested, 12);
    assert_int_equal(event->available, 3);
    assert_true(slice_is(event->reason, "insufficient_stock"));
    fold_decision();
    const struct order *order = stage_order(&stage);
    assert_int_equal(order->status, ORDER_PLACED);
    assert_int_equal(order->sums.cancelled, 0);
    assert_true(article("A-1", "main")->is_refused);
    stage_reserve(&stage, "A-1", NULL, 12, 1); /* there is more by now */
    assert_false(article("A-1", "main")->is_refused);
    decide(command, CLAIM_REFUSED);
    stage_refused(&stage, REJECTION_invalid_state, "sku");
}

/* ---- deadlines ---- */

/* The same words again are the same refusal, also for a copy; other words are another. */
static void a_refusal_told_again_changes_nothing(void **state)
{
    (void)state;
    struct aggregate copy;
    struct record_reservation command = {
        .sku = SLICE_LITERAL("A-1"),
        .qty = 12,
        .outcome = CLAIM_REFUSED,
        .available = 3,
        .has_available = true,
        .code = SLICE_LITERAL("insufficient_stock"),
        .has_code = true};
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &command, 1);
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &command, 0);
    assert_true(aggregate_copy(&stage.aggregate, &stage.arena, &copy));
    stage.aggregate = copy;
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &command, 0);
    command.available = 2;
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &command, 1);
    command.has_code = false;
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &command, 1);
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &command, 0);
    command.outcome = 0;
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &command, 1);
}

static void the_first_reservation_that_lapses_is_known(void **state)
{
    (void)state;
    struct record_reservation late = stage_reservation("A-1", NULL, 12);
    struct record_reservation soon = stage_reservation("B-22", "north", 1);
    late.has_expires_at = soon.has_expires_at = true;
    late.expires_at = STAGE_NOW + 2 * STAGE_HOUR;
    soon.expires_at = STAGE_NOW + STAGE_HOUR;
    struct expire_order expire = {.deadline = DEADLINE_RESERVATION};
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &late, 1);
    stage_do(&stage, COMMAND_RECORD_RESERVATION, &soon, 1);
    stage.context.now_us = STAGE_NOW + STAGE_HOUR - 1;
    stage_decide(&stage, COMMAND_EXPIRE_ORDER, &expire);
    stage_refused(&stage, REJECTION_deadline_not_reached, NULL);
    cancel_lines(2, 1, 1); /* its reservation is of no interest any more */
    stage.context.now_us = STAGE_NOW + 2 * STAGE_HOUR - 1;
    stage_decide(&stage, COMMAND_EXPIRE_ORDER, &expire);
    stage_refused(&stage, REJECTION_deadline_not_reached, NULL);
    stage.context.now_us = STAGE_NOW + 2 * STAGE_HOUR;
    stage_do(&stage, COMMAND_EXPIRE_ORDER, &expire, 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_EXPIRED);
}

/* ---- large orders ---- */

enum { LARGE_LINES = 1114, LARGE_ARTICLES = 1100 };

static void fill_large(struct stage_order *order, struct place_order_line *lines, char (*skus)[16])
{
    stage_fill_order(order);
    for (int i = 0; i < LARGE_LINES; i++) {
        (void)snprintf(skus[i], sizeof(skus[i]), "SKU-%04d", i % LARGE_ARTICLES);
        lines[i] = (struct place_order_line){
            .line_no = LARGE_LINES - i,
            .sku = slice_of_text(skus[i]),
            .qty = 1,
            .unit_price = {1, 2}};
    }
    order->command.lines = lines;
    order->command.lines_count = LARGE_LINES;
    order->command.has_shipping = false;
    order->command.declared_total = (struct decimal){LARGE_LINES, 2};
}

/* No reservation may cost what the order is large: that would be its square in all. */
static void each_article_of_a_large_order_costs_the_same(void **state)
{
    static struct stage_order order;
    static struct place_order_line lines[LARGE_LINES];
    static char skus[LARGE_LINES][16];
    (void)state;
    stage_close(&stage);
    stage_open(&stage, CATEGORY_ORDER);
    fill_large(&order, lines, skus);
    stage_do(&stage, COMMAND_PLACE_ORDER, &order.command, 1);
    stage_pay(&stage, PAYMENT_AUTHORIZE, 1, LARGE_LINES, 1);
    assert_int_equal(stage_order(&stage)->goods.article_count, LARGE_ARTICLES);
    for (int i = 0; i + 1 < LARGE_ARTICLES; i++) {
        size_t before = stage.arena.used;
        stage_reserve(&stage, skus[i], NULL, i < LARGE_LINES - LARGE_ARTICLES ? 2 : 1, 1);
        assert_true(stage.arena.used - before < 1024);
    }
    assert_int_equal(stage_order(&stage)->goods.outstanding, 1);
    stage_reserve(&stage, skus[LARGE_ARTICLES - 1], NULL, 1, 2);
    assert_int_equal(stage_order(&stage)->status, ORDER_CONFIRMED);
    assert_int_equal(stage_order(&stage)->sums.reserved, LARGE_LINES);
}

/* Two names that the index of the articles cannot tell apart by their hashes. */
static void articles_of_one_hash_are_two(void **state)
{
    struct stage_order order;
    (void)state;
    stage_close(&stage);
    stage_open(&stage, CATEGORY_ORDER);
    stage_fill_order(&order);
    order.lines[0].sku = order.lines[2].sku = slice_of_text("S64c36bb2ece99c97");
    order.lines[1].sku = slice_of_text("S433650a0eabbf0c5");
    order.lines[1].has_location = false;
    stage_do(&stage, COMMAND_PLACE_ORDER, &order.command, 1);
    assert_int_equal(stage_order(&stage)->goods.article_count, 2);
    assert_true(
        article("S64c36bb2ece99c97", "main")->hash == article("S433650a0eabbf0c5", "main")->hash);
    stage_reserve(&stage, "S433650a0eabbf0c5", NULL, 1, 1);
    assert_int_equal(stage_order(&stage)->lines[0].reserved, 0);
    assert_int_equal(stage_order(&stage)->lines[1].reserved, 1);
    stage_reserve(&stage, "S64c36bb2ece99c97", NULL, 12, 1);
    assert_int_equal(stage_order(&stage)->lines[2].reserved, 10);
    assert_int_equal(stage_order(&stage)->goods.outstanding, 0);
}

static void an_exhausted_arena_is_said(void **state)
{
    (void)state;
    struct record_reservation reserved = stage_reservation("A-1", NULL, 12);
    struct record_reservation refused = reserved;
    refused.outcome = CLAIM_REFUSED;
    const void *bodies[] = {&reserved, &refused};
    for (size_t i = 0; i < countof(bodies); i++) {
        struct command command = {COMMAND_RECORD_RESERVATION, bodies[i]};
        struct arena small;
        arena_init(&small, 8);
        stage.context.arena = &small;
        assert_false(aggregate_decide(&stage.aggregate, &command, &stage.context, &stage.decision));
        arena_release(&small);
    }
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(lines_are_summed_up_by_article),
        ON_STAGE(two_lines_of_one_article_do_not_oversell),
        ON_STAGE(other_articles_are_unknown),
        ON_STAGE(no_more_than_ordered_can_be_reserved),
        ON_STAGE(units_cancelled_meanwhile_are_left_out),
        ON_STAGE(a_reservation_told_again_changes_nothing),
        ON_STAGE(a_reservation_of_a_cancelled_order_is_to_be_released),
        ON_STAGE(a_reservation_of_a_cancelled_article_is_to_be_released),
        ON_STAGE(so_it_is_once_the_order_is_confirmed),
        ON_STAGE(a_refusal_is_kept_and_cancels_nothing),
        ON_STAGE(a_refusal_told_again_changes_nothing),
        ON_STAGE(the_first_reservation_that_lapses_is_known),
        ON_STAGE(each_article_of_a_large_order_costs_the_same),
        ON_STAGE(articles_of_one_hash_are_two),
        ON_STAGE(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
