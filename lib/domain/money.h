// SPDX-License-Identifier: Apache-2.0
// Money: int64 minor units of an ISO 4217 currency, never floating point. Every function here says
// when a result does not fit; none wraps.
#ifndef DOMAIN_MONEY_H
#define DOMAIN_MONEY_H

#include "base/arena.h"
#include "message/describe.h"

enum {
    MONEY_PPM = 1000000, /* tax rates are in millionths: 20 % is 200,000 */
    MONEY_MAX_EXPONENT = 3,
};

/* Minor units, of one unit or of the shipping. */
#define MONEY_MAX_PRICE INT64_C(100000000000)

/* What becomes of an exact half; anything else goes to the nearer side. Stored: numbers are for
 * ever (order_roundings has their names). */
enum rounding {
    ROUNDING_HALF_EVEN, /* to the even neighbour */
    ROUNDING_HALF_UP,   /* away from zero */
    ROUNDING_COUNT
};

struct currency {
    char code[4];
    int exponent; /* digits of the minor unit: 0, 2 or 3 */
};

/* By ISO 4217 code in capitals; NULL when it is none people pay with. */
const struct currency *money_find_currency(struct slice code);

/* The same, NULL also when the currency is not in the list: codes separated by commas, or "*". */
const struct currency *money_find_enabled(const char *list, struct slice code);

enum money_fit {
    MONEY_FITS,
    MONEY_TOO_PRECISE, /* more digits after the point than the currency has */
    MONEY_TOO_LARGE,
};

/* Decimal text as it was sent to minor units. "1.0" has one digit too many for a currency without
 * minor units, zero or not. */
MUST_USE enum money_fit
money_from_decimal(const struct decimal *amount, const struct currency *currency, int64_t *out);

/* round(amount * numerator / denominator), exact in between; false when it does not fit.
 * denominator > 0. */
MUST_USE bool money_ratio(
    int64_t amount, int64_t numerator, int64_t denominator, enum rounding rounding, int64_t *out);

/* How an amount is taxed. */
struct money_tax {
    int64_t ppm;   /* 0 to MONEY_PPM */
    bool included; /* the amount holds the tax already */
    enum rounding rounding;
};

/* net + tax = total, always. */
struct money_parts {
    int64_t net;
    int64_t tax;
    int64_t total;
};

/* Splits or taxes an amount of at least 0. Tax inside: net = round(amount / (1 + rate)); tax on
 * top: tax = round(amount * rate). */
MUST_USE bool money_apply_tax(int64_t amount, const struct money_tax *tax, struct money_parts *out);

/* What units `before`+1 to `after` of `count` cost when all of them cost `total`: a difference of
 * rounded running sums, so that any way of taking the units one after another adds up to `total`.
 * 0 <= before <= after <= count, count > 0. */
int64_t
money_share(int64_t total, int64_t before, int64_t after, int64_t count, enum rounding rounding);

/* Deals `amount` (at least 0) out by weight: each share is rounded down, what is left goes, one
 * minor unit each, to the largest remainders, the first of equals first. The shares add up to
 * `amount`. Weights are at least 0 and not all 0. False: their sum does not fit, or the arena is
 * exhausted. */
MUST_USE bool money_allocate(
    int64_t amount, const int64_t *weights, size_t count, struct arena *arena, int64_t *shares);

#endif
