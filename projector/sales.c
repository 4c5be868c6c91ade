// SPDX-License-Identifier: Apache-2.0
#include "projector/sales.h"

#include "base/checked.h"

#include "base/banned.h"

static uint64_t hash_key(const struct sales_key *key)
{
    uint64_t numbers = (uint64_t)(uint32_t)key->tenant_id << 32 | (uint32_t)key->month;
    return index_hash_bytes(index_hash_bytes(numbers, key->currency), key->sku);
}

static bool has_key(const void *item, const void *wanted)
{
    const struct sales_row *row = item;
    const struct sales_key *key = wanted;
    return row->key.tenant_id == key->tenant_id && row->key.month == key->month &&
           slice_equal(row->key.sku, key->sku) && slice_equal(row->key.currency, key->currency);
}

void sales_init(struct sales *sales, struct arena *arena)
{
    *sales = (struct sales){.arena = arena};
    index_init(&sales->index, arena);
}

void sales_reset(struct sales *sales)
{
    sales_init(sales, sales->arena);
}

struct sales_row *sales_find(const struct sales *sales, const struct sales_key *key)
{
    return index_find(&sales->index, hash_key(key), has_key, key);
}

struct sales_row *sales_row(struct sales *sales, const struct sales_key *key)
{
    uint64_t hash = hash_key(key);
    struct sales_row *row = index_find(&sales->index, hash, has_key, key);
    if (row != NULL)
        return row;
    row = arena_new(sales->arena, struct sales_row);
    if (row == NULL)
        return NULL;
    row->key = *key;
    if (!arena_copy(sales->arena, key->sku, &row->key.sku) ||
        !arena_copy(sales->arena, key->currency, &row->key.currency) ||
        !index_add(&sales->index, hash, row))
        return NULL;
    row->next = sales->rows;
    sales->rows = row;
    return row;
}

void sales_add_line(struct sales_row *row, int64_t order_number, int64_t units, int64_t revenue)
{
    if (row->last_order != order_number)
        row->orders++;
    row->last_order = order_number;
    saturated_add_i64(&row->units, units);
    saturated_add_i64(&row->revenue, revenue);
}

void sales_add_cancelled(struct sales_row *row, int64_t units, int64_t revenue)
{
    saturated_add_i64(&row->cancelled_units, units);
    saturated_add_i64(&row->cancelled_revenue, revenue);
}

/* Calendar arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
 * civil_from_days: the day of the month comes out of a year that starts in March. */
int32_t sales_month(int64_t time_us)
{
    const int64_t day_us = INT64_C(86400000000);
    const int64_t era_days = 146097; /* 400 years */
    int64_t days = time_us / day_us - (time_us % day_us < 0);
    int64_t shifted = days + 719468; /* since 0000-03-01 */
    int64_t era = (shifted >= 0 ? shifted : shifted - era_days + 1) / era_days;
    int64_t day_of_era = shifted - era * era_days;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t day_of_month = day_of_year - (153 * month + 2) / 5;
    return (int32_t)(days - day_of_month);
}
