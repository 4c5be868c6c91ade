// SPDX-License-Identifier: Apache-2.0
// Redemptions of a promotion. The order is their key: asked for twice, a redemption is made once.
#include "domain/promotion_steps.h"

#include "base/banned.h"

/* One decision under way. The steps return false once they have refused in `out`. */
struct redemption {
    const struct promotion *promotion;
    const struct redeem_promotion *command;
    const struct decide_context *context;
    int64_t subtotal;
    int64_t claimed;
    struct decision *out;
};

static bool refused(struct redemption *redemption, enum rejection_code code, const char *field)
{
    (void)decision_refuse(redemption->out, code, field);
    return false;
}

static bool read_money(struct redemption *redemption)
{
    const struct redeem_promotion *command = redemption->command;
    const struct currency *currency =
        money_find_enabled(redemption->context->tenant->currencies, command->currency);
    if (currency == NULL)
        return refused(redemption, REJECTION_unknown_currency, "currency");
    return promotion_read_amount(
               &command->subtotal, currency, "subtotal", redemption->out, &redemption->subtotal) &&
           promotion_read_amount(
               &command->claimed_discount,
               currency,
               "claimed_discount",
               redemption->out,
               &redemption->claimed);
}

static bool check_terms(struct redemption *redemption)
{
    const struct promotion_defined *terms = &redemption->promotion->terms;
    const struct redeem_promotion *command = redemption->command;
    if (redemption->promotion->status != PROMOTION_ACTIVE)
        return refused(redemption, REJECTION_promo_inactive, NULL);
    if (command->at < terms->valid_from || command->at >= terms->valid_until)
        return refused(redemption, REJECTION_promo_expired, "at");
    if (terms->has_currency && !slice_equal(terms->currency, command->currency))
        return refused(redemption, REJECTION_currency_mismatch, "currency");
    if (redemption->subtotal < terms->min_purchase)
        return refused(redemption, REJECTION_promo_min_purchase, "subtotal");
    return true;
}

static bool check_limits(struct redemption *redemption)
{
    const struct promotion *promotion = redemption->promotion;
    const struct promotion_defined *terms = &promotion->terms;
    struct uuid_value uses;
    int64_t most = terms->has_max_uses ? terms->max_uses : PROMOTION_MAX_USES;
    if ((int64_t)promotion->redemptions.count >= most)
        return refused(redemption, REJECTION_promo_limit, NULL);
    if (uuid_map_find(&promotion->customers, &redemption->command->customer_id, &uses) &&
        uses.number >= terms->per_customer)
        return refused(redemption, REJECTION_promo_customer_limit, "customer_id");
    enum rounding rounding = redemption->context->tenant->rounding;
    if (redemption->claimed != promotion_discount(terms, redemption->subtotal, rounding))
        return refused(redemption, REJECTION_discount_mismatch, "claimed_discount");
    return true;
}

static bool is_same(const struct uuid_value *open, const struct redemption *redemption)
{
    return open->number == redemption->claimed &&
           uuid_equal(&open->id, &redemption->command->customer_id);
}

bool promotion_redeem(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    struct redemption redemption = {
        .promotion = state, .command = body, .context = context, .out = out};
    const struct promotion *promotion = state;
    const struct redeem_promotion *command = body;
    struct uuid_value open;
    if (!promotion_is_own_stream(context, command->code))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (promotion->status == PROMOTION_NONE)
        return decision_refuse(out, REJECTION_promo_unknown, "code");
    if (!read_money(&redemption))
        return true;
    if (uuid_map_find(&promotion->redemptions, &command->order_id, &open))
        return is_same(&open, &redemption) ||
               decision_refuse(out, REJECTION_already_exists, "order_id");
    if (!check_terms(&redemption) || !check_limits(&redemption))
        return true;
    struct promotion_redeemed *event = arena_new(context->arena, struct promotion_redeemed);
    if (event == NULL)
        return false;
    *event = (struct promotion_redeemed){
        .code = promotion->terms.code,
        .order_id = command->order_id,
        .customer_id = command->customer_id,
        .currency = command->currency,
        .subtotal = redemption.subtotal,
        .discount = redemption.claimed,
        .at = command->at,
        .uses_after = (int64_t)promotion->redemptions.count + 1};
    decision_add(out, EVENT_PROMOTION_REDEEMED, event);
    return true;
}

bool promotion_release(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct promotion *promotion = state;
    const struct release_redemption *command = body;
    struct uuid_value open;
    if (!promotion_is_own_stream(context, command->code))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (!uuid_map_find(&promotion->redemptions, &command->order_id, &open))
        return decision_refuse(out, REJECTION_not_found, "order_id");
    struct redemption_released *event = arena_new(context->arena, struct redemption_released);
    if (event == NULL)
        return false;
    *event = (struct redemption_released){
        .code = promotion->terms.code,
        .order_id = command->order_id,
        .customer_id = open.id,
        .cause = command->cause,
        .uses_after = (int64_t)promotion->redemptions.count - 1};
    decision_add(out, EVENT_REDEMPTION_RELEASED, event);
    return true;
}

bool promotion_deactivate(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct promotion *promotion = state;
    const struct deactivate_promotion *command = body;
    if (!promotion_is_own_stream(context, command->code))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    struct promotion_deactivated *event = arena_new(context->arena, struct promotion_deactivated);
    if (event == NULL)
        return false;
    *event = (struct promotion_deactivated){
        .code = promotion->terms.code,
        .reason = command->reason,
        .uses_after = (int64_t)promotion->redemptions.count};
    decision_add(out, EVENT_PROMOTION_DEACTIVATED, event);
    return true;
}
