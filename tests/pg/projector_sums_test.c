// SPDX-License-Identifier: Apache-2.0
// Sums over many orders may not fit 64 bits although each order does: they stay at the most, and the
// projection goes on.
#include "support/life_feed.h"
#include "support/projection.h"

enum { HUGE_LINES = 90 };

#define MOST "9223372036854775807"

/* 90 lines of one article at 1,000,000,000.00 EUR, a million of each: 9 * 10^18 cents. */
static struct uuid place_huge(struct feed *feed)
{
    static struct place_order_line lines[HUGE_LINES];
    struct uuid id = feed_uuid(feed);
    for (size_t i = 0; i < HUGE_LINES; i++)
        lines[i] = (struct place_order_line){
            .line_no = (int64_t)i + 1,
            .sku = SLICE_LITERAL("MOON"),
            .qty = ORDER_MAX_QTY,
            .unit_price = {INT64_C(1000000000), 0},
            .tax_ppm = 200000};
    const struct place_order order = {
        .customer_id = id,
        .currency = SLICE_LITERAL("EUR"),
        .prices_include_tax = true,
        .ship_country = SLICE_LITERAL("DE"),
        .lines = lines,
        .lines_count = HUGE_LINES,
        .declared_total = {INT64_C(90000000000000000), 0},
        .placed_at = STAGE_NOW};
    feed_do(feed, CATEGORY_ORDER, &id, COMMAND_PLACE_ORDER, &order);
    return id;
}

/* All of 9 * 10^18 cents, for an order that need not exist. */
static void redeem_huge(struct feed *feed, const struct uuid *promotion)
{
    const struct redeem_promotion body = {
        .code = SLICE_LITERAL("ALL"),
        .order_id = feed_uuid(feed),
        .customer_id = feed_uuid(feed),
        .currency = SLICE_LITERAL("EUR"),
        .subtotal = {INT64_C(90000000000000000), 0},
        .claimed_discount = {INT64_C(90000000000000000), 0},
        .at = STAGE_NOW};
    feed_do(feed, CATEGORY_PROMOTION, promotion, COMMAND_REDEEM_PROMOTION, &body);
}

static struct uuid define_all(struct feed *feed)
{
    struct uuid id = promotion_stream_id(&feed->tenant.tenant, slice_of_text("ALL"));
    const struct define_promotion body = {
        .code = SLICE_LITERAL("ALL"),
        .kind = PROMOTION_PERCENT,
        .has_bps = true,
        .bps = 10000,
        .per_customer = 1,
        .valid_until = STAGE_NOW * 2};
    feed_do(feed, CATEGORY_PROMOTION, &id, COMMAND_DEFINE_PROMOTION, &body);
    return id;
}

static void assert_sums(const struct projection *projection)
{
    static const char *const sums[][2] = {
        {"select revenue from read.sku_sales", MOST},
        {"select cancelled_revenue from read.sku_sales", MOST},
        {"select units from read.sku_sales", "270000000"},
        {"select revenue from read_v1.best_sellers", "0"},
        {"select discount from read.promotion_discounts", MOST},
        {"select redemptions from read.promotion_discounts", "3"},
        {"select uses from read_v1.promotions", "3"},
    };
    char text[8192];
    for (size_t i = 0; i < countof(sums); i++) {
        int64_t found = store_database_number(&projection->database, sums[i][0]);
        if (found != strtoll(sums[i][1], NULL, 10))
            fail_msg("%s: %lld", sums[i][0], (long long)found);
    }
    if (projector_program(projection, "verify --quiet", text, sizeof(text)) != 0)
        fail_msg("%s", text);
}

/* The sums overflow within a batch when it is large, and in the tables when it is small. */
static void test_sums_beyond_64_bits_stop_nothing(void **state)
{
    struct projection *projection = *state;
    static const int64_t sizes[] = {1, 1000};
    struct feed *feed = &projection->feed;
    struct uuid promotion = define_all(feed);
    for (int i = 0; i < 3; i++) {
        struct uuid order = place_huge(feed);
        feed_cancel_order(feed, &order);
        redeem_huge(feed, &promotion);
    }
    for (size_t i = 0; i < countof(sizes); i++) {
        projection_forget(projection);
        projection_catch_up(projection, sizes[i]);
        assert_sums(projection);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_sums_beyond_64_bits_stop_nothing, projection_set_up, projection_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
