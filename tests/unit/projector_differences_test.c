// SPDX-License-Identifier: Apache-2.0
// What verify says about a row: the columns that differ, with both values, and nothing else.
#include "projector/columns.h"
#include "support/capture.h"
#include "support/cmocka.h"

static struct summary_row sample(void)
{
    struct summary_row row;
    memset(&row, 0, sizeof(row));
    row.order_number = 5;
    row.currency = slice_of_text("EUR");
    row.ship_country = slice_of_text("DE");
    row.total = 6106;
    row.placed_at = INT64_C(1769860800000000);
    return row;
}

static void test_equal_rows_have_no_difference(void **state)
{
    (void)state;
    struct differences differences = {0};
    char currency[] = "EUR"; /* the same text at another place */
    struct summary_row a = sample();
    struct summary_row b = sample();
    b.currency = slice_of_text(currency);
    assert_true(columns_equal(&summary_table, &a, &b));
    columns_compare(&summary_table, &a, &b, "order", &differences);
    assert_int_equal(differences.count, 0);
}

/* Flipping any byte of a row that belongs to a number or an id must be seen. */
static void test_every_column_is_compared(void **state)
{
    (void)state;
    static const struct table *const tables[] = {
        &summary_table,
        &lines_table,
        &sums_table,
        &customers_table,
        &stock_table,
        &reservations_table,
        &promotions_table,
        &discounts_table};
    for (size_t t = 0; t < countof(tables); t++) {
        for (size_t i = 0; i < tables[t]->column_count; i++) {
            const struct column *column = &tables[t]->columns[i];
            union {
                struct summary_row summary;
                struct line_row line;
                struct sums_row sums;
                char bytes[sizeof(struct summary_row)];
            } a, b;
            struct slice text = slice_of_text("other");
            struct differences differences = {0};
            memset(&a, 0, sizeof(a));
            memset(&b, 0, sizeof(b));
            assert_true(columns_equal(tables[t], &a, &b));
            if (column->kind == COLUMN_TEXT)
                memcpy(b.bytes + column->offset, &text, sizeof(text));
            else
                b.bytes[column->offset] = 1;
            assert_false(columns_equal(tables[t], &a, &b));
            columns_compare(tables[t], &a, &b, "row", &differences);
            assert_int_equal(differences.count, 1);
            assert_string_equal(differences.first[0].column, column->name);
            assert_string_equal(differences.first[0].table, tables[t]->name);
        }
    }
}

static void test_null_is_not_an_empty_text(void **state)
{
    (void)state;
    struct differences differences = {0};
    struct line_row a = {.title = slice_of(NULL, 0)};
    struct line_row b = {.title = slice_of("", 0)};
    assert_false(columns_equal(&lines_table, &a, &b));
    columns_compare(&lines_table, &a, &b, "row", &differences);
    assert_int_equal(differences.count, 1);
    assert_string_equal(differences.first[0].expected, "null");
    assert_string_equal(differences.first[0].found, "");
}

static void test_values_are_shown_as_people_write_them(void **state)
{
    (void)state;
    struct differences differences = {0};
    struct summary_row a = sample();
    struct summary_row b = sample();
    b.total = -1;
    b.placed_at = INT64_MAX; /* infinity */
    b.order_id.bytes[0] = 0xff;
    b.ship_country = slice_of_text("D\n");
    columns_compare(&summary_table, &a, &b, "order 5", &differences);
    assert_int_equal(differences.count, 4);
    assert_string_equal(differences.first[0].found, "ff000000-0000-0000-0000-000000000000");
    assert_string_equal(differences.first[1].found, "D?");
    assert_string_equal(differences.first[2].expected, "6106");
    assert_string_equal(differences.first[2].found, "-1");
    assert_string_equal(differences.first[3].expected, "2026-01-31T12:00:00.000000Z");
    assert_non_null(strstr(differences.first[3].found, "9223372036854775807"));
}

static void test_only_the_first_are_named_but_all_are_counted(void **state)
{
    (void)state;
    struct differences differences = {0};
    struct capture capture;
    char out[8192];
    char errors[64];
    for (int i = 0; i < DIFFERENCES_NAMED + 5; i++)
        difference_add_row(&differences, "read.order_summary", "order \"5\"", i % 2 == 0);
    assert_int_equal(differences.count, DIFFERENCES_NAMED + 5);
    capture_begin(&capture);
    differences_print(&differences);
    capture_end(&capture, out, sizeof(out), errors, sizeof(errors));
    assert_non_null(
        strstr(out, "read.order_summary order \"5\", row: expected a row, found none\n"));
    assert_non_null(strstr(out, "… and 5 more"));
    capture_begin(&capture);
    differences_print_json(&differences);
    capture_end(&capture, out, sizeof(out), errors, sizeof(errors));
    assert_non_null(
        strstr(out, "{\"table\":\"read.order_summary\",\"row\":\"order \\\"5\\\"\",\"column\":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_rows_have_no_difference),
        cmocka_unit_test(test_every_column_is_compared),
        cmocka_unit_test(test_null_is_not_an_empty_text),
        cmocka_unit_test(test_values_are_shown_as_people_write_them),
        cmocka_unit_test(test_only_the_first_are_named_but_all_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
