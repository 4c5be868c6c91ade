// SPDX-License-Identifier: Apache-2.0
// Placing an order: what is computed, what is refused and for which field, and the edges of every
// limit.
#include "support/stage.h"
#include "wire/codec.h"

static int open_stage(void **state)
{
    static struct stage stage;
    stage_open(&stage, CATEGORY_ORDER);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    stage_close(*state);
    return 0;
}

static const struct order_placed *place(struct stage *stage, const struct place_order *command)
{
    stage_decide(stage, COMMAND_PLACE_ORDER, command);
    stage_accepted(stage, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_ORDER_PLACED);
    const struct order_placed *event = stage->decision.events[0].body;
    static uint8_t bytes[1 << 20]; /* the encoder checks every bound of the event */
    struct writer out = writer_over(bytes, sizeof(bytes));
    wire_encode(&order_placed_message, WIRE_STORED, event, &out);
    assert_false(out.overflow);
    return event;
}

static void refuse(
    struct stage *stage,
    const struct place_order *command,
    enum rejection_code code,
    const char *field)
{
    stage_decide(stage, COMMAND_PLACE_ORDER, command);
    stage_refused(stage, code, field);
}

static void declare(struct place_order *command, int64_t coefficient, int64_t scale)
{
    command->declared_total = (struct decimal){coefficient, scale};
}

static void amounts_are_recomputed(void **state)
{
    struct stage_order order;
    stage_fill_order(&order);
    const struct order_placed *event = place(*state, &order.command);
    assert_int_equal(event->lines_count, 3);
    assert_int_equal(event->lines[0].unit_price, 1999);
    assert_int_equal(event->lines[0].line_net, 3998);
    assert_int_equal(event->lines[0].line_tax, 800); /* 799.6 */
    assert_int_equal(event->lines[0].line_total, 4798);
    assert_int_equal(event->lines[1].line_net, 500);
    assert_int_equal(event->lines[2].unit_price, 10);
    assert_int_equal(event->lines[2].line_total, 120);
    assert_int_equal(event->subtotal, 4598);
    assert_int_equal(event->shipping, 490);
    assert_int_equal(event->shipping_tax, 98);
    assert_int_equal(event->shipping_tax_ppm, 200000);
    assert_int_equal(event->tax, 800 + 100 + 20 + 98);
    assert_int_equal(event->total, 6106);
}

static void what_was_sent_is_kept(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    stage_fill_order(&order);
    order.command.channel = 3;
    stage->tenant.rounding = ROUNDING_HALF_UP;
    const struct order_placed *event = place(stage, &order.command);
    assert_true(uuid_equal(&event->customer_id, &order.command.customer_id));
    assert_int_equal(event->channel, 3);
    assert_true(slice_is(event->currency, "EUR"));
    assert_false(event->prices_include_tax);
    assert_int_equal(event->rounding, ROUNDING_HALF_UP);
    assert_true(slice_is(event->ship_country, "DE"));
    assert_true(event->has_shipping_method && slice_is(event->shipping_method, "post"));
    assert_int_equal(event->placed_at, STAGE_NOW);
    assert_true(event->has_source_ref && slice_is(event->source_ref, "573585"));
    const struct order_placed_line *line = &event->lines[1];
    assert_int_equal(line->line_no, 2);
    assert_true(slice_is(line->sku, "B-22"));
    assert_true(line->has_seller_id && slice_is(line->seller_id, "seller-7"));
    assert_true(line->has_location && slice_is(line->location, "north"));
    assert_true(line->has_commission_bps && line->commission_bps == 1500);
    assert_false(line->has_title);
    assert_true(event->lines[0].has_title && slice_is(event->lines[0].title, "Lamp"));
    assert_false(event->lines[0].has_seller_id || event->lines[0].has_location);
    assert_int_equal(line->tax_ppm, 200000);
    assert_int_equal(line->qty, 1);
}

static void prices_may_include_the_tax(void **state)
{
    struct stage_order order;
    stage_fill_order(&order);
    order.command.prices_include_tax = true;
    declare(&order.command, 3998 + 500 + 100 + 490, 2);
    const struct order_placed *event = place(*state, &order.command);
    assert_int_equal(event->lines[0].line_total, 3998);
    assert_int_equal(event->lines[0].line_net, 3332); /* 3331.67 */
    assert_int_equal(event->lines[0].line_tax, 666);
    assert_int_equal(event->shipping, 408); /* 408.33 */
    assert_int_equal(event->shipping_tax, 82);
    assert_int_equal(event->total, event->subtotal + event->shipping + event->tax);
    assert_int_equal(event->total, 5088);
    stage_do(*state, COMMAND_PLACE_ORDER, &order.command, 1);
    assert_true(stage_order(*state)->prices_include_tax);
}

static void shipping_is_optional_and_may_be_free(void **state)
{
    struct stage_order order;
    stage_fill_order(&order);
    order.command.has_shipping = false;
    declare(&order.command, 5518, 2);
    const struct order_placed *event = place(*state, &order.command);
    assert_false(event->has_shipping_method);
    assert_int_equal(event->shipping, 0);
    assert_int_equal(event->shipping_tax, 0);
    order.command.has_shipping = true;
    order.command.shipping.amount = (struct decimal){0, 0};
    assert_true(place(*state, &order.command)->has_shipping_method);
}

/* 4.5 and 5.5 minor units of tax: which way they go is the tenant's setting. */
static void rounding_is_the_tenants(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    stage_fill_order(&order);
    order.command.has_shipping = false;
    order.command.lines_count = 1;
    order.lines[0].qty = 1;
    order.lines[0].unit_price = (struct decimal){30, 2};
    order.lines[0].tax_ppm = 150000;
    declare(&order.command, 34, 2);
    assert_int_equal(place(stage, &order.command)->tax, 4);
    stage->tenant.rounding = ROUNDING_HALF_UP;
    declare(&order.command, 35, 2);
    assert_int_equal(place(stage, &order.command)->tax, 5);
}

static void currencies_decide_the_digits(void **state)
{
    struct stage_order order;
    stage_fill_order(&order);
    order.command.has_shipping = false;
    order.command.lines_count = 1;
    order.lines[0].qty = 1;
    order.command.currency = slice_of_text("JPY");
    order.command.prices_include_tax = true;
    order.lines[0].unit_price = (struct decimal){1100, 0};
    order.lines[0].tax_ppm = 100000;
    declare(&order.command, 1100, 0);
    assert_int_equal(place(*state, &order.command)->subtotal, 1000);
    order.lines[0].unit_price = (struct decimal){11000, 1};
    refuse(*state, &order.command, REJECTION_price_precision, "unit_price");
    order.command.currency = slice_of_text("KWD");
    order.command.prices_include_tax = false;
    order.lines[0].unit_price = (struct decimal){12345, 3};
    order.lines[0].tax_ppm = 50000;
    declare(&order.command, 12962, 3);
    assert_int_equal(place(*state, &order.command)->tax, 617);
    order.lines[0].unit_price = (struct decimal){123450, 4};
    refuse(*state, &order.command, REJECTION_price_precision, "unit_price");
}

static void bad_headers_are_refused(void **state)
{
    struct stage *stage = *state;
    static const char *const bad_countries[] = {"de", "D1", "D", "DEU", "D\xc3"};
    static const char *const bad_references[] = {"@", "someone@example.org", "x@"};
    struct stage_order order;
    stage_fill_order(&order);
    for (size_t i = 0; i < countof(bad_countries); i++) {
        order.command.ship_country = slice_of_text(bad_countries[i]);
        refuse(stage, &order.command, REJECTION_bad_field, "ship_country");
    }
    stage_fill_order(&order);
    for (size_t i = 0; i < countof(bad_references); i++) {
        order.command.source_ref = slice_of_text(bad_references[i]);
        refuse(stage, &order.command, REJECTION_bad_field, "source_ref");
    }
    stage_fill_order(&order);
    order.command.lines_count = 0;
    refuse(stage, &order.command, REJECTION_bad_field, "lines");
}

static void currencies_are_enabled_by_the_tenant(void **state)
{
    struct stage *stage = *state;
    static const char *const enabled[] = {"*", "EUR", "EUR,USD", "USD,EUR", "GBP,EUR,USD"};
    static const char *const disabled[] = {
        "", "USD", "USD,GBP", "EURO", "XEUR", "USD,EURX", ",", "EU"};
    struct stage_order order;
    stage_fill_order(&order);
    for (size_t i = 0; i < countof(enabled); i++) {
        stage->tenant.currencies = enabled[i];
        (void)place(stage, &order.command);
    }
    for (size_t i = 0; i < countof(disabled); i++) {
        stage->tenant.currencies = disabled[i];
        refuse(stage, &order.command, REJECTION_unknown_currency, "currency");
    }
    stage->tenant.currencies = "*";
    order.command.currency = slice_of_text("XXX");
    refuse(stage, &order.command, REJECTION_unknown_currency, "currency");
    order.command.currency = slice_of_text("eur");
    refuse(stage, &order.command, REJECTION_unknown_currency, "currency");
}

static void bad_prices_are_refused(void **state)
{
    struct stage *stage = *state;
    static const struct {
        struct decimal price;
        enum rejection_code code;
    } cases[] = {
        {{-1, 2}, REJECTION_bad_field},
        {{-1, 9}, REJECTION_bad_field}, /* negative is worse than too precise */
        {{1, 3}, REJECTION_price_precision},
        {{1990, 3}, REJECTION_price_precision},
        {{MONEY_MAX_PRICE + 1, 2}, REJECTION_bad_field},
        {{INT64_MAX, 0}, REJECTION_bad_field},
    };
    struct stage_order order;
    stage_fill_order(&order);
    for (size_t i = 0; i < countof(cases); i++) {
        order.lines[2].unit_price = cases[i].price;
        refuse(stage, &order.command, cases[i].code, "unit_price");
    }
    stage_fill_order(&order);
    for (size_t i = 0; i < countof(cases); i++) {
        order.command.shipping.amount = cases[i].price;
        refuse(stage, &order.command, cases[i].code, "amount");
    }
}

static void gifts_need_the_tenants_consent(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    stage_fill_order(&order);
    order.lines[1].unit_price = (struct decimal){0, 2};
    declare(&order.command, 6106 - 600, 2);
    assert_int_equal(place(stage, &order.command)->lines[1].line_total, 0);
    stage->tenant.gifts_allowed = false;
    refuse(stage, &order.command, REJECTION_not_permitted, "unit_price");
    stage_fill_order(&order);
    (void)place(stage, &order.command);
}

static void the_declared_total_must_be_right(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    stage_fill_order(&order);
    static const struct {
        struct decimal total;
        enum rejection_code code;
    } cases[] = {
        {{6105, 2}, REJECTION_total_mismatch},
        {{6107, 2}, REJECTION_total_mismatch},
        {{-6106, 2}, REJECTION_total_mismatch},
        {{6106, 0}, REJECTION_total_mismatch},
        {{61060, 3}, REJECTION_price_precision},
        {{INT64_MAX, 0}, REJECTION_amount_overflow},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        order.command.declared_total = cases[i].total;
        refuse(stage, &order.command, cases[i].code, "declared_total");
    }
}

static void line_numbers_are_given_once(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    static const int64_t twice[][STAGE_LINES] = {
        {1, 1, 2}, {1, 2, 2}, {1, 2, 1}, {9, 1, 9}, {5, 5, 5}};
    static const int64_t once[][STAGE_LINES] = {{1, 2, 3}, {3, 2, 1}, {2, 1, 3}, {7, 1, 1000000}};
    stage_fill_order(&order);
    for (size_t i = 0; i < countof(twice); i++) {
        for (size_t line = 0; line < STAGE_LINES; line++)
            order.lines[line].line_no = twice[i][line];
        refuse(stage, &order.command, REJECTION_duplicate_line, "line_no");
    }
    for (size_t i = 0; i < countof(once); i++) {
        for (size_t line = 0; line < STAGE_LINES; line++)
            order.lines[line].line_no = once[i][line];
        const struct order_placed *event = place(stage, &order.command);
        for (size_t line = 0; line < STAGE_LINES; line++) /* the event keeps the sender's order */
            assert_int_equal(event->lines[line].line_no, once[i][line]);
    }
}

/* `count` lines of one unit at `price`, no tax, no shipping; numbered downwards. */
static struct place_order_line *
many_lines(struct stage *stage, struct place_order *command, size_t count, struct decimal price)
{
    struct stage_order order;
    stage_fill_order(&order);
    struct place_order_line *lines = arena_array(&stage->arena, count, struct place_order_line);
    assert_non_null(lines);
    for (size_t i = 0; i < count; i++) {
        lines[i] = order.lines[0];
        lines[i].line_no = (int64_t)(count - i);
        lines[i].qty = 1;
        lines[i].tax_ppm = 0;
        lines[i].unit_price = price;
    }
    *command = order.command;
    command->lines = lines;
    command->lines_count = count;
    command->has_shipping = false;
    return lines;
}

static void two_thousand_lines_are_the_most(void **state)
{
    struct stage *stage = *state;
    struct place_order command;
    (void)many_lines(stage, &command, ORDER_MAX_LINES, (struct decimal){100, 2});
    declare(&command, 2000, 0);
    const struct order_placed *event = place(stage, &command);
    assert_int_equal(event->lines_count, 2000);
    assert_int_equal(event->total, 200000);
    assert_true(aggregate_evolve(&stage->aggregate, &stage->decision.events[0], &stage->arena));
    for (int64_t line_no = 1; line_no <= 2000; line_no++) {
        size_t at;
        assert_true(order_find_line(stage_order(stage), line_no, &at));
        assert_int_equal(at, line_no - 1);
    }
    stage_close(stage);
    stage_open(stage, CATEGORY_ORDER);
    (void)many_lines(stage, &command, ORDER_MAX_LINES + 1, (struct decimal){100, 2});
    refuse(stage, &command, REJECTION_too_many_lines, "lines");
    (void)many_lines(stage, &command, ORDER_MAX_COMMAND_LINES, (struct decimal){100, 2});
    refuse(stage, &command, REJECTION_too_many_lines, "lines");
}

static void amounts_that_do_not_fit_are_refused(void **state)
{
    struct stage *stage = *state;
    struct place_order command;
    struct stage_order order;
    stage_fill_order(&order);
    order.command.has_shipping = false;
    order.command.lines_count = 1;
    order.lines[0].qty = ORDER_MAX_QTY;
    order.lines[0].unit_price = (struct decimal){MONEY_MAX_PRICE, 2};
    order.lines[0].tax_ppm = MONEY_PPM;
    declare(&order.command, INT64_C(200000000000000000), 2); /* 10^17 and as much tax: it fits */
    assert_int_equal(place(stage, &order.command)->total, INT64_C(200000000000000000));
    struct place_order_line *lines =
        many_lines(stage, &command, ORDER_MAX_LINES, (struct decimal){MONEY_MAX_PRICE, 2});
    for (size_t i = 0; i < command.lines_count; i++)
        lines[i].qty = ORDER_MAX_QTY;
    refuse(stage, &command, REJECTION_amount_overflow, NULL); /* 2 * 10^20 */
}

/* Net and tax fit on their own, their sum does not. */
static void a_total_that_does_not_fit_is_refused(void **state)
{
    struct stage *stage = *state;
    struct place_order command;
    struct place_order_line *lines =
        many_lines(stage, &command, 60, (struct decimal){MONEY_MAX_PRICE, 2});
    for (size_t i = 0; i < command.lines_count; i++) {
        lines[i].qty = ORDER_MAX_QTY;
        lines[i].tax_ppm = MONEY_PPM;
    }
    refuse(stage, &command, REJECTION_amount_overflow, NULL); /* 6 + 6 of at most 9.2 * 10^18 */
    command.lines_count = 46;                                 /* 9.2 * 10^18 in all */
    declare(&command, INT64_C(9200000000000000000), 2);
    assert_int_equal(place(stage, &command)->total, INT64_C(9200000000000000000));
}

static void a_decision_does_not_change_the_state(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    stage_fill_order(&order);
    struct order before = *stage_order(stage);
    (void)place(stage, &order.command);
    (void)place(stage, &order.command);
    assert_memory_equal(&before, stage_order(stage), sizeof(before));
    assert_int_equal(stage->aggregate.version, 0);
}

/* Whatever the arena's size: a decision, or the word that there is none; never half of one. */
static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    stage_fill_order(&order);
    order.lines[0].line_no = 4; /* not ascending: sorting takes memory, too */
    struct command command = {.type = COMMAND_PLACE_ORDER, .body = &order.command};
    size_t refusals = 0;
    for (size_t maximum = 0; maximum < 2048; maximum += 8) {
        struct arena small;
        arena_init(&small, maximum);
        stage->context.arena = &small;
        if (aggregate_decide(&stage->aggregate, &command, &stage->context, &stage->decision))
            stage_accepted(stage, 1);
        else
            refusals++;
        arena_release(&small);
    }
    assert_in_range(refusals, 50, 200);
}

static void placing_makes_the_state(void **state)
{
    struct stage *stage = *state;
    struct stage_order order;
    stage_fill_order(&order);
    order.lines[0].line_no = 9;
    order.command.channel = 2;
    stage_do(stage, COMMAND_PLACE_ORDER, &order.command, 1);
    const struct order *placed = stage_order(stage);
    assert_int_equal(stage->aggregate.version, 1);
    assert_int_equal(placed->status, ORDER_PLACED);
    assert_int_equal(placed->channel, 2);
    assert_false(placed->prices_include_tax);
    assert_true(uuid_equal(&placed->customer_id, &order.command.customer_id));
    assert_true(slice_is(placed->currency, "EUR"));
    assert_true(slice_is(placed->ship_country, "DE"));
    assert_true(slice_is(placed->source_ref, "573585"));
    assert_true(slice_is(placed->shipping_method, "post"));
    assert_int_equal(placed->placed_at, STAGE_NOW);
    assert_int_equal(placed->rounding, ROUNDING_HALF_EVEN);
    assert_int_equal(placed->line_count, 3);
    assert_int_equal(placed->sums.units, 13);
    assert_int_equal(placed->sums.cancelled, 0);
    assert_int_equal(placed->subtotal, 4598);
    assert_int_equal(placed->shipping, 490);
    assert_int_equal(placed->shipping_tax, 98);
    assert_int_equal(placed->tax, 1018);
    assert_int_equal(placed->total, 6106);
    assert_int_equal(placed->sums.cancelled_amount, 0);
    assert_int_equal(placed->lines[0].placed.line_no, 2); /* sorted, whatever the order sent */
    assert_int_equal(placed->lines[1].placed.line_no, 3);
    assert_int_equal(placed->lines[2].placed.line_no, 9);
    assert_true(slice_is(placed->lines[0].placed.sku, "B-22"));
    assert_int_equal(placed->lines[2].placed.line_total, 4798);
    size_t at;
    assert_true(order_find_line(placed, 9, &at) && at == 2);
    assert_false(order_find_line(placed, 1, &at));
    assert_false(order_find_line(placed, 10, &at));
    assert_false(order_find_line(placed, 0, &at));
}

#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_STAGE(amounts_are_recomputed),
        ON_STAGE(what_was_sent_is_kept),
        ON_STAGE(prices_may_include_the_tax),
        ON_STAGE(shipping_is_optional_and_may_be_free),
        ON_STAGE(rounding_is_the_tenants),
        ON_STAGE(currencies_decide_the_digits),
        ON_STAGE(bad_headers_are_refused),
        ON_STAGE(currencies_are_enabled_by_the_tenant),
        ON_STAGE(bad_prices_are_refused),
        ON_STAGE(gifts_need_the_tenants_consent),
        ON_STAGE(the_declared_total_must_be_right),
        ON_STAGE(line_numbers_are_given_once),
        ON_STAGE(two_thousand_lines_are_the_most),
        ON_STAGE(amounts_that_do_not_fit_are_refused),
        ON_STAGE(a_total_that_does_not_fit_is_refused),
        ON_STAGE(a_decision_does_not_change_the_state),
        ON_STAGE(an_exhausted_arena_is_said),
        ON_STAGE(placing_makes_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
