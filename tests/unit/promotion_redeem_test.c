// SPDX-License-Identifier: Apache-2.0
// Redemptions: what they take off, who may have them and how often.
#include "support/promotion.h"

static void redeem_refused(
    struct stage *stage,
    const struct redeem_promotion *command,
    enum rejection_code code,
    const char *field)
{
    stage_decide(stage, COMMAND_REDEEM_PROMOTION, command);
    stage_refused(stage, code, field);
}

static void release(struct stage *stage, uint8_t order)
{
    const struct release_redemption command = {
        .code = SLICE_LITERAL("spring26"), .order_id = {{0x0d, order}}, .cause = 1};
    stage_do(stage, COMMAND_RELEASE_REDEMPTION, &command, 1);
}

static void contradicts(struct stage *stage, enum event_type type, const void *body)
{
    struct event event = {.type = type, .body = body};
    struct aggregate aggregate;
    assert_true(aggregate_copy(&stage->aggregate, &stage->arena, &aggregate));
    assert_false(aggregate_evolve(&aggregate, &event, &stage->arena));
    assert_true(aggregate.contradicted);
}

static void a_redemption_is_recorded(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    define_it(stage, &terms);
    redeem_once(stage, 1, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_PROMOTION_REDEEMED);
    const struct promotion_redeemed *event = stage->decision.events[0].body;
    const struct redeem_promotion command = redeems(1, 1);
    assert_true(slice_is(event->code, "SPRING26"));
    assert_true(uuid_equal(&event->order_id, &command.order_id));
    assert_true(uuid_equal(&event->customer_id, &command.customer_id));
    assert_true(slice_is(event->currency, "EUR"));
    assert_int_equal(event->subtotal, 4000);
    assert_int_equal(event->discount, 1000);
    assert_int_equal(event->at, STAGE_NOW);
    assert_int_equal(event->uses_after, 1);
    redeem_once(stage, 2, 1);
    event = stage->decision.events[0].body;
    assert_int_equal(event->uses_after, 2);
    assert_int_equal(promotion_of(stage)->redemptions.count, 2);
    assert_int_equal(promotion_of(stage)->customers.count, 1);
}

/* Under another command id: the order is the key. */
static void the_same_order_again_changes_nothing(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    struct redeem_promotion command = redeems(1, 1);
    define_it(stage, &terms);
    redeem_once(stage, 1, 1);
    stage_decide(stage, COMMAND_REDEEM_PROMOTION, &command);
    stage_accepted(stage, 0);
    command = redeems(1, 2);
    redeem_refused(stage, &command, REJECTION_already_exists, "order_id");
    command = redeems(1, 1);
    command.claimed_discount = (struct decimal){11, 0};
    redeem_refused(stage, &command, REJECTION_already_exists, "order_id");
    deactivate_it(stage);
    command = redeems(1, 1); /* it was before */
    stage_decide(stage, COMMAND_REDEEM_PROMOTION, &command);
    stage_accepted(stage, 0);
}

static void the_discount_is_computed_again(void **state)
{
    static const struct {
        int64_t subtotal, share;
    } cases[] = {{4000, 1000}, {4001, 1000}, {4002, 1000}, {4003, 1001}, {4006, 1002}, {2000, 500}};
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    define_it(stage, &terms);
    for (size_t i = 0; i < countof(cases); i++) {
        struct redeem_promotion command = redeems(1, 1);
        command.subtotal = (struct decimal){cases[i].subtotal, 2};
        for (int64_t off = -1; off <= 1; off++) {
            command.claimed_discount = (struct decimal){cases[i].share + off, 2};
            stage_decide(stage, COMMAND_REDEEM_PROMOTION, &command);
            if (off == 0)
                stage_accepted(stage, 1);
            else
                stage_refused(stage, REJECTION_discount_mismatch, "claimed_discount");
        }
    }
    stage->tenant.rounding = ROUNDING_HALF_UP; /* 1000.5 */
    struct redeem_promotion command = redeems(1, 1);
    command.subtotal = (struct decimal){4002, 2};
    command.claimed_discount = (struct decimal){1001, 2};
    stage_decide(stage, COMMAND_REDEEM_PROMOTION, &command);
    stage_accepted(stage, 1);
}

static void a_fixed_discount_is_no_more_than_the_goods(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = ten_off();
    struct redeem_promotion command = redeems(1, 1);
    define_it(stage, &terms);
    command.subtotal = (struct decimal){999, 2};
    redeem_refused(stage, &command, REJECTION_discount_mismatch, "claimed_discount");
    command.claimed_discount = (struct decimal){999, 2};
    stage_do(stage, COMMAND_REDEEM_PROMOTION, &command, 1);
    command = redeems(2, 1);
    stage_do(stage, COMMAND_REDEEM_PROMOTION, &command, 1);
}

static void redemptions_outside_the_terms_are_refused(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    struct redeem_promotion command = redeems(1, 1);
    redeem_refused(stage, &command, REJECTION_promo_unknown, "code");
    define_it(stage, &terms);
    command.at = terms.valid_from - 1;
    redeem_refused(stage, &command, REJECTION_promo_expired, "at");
    command.at = terms.valid_until;
    redeem_refused(stage, &command, REJECTION_promo_expired, "at");
    command.at = terms.valid_until - 1;
    stage_decide(stage, COMMAND_REDEEM_PROMOTION, &command);
    stage_accepted(stage, 1);
    command.at = terms.valid_from;
    stage_decide(stage, COMMAND_REDEEM_PROMOTION, &command);
    stage_accepted(stage, 1);
    command.subtotal = (struct decimal){1999, 2};
    redeem_refused(stage, &command, REJECTION_promo_min_purchase, "subtotal");
    command = redeems(1, 1);
    command.currency = slice_of_text("GBP");
    redeem_refused(stage, &command, REJECTION_currency_mismatch, "currency");
    command.currency = slice_of_text("EURO");
    redeem_refused(stage, &command, REJECTION_unknown_currency, "currency");
    command = redeems(1, 1);
    command.subtotal.scale = 3;
    redeem_refused(stage, &command, REJECTION_price_precision, "subtotal");
    command = redeems(1, 1);
    command.subtotal.coefficient = INT64_MAX;
    command.subtotal.scale = 0;
    redeem_refused(stage, &command, REJECTION_amount_overflow, "subtotal");
    command = redeems(1, 1);
    command.claimed_discount.coefficient = -1;
    redeem_refused(stage, &command, REJECTION_bad_field, "claimed_discount");
    deactivate_it(stage);
    command = redeems(1, 1);
    redeem_refused(stage, &command, REJECTION_promo_inactive, NULL);
}

static void limits_hold_and_releases_count(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    struct redeem_promotion command;
    define_it(stage, &terms);
    redeem_once(stage, 1, 1);
    redeem_once(stage, 2, 1);
    command = redeems(3, 1);
    redeem_refused(stage, &command, REJECTION_promo_customer_limit, "customer_id");
    redeem_once(stage, 3, 2);
    command = redeems(4, 3);
    redeem_refused(stage, &command, REJECTION_promo_limit, NULL);
    release(stage, 1);
    assert_int_equal(stage->decision.events[0].type, EVENT_REDEMPTION_RELEASED);
    const struct redemption_released *event = stage->decision.events[0].body;
    const struct redeem_promotion first = redeems(1, 1);
    assert_true(slice_is(event->code, "SPRING26"));
    assert_true(uuid_equal(&event->order_id, &first.order_id));
    assert_true(uuid_equal(&event->customer_id, &first.customer_id));
    assert_int_equal(event->cause, 1);
    assert_int_equal(event->uses_after, 2);
    redeem_once(stage, 4, 1);
    release(stage, 3);
    assert_int_equal(promotion_of(stage)->customers.count, 1);
}

static void without_a_limit_there_is_none(void **state)
{
    struct stage *stage = *state;
    struct define_promotion terms = quarter_off();
    terms.has_max_uses = false;
    terms.per_customer = 1;
    define_it(stage, &terms);
    for (uint8_t i = 0; i < 100; i++)
        redeem_once(stage, i, i);
    assert_int_equal(promotion_of(stage)->redemptions.count, 100);
}

static void only_what_was_redeemed_is_released(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    const struct release_redemption command = {
        .code = SLICE_LITERAL("SPRING26"), .order_id = {{0x0d, 1}}};
    stage_decide(stage, COMMAND_RELEASE_REDEMPTION, &command);
    stage_refused(stage, REJECTION_not_found, NULL);
    define_it(stage, &terms);
    stage_decide(stage, COMMAND_RELEASE_REDEMPTION, &command);
    stage_refused(stage, REJECTION_not_found, "order_id");
    redeem_once(stage, 1, 1);
    deactivate_it(stage);
    release(stage, 1); /* of an inactive one, too */
    stage_decide(stage, COMMAND_RELEASE_REDEMPTION, &command);
    stage_refused(stage, REJECTION_not_found, "order_id");
}

static void events_that_cannot_follow_contradict(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    const struct promotion_defined defined = {.code = SLICE_LITERAL("SPRING26")};
    struct promotion_redeemed redeemed = {
        .code = SLICE_LITERAL("SPRING26"),
        .order_id = {{0x0d, 3}},
        .customer_id = {{0xc0, 1}},
        .uses_after = 3};
    struct redemption_released released = {
        .code = SLICE_LITERAL("SPRING26"),
        .order_id = {{0x0d, 1}},
        .customer_id = {{0xc0, 1}},
        .uses_after = 1};
    struct promotion_deactivated ended = {.code = SLICE_LITERAL("SPRING26"), .uses_after = 1};
    contradicts(stage, EVENT_PROMOTION_REDEEMED, &redeemed);
    contradicts(stage, EVENT_REDEMPTION_RELEASED, &released);
    contradicts(stage, EVENT_PROMOTION_DEACTIVATED, &ended);
    define_it(stage, &terms);
    redeem_once(stage, 1, 1);
    redeem_once(stage, 2, 1);
    contradicts(stage, EVENT_PROMOTION_DEFINED, &defined);
    contradicts(stage, EVENT_PROMOTION_REDEEMED, &redeemed); /* the customer has had two */
    redeemed.customer_id.bytes[1] = 2;
    redeemed.uses_after = 2;
    contradicts(stage, EVENT_PROMOTION_REDEEMED, &redeemed); /* miscounted */
    redeemed.uses_after = 3;
    redeemed.order_id.bytes[1] = 1;
    contradicts(stage, EVENT_PROMOTION_REDEEMED, &redeemed); /* that order has one */
    contradicts(stage, EVENT_PROMOTION_DEACTIVATED, &ended);
    released.order_id.bytes[1] = 7;
    contradicts(stage, EVENT_REDEMPTION_RELEASED, &released);
    released.order_id.bytes[1] = 1;
    released.customer_id.bytes[1] = 2;
    contradicts(stage, EVENT_REDEMPTION_RELEASED, &released);
    redeem_once(stage, 3, 3);
    redeemed = (struct promotion_redeemed){
        .code = SLICE_LITERAL("SPRING26"),
        .order_id = {{0x0d, 4}},
        .customer_id = {{0xc0, 4}},
        .uses_after = 4};
    contradicts(stage, EVENT_PROMOTION_REDEEMED, &redeemed); /* used up */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMOTION(a_redemption_is_recorded),
        PROMOTION(the_same_order_again_changes_nothing),
        PROMOTION(the_discount_is_computed_again),
        PROMOTION(a_fixed_discount_is_no_more_than_the_goods),
        PROMOTION(redemptions_outside_the_terms_are_refused),
        PROMOTION(limits_hold_and_releases_count),
        PROMOTION(without_a_limit_there_is_none),
        PROMOTION(only_what_was_redeemed_is_released),
        PROMOTION(events_that_cannot_follow_contradict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
