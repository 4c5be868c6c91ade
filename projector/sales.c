// SPDX-License-Identifier: Apache-2.0
#include "projector/sales.h"

#include "base/checked.h"

#include "base/banned.h"

enum { SHORT_KEY = 128 };

/* The key as bytes; the NUL keeps ("A", "BEUR") apart from ("AB", "EUR"), because no text of
 * events or of PostgreSQL holds one. In `buffer` when it fits, else in the arena. */
static struct slice
key_bytes(const struct sales *sales, const struct sales_key *key, uint8_t buffer[static SHORT_KEY])
{
    size_t size = 4 + 4 + key->sku.size + 1 + key->currency.size;
    uint8_t *at = size <= SHORT_KEY ? buffer : arena_take_raw(sales->arena, size);
    if (at == NULL)
        return slice_of(NULL, 0);
    struct writer out = writer_over(at, size);
    writer_u32(&out, (uint32_t)key->tenant_id);
    writer_u32(&out, (uint32_t)key->month);
    writer_bytes(&out, key->sku.data, key->sku.size);
    writer_byte(&out, 0);
    writer_bytes(&out, key->currency.data, key->currency.size);
    return writer_slice(&out);
}

static struct sales_row *find(const struct sales *sales, struct slice bytes)
{
    struct sales_row *row = NULL;
    HASH_FIND(hh, sales->rows, bytes.data, bytes.size, row);
    return row;
}

struct sales_row *sales_find(const struct sales *sales, const struct sales_key *key)
{
    uint8_t buffer[SHORT_KEY];
    struct slice bytes = key_bytes(sales, key, buffer);
    return bytes.size == 0 ? NULL : find(sales, bytes);
}

/* A new row whose key is kept in the arena. */
static struct sales_row *make(struct sales *sales, const struct sales_key *key, struct slice bytes)
{
    struct sales_row *row = arena_new(sales->arena, struct sales_row);
    struct slice kept;
    if (row == NULL || !arena_copy(sales->arena, bytes, &kept))
        return NULL;
    row->key.tenant_id = key->tenant_id;
    row->key.month = key->month;
    row->key.sku = slice_of(kept.data + 8, key->sku.size);
    row->key.currency = slice_of(kept.data + 9 + key->sku.size, key->currency.size);
    HASH_ADD_KEYPTR(hh, sales->rows, kept.data, kept.size, row);
    return row->hh.tbl != NULL ? row : NULL;
}

struct sales_row *sales_row(struct sales *sales, const struct sales_key *key)
{
    uint8_t buffer[SHORT_KEY];
    struct slice bytes = key_bytes(sales, key, buffer);
    if (bytes.size == 0)
        return NULL;
    struct sales_row *row = find(sales, bytes);
    return row != NULL ? row : make(sales, key, bytes);
}

size_t sales_count(const struct sales *sales)
{
    return HASH_COUNT(sales->rows);
}

void sales_reset(struct sales *sales)
{
    HASH_CLEAR(hh, sales->rows);
}

static void add(struct sales_row *row, int64_t *sum, int64_t amount)
{
    if (!checked_add_i64(*sum, amount, sum))
        row->overflow = true;
}

void sales_add_line(struct sales_row *row, int64_t order_number, int64_t units, int64_t revenue)
{
    if (row->last_order != order_number)
        row->orders++;
    row->last_order = order_number;
    add(row, &row->units, units);
    add(row, &row->revenue, revenue);
}

void sales_add_cancelled(struct sales_row *row, int64_t units, int64_t revenue)
{
    add(row, &row->cancelled_units, units);
    add(row, &row->cancelled_revenue, revenue);
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
