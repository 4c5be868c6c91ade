// SPDX-License-Identifier: Apache-2.0
// Commands and events of a promotion, as lists of fields (rules: order_messages.h). Codes are compared
// in capital letters (ASCII).
#ifndef DOMAIN_PROMOTION_MESSAGES_H
#define DOMAIN_PROMOTION_MESSAGES_H

#include "domain/order_messages.h"

enum { PROMOTION_MAX_USES = 2000000000 };

extern const struct message_enum promotion_kinds;
extern const struct message_enum promotion_release_causes;
extern const struct message_enum promotion_deactivate_reasons;

enum promotion_kind { PROMOTION_PERCENT, PROMOTION_FIXED };

// clang-format off

/* ---- commands ---- */

/* kind percent_bps: bps of the goods; fixed: amount, or all of the goods if they are less. currency is
 * needed with amount or min_purchase. max_uses absent: as often as anybody likes. */
#define DEFINE_PROMOTION_FIELDS(F, T) \
    F(T, TEXT,    code,         REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, ENUM,    kind,         REQUIRED, NONE, promotion_kinds, 0) \
    F(T, INT,     bps,          OPTIONAL, NONE, 1, 10000) \
    F(T, DECIMAL, amount,       OPTIONAL, NONE, 0, 0) \
    F(T, TEXT,    currency,     OPTIONAL, NONE, 3, 3) \
    F(T, DECIMAL, min_purchase, OPTIONAL, NONE, 0, 0) \
    F(T, INT,     max_uses,     OPTIONAL, NONE, 1, PROMOTION_MAX_USES) \
    F(T, INT,     per_customer, REQUIRED, NONE, 1, PROMOTION_MAX_USES) \
    F(T, TIME,    valid_from,   REQUIRED, NONE, 0, 0) \
    F(T, TIME,    valid_until,  REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    seller_id,    OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(define_promotion, DEFINE_PROMOTION_FIELDS)

/* subtotal: what the discount is of; at: when the customer ordered. */
#define REDEEM_PROMOTION_FIELDS(F, T) \
    F(T, TEXT,    code,             REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, UUID,    order_id,         REQUIRED, NONE, 0, 0) \
    F(T, UUID,    customer_id,      REQUIRED, NONE, 0, 0) \
    F(T, TEXT,    currency,         REQUIRED, NONE, 3, 3) \
    F(T, DECIMAL, subtotal,         REQUIRED, NONE, 0, 0) \
    F(T, DECIMAL, claimed_discount, REQUIRED, NONE, 0, 0) \
    F(T, TIME,    at,               REQUIRED, NONE, 0, 0)
DECLARE_MESSAGE(redeem_promotion, REDEEM_PROMOTION_FIELDS)

#define RELEASE_REDEMPTION_FIELDS(F, T) \
    F(T, TEXT, code,     REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, UUID, order_id, REQUIRED, NONE, 0, 0) \
    F(T, ENUM, cause,    REQUIRED, NONE, promotion_release_causes, 0)
DECLARE_MESSAGE(release_redemption, RELEASE_REDEMPTION_FIELDS)

#define DEACTIVATE_PROMOTION_FIELDS(F, T) \
    F(T, TEXT, code,   REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, ENUM, reason, REQUIRED, NONE, promotion_deactivate_reasons, 0)
DECLARE_MESSAGE(deactivate_promotion, DEACTIVATE_PROMOTION_FIELDS)

/* ---- events; uses_after: open redemptions after the event ---- */

#define PROMOTION_DEFINED_FIELDS(F, T) \
    F(T, TEXT, code,         REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, ENUM, kind,         REQUIRED, NONE, promotion_kinds, 0) \
    F(T, INT,  bps,          OPTIONAL, NONE, 1, 10000) \
    F(T, INT,  amount,       OPTIONAL, NONE, 1, INT64_MAX) \
    F(T, TEXT, currency,     OPTIONAL, NONE, 3, 3) \
    F(T, INT,  min_purchase, REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  max_uses,     OPTIONAL, NONE, 1, PROMOTION_MAX_USES) \
    F(T, INT,  per_customer, REQUIRED, NONE, 1, PROMOTION_MAX_USES) \
    F(T, TIME, valid_from,   REQUIRED, NONE, 0, 0) \
    F(T, TIME, valid_until,  REQUIRED, NONE, 0, 0) \
    F(T, TEXT, seller_id,    OPTIONAL, NONE, 1, 64)
DECLARE_MESSAGE(promotion_defined, PROMOTION_DEFINED_FIELDS)

#define PROMOTION_REDEEMED_FIELDS(F, T) \
    F(T, TEXT, code,        REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, UUID, order_id,    REQUIRED, NONE, 0, 0) \
    F(T, UUID, customer_id, REQUIRED, NONE, 0, 0) \
    F(T, TEXT, currency,    REQUIRED, NONE, 3, 3) \
    F(T, INT,  subtotal,    REQUIRED, NONE, 0, INT64_MAX) \
    F(T, INT,  discount,    REQUIRED, NONE, 0, INT64_MAX) \
    F(T, TIME, at,          REQUIRED, NONE, 0, 0) \
    F(T, INT,  uses_after,  REQUIRED, NONE, 1, PROMOTION_MAX_USES)
DECLARE_MESSAGE(promotion_redeemed, PROMOTION_REDEEMED_FIELDS)

#define REDEMPTION_RELEASED_FIELDS(F, T) \
    F(T, TEXT, code,        REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, UUID, order_id,    REQUIRED, NONE, 0, 0) \
    F(T, UUID, customer_id, REQUIRED, NONE, 0, 0) \
    F(T, ENUM, cause,       REQUIRED, NONE, promotion_release_causes, 0) \
    F(T, INT,  uses_after,  REQUIRED, NONE, 0, PROMOTION_MAX_USES)
DECLARE_MESSAGE(redemption_released, REDEMPTION_RELEASED_FIELDS)

#define PROMOTION_DEACTIVATED_FIELDS(F, T) \
    F(T, TEXT, code,       REQUIRED, NONE, 1, PROMOTION_MAX_CODE) \
    F(T, ENUM, reason,     REQUIRED, NONE, promotion_deactivate_reasons, 0) \
    F(T, INT,  uses_after, REQUIRED, NONE, 0, PROMOTION_MAX_USES)
DECLARE_MESSAGE(promotion_deactivated, PROMOTION_DEACTIVATED_FIELDS)

// clang-format on

#endif
