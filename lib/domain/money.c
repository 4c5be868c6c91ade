// SPDX-License-Identifier: Apache-2.0
#include "domain/money.h"
#include "base/checked.h"
#include "domain/sort.h"

#include "base/banned.h"

/* Intermediates of ratios; products of two int64 always fit. */
__extension__ typedef __int128 wide;

static const struct currency currencies[] = {
#define CURRENCY(code, exponent) {#code, exponent},
#include "domain/currencies.def"
#undef CURRENCY
};

const struct currency *money_find_currency(struct slice code)
{
    if (code.size != 3)
        return NULL;
    size_t low = 0;
    size_t high = countof(currencies);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(code.data, currencies[middle].code, 3);
        if (order == 0)
            return &currencies[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool is_listed(const char *list, const char *code)
{
    if (strcmp(list, "*") == 0)
        return true;
    for (const char *at = list; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        if (strncmp(at, code, 3) == 0 && (at[3] == ',' || at[3] == '\0'))
            return true;
    }
    return false;
}

const struct currency *money_find_enabled(const char *list, struct slice code)
{
    const struct currency *currency = money_find_currency(code);
    return currency != NULL && is_listed(list, currency->code) ? currency : NULL;
}

enum money_fit
money_from_decimal(const struct decimal *amount, const struct currency *currency, int64_t *out)
{
    static const int64_t powers[MONEY_MAX_EXPONENT + 1] = {1, 10, 100, 1000};
    CHECK(amount->scale >= 0 && currency->exponent <= MONEY_MAX_EXPONENT);
    if (amount->scale > currency->exponent)
        return MONEY_TOO_PRECISE;
    int64_t factor = powers[currency->exponent - amount->scale];
    return checked_mul_i64(amount->coefficient, factor, out) ? MONEY_FITS : MONEY_TOO_LARGE;
}

/* Whether the quotient, rounded towards zero, has to go one further from zero. Works on sizes:
 * twice = 2 * |remainder|, odd = the quotient is odd. */
static bool rounds_away(wide twice, wide denominator, bool odd, enum rounding rounding)
{
    if (twice != denominator)
        return twice > denominator;
    return rounding == ROUNDING_HALF_UP || odd;
}

static wide wide_ratio(wide product, int64_t denominator, enum rounding rounding)
{
    CHECK(denominator > 0);
    wide quotient = product / denominator;
    wide remainder = product - quotient * denominator;
    wide size = remainder < 0 ? -remainder : remainder;
    if (!rounds_away(2 * size, denominator, quotient % 2 != 0, rounding))
        return quotient;
    return product < 0 ? quotient - 1 : quotient + 1;
}

bool money_ratio(
    int64_t amount, int64_t numerator, int64_t denominator, enum rounding rounding, int64_t *out)
{
    wide result = wide_ratio((wide)amount * numerator, denominator, rounding);
    if (result < INT64_MIN || result > INT64_MAX)
        return false;
    *out = (int64_t)result;
    return true;
}

bool money_apply_tax(int64_t amount, const struct money_tax *tax, struct money_parts *out)
{
    CHECK(amount >= 0 && tax->ppm >= 0 && tax->ppm <= MONEY_PPM);
    struct money_parts parts = {.net = amount, .total = amount};
    if (tax->included) {
        if (!money_ratio(amount, MONEY_PPM, MONEY_PPM + tax->ppm, tax->rounding, &parts.net))
            return false;
        parts.tax = amount - parts.net;
    } else {
        if (!money_ratio(amount, tax->ppm, MONEY_PPM, tax->rounding, &parts.tax) ||
            !checked_add_i64(amount, parts.tax, &parts.total))
            return false;
    }
    *out = parts;
    return true;
}

/* Rounded cost of the first `units` of `count`; not above total, so it fits. */
static int64_t running_sum(int64_t total, int64_t units, int64_t count, enum rounding rounding)
{
    return (int64_t)wide_ratio((wide)total * units, count, rounding);
}

int64_t
money_share(int64_t total, int64_t before, int64_t after, int64_t count, enum rounding rounding)
{
    CHECK(0 <= before && before <= after && after <= count && count > 0);
    return running_sum(total, after, count, rounding) - running_sum(total, before, count, rounding);
}

/* Hands `left` units to the largest remainders. sorted: a copy of them, ascending; left < count. */
static void deal_rest(
    const uint64_t *remainders, const uint64_t *sorted, size_t count, size_t left, int64_t *shares)
{
    if (left == 0)
        return;
    uint64_t least = sorted[count - left];
    size_t above = 0;
    for (size_t i = 0; i < count; i++)
        above += remainders[i] > least;
    size_t of_least = left - above;
    for (size_t i = 0; i < count; i++) {
        if (remainders[i] > least) {
            shares[i]++;
        } else if (remainders[i] == least && of_least > 0) {
            shares[i]++;
            of_least--;
        }
    }
}

bool money_allocate(
    int64_t amount, const int64_t *weights, size_t count, struct arena *arena, int64_t *shares)
{
    CHECK(amount >= 0);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(weights[i] >= 0);
        if (!checked_add_i64(sum, weights[i], &sum))
            return false;
    }
    CHECK(sum > 0);
    uint64_t *remainders = arena_take_raw(arena, count * sizeof(*remainders));
    uint64_t *sorted = arena_take_raw(arena, count * sizeof(*sorted));
    if (remainders == NULL || sorted == NULL)
        return false;
    int64_t left = amount;
    for (size_t i = 0; i < count; i++) {
        wide product = (wide)amount * weights[i];
        shares[i] = (int64_t)(product / sum);
        remainders[i] = sorted[i] = (uint64_t)(product % sum);
        left -= shares[i];
    }
    sort_numbers(sorted, count);
    deal_rest(remainders, sorted, count, (size_t)left, shares);
    return true;
}
