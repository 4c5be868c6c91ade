// SPDX-License-Identifier: Apache-2.0
// DefinePromotion: checks that the terms are complete and mean something, and states amounts in minor
// units.
#include "domain/clear_text.h"
#include "domain/promotion_steps.h"

#include "base/banned.h"

/* One decision under way. The steps return false once they have refused in `out`. */
struct definition {
    const struct define_promotion *command;
    const struct decide_context *context;
    struct promotion_defined *event;
    struct decision *out;
};

static bool refused(struct definition *definition, enum rejection_code code, const char *field)
{
    (void)decision_refuse(definition->out, code, field);
    return false;
}

/* What the kind needs, and nothing of the other kind. */
static bool check_kind(struct definition *definition)
{
    const struct define_promotion *command = definition->command;
    bool is_percent = command->kind == PROMOTION_PERCENT;
    if (is_percent ? !command->has_bps : !command->has_amount)
        return refused(definition, REJECTION_missing_field, is_percent ? "bps" : "amount");
    if (is_percent ? command->has_amount : command->has_bps)
        return refused(definition, REJECTION_bad_field, is_percent ? "amount" : "bps");
    if ((command->has_amount || command->has_min_purchase) && !command->has_currency)
        return refused(definition, REJECTION_missing_field, "currency");
    if (!clear_text_check(true, command->code, CLEAR_REFERENCE, "code", definition->out))
        return false;
    if (command->valid_from >= command->valid_until)
        return refused(definition, REJECTION_bad_field, "valid_until");
    return true;
}

static bool fill_money(struct definition *definition)
{
    const struct define_promotion *command = definition->command;
    struct promotion_defined *event = definition->event;
    if (!command->has_currency)
        return true;
    const struct currency *currency =
        money_find_enabled(definition->context->tenant->currencies, command->currency);
    if (currency == NULL)
        return refused(definition, REJECTION_unknown_currency, "currency");
    if (command->has_amount &&
        !promotion_read_amount(
            &command->amount, currency, "amount", definition->out, &event->amount))
        return false;
    if (command->has_amount && event->amount == 0)
        return refused(definition, REJECTION_bad_field, "amount");
    return !command->has_min_purchase || promotion_read_amount(
                                             &command->min_purchase,
                                             currency,
                                             "min_purchase",
                                             definition->out,
                                             &event->min_purchase);
}

bool promotion_define(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    (void)state;
    const struct define_promotion *command = body;
    struct promotion_defined *event = arena_new(context->arena, struct promotion_defined);
    uint8_t *code = arena_take_raw(context->arena, PROMOTION_MAX_CODE);
    if (event == NULL || code == NULL)
        return false;
    promotion_upper(command->code, code);
    *event = (struct promotion_defined){
        .code = slice_of(code, command->code.size),
        .kind = command->kind,
        .bps = command->bps,
        .has_bps = command->has_bps,
        .has_amount = command->has_amount,
        .currency = command->currency,
        .has_currency = command->has_currency,
        .max_uses = command->max_uses,
        .has_max_uses = command->has_max_uses,
        .per_customer = command->per_customer,
        .valid_from = command->valid_from,
        .valid_until = command->valid_until,
        .seller_id = command->seller_id,
        .has_seller_id = command->has_seller_id};
    struct definition definition = {
        .command = command, .context = context, .event = event, .out = out};
    if (!promotion_is_own_stream(context, command->code))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (check_kind(&definition) && fill_money(&definition))
        decision_add(out, EVENT_PROMOTION_DEFINED, event);
    return true;
}
