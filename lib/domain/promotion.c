// SPDX-License-Identifier: Apache-2.0
#include "domain/promotion.h"
#include "domain/promotion_steps.h"

#include "base/banned.h"

enum { BPS = 10000 };

static const char *const status_names[] = {"none", "active", "inactive"};
_Static_assert(countof(status_names) == PROMOTION_STATUS_COUNT, "each status has a name");

#define NEVER_DEFINED TRANSITION_REFUSE(not_found, "The promotion was never defined.")

const struct transition promotion_transitions[COMMAND_TYPE_COUNT][PROMOTION_STATUS_COUNT] = {
    [COMMAND_DEFINE_PROMOTION] =
        {
            [PROMOTION_NONE] = TRANSITION_DECIDE(promotion_define, "active"),
            [PROMOTION_ACTIVE] = TRANSITION_REFUSE(already_exists, "The code is defined already."),
            [PROMOTION_INACTIVE] =
                TRANSITION_REFUSE(already_exists, "The code was defined before, and is no more."),
        },
    [COMMAND_REDEEM_PROMOTION] =
        {
            [PROMOTION_NONE] = TRANSITION_DECIDE(promotion_redeem, "refused: promo_unknown"),
            [PROMOTION_ACTIVE] = TRANSITION_DECIDE(promotion_redeem, "stays"),
            [PROMOTION_INACTIVE] = TRANSITION_DECIDE(promotion_redeem, "refused: promo_inactive"),
        },
    [COMMAND_RELEASE_REDEMPTION] =
        {
            [PROMOTION_NONE] = NEVER_DEFINED,
            [PROMOTION_ACTIVE] = TRANSITION_DECIDE(promotion_release, "stays"),
            [PROMOTION_INACTIVE] = TRANSITION_DECIDE(promotion_release, "stays"),
        },
    [COMMAND_DEACTIVATE_PROMOTION] =
        {
            [PROMOTION_NONE] = NEVER_DEFINED,
            [PROMOTION_ACTIVE] = TRANSITION_DECIDE(promotion_deactivate, "inactive"),
            [PROMOTION_INACTIVE] =
                TRANSITION_REFUSE(invalid_state, "The promotion is inactive already."),
        },
};

const char *promotion_status_name(enum promotion_status status)
{
    CHECK(status < PROMOTION_STATUS_COUNT);
    return status_names[status];
}

static uint8_t upper_of(uint8_t letter)
{
    return letter >= 'a' && letter <= 'z' ? (uint8_t)(letter - 'a' + 'A') : letter;
}

void promotion_upper(struct slice code, uint8_t out[static PROMOTION_MAX_CODE])
{
    CHECK(code.size <= PROMOTION_MAX_CODE);
    for (size_t i = 0; i < code.size; i++)
        out[i] = upper_of(code.data[i]);
}

bool promotion_same_code(struct slice a, struct slice b)
{
    bool same = a.size == b.size;
    for (size_t i = 0; same && i < a.size; i++)
        same = upper_of(a.data[i]) == upper_of(b.data[i]);
    return same;
}

struct uuid promotion_stream_id(const struct uuid *tenant, struct slice code)
{
    uint8_t upper[PROMOTION_MAX_CODE];
    uint8_t name[4 + PROMOTION_MAX_CODE];
    struct writer out = writer_over(name, sizeof(name));
    promotion_upper(code, upper);
    writer_u32(&out, (uint32_t)code.size);
    writer_bytes(&out, upper, code.size);
    return uuid_v5(tenant, writer_slice(&out));
}

bool promotion_is_own_stream(const struct decide_context *context, struct slice code)
{
    struct uuid expected = promotion_stream_id(&context->tenant->tenant, code);
    return uuid_equal(&expected, &context->stream_id);
}

bool promotion_read_amount(
    const struct decimal *amount,
    const struct currency *currency,
    const char *field,
    struct decision *out,
    int64_t *minor)
{
    if (amount->coefficient < 0)
        return !decision_refuse(out, REJECTION_bad_field, field);
    enum money_fit fit = money_from_decimal(amount, currency, minor);
    return fit == MONEY_FITS || !decision_refuse(out, rejection_of_fit(fit), field);
}

int64_t
promotion_discount(const struct promotion_defined *terms, int64_t subtotal, enum rounding rounding)
{
    int64_t discount;
    if (terms->kind == PROMOTION_FIXED)
        return terms->amount < subtotal ? terms->amount : subtotal;
    bool fits = money_ratio(subtotal, terms->bps, BPS, rounding, &discount);
    CHECK(fits); /* bps is at most BPS */
    return discount;
}

bool promotion_decide(
    const struct promotion *promotion,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    const struct transition *cell = &promotion_transitions[command->type][promotion->status];
    return transition_decide(cell, promotion, command->body, context, out);
}

static enum evolve_result on_defined(void *state, const void *body, struct arena *arena)
{
    struct promotion *promotion = state;
    const struct promotion_defined *event = body;
    (void)arena;
    if (promotion->status != PROMOTION_NONE)
        return EVOLVE_CONTRADICTS;
    promotion->status = PROMOTION_ACTIVE;
    promotion->terms = *event;
    return EVOLVE_OK;
}

/* One use more or less of a customer. */
static bool
count_use(struct uuid_map *customers, const struct uuid *customer, int64_t by, struct arena *arena)
{
    struct uuid_value uses;
    if (!uuid_map_find(customers, customer, &uses))
        uses = (struct uuid_value){0};
    uses.number += by;
    return uses.number > 0 ? uuid_map_put(customers, customer, &uses, arena)
                           : uuid_map_remove(customers, customer, arena);
}

/* Whether one more use is within the terms. */
static bool may_use(const struct promotion *promotion, const struct uuid *customer)
{
    struct uuid_value uses;
    const struct promotion_defined *terms = &promotion->terms;
    return promotion->status == PROMOTION_ACTIVE &&
           (!terms->has_max_uses || (int64_t)promotion->redemptions.count < terms->max_uses) &&
           (!uuid_map_find(&promotion->customers, customer, &uses) ||
            uses.number < terms->per_customer);
}

/* Whether the event is one of this promotion with so many uses after it. */
static bool
follows(const struct promotion *promotion, struct slice code, int64_t uses_after, int64_t uses)
{
    return promotion->status != PROMOTION_NONE && slice_equal(promotion->terms.code, code) &&
           uses_after == uses;
}

static enum evolve_result on_redeemed(void *state, const void *body, struct arena *arena)
{
    struct promotion *promotion = state;
    const struct promotion_redeemed *event = body;
    struct uuid_value open;
    int64_t uses = (int64_t)promotion->redemptions.count;
    if (!follows(promotion, event->code, event->uses_after, uses + 1) ||
        !may_use(promotion, &event->customer_id) ||
        uuid_map_find(&promotion->redemptions, &event->order_id, &open))
        return EVOLVE_CONTRADICTS;
    open = (struct uuid_value){.number = event->discount, .id = event->customer_id};
    bool kept = uuid_map_put(&promotion->redemptions, &event->order_id, &open, arena) &&
                count_use(&promotion->customers, &event->customer_id, 1, arena);
    return kept ? EVOLVE_OK : EVOLVE_EXHAUSTED;
}

static enum evolve_result on_released(void *state, const void *body, struct arena *arena)
{
    struct promotion *promotion = state;
    const struct redemption_released *event = body;
    struct uuid_value open;
    int64_t uses = (int64_t)promotion->redemptions.count;
    if (!follows(promotion, event->code, event->uses_after, uses - 1) ||
        !uuid_map_find(&promotion->redemptions, &event->order_id, &open) ||
        !uuid_equal(&open.id, &event->customer_id))
        return EVOLVE_CONTRADICTS;
    bool kept = uuid_map_remove(&promotion->redemptions, &event->order_id, arena) &&
                count_use(&promotion->customers, &event->customer_id, -1, arena);
    return kept ? EVOLVE_OK : EVOLVE_EXHAUSTED;
}

static enum evolve_result on_deactivated(void *state, const void *body, struct arena *arena)
{
    struct promotion *promotion = state;
    const struct promotion_deactivated *event = body;
    int64_t uses = (int64_t)promotion->redemptions.count;
    (void)arena;
    if (!follows(promotion, event->code, event->uses_after, uses) ||
        promotion->status != PROMOTION_ACTIVE)
        return EVOLVE_CONTRADICTS;
    promotion->status = PROMOTION_INACTIVE;
    return EVOLVE_OK;
}

static evolve_function *const evolvers[EVENT_TYPE_COUNT] = {
    [EVENT_PROMOTION_DEFINED] = on_defined,
    [EVENT_PROMOTION_REDEEMED] = on_redeemed,
    [EVENT_REDEMPTION_RELEASED] = on_released,
    [EVENT_PROMOTION_DEACTIVATED] = on_deactivated,
};

enum evolve_result
promotion_evolve(struct promotion *promotion, const struct event *event, struct arena *arena)
{
    return evolve_by(evolvers, promotion, event, arena);
}
