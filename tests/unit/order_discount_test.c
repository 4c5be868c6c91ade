// SPDX-License-Identifier: Apache-2.0
// A discount is taken off the lines before tax, by largest remainder; and what else PlaceOrder states
// beside the lines.
#include "support/order_stage.h"

static struct stage stage;
static struct stage_order order;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage, CATEGORY_ORDER);
    stage_fill_order(&order);
    order.command.has_shipping = false;
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    stage_close(&stage);
    return 0;
}

/* Lines of one unit each, without tax, and a discount; all in cents. */
static void give(const int64_t *prices, size_t count, int64_t discount)
{
    int64_t total = -discount;
    for (size_t i = 0; i < count; i++) {
        order.lines[i].qty = 1;
        order.lines[i].unit_price = (struct decimal){prices[i], 2};
        order.lines[i].tax_ppm = 0;
        total += prices[i];
    }
    order.command.lines_count = count;
    order.command.promo = (struct place_order_promo){
        .code = SLICE_LITERAL("SUMMER"), .claimed_discount = {discount, 2}};
    order.command.has_promo = true;
    order.command.declared_total = (struct decimal){total, 2};
}

static const struct order_placed *placed(void)
{
    stage_decide(&stage, COMMAND_PLACE_ORDER, &order.command);
    stage_accepted(&stage, 1);
    return stage_body(&stage, 0, EVENT_ORDER_PLACED);
}

static void refused(enum rejection_code code, const char *field)
{
    stage_decide(&stage, COMMAND_PLACE_ORDER, &order.command);
    stage_refused(&stage, code, field);
}

/* ---- the vectors of the catalogue ---- */

/* 2390 x 10, 25 % off, 20 % included: 179.25, net 149.38, VAT 29.87. */
static void a_quarter_off_with_tax_inside(void **state)
{
    (void)state;
    const int64_t price = 2390;
    give(&price, 1, 5975);
    order.lines[0].qty = 10;
    order.lines[0].tax_ppm = 200000;
    order.command.prices_include_tax = true;
    order.command.declared_total = (struct decimal){17925, 2};
    const struct order_placed *event = placed();
    assert_int_equal(event->discount, 5975);
    assert_int_equal(event->lines[0].discount, 5975);
    assert_int_equal(event->lines[0].unit_price, 2390);
    assert_int_equal(event->lines[0].line_net, 14938);
    assert_int_equal(event->lines[0].line_tax, 2987);
    assert_int_equal(event->lines[0].line_total, 17925);
    assert_int_equal(event->total, 17925);
    assert_true(slice_is(event->promo_code, "SUMMER"));
}

static void shares_follow_the_largest_remainder(void **state)
{
    static const struct {
        int64_t prices[STAGE_LINES];
        int64_t discount;
        int64_t shares[STAGE_LINES];
    } vectors[] = {
        {{100, 100, 100}, 100, {34, 33, 33}},
        {{1999, 2999, 1}, 1000, {400, 600, 0}},
        {{0, 500, 500}, 1, {0, 1, 0}},
        {{7, 0, 5}, 12, {7, 0, 5}}, /* all of it */
        {{7, 9, 5}, 0, {0, 0, 0}},
        {{0, 0, 0}, 0, {0, 0, 0}},
    };
    (void)state;
    for (size_t i = 0; i < countof(vectors); i++) {
        give(vectors[i].prices, STAGE_LINES, vectors[i].discount);
        const struct order_placed *event = placed();
        assert_int_equal(event->discount, vectors[i].discount);
        for (size_t line = 0; line < STAGE_LINES; line++) {
            assert_int_equal(event->lines[line].discount, vectors[i].shares[line]);
            assert_int_equal(
                event->lines[line].line_total, vectors[i].prices[line] - vectors[i].shares[line]);
        }
    }
}

/* Not the line that was sent first. */
static void a_rest_goes_to_the_lowest_line_no(void **state)
{
    (void)state;
    const int64_t prices[] = {100, 100, 100};
    give(prices, STAGE_LINES, 100);
    order.lines[0].line_no = 30;
    order.lines[1].line_no = 20;
    order.lines[2].line_no = 10;
    const struct order_placed *event = placed();
    assert_int_equal(event->lines[0].line_no, 30); /* events keep the sender's order */
    assert_int_equal(event->lines[0].discount, 33);
    assert_int_equal(event->lines[1].discount, 33);
    assert_int_equal(event->lines[2].discount, 34);
    stage_do(&stage, COMMAND_PLACE_ORDER, &order.command, 1);
    assert_int_equal(stage_order(&stage)->lines[0].placed.line_no, 10);
    assert_int_equal(stage_order(&stage)->lines[0].placed.discount, 34);
}

static void tax_is_of_what_is_left(void **state)
{
    (void)state;
    const int64_t prices[] = {1000, 3000};
    give(prices, 2, 400);
    order.lines[0].tax_ppm = 190000; /* 9.00 and 1.71 */
    order.lines[1].tax_ppm = 70000;  /* 27.00 and 1.89 */
    order.command.declared_total = (struct decimal){3960, 2};
    const struct order_placed *event = placed();
    assert_int_equal(event->lines[0].line_tax, 171);
    assert_int_equal(event->lines[1].line_tax, 189);
    assert_int_equal(event->subtotal, 3600);
    assert_int_equal(event->tax, 360);
}

/* ---- refusals ---- */

static void more_than_the_goods_cost_is_no_discount(void **state)
{
    (void)state;
    const int64_t prices[] = {100, 200};
    give(prices, 2, 301);
    refused(REJECTION_discount_mismatch, "claimed_discount");
    give(prices, 2, 1);
    order.command.promo.claimed_discount = (struct decimal){-1, 2};
    refused(REJECTION_bad_field, "claimed_discount");
    order.command.promo.claimed_discount = (struct decimal){1001, 3};
    refused(REJECTION_price_precision, "claimed_discount");
    give(prices, 2, 10);
    order.command.declared_total = (struct decimal){300, 2}; /* as if nothing were off */
    refused(REJECTION_total_mismatch, "declared_total");
}

static void a_tenant_may_take_fewer_lines(void **state)
{
    (void)state;
    stage_fill_order(&order);
    stage.tenant.max_lines = STAGE_LINES - 1;
    refused(REJECTION_too_many_lines, "lines");
    stage.tenant.max_lines = STAGE_LINES;
    (void)placed();
    stage.tenant.max_lines = 3 * ORDER_MAX_LINES; /* a tenant may not take more */
    order.command.lines_count = ORDER_MAX_LINES + 1;
    refused(REJECTION_too_many_lines, "lines");
}

/* ---- the header ---- */

static void an_order_has_time_to_be_completed(void **state)
{
    (void)state;
    stage_fill_order(&order);
    assert_int_equal(placed()->complete_by, STAGE_NOW + STAGE_HOUR / 4);
    stage.tenant.payment_window_us = STAGE_DAY;
    assert_int_equal(placed()->complete_by, STAGE_NOW + STAGE_DAY);
    stage.tenant.payment_window_us = INT64_MAX;
    assert_int_equal(placed()->complete_by, INT64_MAX);
}

static void the_country_of_the_invoice_is_clear(void **state)
{
    (void)state;
    stage_fill_order(&order);
    assert_false(placed()->has_bill_country);
    order.command.bill_to = (struct postal_address){
        .line1 = SLICE_LITERAL("1 Rue"),
        .city = SLICE_LITERAL("Lyon"),
        .country = SLICE_LITERAL("FR")};
    order.command.has_bill_to = true;
    assert_true(slice_is(placed()->bill_country, "FR"));
    order.command.has_bill_to = false;
    order.command.delivery.ship_to = (struct postal_address){
        .line1 = SLICE_LITERAL("Weg 1"),
        .city = SLICE_LITERAL("Bonn"),
        .country = SLICE_LITERAL("DE")};
    order.command.has_delivery = true;
    assert_true(slice_is(placed()->bill_country, "DE"));
    stage_do(&stage, COMMAND_PLACE_ORDER, &order.command, 1);
    assert_true(slice_is(stage_order(&stage)->bill_country, "DE"));
}

static void an_exhausted_arena_is_said(void **state)
{
    (void)state;
    const int64_t prices[] = {100, 100, 100};
    size_t refusals = 0;
    give(prices, STAGE_LINES, 100);
    struct command command = {COMMAND_PLACE_ORDER, &order.command};
    for (size_t maximum = 0; maximum < 4096; maximum += 64) {
        struct arena small;
        arena_init(&small, maximum);
        stage.context.arena = &small;
        if (aggregate_decide(&stage.aggregate, &command, &stage.context, &stage.decision))
            stage_accepted(&stage, 1);
        else
            refusals++;
        arena_release(&small);
    }
    assert_in_range(refusals, 10, 60);
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(a_quarter_off_with_tax_inside),
        ON_STAGE(shares_follow_the_largest_remainder),
        ON_STAGE(a_rest_goes_to_the_lowest_line_no),
        ON_STAGE(tax_is_of_what_is_left),
        ON_STAGE(more_than_the_goods_cost_is_no_discount),
        ON_STAGE(a_tenant_may_take_fewer_lines),
        ON_STAGE(an_order_has_time_to_be_completed),
        ON_STAGE(the_country_of_the_invoice_is_clear),
        ON_STAGE(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
