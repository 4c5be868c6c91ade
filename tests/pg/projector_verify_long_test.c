// SPDX-License-Identifier: Apache-2.0
// order-projector verify over streams of many events, whose states move on while they are folded.
#include "support/life_feed.h"
#include "support/projection.h"

enum { ROUNDS = 600 };

/* Every third reservation stays open. */
static void sell_for_years(struct feed *feed)
{
    const struct receive_stock more = {.sku = SLICE_LITERAL("OLD"), .qty = ROUNDS};
    struct uuid item = stock_stream_id(
        &feed->tenant.tenant, slice_of_text(STOCK_DEFAULT_LOCATION), slice_of_text("OLD"));
    feed_do(feed, CATEGORY_STOCK, &item, COMMAND_RECEIVE_STOCK, &more);
    for (int i = 0; i < ROUNDS; i++) {
        struct uuid order = feed_uuid(feed);
        const struct reserve_stock wanted = {
            .sku = SLICE_LITERAL("OLD"), .order_id = order, .qty = 1};
        const struct release_reservation back = {
            .sku = SLICE_LITERAL("OLD"), .order_id = order, .qty = 1};
        feed_do(feed, CATEGORY_STOCK, &item, COMMAND_RESERVE_STOCK, &wanted);
        if (i % 3 != 0)
            feed_do(feed, CATEGORY_STOCK, &item, COMMAND_RELEASE_RESERVATION, &back);
    }
}

static void redeem_for_years(struct feed *feed)
{
    struct uuid id = promotion_stream_id(&feed->tenant.tenant, slice_of_text("OLD"));
    const struct define_promotion terms = {
        .code = SLICE_LITERAL("OLD"),
        .kind = PROMOTION_PERCENT,
        .has_bps = true,
        .bps = 1000,
        .per_customer = 1,
        .valid_until = STAGE_NOW * 2};
    feed_do(feed, CATEGORY_PROMOTION, &id, COMMAND_DEFINE_PROMOTION, &terms);
    for (int i = 0; i < ROUNDS; i++) {
        const struct redeem_promotion body = {
            .code = SLICE_LITERAL("OLD"),
            .order_id = feed_uuid(feed),
            .customer_id = feed_uuid(feed),
            .currency = slice_of_text(i % 2 == 0 ? "EUR" : "GBP"),
            .subtotal = {100, 0},
            .claimed_discount = {10, 0},
            .at = STAGE_NOW};
        feed_do(feed, CATEGORY_PROMOTION, &id, COMMAND_REDEEM_PROMOTION, &body);
    }
}

static void hold_for_years(struct feed *feed)
{
    struct uuid id = feed_place(feed, 3);
    for (int i = 0; i < ROUNDS; i++) {
        feed_do(feed, CATEGORY_ORDER, &id, COMMAND_HOLD_ORDER, &(struct hold_order){.reason = 2});
        feed_do(feed, CATEGORY_ORDER, &id, COMMAND_RELEASE_HOLD, &(struct release_hold){0});
    }
    feed_cancel_order(feed, &id);
}

static void test_streams_of_many_events_are_verified(void **state)
{
    struct projection *projection = *state;
    char text[8192];
    sell_for_years(&projection->feed);
    redeem_for_years(&projection->feed);
    hold_for_years(&projection->feed);
    projection_catch_up(projection, 100);
    if (projector_program(projection, "verify --quiet", text, sizeof(text)) != 0)
        fail_msg("%s", text);
    assert_int_equal(
        store_database_number(&projection->database, "select reserved from read.stock"),
        (ROUNDS + 2) / 3);
    store_database_sql(
        &projection->database,
        "update read.promotion_discounts set redemptions = redemptions + 1 where currency = 'GBP'");
    assert_int_equal(projector_program(projection, "verify --quiet", text, sizeof(text)), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_streams_of_many_events_are_verified, projection_set_up, projection_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
