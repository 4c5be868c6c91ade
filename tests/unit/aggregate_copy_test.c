// SPDX-License-Identifier: Apache-2.0
// A copied state lives on when everything it was folded from is gone. A fork leaves the state it was
// made of alone, and joined with it makes it what the fork has come to.
#include "support/person.h"
#include "support/promotion.h"
#include "support/stage.h"

static void assert_text(struct slice found, const char *expected)
{
    assert_int_equal(found.size, strlen(expected));
    assert_memory_equal(found.data, expected, found.size);
}

/* Under the address sanitizer, whatever still points into the old arena is found. */
static struct aggregate copy_and_forget(struct stage *stage, struct arena *arena)
{
    struct aggregate copy;
    arena_init(arena, (size_t)1 << 20);
    assert_true(aggregate_copy(&stage->aggregate, arena, &copy));
    arena_release(&stage->arena);
    arena_init(&stage->arena, (size_t)1 << 20);
    return copy;
}

static void an_order_is_copied_with_its_lines(void **state)
{
    (void)state;
    struct stage stage;
    struct arena arena;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    stage.aggregate = copy_and_forget(&stage, &arena);
    const struct order *order = stage_order(&stage);
    assert_int_equal(stage.aggregate.version, 1);
    assert_int_equal(order->status, ORDER_PLACED);
    assert_int_equal(order->total, 6106);
    assert_text(order->currency, "EUR");
    assert_text(order->ship_country, "DE");
    assert_text(order->source_ref, "573585");
    assert_text(order->shipping_method, "post");
    assert_int_equal(order->line_count, STAGE_LINES);
    assert_text(order->lines[0].placed.title, "Lamp");
    assert_text(order->lines[1].placed.sku, "B-22");
    assert_text(order->lines[1].placed.seller_id, "seller-7");
    assert_text(order->lines[1].placed.location, "north");
    const struct cancel_order cancel = {.reason = 0};
    stage_do(&stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    assert_int_equal(stage_order(&stage)->status, ORDER_CANCELLED);
    arena_release(&arena);
    stage_close(&stage);
}

static void changing_a_copy_leaves_the_original_alone(void **state)
{
    (void)state;
    struct stage stage;
    struct aggregate copy;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    assert_true(aggregate_copy(&stage.aggregate, &stage.arena, &copy));
    struct aggregate original = stage.aggregate;
    const struct order_units line = {.line_no = 1, .qty = 1};
    const struct cancel_lines lines = {.lines = &line, .lines_count = 1};
    stage.aggregate = copy;
    stage_do(&stage, COMMAND_CANCEL_LINES, &lines, 1);
    assert_int_equal(stage_order(&stage)->lines[0].cancelled, 1);
    assert_int_equal(((const struct order *)original.state)->lines[0].cancelled, 0);
    assert_int_equal(original.version, 1);
    stage_close(&stage);
}

static void a_stock_item_is_copied(void **state)
{
    (void)state;
    struct stage stage;
    struct arena arena;
    const struct receive_stock receive = {.sku = SLICE_LITERAL("A-1"), .qty = 7};
    stage_open(&stage, CATEGORY_STOCK);
    stage_do(&stage, COMMAND_RECEIVE_STOCK, &receive, 1);
    stage.aggregate = copy_and_forget(&stage, &arena);
    assert_int_equal(stage_item(&stage)->on_hand, 7);
    assert_text(stage_item(&stage)->sku, "A-1");
    assert_text(stage_item(&stage)->location, STOCK_DEFAULT_LOCATION);
    stage_do(&stage, COMMAND_RECEIVE_STOCK, &receive, 1);
    assert_int_equal(stage_item(&stage)->on_hand, 14);
    arena_release(&arena);
    stage_close(&stage);
}

static void a_customer_is_copied(void **state)
{
    (void)state;
    struct stage stage;
    struct arena arena;
    const struct register_customer ada = {
        .region = SLICE_LITERAL("eu-west"),
        .locale = SLICE_LITERAL("de-DE"),
        .has_locale = true,
        .contact = ada_customer()};
    const struct change_contact change = {.contact = ada_customer()};
    stage_open(&stage, CATEGORY_CUSTOMER);
    stage_do(&stage, COMMAND_REGISTER_CUSTOMER, &ada, 1);
    stage.aggregate = copy_and_forget(&stage, &arena);
    assert_text(stage_customer(&stage)->region, "eu-west");
    assert_text(stage_customer(&stage)->locale, "de-DE");
    stage_do(&stage, COMMAND_CHANGE_CONTACT, &change, 1);
    assert_int_equal(stage.aggregate.version, 2);
    arena_release(&arena);
    stage_close(&stage);
}

static struct reserve_stock reserves(uint8_t order)
{
    return (struct reserve_stock){
        .sku = SLICE_LITERAL("A-1"), .order_id = {{0x0d, order}}, .qty = 1};
}

static void reserve(struct stage *stage, uint8_t order)
{
    const struct reserve_stock command = reserves(order);
    stage_do(stage, COMMAND_RESERVE_STOCK, &command, 1);
}

static void fork_stage(struct stage *stage, struct aggregate *original)
{
    struct aggregate fork;
    *original = stage->aggregate;
    assert_true(aggregate_fork(original, &stage->arena, &fork));
    stage->aggregate = fork;
}

static void a_stock_item_forks_and_is_joined(void **state)
{
    (void)state;
    struct stage stage;
    struct aggregate original;
    struct arena arena;
    const struct receive_stock receive = {.sku = SLICE_LITERAL("A-1"), .qty = 5};
    const struct release_reservation release = {
        .sku = SLICE_LITERAL("A-1"), .order_id = {{0x0d, 1}}, .qty = 1};
    stage_open(&stage, CATEGORY_STOCK);
    stage_do(&stage, COMMAND_RECEIVE_STOCK, &receive, 1);
    reserve(&stage, 1);
    reserve(&stage, 2);
    stage.aggregate = copy_and_forget(&stage, &arena);
    fork_stage(&stage, &original);
    stage_do(&stage, COMMAND_RELEASE_RESERVATION, &release, 1);
    reserve(&stage, 3);
    reserve(&stage, 4);
    const struct stock_item *item = original.state;
    assert_int_equal(original.version, 3);
    assert_int_equal(item->reserved, 2);
    assert_int_equal(item->reservations.count, 2);
    assert_true(aggregate_shares(CATEGORY_STOCK));
    assert_true(aggregate_join(&original, &stage.aggregate, &arena));
    arena_release(&stage.arena);
    arena_init(&stage.arena, (size_t)1 << 20);
    assert_int_equal(original.version, 6);
    assert_int_equal(item->on_hand, 5);
    assert_int_equal(item->reserved, 3);
    assert_int_equal(item->reservations.count, 3);
    stage.aggregate = original;
    reserve(&stage, 1);
    const struct reserve_stock again = reserves(4);
    stage_decide(&stage, COMMAND_RESERVE_STOCK, &again);
    stage_accepted(&stage, 0);
    arena_release(&arena);
    stage_close(&stage);
}

static void a_promotion_forks_and_is_joined(void **state)
{
    struct stage *stage = NULL;
    struct aggregate original;
    struct arena arena;
    const struct define_promotion terms = quarter_off();
    (void)open_promotion((void **)&stage);
    define_it(stage, &terms);
    redeem_once(stage, 1, 1);
    stage->aggregate = copy_and_forget(stage, &arena);
    fork_stage(stage, &original);
    redeem_once(stage, 2, 1);
    deactivate_it(stage);
    const struct promotion *promotion = original.state;
    assert_int_equal(promotion->status, PROMOTION_ACTIVE);
    assert_int_equal(promotion->redemptions.count, 1);
    assert_true(aggregate_join(&original, &stage->aggregate, &arena));
    arena_release(&stage->arena);
    arena_init(&stage->arena, (size_t)1 << 20);
    assert_int_equal(original.version, 4);
    assert_int_equal(promotion->status, PROMOTION_INACTIVE);
    assert_text(promotion->terms.code, "SPRING26");
    assert_text(promotion->terms.seller_id, "seller-7");
    stage->aggregate = original;
    const struct redeem_promotion again = redeems(2, 1);
    stage_decide(stage, COMMAND_REDEEM_PROMOTION, &again);
    stage_accepted(stage, 0);
    arena_release(&arena);
    (void)close_promotion((void **)&stage);
    (void)state;
}

static void an_order_forks_by_being_copied(void **state)
{
    (void)state;
    struct stage stage;
    struct aggregate original;
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    fork_stage(&stage, &original);
    const struct cancel_order cancel = {.reason = 0};
    stage_do(&stage, COMMAND_CANCEL_ORDER, &cancel, 1);
    assert_int_equal(((const struct order *)original.state)->status, ORDER_PLACED);
    assert_false(aggregate_shares(CATEGORY_ORDER));
    assert_false(aggregate_shares(CATEGORY_CUSTOMER));
    stage_close(&stage);
}

static void an_exhausted_arena_is_said_and_nothing_is_written(void **state)
{
    (void)state;
    struct stage stage;
    struct arena arena;
    struct aggregate copy = {.version = 99};
    stage_open(&stage, CATEGORY_ORDER);
    stage_place(&stage);
    for (size_t maximum = 0; maximum < 1200; maximum += 7) {
        arena_init(&arena, maximum);
        if (aggregate_copy(&stage.aggregate, &arena, &copy))
            copy.version = 99;
        assert_int_equal(copy.version, 99);
        arena_release(&arena);
    }
    stage_close(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_copied_with_its_lines),
        cmocka_unit_test(changing_a_copy_leaves_the_original_alone),
        cmocka_unit_test(a_stock_item_is_copied),
        cmocka_unit_test(a_customer_is_copied),
        cmocka_unit_test(a_stock_item_forks_and_is_joined),
        cmocka_unit_test(a_promotion_forks_and_is_joined),
        cmocka_unit_test(an_order_forks_by_being_copied),
        cmocka_unit_test(an_exhausted_arena_is_said_and_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
