// SPDX-License-Identifier: Apache-2.0
// Money: what is charged, refunded and shared out adds up, to the last minor unit.
#include "domain/money.h"
#include "support/stage.h"

__extension__ typedef __int128 wide;

static const struct currency euro = {"EUR", 2};

static struct money_parts taxed(int64_t amount, int64_t ppm, bool included)
{
    struct money_tax tax = {.ppm = ppm, .included = included, .rounding = ROUNDING_HALF_EVEN};
    struct money_parts parts;
    assert_true(money_apply_tax(amount, &tax, &parts));
    assert_int_equal(parts.net + parts.tax, parts.total);
    return parts;
}

static int exponent_of(const char *code)
{
    const struct currency *currency = money_find_currency(slice_of_text(code));
    assert_non_null(currency);
    assert_string_equal(currency->code, code);
    return currency->exponent;
}

static void currencies_have_their_exponents(void **state)
{
    (void)state;
    static const char *const none[] = {"JPY", "KRW", "CLP", "VND", "XOF", "BIF", "XPF"};
    static const char *const three[] = {"BHD", "JOD", "KWD", "OMR", "TND", "IQD", "LYD"};
    static const char *const two[] = {"AED", "EUR", "GBP", "USD", "CHF", "ZWG", "MGA"};
    for (size_t i = 0; i < countof(none); i++) {
        assert_int_equal(exponent_of(none[i]), 0);
        assert_int_equal(exponent_of(three[i]), 3);
        assert_int_equal(exponent_of(two[i]), 2);
    }
}

/* Sorted, or the search misses some. */
static void every_currency_is_found(void **state)
{
    (void)state;
    static const char *const codes[] = {
#define CURRENCY(code, exponent) #code,
#include "domain/currencies.def"
#undef CURRENCY
    };
    assert_true(countof(codes) > 150);
    for (size_t i = 0; i < countof(codes); i++)
        assert_in_range(exponent_of(codes[i]), 0, MONEY_MAX_EXPONENT);
}

static void unknown_currencies_are_not_found(void **state)
{
    (void)state;
    static const char *const unknown[] = {
        "", "EU", "EURO", "eur", "XXX", "XAU", "AAA", "ZZZ", "EU\xff"};
    for (size_t i = 0; i < countof(unknown); i++)
        assert_null(money_find_currency(slice_of_text(unknown[i])));
    assert_null(money_find_currency(slice_of(NULL, 0)));
}

static void a_tenant_enables_currencies(void **state)
{
    (void)state;
    assert_non_null(money_find_enabled("*", slice_of_text("KWD")));
    assert_null(money_find_enabled("*", slice_of_text("XXX")));
    const struct currency *currency = money_find_enabled("EUR,JPY", slice_of_text("JPY"));
    assert_non_null(currency);
    assert_string_equal(currency->code, "JPY");
    assert_non_null(money_find_enabled("EUR,JPY", slice_of_text("EUR")));
    assert_null(money_find_enabled("EUR,JPY", slice_of_text("GBP")));
    assert_null(money_find_enabled("", slice_of_text("EUR")));
}

static void decimals_become_minor_units(void **state)
{
    (void)state;
    static const struct currency yen = {"JPY", 0};
    static const struct currency dinar = {"KWD", 3};
    static const struct {
        struct decimal amount;
        const struct currency *currency;
        enum money_fit fit;
        int64_t minor;
    } cases[] = {
        {{1999, 2}, &euro, MONEY_FITS, 1999},
        {{5, 0}, &euro, MONEY_FITS, 500},
        {{5, 1}, &euro, MONEY_FITS, 50},
        {{-5, 1}, &euro, MONEY_FITS, -50},
        {{0, 0}, &euro, MONEY_FITS, 0},
        {{1, 3}, &euro, MONEY_TOO_PRECISE, 0}, /* 0.001 GBP of a real invoice */
        {{10, 1}, &yen, MONEY_TOO_PRECISE, 0},
        {{1100, 0}, &yen, MONEY_FITS, 1100},
        {{12345, 3}, &dinar, MONEY_FITS, 12345},
        {{12345, 4}, &dinar, MONEY_TOO_PRECISE, 0},
        {{INT64_MAX, 2}, &euro, MONEY_FITS, INT64_MAX},
        {{INT64_MAX / 100, 0}, &euro, MONEY_FITS, INT64_MAX / 100 * 100},
        {{INT64_MAX / 100 + 1, 0}, &euro, MONEY_TOO_LARGE, 0},
        {{INT64_MIN, 1}, &euro, MONEY_TOO_LARGE, 0},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t minor = 0;
        assert_int_equal(
            money_from_decimal(&cases[i].amount, cases[i].currency, &minor), cases[i].fit);
        assert_int_equal(minor, cases[i].minor);
    }
}

static int64_t ratio(int64_t amount, int64_t numerator, int64_t denominator, enum rounding rounding)
{
    int64_t out;
    assert_true(money_ratio(amount, numerator, denominator, rounding, &out));
    return out;
}

static void halves_go_to_the_even_side_or_up(void **state)
{
    (void)state;
    assert_int_equal(ratio(25, 1, 10, ROUNDING_HALF_EVEN), 2);
    assert_int_equal(ratio(35, 1, 10, ROUNDING_HALF_EVEN), 4);
    assert_int_equal(ratio(30, 15, 100, ROUNDING_HALF_EVEN), 4); /* 4.5 */
    assert_int_equal(ratio(30, 15, 100, ROUNDING_HALF_UP), 5);
    assert_int_equal(ratio(25, 1, 10, ROUNDING_HALF_UP), 3);
    assert_int_equal(ratio(-25, 1, 10, ROUNDING_HALF_EVEN), -2);
    assert_int_equal(ratio(-35, 1, 10, ROUNDING_HALF_EVEN), -4);
    assert_int_equal(ratio(-25, 1, 10, ROUNDING_HALF_UP), -3);
    for (int64_t tenths = 0; tenths < 50; tenths++) { /* all others: to the nearer side */
        int64_t nearer = tenths / 10 + (tenths % 10 > 5);
        if (tenths % 10 == 5)
            continue;
        assert_int_equal(ratio(tenths, 1, 10, ROUNDING_HALF_EVEN), nearer);
        assert_int_equal(ratio(tenths, 1, 10, ROUNDING_HALF_UP), nearer);
        assert_int_equal(ratio(-tenths, 1, 10, ROUNDING_HALF_UP), -nearer);
    }
}

static void ratios_are_exact_in_between(void **state)
{
    (void)state;
    int64_t out = 7;
    assert_int_equal(ratio(INT64_MAX, INT64_MAX, INT64_MAX, ROUNDING_HALF_UP), INT64_MAX);
    assert_int_equal(ratio(INT64_MIN, 3, 3, ROUNDING_HALF_EVEN), INT64_MIN);
    assert_int_equal(ratio(INT64_MAX, 1, 2, ROUNDING_HALF_UP), INT64_MAX / 2 + 1);
    assert_false(money_ratio(INT64_MAX, 2, 1, ROUNDING_HALF_UP, &out));
    assert_false(money_ratio(INT64_C(1) << 62, 2, 1, ROUNDING_HALF_UP, &out)); /* one too many */
    assert_false(money_ratio(INT64_C(-3074457345618258603), 3, 1, ROUNDING_HALF_UP, &out));
    assert_false(money_ratio(INT64_MIN, INT64_MIN, 1, ROUNDING_HALF_EVEN, &out));
    assert_false(money_ratio(INT64_MIN, 1000001, 1000000, ROUNDING_HALF_EVEN, &out));
    assert_int_equal(out, 7); /* untouched on failure */
}

static void tax_is_per_line(void **state)
{
    (void)state;
    assert_int_equal(taxed(108 * 3, 190000, false).total, 386); /* per unit would give 387 */
    struct money_parts line = taxed(17925, 200000, true);       /* 2390 x 10, 25 % off */
    assert_int_equal(line.net, 14938);
    assert_int_equal(line.tax, 2987);
    assert_int_equal(taxed(1000, 88750, false).tax, 89); /* 8.875 % of 10.00 */
    struct money_parts yen = taxed(1100, 100000, true);
    assert_int_equal(yen.net, 1000);
    assert_int_equal(yen.tax, 100);
    assert_int_equal(taxed(12345, 50000, false).tax, 617); /* 617.25 fils */
}

static void tax_at_the_edges(void **state)
{
    (void)state;
    assert_int_equal(taxed(0, 200000, false).total, 0);
    assert_int_equal(taxed(0, 200000, true).net, 0);
    assert_int_equal(taxed(999, 0, false).tax, 0);
    assert_int_equal(taxed(999, 0, true).net, 999);
    assert_int_equal(taxed(999, MONEY_PPM, false).total, 1998);
    assert_int_equal(taxed(INT64_MAX, MONEY_PPM, true).total, INT64_MAX);
    struct money_tax tax = {.ppm = MONEY_PPM, .rounding = ROUNDING_HALF_EVEN};
    struct money_parts parts = {.net = 1, .tax = 2, .total = 3};
    assert_false(money_apply_tax(INT64_MAX, &tax, &parts));
    assert_int_equal(parts.total, 3);
}

static void units_refunded_one_by_one_add_up(void **state)
{
    (void)state;
    static const int64_t expected[] = {1792, 1793, 1793, 1792, 1792, 1793, 1793, 1792, 1792, 1793};
    static const int64_t thousand[] = {333, 334, 333};
    static const int64_t one[] = {0, 1, 0};
    for (int64_t i = 0; i < 10; i++)
        assert_int_equal(money_share(17925, i, i + 1, 10, ROUNDING_HALF_EVEN), expected[i]);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(money_share(1000, i, i + 1, 3, ROUNDING_HALF_EVEN), thousand[i]);
        assert_int_equal(money_share(1, i, i + 1, 3, ROUNDING_HALF_EVEN), one[i]);
    }
    assert_int_equal(money_share(1000, 2, 2, 3, ROUNDING_HALF_EVEN), 0);
    assert_int_equal(money_share(INT64_MAX, 0, 3, 3, ROUNDING_HALF_UP), INT64_MAX);
}

static void any_way_of_sharing_adds_up(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 2000; round++) {
        int64_t total = (int64_t)(stage_draw(&seed) >> (1 + stage_draw_below(&seed, 63)));
        int64_t count = 1 + stage_draw_below(&seed, 1000000);
        enum rounding rounding = (enum rounding)stage_draw_below(&seed, ROUNDING_COUNT);
        int64_t sum = 0;
        for (int64_t at = 0; at < count;) {
            int64_t next = at + 1 + stage_draw_below(&seed, count - at);
            int64_t share = money_share(total, at, next, count, rounding);
            assert_true(share >= 0);
            sum += share;
            at = next;
        }
        assert_int_equal(sum, total);
    }
}

static void allocate(int64_t amount, const int64_t *weights, size_t count, const int64_t *expected)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    int64_t shares[8];
    assert_true(money_allocate(amount, weights, count, &arena, shares));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(shares[i], expected[i]);
    arena_release(&arena);
}

static void the_rest_goes_to_the_largest_remainders(void **state)
{
    (void)state;
    allocate(100, (int64_t[]){1, 1, 1}, 3, (int64_t[]){34, 33, 33});
    allocate(1000, (int64_t[]){1999, 2999, 1}, 3, (int64_t[]){400, 600, 0});
    allocate(1, (int64_t[]){0, 5, 5}, 3, (int64_t[]){0, 1, 0});
    allocate(0, (int64_t[]){3, 4}, 2, (int64_t[]){0, 0});
    allocate(7, (int64_t[]){1}, 1, (int64_t[]){7});
    allocate(2, (int64_t[]){1, 1, 1}, 3, (int64_t[]){1, 1, 0});
    allocate(INT64_MAX, (int64_t[]){INT64_MAX - 1, 1}, 2, (int64_t[]){INT64_MAX - 1, 1});
}

static void allocation_refuses_what_does_not_fit(void **state)
{
    (void)state;
    struct arena arena;
    int64_t shares[2] = {5, 5};
    arena_init(&arena, 16);
    assert_false(money_allocate(10, (int64_t[]){INT64_MAX, 1}, 2, &arena, shares));
    assert_false(money_allocate(10, (int64_t[]){1, 1}, 2, &arena, shares)); /* arena exhausted */
    assert_int_equal(shares[0], 5);
    arena_release(&arena);
}

static void random_allocations_add_up_and_are_fair(void **state)
{
    (void)state;
    enum { MOST = 300 };
    struct arena arena;
    arena_init(&arena, 1 << 20);
    uint64_t seed = 11;
    int64_t weights[MOST];
    int64_t shares[MOST];
    for (int round = 0; round < 500; round++) {
        size_t count = (size_t)(1 + stage_draw_below(&seed, MOST));
        int64_t amount = stage_draw_below(&seed, INT64_C(1000000000000));
        int64_t sum = 0;
        for (size_t i = 0; i < count; i++) {
            weights[i] = stage_draw_below(&seed, 1000000) + (i == 0);
            sum += weights[i];
        }
        assert_true(money_allocate(amount, weights, count, &arena, shares));
        int64_t left = amount;
        for (size_t i = 0; i < count; i++) {
            int64_t least = (int64_t)((wide)amount * weights[i] / sum);
            assert_in_range(shares[i] - least, 0, 1);
            left -= shares[i];
        }
        assert_int_equal(left, 0);
        arena_reset(&arena);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(currencies_have_their_exponents),
        cmocka_unit_test(a_tenant_enables_currencies),
        cmocka_unit_test(every_currency_is_found),
        cmocka_unit_test(unknown_currencies_are_not_found),
        cmocka_unit_test(decimals_become_minor_units),
        cmocka_unit_test(halves_go_to_the_even_side_or_up),
        cmocka_unit_test(ratios_are_exact_in_between),
        cmocka_unit_test(tax_is_per_line),
        cmocka_unit_test(tax_at_the_edges),
        cmocka_unit_test(units_refunded_one_by_one_add_up),
        cmocka_unit_test(any_way_of_sharing_adds_up),
        cmocka_unit_test(the_rest_goes_to_the_largest_remainders),
        cmocka_unit_test(allocation_refuses_what_does_not_fit),
        cmocka_unit_test(random_allocations_add_up_and_are_fair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
