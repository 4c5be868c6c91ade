// SPDX-License-Identifier: Apache-2.0
// What a batch does to promotions, and what they grant by currency.
#include "base/checked.h"
#include "projector/fold.h"

#include "base/banned.h"

/* The promotion's discounts in the currency, begun when there are none. NULL: memory is exhausted. A
 * promotion has few currencies: the list is short. */
static struct discount_change *
discount_of(struct fold *fold, struct promotion_change *promotion, struct slice currency)
{
    struct discount_change *discount = promotion->discounts;
    while (discount != NULL && !slice_equal(discount->currency, currency))
        discount = discount->next;
    if (discount != NULL)
        return discount;
    discount = arena_new(&fold->arena, struct discount_change);
    if (discount == NULL)
        return NULL;
    discount->currency = currency;
    discount->next = promotion->discounts;
    promotion->discounts = discount;
    return discount;
}

static bool redeem(
    struct fold *fold,
    struct promotion_change *promotion,
    const struct folded_event *folded,
    struct error *err)
{
    const struct promotion_redeemed *redeemed = folded->event.body;
    struct discount_change *discount = discount_of(fold, promotion, redeemed->currency);
    if (discount == NULL)
        return fold_exhausted(err);
    discount->redemptions++;
    promotion->uses = redeemed->uses_after;
    saturated_add_i64(&discount->discount, redeemed->discount); /* as the sales */
    return true;
}

bool fold_promotion(struct fold *fold, const struct folded_event *folded, struct error *err)
{
    struct promotion_change *promotion = (struct promotion_change *)folded->stream;
    const struct redemption_released *released = folded->event.body;
    const struct promotion_deactivated *deactivated = folded->event.body;
    switch ((int)folded->event.type) {
    case EVENT_PROMOTION_DEFINED:
        promotion->defined = folded->event.body;
        return true;
    case EVENT_PROMOTION_REDEEMED:
        return redeem(fold, promotion, folded, err);
    case EVENT_REDEMPTION_RELEASED:
        promotion->uses = released->uses_after;
        return true;
    case EVENT_PROMOTION_DEACTIVATED:
        promotion->uses = deactivated->uses_after;
        promotion->is_deactivated = true;
        return true;
    default:
        UNREACHABLE();
    }
}
