// SPDX-License-Identifier: Apache-2.0
#include "domain/promotion_messages.h"

#include "base/banned.h"

static const char *const kinds[] = {"percent_bps", "fixed"};
const struct message_enum promotion_kinds = {kinds, countof(kinds)};

static const char *const release_causes[] = {"cancelled", "expired", "refused"};
const struct message_enum promotion_release_causes = {release_causes, countof(release_causes)};

static const char *const deactivate_reasons[] = {"ended", "abuse", "mistake", "other"};
const struct message_enum promotion_deactivate_reasons = {
    deactivate_reasons, countof(deactivate_reasons)};

DEFINE_MESSAGE(define_promotion, "DefinePromotion", 1, DEFINE_PROMOTION_FIELDS)
DEFINE_MESSAGE(redeem_promotion, "RedeemPromotion", 1, REDEEM_PROMOTION_FIELDS)
DEFINE_MESSAGE(release_redemption, "ReleaseRedemption", 1, RELEASE_REDEMPTION_FIELDS)
DEFINE_MESSAGE(deactivate_promotion, "DeactivatePromotion", 1, DEACTIVATE_PROMOTION_FIELDS)
DEFINE_MESSAGE(promotion_defined, "PromotionDefined", 1, PROMOTION_DEFINED_FIELDS)
DEFINE_MESSAGE(promotion_redeemed, "PromotionRedeemed", 1, PROMOTION_REDEEMED_FIELDS)
DEFINE_MESSAGE(redemption_released, "RedemptionReleased", 1, REDEMPTION_RELEASED_FIELDS)
DEFINE_MESSAGE(promotion_deactivated, "PromotionDeactivated", 1, PROMOTION_DEACTIVATED_FIELDS)
