// SPDX-License-Identifier: Apache-2.0
// The small tables of the load client: keys to numbers, purchases, latencies, tallies.
#include "load/histogram.h"
#include "load/map16.h"
#include "load/purchases.h"
#include "load/tally.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>

static void a_map_grows_and_keeps_every_key(void **state)
{
    enum { KEYS = 20000 };
    struct map16 map;
    struct error err;
    (void)state;
    assert_true(map16_init(&map, 10, &err));
    for (uint32_t i = 0; i < KEYS; i++) {
        struct map16_key key = {{0}};
        memcpy(key.bytes + (i % 3) * 4, &i, sizeof(i));
        key.bytes[15] = (uint8_t)(i % 3);
        assert_true(map16_put(&map, &key, i, &err));
        assert_true(map16_put(&map, &key, i + 1, &err)); /* replaces */
    }
    assert_int_equal(map.count, KEYS);
    for (uint32_t i = 0; i < KEYS; i++) {
        struct map16_key key = {{0}};
        uint32_t value;
        memcpy(key.bytes + (i % 3) * 4, &i, sizeof(i));
        key.bytes[15] = (uint8_t)(i % 3);
        assert_true(map16_find(&map, &key, &value));
        assert_int_equal(value, i + 1);
        key.bytes[14] = 1;
        assert_false(map16_find(&map, &key, &value));
    }
    map16_release(&map);
}

/* ---- purchases ---- */

static const struct purchase_key mug = {.customer = 17850, .sku = 3, .price_milli = 2550};

static void buy(struct purchases *purchases, uint32_t order, int32_t line_no, int64_t qty)
{
    struct error err;
    struct purchase_piece bought = {.order = order, .line_no = line_no, .qty = qty};
    assert_true(purchases_add(purchases, &mug, &bought, &err));
}

static enum purchase_match
take(struct purchases *purchases, const struct purchase_key *key, int64_t qty, size_t *count)
{
    enum purchase_match match;
    struct error err;
    assert_true(purchases_take(purchases, key, qty, &match, count, &err));
    return match;
}

static void assert_piece(
    const struct purchases *purchases, size_t at, uint32_t order, int32_t line_no, int64_t qty)
{
    assert_int_equal(purchases->pieces[at].order, order);
    assert_int_equal(purchases->pieces[at].line_no, line_no);
    assert_int_equal(purchases->pieces[at].qty, qty);
}

static void the_newest_purchase_is_cancelled_first(void **state)
{
    struct purchases purchases;
    struct error err;
    size_t count;
    (void)state;
    assert_true(purchases_init(&purchases, &err));
    buy(&purchases, 1, 4, 10);
    buy(&purchases, 2, 1, 5);
    buy(&purchases, 2, 9, 2);
    assert_int_equal(take(&purchases, &mug, 1, &count), PURCHASE_MATCHED);
    assert_int_equal(count, 1);
    assert_piece(&purchases, 0, 2, 9, 1);
    assert_int_equal(take(&purchases, &mug, 8, &count), PURCHASE_MATCHED);
    assert_int_equal(count, 3);
    assert_piece(&purchases, 0, 2, 9, 1);
    assert_piece(&purchases, 1, 2, 1, 5);
    assert_piece(&purchases, 2, 1, 4, 2);
    purchases_release(&purchases);
}

static void too_few_takes_nothing_and_names_the_newest(void **state)
{
    struct purchases purchases;
    struct error err;
    size_t count;
    (void)state;
    assert_true(purchases_init(&purchases, &err));
    buy(&purchases, 1, 4, 10);
    buy(&purchases, 2, 1, 5);
    assert_int_equal(take(&purchases, &mug, 5, &count), PURCHASE_MATCHED);
    assert_int_equal(take(&purchases, &mug, 11, &count), PURCHASE_TOO_FEW);
    assert_int_equal(count, 1);
    assert_int_equal(purchases.pieces[0].order, 1); /* of order 2 nothing is left */
    assert_int_equal(purchases.pieces[0].line_no, 4);
    assert_int_equal(take(&purchases, &mug, 10, &count), PURCHASE_MATCHED);
    assert_int_equal(take(&purchases, &mug, 1, &count), PURCHASE_UNKNOWN);
    purchases_release(&purchases);
}

static void another_customer_code_or_price_does_not_match(void **state)
{
    struct purchases purchases;
    struct error err;
    size_t count;
    (void)state;
    assert_true(purchases_init(&purchases, &err));
    buy(&purchases, 1, 1, 10);
    struct purchase_key other = mug;
    other.customer++;
    assert_int_equal(take(&purchases, &other, 1, &count), PURCHASE_UNKNOWN);
    other = mug;
    other.sku++;
    assert_int_equal(take(&purchases, &other, 1, &count), PURCHASE_UNKNOWN);
    other = mug;
    other.price_milli++;
    assert_int_equal(take(&purchases, &other, 1, &count), PURCHASE_UNKNOWN);
    purchases_release(&purchases);
}

/* ---- latencies, tallies ---- */

static void percentiles_are_within_a_hundredth(void **state)
{
    static struct histogram histogram;
    (void)state;
    assert_int_equal(histogram_percentile(&histogram, 500), 0);
    for (int64_t us = 1; us <= 100000; us++)
        histogram_add(&histogram, us);
    const int per_mille[] = {1, 500, 900, 990, 999};
    for (size_t i = 0; i < countof(per_mille); i++) {
        int64_t exact = 100000 / 1000 * per_mille[i];
        int64_t got = histogram_percentile(&histogram, per_mille[i]);
        assert_in_range(got, exact, exact + exact / 100);
    }
    assert_int_equal(histogram_percentile(&histogram, 1000), 100000);
    assert_int_equal(histogram.greatest_us, 100000);
}

static void durations_out_of_range_are_kept_at_the_ends(void **state)
{
    static struct histogram histogram;
    (void)state;
    histogram_add(&histogram, -5);
    assert_int_equal(histogram_percentile(&histogram, 1000), 0);
    histogram_add(&histogram, INT64_C(1) << 40);
    assert_int_equal(histogram.count, 2);
    assert_int_equal(histogram.greatest_us, INT64_C(1) << 40);
    assert_true(histogram_percentile(&histogram, 1000) > INT64_C(1) << 33);
}

static void tallies_count_by_name_and_stay_json(void **state)
{
    static struct tally tally;
    char text[200];
    (void)state;
    tally_add(&tally, slice_of_text("accepted"));
    tally_add(&tally, slice_of_text("rejected/not_found"));
    tally_add(&tally, slice_of_text("accepted"));
    tally_add(&tally, slice_of_text("a \"quote\""));
    tally_add(&tally, slice_of_text(""));
    assert_int_equal(tally_of(&tally, "accepted"), 2);
    assert_int_equal(tally_of(&tally, "nothing"), 0);
    struct writer out = writer_over(text, sizeof(text));
    tally_print(&tally, &out);
    assert_true(
        slice_is(writer_slice(&out), "{\"accepted\":2,\"rejected/not_found\":1,\"other\":2}"));
}

static void tallies_have_an_end(void **state)
{
    static struct tally tally;
    char name[16];
    (void)state;
    for (int i = 0; i < 2 * TALLY_ROWS; i++) {
        (void)snprintf(name, sizeof(name), "n%d", i);
        tally_add(&tally, slice_of_text(name));
    }
    assert_int_equal(tally.count, TALLY_ROWS);
    assert_int_equal(tally_of(&tally, "n0"), 1);
    assert_int_equal(tally_of(&tally, "other"), TALLY_ROWS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_grows_and_keeps_every_key),
        cmocka_unit_test(the_newest_purchase_is_cancelled_first),
        cmocka_unit_test(too_few_takes_nothing_and_names_the_newest),
        cmocka_unit_test(another_customer_code_or_price_does_not_match),
        cmocka_unit_test(percentiles_are_within_a_hundredth),
        cmocka_unit_test(durations_out_of_range_are_kept_at_the_ends),
        cmocka_unit_test(tallies_count_by_name_and_stay_json),
        cmocka_unit_test(tallies_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
