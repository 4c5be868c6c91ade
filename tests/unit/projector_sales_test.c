// SPDX-License-Identifier: Apache-2.0
// Sums per article and month: which row a line belongs to, and that sums do not wrap.
#include "base/text.h"
#include "projector/sales.h"
#include "support/cmocka.h"

static struct arena arena;
static struct sales sales;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    sales_init(&sales, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sales_reset(&sales);
    arena_release(&arena);
    return 0;
}

static int32_t month_of(const char *time)
{
    int64_t us;
    assert_true(text_parse_time(slice_of_text(time), &us));
    return sales_month(us);
}

/* Expected days: PostgreSQL, date_trunc('month', …)::date - date '1970-01-01'. */
static void test_month_is_its_first_day(void **state)
{
    (void)state;
    assert_int_equal(month_of("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(month_of("1970-01-31T23:59:59.999999Z"), 0);
    assert_int_equal(month_of("1970-02-01T00:00:00Z"), 31);
    assert_int_equal(month_of("1969-12-31T23:59:59.999999Z"), -31);
    assert_int_equal(month_of("2000-02-29T12:00:00Z"), 10988);
    assert_int_equal(month_of("2000-03-01T00:00:00Z"), 11017);
    assert_int_equal(month_of("1900-02-28T12:00:00Z"), -25536);
    assert_int_equal(month_of("2010-12-01T08:26:00Z"), 14944);
    assert_int_equal(month_of("2011-12-31T23:59:59Z"), 15309);
    assert_int_equal(month_of("2026-01-31T12:00:00Z"), 20454);
    assert_int_equal(month_of("0001-01-15T00:00:00Z"), -719162);
    assert_int_equal(month_of("9999-12-31T23:59:59Z"), 2932866);
}

static struct sales_key key_of(int32_t tenant, int32_t month, const char *sku, const char *currency)
{
    return (struct sales_key){
        .tenant_id = tenant,
        .month = month,
        .sku = slice_of_text(sku),
        .currency = slice_of_text(currency)};
}

static void test_each_part_of_the_key_counts(void **state)
{
    (void)state;
    const struct sales_key keys[] = {
        key_of(1, 31, "A", "EUR"),
        key_of(2, 31, "A", "EUR"),
        key_of(1, 59, "A", "EUR"),
        key_of(1, 31, "a", "EUR"),
        key_of(1, 31, "A", "GBP"),
        key_of(1, 31, "AE", "UR"),
        key_of(1, 31, "", "AEUR"),
    };
    struct sales_row *rows[countof(keys)];
    for (size_t i = 0; i < countof(keys); i++) {
        rows[i] = sales_row(&sales, &keys[i]);
        assert_non_null(rows[i]);
        assert_int_equal(sales_count(&sales), i + 1);
    }
    for (size_t i = 0; i < countof(keys); i++) {
        assert_ptr_equal(sales_row(&sales, &keys[i]), rows[i]);
        assert_ptr_equal(sales_find(&sales, &keys[i]), rows[i]);
        assert_true(slice_equal(rows[i]->key.sku, keys[i].sku));
        assert_true(slice_equal(rows[i]->key.currency, keys[i].currency));
        assert_int_equal(rows[i]->key.tenant_id, keys[i].tenant_id);
        assert_int_equal(rows[i]->key.month, keys[i].month);
    }
    struct sales_key other = key_of(1, 31, "B", "EUR");
    assert_null(sales_find(&sales, &other));
    assert_int_equal(sales_count(&sales), countof(keys));
}

static void test_long_articles_are_articles_too(void **state)
{
    (void)state;
    char sku[1000];
    memset(sku, 'x', sizeof(sku) - 1);
    sku[sizeof(sku) - 1] = '\0';
    struct sales_key key = key_of(1, 0, sku, "EUR");
    struct sales_row *row = sales_row(&sales, &key);
    assert_non_null(row);
    assert_ptr_equal(sales_find(&sales, &key), row);
    sku[sizeof(sku) - 2] = 'y';
    assert_null(sales_find(&sales, &key));
}

static void test_an_order_counts_once(void **state)
{
    (void)state;
    struct sales_key key = key_of(1, 0, "A", "EUR");
    struct sales_row *row = sales_row(&sales, &key);
    sales_add_line(row, 7, 2, 100);
    sales_add_line(row, 7, 3, 50);
    sales_add_line(row, 8, 1, 25);
    sales_add_cancelled(row, 1, 20);
    assert_int_equal(row->orders, 2);
    assert_int_equal(row->units, 6);
    assert_int_equal(row->revenue, 175);
    assert_int_equal(row->cancelled_units, 1);
    assert_int_equal(row->cancelled_revenue, 20);
}

static void test_a_sum_that_does_not_fit_stays_at_the_most(void **state)
{
    (void)state;
    struct sales_key key = key_of(1, 0, "A", "EUR");
    struct sales_row *row = sales_row(&sales, &key);
    sales_add_line(row, 1, 1, INT64_MAX - 1);
    sales_add_line(row, 2, 1, 5);
    sales_add_line(row, 3, 1, 5);
    sales_add_cancelled(row, 1, 5);
    assert_int_equal(row->revenue, INT64_MAX);
    assert_int_equal(row->units, 3);
    assert_int_equal(row->cancelled_revenue, 5);
}

int main(void)
{
#define SALES_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SALES_TEST(test_month_is_its_first_day),
        SALES_TEST(test_each_part_of_the_key_counts),
        SALES_TEST(test_long_articles_are_articles_too),
        SALES_TEST(test_an_order_counts_once),
        SALES_TEST(test_a_sum_that_does_not_fit_stays_at_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
