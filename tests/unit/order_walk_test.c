// SPDX-License-Identifier: Apache-2.0
// Orders that are told anything in any order, true or not: whatever is accepted can follow, every sum of
// the order is the sum of its lines, and no order waits that misses nothing. The seed is printed when
// one fails.
#include "support/order_stage.h"

enum { WALKS = 2000, STEPS = 150, FEW_IDS = 4 };

struct walk {
    struct stage stage;
    uint64_t first_seed;
    uint64_t seed;
    size_t accepted[COMMAND_TYPE_COUNT];
};

static struct walk walk;

static int64_t draw(int64_t below)
{
    return stage_draw_below(&walk.seed, below);
}

/* Few ids, so that they meet. */
static struct uuid draw_id(void)
{
    return stage_id((uint8_t)(1 + draw(FEW_IDS)));
}

static void *keep(const void *elements, size_t size)
{
    void *kept = arena_take(&walk.stage.arena, size);
    assert_non_null(kept);
    memcpy(kept, elements, size);
    return kept;
}

/* ---- what an order must always be ---- */

static void check_line(const struct order *order, const struct order_line *line)
{
    int64_t open = line->placed.qty - line->cancelled;
    assert_true(0 <= line->cancelled && open >= 0);
    assert_true(line->reserved == 0 || line->reserved == open);
    assert_true(0 <= line->shipped && line->shipped <= line->reserved);
    assert_true(0 <= line->delivered && line->delivered <= line->shipped);
    assert_true(0 <= line->accepted && line->accepted <= line->returned);
    assert_true(0 <= line->return_requested);
    assert_true(line->returned + line->return_requested <= line->delivered);
    assert_int_equal(line->placed.line_net + line->placed.line_tax, line->placed.line_total);
    assert_true(0 <= line->cancelled_amount);
    assert_true(line->cancelled_amount <= line->placed.line_total);
    if (order->status == ORDER_CANCELLED || order->status == ORDER_EXPIRED)
        assert_true(open == 0 && line->shipped == 0);
}

static void check_sums(const struct order *order)
{
    struct order_sums sums = {0};
    int64_t discount = 0;
    for (size_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        check_line(order, line);
        sums.units += line->placed.qty;
        sums.cancelled += line->cancelled;
        sums.shipped += line->shipped;
        sums.delivered += line->delivered;
        sums.returned += line->returned;
        sums.return_requested += line->return_requested;
        discount += line->placed.discount;
    }
    assert_int_equal(order->sums.units, sums.units);
    assert_int_equal(order->sums.cancelled, sums.cancelled);
    assert_int_equal(order->sums.shipped, sums.shipped);
    assert_int_equal(order->sums.delivered, sums.delivered);
    assert_int_equal(order->sums.returned, sums.returned);
    assert_int_equal(order->sums.return_requested, sums.return_requested);
    assert_int_equal(order->discount, discount);
    assert_true(order_due(order) >= 0 && order_due(order) <= order->total);
    assert_true(order->sums.refunded + order->sums.refund_pending <= order->sums.captured);
}

static void check_articles(const struct order *order)
{
    size_t outstanding = 0;
    for (size_t i = 0; i < order->goods.article_count; i++) {
        const struct order_article *article = &order->goods.articles[i];
        int64_t open = 0;
        int64_t reserved = 0;
        for (size_t member = 0; member < article->line_count; member++) {
            const struct order_line *line =
                &order->lines[order->goods.members[article->first + member]];
            open += line->placed.qty - line->cancelled;
            reserved += line->reserved;
        }
        assert_int_equal(article->open, open);
        assert_int_equal(reserved, article->is_reserved ? open : 0);
        outstanding += open > 0 && !article->is_reserved;
    }
    assert_int_equal(order->goods.outstanding, outstanding);
}

static void check_status(const struct order *order)
{
    bool settled = order->goods.promotion == ORDER_PROMOTION_NONE ||
                   order->goods.promotion == ORDER_PROMOTION_APPLIED;
    bool has_all = settled && order->goods.outstanding == 0;
    bool has_funds = order_funds_at(order, walk.stage.context.now_us) >= order_due(order);
    if (order->status == ORDER_PLACED)
        assert_false(has_all && has_funds && !order->held); /* nobody would come back to it */
    if (order->status >= ORDER_CONFIRMED && order->status <= ORDER_CLOSED)
        assert_true(has_all);
    if (order->status >= ORDER_SHIPPED && order->status <= ORDER_CLOSED)
        assert_int_equal(order->sums.shipped, order->sums.units - order->sums.cancelled);
    if (order->status == ORDER_DELIVERED || order->status == ORDER_CLOSED)
        assert_int_equal(order->sums.delivered, order->sums.shipped);
    assert_true(order->status != ORDER_PART_SHIPPED || order->sums.shipped > 0);
    assert_true(order->status > ORDER_CONFIRMED || order->sums.shipped == 0);
}

/* ---- telling ---- */

static void tell(enum command_type type, const void *body)
{
    struct stage *stage = &walk.stage;
    stage_decide(stage, type, body);
    if (stage->decision.rejection != NULL)
        return;
    walk.accepted[type] += stage->decision.event_count != 0;
    for (size_t i = 0; i < stage->decision.event_count; i++)
        assert_true(aggregate_evolve(&stage->aggregate, &stage->decision.events[i], &stage->arena));
    if (stage_order(stage)->status == ORDER_NONE)
        return;
    check_sums(stage_order(stage));
    check_articles(stage_order(stage));
    check_status(stage_order(stage));
}

static const struct order_units *draw_units(size_t *count)
{
    struct order_units lines[3];
    *count = (size_t)draw(3) + 1;
    for (size_t i = 0; i < *count; i++)
        lines[i] = (struct order_units){.line_no = (int64_t)i + 1 + draw(2), .qty = 1 + draw(4)};
    return keep(lines, sizeof(lines));
}

static void place(void)
{
    struct stage_order order;
    stage_fill_order(&order);
    order.command.promo =
        (struct place_order_promo){.code = SLICE_LITERAL("SUMMER"), .claimed_discount = {100, 2}};
    order.command.has_promo = draw(2) == 0;
    if (order.command.has_promo)
        order.command.declared_total.coefficient -= 120; /* with its tax */
    order.lines[2].qty = 1 + draw(12);
    order.lines[2].unit_price = (struct decimal){0, 0};
    order.command.declared_total.coefficient -= 120;
    tell(COMMAND_PLACE_ORDER, &order.command);
}

static void reserve(void)
{
    bool is_lamp = draw(2) == 0;
    const struct order *order = stage_order(&walk.stage);
    struct record_reservation command = is_lamp ? stage_reservation("A-1", NULL, 1 + draw(14))
                                                : stage_reservation("B-22", "north", 1);
    const struct order_article *article =
        order->status == ORDER_NONE
            ? NULL
            : order_find_article(order, slice_of_text("A-1"), slice_of_text("main"));
    if (is_lamp && article != NULL && article->open > 0 && draw(2) == 0)
        command.qty = article->open;
    command.outcome = draw(4) == 0 ? CLAIM_REFUSED : CLAIM_RESERVED;
    tell(COMMAND_RECORD_RESERVATION, &command);
}

static void redeem(void)
{
    struct record_redemption command = stage_redemption(draw(4) == 0);
    tell(COMMAND_RECORD_REDEMPTION, &command);
}

static void pay(void)
{
    char reference[32];
    struct record_payment_result command = stage_payment(
        reference,
        (enum payment_operation)draw(4),
        (uint8_t)(1 + draw(FEW_IDS)),
        draw(3) == 0 ? STAGE_DUE - draw(3) * 120 : 1 + draw(2000));
    command.provider_ref.data = keep(reference, sizeof(reference));
    command.outcome = draw(4) == 0 ? PAYMENT_DECLINED : PAYMENT_OK;
    command.decline_code = slice_of_text("do_not_honour");
    command.has_decline_code = command.outcome != PAYMENT_OK;
    command.has_refund_id = command.op == PAYMENT_REFUND;
    command.refund_id = draw_id();
    command.has_expires_at = draw(2) == 0;
    command.expires_at = STAGE_NOW + STAGE_HOUR;
    tell(COMMAND_RECORD_PAYMENT_RESULT, &command);
}

static void hold_or_release(void)
{
    struct hold_order hold = {.reason = HOLD_FRAUD};
    struct release_hold release = {.has_note = false};
    if (draw(4) == 0)
        tell(COMMAND_HOLD_ORDER, &hold);
    else
        tell(COMMAND_RELEASE_HOLD, &release);
}

static void cancel(void)
{
    struct cancel_lines lines = {.reason = 0};
    struct cancel_order all = {.reason = 0};
    lines.lines = draw_units(&lines.lines_count);
    if (draw(16) == 0)
        tell(COMMAND_CANCEL_ORDER, &all);
    else
        tell(COMMAND_CANCEL_LINES, &lines);
}

static void expire(void)
{
    struct expire_order command = {.deadline = draw(3)};
    walk.stage.context.now_us = STAGE_NOW + draw(2) * 2 * STAGE_HOUR;
    tell(COMMAND_EXPIRE_ORDER, &command);
    walk.stage.context.now_us = STAGE_NOW;
}

static void ship(void)
{
    struct ship_lines command = {
        .shipment_id = draw_id(), .carrier = SLICE_LITERAL("dhl"), .shipped_at = STAGE_NOW};
    command.lines = draw_units(&command.lines_count);
    tell(COMMAND_SHIP_LINES, &command);
}

static void deliver(void)
{
    struct record_delivery command = {.shipment_id = draw_id(), .delivered_at = STAGE_NOW};
    tell(COMMAND_RECORD_DELIVERY, &command);
}

static void send_back(void)
{
    struct return_line lines[] = {{.line_no = 1 + draw(3), .qty = 1 + draw(2)}};
    struct request_return command = {
        .return_id = draw_id(), .lines = keep(lines, sizeof(lines)), .lines_count = 1};
    tell(COMMAND_REQUEST_RETURN, &command);
}

static void receive(void)
{
    struct received_line lines[] = {
        {.line_no = 1 + draw(3), .accepted = draw(3), .rejected = draw(2)}};
    struct receive_return command = {
        .return_id = draw_id(), .lines = keep(lines, sizeof(lines)), .lines_count = 1};
    tell(COMMAND_RECEIVE_RETURN, &command);
}

static void refund(void)
{
    struct request_refund command = {.refund_id = draw_id(), .reason = draw(6)};
    command.lines = draw_units(&command.lines_count);
    command.has_lines = draw(2) == 0;
    command.goodwill = (struct decimal){draw(500), 2};
    command.has_goodwill = draw(2) == 0;
    tell(COMMAND_REQUEST_REFUND, &command);
}

static void close_it(void)
{
    struct close_order command = {.has_ref = false};
    walk.stage.context.now_us = STAGE_NOW + 40 * STAGE_DAY;
    tell(COMMAND_CLOSE_ORDER, &command);
    walk.stage.context.now_us = STAGE_NOW;
}

static void say_something_else(void)
{
    struct add_note note = {.note = {.text = SLICE_LITERAL("rang twice")}};
    struct change_shipping_address address = {
        .country = SLICE_LITERAL("DE"), .address = {.country = SLICE_LITERAL("DE")}};
    tell(COMMAND_ADD_NOTE, &note);
    tell(COMMAND_CHANGE_SHIPPING_ADDRESS, &address);
}

typedef void step_function(void);
static step_function *const steps[] = {
    place,     reserve,
    reserve,   reserve,
    redeem,    redeem,
    pay,       pay,
    pay,       pay,
    cancel,    expire,
    ship,      ship,
    ship,      ship,
    deliver,   deliver,
    deliver,   refund,
    refund,    receive,
    receive,   receive,
    send_back, send_back,
    receive,   ship,
    pay,       deliver,
    pay,       hold_or_release,
    close_it,  say_something_else,
};

/* Everything is paid for and nothing is given back, so that some orders come to their end. */
static bool is_calm(void)
{
    return walk.first_seed % 4 == 0;
}

static void begin(void)
{
    place();
    if (!is_calm())
        return;
    const struct order *order = stage_order(&walk.stage);
    int64_t lamps = order->sums.units - 1;
    if (order->promo_code.size != 0) {
        struct record_redemption applied = stage_redemption(REDEMPTION_APPLIED);
        stage_do(&walk.stage, COMMAND_RECORD_REDEMPTION, &applied, 1);
    }
    stage_reserve(&walk.stage, "A-1", NULL, lamps, 1);
    stage_reserve(&walk.stage, "B-22", "north", 1, 1);
    stage_pay(&walk.stage, PAYMENT_CAPTURE, 1, order->total, 2);
}

static void take_a_step(void)
{
    step_function *step = steps[draw(countof(steps))];
    if (!is_calm() || (step != pay && step != refund && step != cancel))
        step();
}

static int say_the_seed(void **state)
{
    (void)state;
    if (walk.first_seed != 0)
        print_message("seed %" PRIu64 "\n", walk.first_seed);
    return 0;
}

static void whatever_is_told_adds_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= WALKS; seed++) {
        walk.first_seed = walk.seed = seed;
        stage_open(&walk.stage, CATEGORY_ORDER);
        begin();
        for (int step = 0; step < STEPS; step++)
            take_a_step();
        stage_close(&walk.stage);
    }
    walk.first_seed = 0;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++) {
        if (command_descriptions[i].category == CATEGORY_ORDER && walk.accepted[i] == 0)
            fail_msg("%s never led to an event", command_descriptions[i].ce_type);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(whatever_is_told_adds_up, say_the_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
