// SPDX-License-Identifier: Apache-2.0
// Orders that are shipped, cancelled, returned and refunded in any order, unit by unit, with refunds
// that settle in parts or fail: at the end nobody owes anybody, to the last minor unit.
#include "support/till.h"

enum { ROUNDS = 300, STEPS = 60, MOST_LINES = 4, MOST_QTY = 9 };

struct play {
    struct stage stage;
    uint64_t seed;
    int64_t next_id; /* of everything that has one */
};

static int64_t draw(struct play *play, int64_t below)
{
    return stage_draw_below(&play->seed, below);
}

static struct uuid new_id(struct play *play)
{
    int64_t id = play->next_id++;
    return (struct uuid){{0xba, (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id}};
}

/* Whatever it comes to is folded; what is refused changes nothing. */
static bool try(struct play *play, enum command_type type, const void *body)
{
    stage_decide(&play->stage, type, body);
    if (play->stage.decision.rejection != NULL)
        return false;
    stage_do(&play->stage, type, body, play->stage.decision.event_count);
    return true;
}

static struct slice new_ref(struct play *play)
{
    char text[UUID_TEXT_SIZE];
    struct slice ref;
    struct uuid id = new_id(play);
    uuid_format(&id, text);
    assert_true(arena_copy(&play->stage.arena, slice_of_text(text), &ref));
    return ref;
}

/* Prices without tax, so that the sum is known; odd ones, so that units do not divide evenly once part
 * of a line was given away. */
static void place(struct play *play)
{
    struct place_order_line lines[MOST_LINES] = {0};
    size_t count = 1 + (size_t)draw(play, MOST_LINES);
    int64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t price = draw(play, 1000);
        lines[i] = (struct place_order_line){
            .line_no = (int64_t)i + 1,
            .sku = SLICE_LITERAL("A-1"),
            .qty = 1 + draw(play, MOST_QTY),
            .unit_price = {price, 2}};
        total += price * lines[i].qty;
    }
    int64_t discount = total == 0 ? 0 : draw(play, total);
    struct place_order command = {
        .currency = SLICE_LITERAL("EUR"),
        .ship_country = SLICE_LITERAL("DE"),
        .lines = lines,
        .lines_count = count,
        .has_shipping = true,
        .shipping = {.method = SLICE_LITERAL("post"), .amount = {499, 2}},
        .has_promo = true,
        .promo = {.code = SLICE_LITERAL("ODD"), .claimed_discount = {discount, 2}},
        .declared_total = {total - discount + 499, 2}};
    play->stage.tenant.rounding = (enum rounding)draw(play, ROUNDING_COUNT);
    stage_do(&play->stage, COMMAND_PLACE_ORDER, &command, 1);
}

static void confirm(struct play *play)
{
    const struct order *order = stage_order(&play->stage);
    struct record_reservation reserve = {.sku = SLICE_LITERAL("A-1"), .qty = order->sums.units};
    struct record_redemption redeem = {
        .code = SLICE_LITERAL("ODD"), .has_discount = true, .discount = {order->discount, 2}};
    stage_do(&play->stage, COMMAND_RECORD_RESERVATION, &reserve, 1);
    stage_do(&play->stage, COMMAND_RECORD_REDEMPTION, &redeem, 1);
    till_capture(&play->stage, 1, "c1", order->total, 2);
    assert_int_equal(order->status, ORDER_CONFIRMED);
}

static struct order_units some_units(struct play *play)
{
    const struct order *order = stage_order(&play->stage);
    size_t at = (size_t)draw(play, (int64_t)order->line_count);
    return (struct order_units){
        .line_no = order->lines[at].placed.line_no, .qty = 1 + draw(play, 4)};
}

static void cancel(struct play *play)
{
    struct order_units line = some_units(play);
    struct cancel_lines command = {.lines = &line, .lines_count = 1};
    (void)try(play, COMMAND_CANCEL_LINES, &command);
}

static void ship_and_deliver(struct play *play)
{
    struct order_units line = some_units(play);
    struct ship_lines ship = {
        .shipment_id = new_id(play),
        .carrier = SLICE_LITERAL("cart"),
        .lines = &line,
        .lines_count = 1,
        .shipped_at = STAGE_NOW};
    struct record_delivery deliver = {.shipment_id = ship.shipment_id, .delivered_at = STAGE_NOW};
    /* The state keeps what the event points at. */
    struct order_units *kept = arena_new(&play->stage.arena, struct order_units);
    assert_non_null(kept);
    *kept = line;
    ship.lines = kept;
    if (try(play, COMMAND_SHIP_LINES, &ship))
        assert_true(try(play, COMMAND_RECORD_DELIVERY, &deliver));
}

static void send_back(struct play *play)
{
    struct order_units line = some_units(play);
    struct return_line *back = arena_new(&play->stage.arena, struct return_line);
    struct received_line *received = arena_new(&play->stage.arena, struct received_line);
    assert_true(back != NULL && received != NULL);
    *back = (struct return_line){.line_no = line.line_no, .qty = line.qty};
    *received =
        (struct received_line){.line_no = line.line_no, .accepted = line.qty - 1, .rejected = 1};
    struct request_return request = {.return_id = new_id(play), .lines = back, .lines_count = 1};
    struct receive_return receive = {
        .return_id = request.return_id, .lines = received, .lines_count = 1};
    if (try(play, COMMAND_REQUEST_RETURN, &request))
        assert_true(try(play, COMMAND_RECEIVE_RETURN, &receive));
}

static void answer_refund(struct play *play, enum payment_outcome outcome, int64_t cents)
{
    const struct order_money *money = &stage_order(&play->stage)->money;
    struct record_payment_result result = till_refund_result(outcome, 0, "", cents);
    result.refund_id = money->refunds[money->refund_count - 1].id;
    result.provider_ref = new_ref(play);
    assert_true(try(play, COMMAND_RECORD_PAYMENT_RESULT, &result));
}

/* Settled at once or in two parts, or failed. */
static bool refund(struct play *play, struct order_units line, int64_t reason, bool may_fail)
{
    struct request_refund command = {
        .refund_id = new_id(play),
        .has_lines = true,
        .lines = &line,
        .lines_count = 1,
        .reason = reason};
    if (!try(play, COMMAND_REQUEST_REFUND, &command))
        return false;
    const struct order_money *money = &stage_order(&play->stage)->money;
    int64_t amount = money->refunds[money->refund_count - 1].amount;
    int64_t first = amount > 1 ? draw(play, amount) : 0;
    if (may_fail && draw(play, 4) == 0) {
        answer_refund(play, PAYMENT_DECLINED, amount);
        return true;
    }
    if (first != 0)
        answer_refund(play, PAYMENT_OK, first);
    answer_refund(play, PAYMENT_OK, amount - first);
    return true;
}

/* I1, I4 to I6 of the order and its lines. */
static void check(const struct play *play)
{
    const struct order *order = stage_order(&play->stage);
    assert_true(order_due(order) >= 0);
    assert_true(order->sums.refunded + order->sums.refund_pending <= order->sums.captured);
    for (size_t i = 0; order->money.lines != NULL && i < order->line_count; i++) {
        const struct refunded_line *line = &order->money.lines[i];
        assert_in_range(line->cancelled, 0, order->lines[i].cancelled);
        assert_in_range(line->returned, 0, order->lines[i].accepted);
        assert_true(line->cancelled_amount >= 0 && line->returned_amount >= 0);
        assert_true(
            line->cancelled_amount + line->returned_amount <= order->lines[i].placed.line_total);
    }
}

static void act(struct play *play)
{
    static const int64_t reasons[] = {REFUND_CANCELLED, REFUND_RETURNED, REFUND_OTHER};
    switch (draw(play, 5)) {
    case 0:
        cancel(play);
        break;
    case 1:
    case 2:
        ship_and_deliver(play);
        break;
    case 3:
        send_back(play);
        break;
    default:
        (void)refund(play, some_units(play), reasons[draw(play, 3)], true);
    }
    check(play);
}

/* What is left of a line, one unit after the other. Units that cost nothing cannot be asked for alone:
 * they are asked for together with the next. */
static void refund_rest(struct play *play, size_t at)
{
    const struct order *order = stage_order(&play->stage);
    const struct order_line *line = &order->lines[at];
    struct order_units units = {.line_no = line->placed.line_no};
    int64_t refunded = 0;
    if (order->money.lines != NULL)
        refunded = order->money.lines[at].cancelled + order->money.lines[at].returned;
    for (int64_t left = line->cancelled + line->accepted - refunded; left > 0; left--) {
        units.qty++;
        if (refund(play, units, REFUND_CANCELLED, false))
            units.qty = 0;
    }
}

static void nobody_owes_anybody_at_the_end(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct play play = {.seed = (uint64_t)round + 1};
        stage_open(&play.stage, CATEGORY_ORDER);
        place(&play);
        confirm(&play);
        for (int step = 0; step < STEPS; step++)
            act(&play);
        const struct order *order = stage_order(&play.stage);
        for (size_t i = 0; i < order->line_count; i++)
            refund_rest(&play, i);
        check(&play);
        if (order->status == ORDER_CANCELLED) { /* the shipping is left */
            assert_int_equal(order_refundable(order), 499);
        } else if (order_balance(order) != 0) {
            fail_msg("round %d: %lld", round, (long long)order_balance(order));
        }
        stage_close(&play.stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_owes_anybody_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
