// SPDX-License-Identifier: Apache-2.0
// Sales per article and month, summed up from the folded orders, against read.sku_sales.
#include "projector/verify.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

static const struct db_statement fetch_sums = {
    .number = 43,
    .name = "verify_fetch_sums",
    .sql = "fetch 1000 from verify_sums",
    .expect = DB_ANY_ROWS,
    .columns = 9,
};

/* "tenant 1, 2010-12, 85123A, GBP" */
static void name_sums(char out[static DIFFERENCE_TEXT], const struct sums_row *row)
{
    char month[TEXT_TIME_SIZE];
    char sku[DIFFERENCE_TEXT];
    text_format_time(row->month * INT64_C(86400000000), month);
    difference_text(sku, row->sku);
    (void)snprintf(
        out,
        DIFFERENCE_TEXT,
        "tenant %" PRId64 ", %.7s, %.60s, %.3s",
        row->tenant_id,
        month,
        sku,
        row->currency.size >= 3 ? (const char *)row->currency.data : "???");
}

static void expect_sums(const struct sales_row *sales, struct sums_row *out)
{
    *out = (struct sums_row){
        .tenant_id = sales->key.tenant_id,
        .month = sales->key.month,
        .sku = sales->key.sku,
        .currency = sales->key.currency,
        .orders = sales->orders,
        .units = sales->units,
        .revenue = sales->revenue,
        .cancelled_units = sales->cancelled_units,
        .cancelled_revenue = sales->cancelled_revenue};
}

static void compare_sums(struct verify *verify, const struct sums_row *found)
{
    struct sales_key key = {
        .tenant_id = (int32_t)found->tenant_id,
        .month = (int32_t)found->month,
        .sku = found->sku,
        .currency = found->currency};
    char name[DIFFERENCE_TEXT];
    struct sales_row *row = sales_find(&verify->sales, &key);
    if (row == NULL) {
        name_sums(name, found);
        difference_add_row(&verify->differences, sums_table.name, name, false);
        return;
    }
    row->compared = true;
    struct sums_row expected;
    expect_sums(row, &expected);
    if (columns_equal(&sums_table, &expected, found))
        return;
    name_sums(name, found);
    columns_compare(&sums_table, &expected, found, name, &verify->differences);
}

/* Sums that no row was found for. */
static void missing_sums(struct verify *verify)
{
    for (const struct sales_row *row = verify->sales.rows; row != NULL; row = row->next) {
        verify->sums_count++;
        if (row->compared)
            continue;
        struct sums_row expected;
        char name[DIFFERENCE_TEXT];
        expect_sums(row, &expected);
        name_sums(name, &expected);
        difference_add_row(&verify->differences, sums_table.name, name, true);
    }
}

bool verify_sums(struct verify *verify, struct error *err)
{
    struct cursor cursor = {0};
    char select[256];
    char sql[320];
    bool got = false;
    columns_select(&sums_table, select, sizeof(select));
    (void)snprintf(sql, sizeof(sql), "declare verify_sums no scroll cursor for %s", select);
    bool ok =
        cursor_open(&cursor, &verify->db, sql, &fetch_sums, err) && cursor_next(&cursor, &got, err);
    while (ok && got) {
        struct sums_row found;
        columns_read(&sums_table, cursor.page, cursor.row, &found);
        compare_sums(verify, &found);
        ok = cursor_next(&cursor, &got, err);
    }
    cursor_close(&cursor);
    if (ok)
        missing_sums(verify);
    return ok;
}
