// SPDX-License-Identifier: Apache-2.0
// Promotions: their streams, their terms, their beginning and their end.
#include "support/promotion.h"

static void check_stream_id(const char *code, const char *expected)
{
    struct uuid tenant;
    char text[UUID_TEXT_SIZE];
    assert_true(uuid_parse(slice_of_text("5f0e6f4c-6d0b-5c1b-9a52-7a1f2f1d9e01"), &tenant));
    struct uuid id = promotion_stream_id(&tenant, slice_of_text(code));
    uuid_format(&id, text);
    assert_string_equal(text, expected);
}

static void define_refused(
    struct stage *stage,
    const struct define_promotion *command,
    enum rejection_code code,
    const char *field)
{
    stage_decide(stage, COMMAND_DEFINE_PROMOTION, command);
    stage_refused(stage, code, field);
}

/* Computed with Python's hashlib; senders compute them, too. */
static void stream_ids_are_derived_from_codes_in_capitals(void **state)
{
    (void)state;
    check_stream_id("SPRING26", "9711ae11-f5f4-546b-a72f-389b31405825");
    check_stream_id("spRing26", "9711ae11-f5f4-546b-a72f-389b31405825");
    check_stream_id("x", "088710b6-315a-586f-b2f2-a184091beeda");
    /* Letters outside ASCII are what they are. */
    check_stream_id(
        "\xc3\x84"
        "b",
        "8107c756-fae1-532b-bf53-06fa8b975d20");
}

static void a_promotion_is_defined_once(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion command = quarter_off();
    define_it(stage, &command);
    assert_int_equal(stage->decision.events[0].type, EVENT_PROMOTION_DEFINED);
    const struct promotion_defined *event = stage->decision.events[0].body;
    assert_true(slice_is(event->code, "SPRING26"));
    assert_int_equal(event->kind, PROMOTION_PERCENT);
    assert_true(event->has_bps && event->bps == 2500);
    assert_false(event->has_amount);
    assert_true(event->has_currency && slice_is(event->currency, "EUR"));
    assert_int_equal(event->min_purchase, 2000);
    assert_true(event->has_max_uses && event->max_uses == 3);
    assert_int_equal(event->per_customer, 2);
    assert_int_equal(event->valid_from, STAGE_NOW - DAY);
    assert_int_equal(event->valid_until, STAGE_NOW + DAY);
    assert_true(event->has_seller_id && slice_is(event->seller_id, "seller-7"));
    assert_int_equal(promotion_of(stage)->status, PROMOTION_ACTIVE);
    stage_decide(stage, COMMAND_DEFINE_PROMOTION, &command);
    stage_refused(stage, REJECTION_already_exists, NULL);
    deactivate_it(stage);
    stage_decide(stage, COMMAND_DEFINE_PROMOTION, &command);
    stage_refused(stage, REJECTION_already_exists, NULL);
}

static void each_kind_has_its_own_terms(void **state)
{
    struct stage *stage = *state;
    struct define_promotion command = quarter_off();
    command.has_bps = false;
    define_refused(stage, &command, REJECTION_missing_field, "bps");
    command = quarter_off();
    command.has_amount = true;
    define_refused(stage, &command, REJECTION_bad_field, "amount");
    command = ten_off();
    command.has_amount = false;
    define_refused(stage, &command, REJECTION_missing_field, "amount");
    command = ten_off();
    command.has_bps = true;
    define_refused(stage, &command, REJECTION_bad_field, "bps");
    command = ten_off();
    command.has_currency = false;
    define_refused(stage, &command, REJECTION_missing_field, "currency");
    command = quarter_off();
    command.has_currency = false;
    define_refused(stage, &command, REJECTION_missing_field, "currency");
    command.has_min_purchase = false; /* a share of whatever it is */
    define_it(stage, &command);
}

static void terms_that_mean_nothing_are_refused(void **state)
{
    struct stage *stage = *state;
    struct define_promotion command = quarter_off();
    command.valid_until = command.valid_from;
    define_refused(stage, &command, REJECTION_bad_field, "valid_until");
    command = quarter_off();
    command.currency = slice_of_text("XXX");
    define_refused(stage, &command, REJECTION_unknown_currency, "currency");
    command = quarter_off();
    stage->tenant.currencies = "GBP,JPY";
    define_refused(stage, &command, REJECTION_unknown_currency, "currency");
    stage->tenant.currencies = "GBP,EUR";
    command.min_purchase = (struct decimal){1, 3};
    define_refused(stage, &command, REJECTION_price_precision, "min_purchase");
    command.min_purchase = (struct decimal){-1, 0};
    define_refused(stage, &command, REJECTION_bad_field, "min_purchase");
    command.min_purchase = (struct decimal){INT64_MAX, 0};
    define_refused(stage, &command, REJECTION_amount_overflow, "min_purchase");
    command = ten_off();
    command.amount = (struct decimal){0, 2};
    define_refused(stage, &command, REJECTION_bad_field, "amount");
    command.amount = (struct decimal){1, 2};
    command.valid_until = command.valid_from + 1;
    define_it(stage, &command);
}

static void it_ends_once(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion terms = quarter_off();
    const struct deactivate_promotion command = {.code = SLICE_LITERAL("SPRING26")};
    stage_decide(stage, COMMAND_DEACTIVATE_PROMOTION, &command);
    stage_refused(stage, REJECTION_not_found, NULL);
    define_it(stage, &terms);
    redeem_once(stage, 1, 1);
    deactivate_it(stage);
    const struct promotion_deactivated *event = stage->decision.events[0].body;
    assert_true(slice_is(event->code, "SPRING26"));
    assert_int_equal(event->reason, 2);
    assert_int_equal(event->uses_after, 1);
    assert_int_equal(promotion_of(stage)->status, PROMOTION_INACTIVE);
    stage_decide(stage, COMMAND_DEACTIVATE_PROMOTION, &command);
    stage_refused(stage, REJECTION_invalid_state, NULL);
}

static void the_stream_must_be_the_codes(void **state)
{
    struct stage *stage = *state;
    struct define_promotion defines = quarter_off();
    struct redeem_promotion redeem_one = redeems(1, 1);
    struct release_redemption releases = {.order_id = {{0x0d, 1}}};
    struct deactivate_promotion ends = {.reason = 0};
    define_it(stage, &defines);
    redeem_once(stage, 1, 1);
    redeem_one.code = releases.code = ends.code = slice_of_text("SPRING27");
    const struct command commands[] = {
        {COMMAND_REDEEM_PROMOTION, &redeem_one},
        {COMMAND_RELEASE_REDEMPTION, &releases},
        {COMMAND_DEACTIVATE_PROMOTION, &ends}};
    for (size_t i = 0; i < countof(commands); i++) {
        stage_decide(stage, commands[i].type, commands[i].body);
        stage_refused(stage, REJECTION_bad_field, "stream");
    }
    assert_true(aggregate_init(&stage->aggregate, CATEGORY_PROMOTION, &stage->arena));
    defines.code = slice_of_text("SPRING27");
    define_refused(stage, &defines, REJECTION_bad_field, "stream");
}

static void every_cell_is_filled_and_no_other(void **state)
{
    (void)state;
    for (size_t command = 0; command < COMMAND_TYPE_COUNT; command++) {
        bool own = command_descriptions[command].category == CATEGORY_PROMOTION;
        for (size_t status = 0; status < PROMOTION_STATUS_COUNT; status++) {
            const struct transition *cell = &promotion_transitions[command][status];
            assert_int_equal(cell->outcome != NULL, own);
            assert_false(cell->decide != NULL && cell->refusal.code != NULL);
        }
    }
    assert_string_equal(promotion_status_name(PROMOTION_NONE), "none");
    assert_string_equal(promotion_status_name(PROMOTION_ACTIVE), "active");
    assert_string_equal(promotion_status_name(PROMOTION_INACTIVE), "inactive");
}

static void an_exhausted_arena_is_said(void **state)
{
    struct stage *stage = *state;
    const struct define_promotion defines = quarter_off();
    const struct redeem_promotion redeem_one = redeems(1, 1);
    const struct release_redemption release_one = {
        .code = SLICE_LITERAL("SPRING26"), .order_id = {{0x0d, 1}}};
    const struct deactivate_promotion ends = {.code = SLICE_LITERAL("SPRING26")};
    const struct command commands[] = {
        {COMMAND_DEFINE_PROMOTION, &defines},
        {COMMAND_REDEEM_PROMOTION, &redeem_one},
        {COMMAND_RELEASE_REDEMPTION, &release_one},
        {COMMAND_DEACTIVATE_PROMOTION, &ends}};
    struct arena small;
    arena_init(&small, 8);
    for (size_t i = 0; i < countof(commands); i++) {
        stage->context.arena = &small;
        assert_false(
            aggregate_decide(&stage->aggregate, &commands[i], &stage->context, &stage->decision));
        stage->context.arena = &stage->arena;
        stage_do(stage, commands[i].type, commands[i].body, 1);
    }
    arena_release(&small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMOTION(stream_ids_are_derived_from_codes_in_capitals),
        PROMOTION(a_promotion_is_defined_once),
        PROMOTION(each_kind_has_its_own_terms),
        PROMOTION(terms_that_mean_nothing_are_refused),
        PROMOTION(it_ends_once),
        PROMOTION(the_stream_must_be_the_codes),
        PROMOTION(every_cell_is_filled_and_no_other),
        PROMOTION(an_exhausted_arena_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
