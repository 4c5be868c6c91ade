// SPDX-License-Identifier: Apache-2.0
#include "projector/columns.h"

#include "base/checked.h"
#include "base/text.h"
#include "projector/index.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

#define SUMMARY(kind_word, member) \
    {.name = #member, .kind = COLUMN_##kind_word, .offset = offsetof(struct summary_row, member)},
#define LINE(kind_word, member) \
    {.name = #member, .kind = COLUMN_##kind_word, .offset = offsetof(struct line_row, member)},
#define CUSTOMER(kind_word, member) \
    {.name = #member, .kind = COLUMN_##kind_word, .offset = offsetof(struct customer_row, member)},
#define SUMS(kind_word, member) \
    {.name = #member, .kind = COLUMN_##kind_word, .offset = offsetof(struct sums_row, member)},

// clang-format off
static const struct column summary_columns[] = {
    SUMMARY(INTEGER, order_number)
    SUMMARY(UUID, order_id)
    SUMMARY(UUID, customer_id)
    SUMMARY(INTEGER, tenant_id)
    SUMMARY(INTEGER, channel)
    SUMMARY(INTEGER, status)
    SUMMARY(TEXT, currency)
    SUMMARY(TEXT, ship_country)
    SUMMARY(INTEGER, line_count)
    SUMMARY(INTEGER, units)
    SUMMARY(INTEGER, subtotal)
    SUMMARY(INTEGER, tax)
    SUMMARY(INTEGER, shipping)
    SUMMARY(INTEGER, total)
    SUMMARY(INTEGER, cancelled_amount)
    SUMMARY(TIME, placed_at)
    SUMMARY(TIME, updated_at)
    SUMMARY(INTEGER, stream_version)
    SUMMARY(INTEGER, position)
    SUMMARY(BYTES, sealed)
};

static const struct column line_columns[] = {
    LINE(INTEGER, order_number)
    LINE(INTEGER, line_no)
    LINE(INTEGER, tenant_id)
    LINE(TEXT, sku)
    LINE(TEXT, title)
    LINE(TEXT, seller_id)
    LINE(INTEGER, qty)
    LINE(INTEGER, cancelled)
    LINE(INTEGER, unit_price)
    LINE(INTEGER, line_net)
    LINE(INTEGER, line_tax)
    LINE(INTEGER, line_total)
    LINE(INTEGER, cancelled_amount)
};

static const struct column customer_columns[] = {
    CUSTOMER(INTEGER, number)
    CUSTOMER(UUID, customer_id)
    CUSTOMER(INTEGER, tenant_id)
    CUSTOMER(INTEGER, status)
    CUSTOMER(TEXT, region)
    CUSTOMER(TEXT, locale)
    CUSTOMER(TIME, registered_at)
    CUSTOMER(TIME, updated_at)
    CUSTOMER(INTEGER, stream_version)
    CUSTOMER(INTEGER, position)
    CUSTOMER(BYTES, sealed)
};

static const struct column sums_columns[] = {
    SUMS(INTEGER, tenant_id)
    SUMS(INTEGER, month)
    SUMS(TEXT, sku)
    SUMS(TEXT, currency)
    SUMS(INTEGER, orders)
    SUMS(INTEGER, units)
    SUMS(INTEGER, revenue)
    SUMS(INTEGER, cancelled_units)
    SUMS(INTEGER, cancelled_revenue)
};
// clang-format on

const struct table summary_table = {
    .name = "read.order_summary",
    .columns = summary_columns,
    .column_count = countof(summary_columns)};
const struct table lines_table = {
    .name = "read.order_lines", .columns = line_columns, .column_count = countof(line_columns)};
const struct table sums_table = {
    .name = "read.sku_sales", .columns = sums_columns, .column_count = countof(sums_columns)};
const struct table customers_table = {
    .name = "read.customers",
    .columns = customer_columns,
    .column_count = countof(customer_columns)};

/* An integer column of whichever width. */
static int64_t read_integer(const PGresult *result, int row, int column)
{
    switch (PQgetlength(result, row, column)) {
    case 2:
        return row_i16(result, row, column);
    case 4:
        return row_i32(result, row, column);
    default:
        return row_i64(result, row, column);
    }
}

/* As row_time, but also infinity, which a damaged row may hold. */
static int64_t read_time(const PGresult *result, int row, int column)
{
    int64_t us = row_i64(result, row, column);
    return checked_add_i64(us, PG_EPOCH_SECONDS * INT64_C(1000000), &us) ? us : INT64_MAX;
}

void columns_read(const struct table *table, const PGresult *result, int row, void *out)
{
    CHECK(PQnfields(result) == (int)table->column_count);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        char *member = (char *)out + column->offset;
        int64_t number;
        struct uuid id;
        struct slice text;
        switch (column->kind) {
        case COLUMN_INTEGER:
            number = read_integer(result, row, (int)i);
            memcpy(member, &number, sizeof(number));
            break;
        case COLUMN_TIME:
            number = read_time(result, row, (int)i);
            memcpy(member, &number, sizeof(number));
            break;
        case COLUMN_UUID:
            id = row_uuid(result, row, (int)i);
            memcpy(member, &id, sizeof(id));
            break;
        case COLUMN_TEXT:
        case COLUMN_BYTES:
            text = row_bytes(result, row, (int)i);
            memcpy(member, &text, sizeof(text));
            break;
        }
    }
}

static bool equal(const struct column *column, const void *expected, const void *found)
{
    struct slice a;
    struct slice b;
    switch (column->kind) {
    case COLUMN_INTEGER:
    case COLUMN_TIME:
        return memcmp(expected, found, sizeof(int64_t)) == 0;
    case COLUMN_UUID:
        return memcmp(expected, found, sizeof(struct uuid)) == 0;
    case COLUMN_TEXT:
    case COLUMN_BYTES:
        memcpy(&a, expected, sizeof(a));
        memcpy(&b, found, sizeof(b));
        return (a.data == NULL) == (b.data == NULL) && slice_equal(a, b);
    }
    UNREACHABLE();
}

/* What PostgreSQL can hold but no event does, such as infinity, is shown as its number. */
static void describe_time(int64_t us, char out[static DIFFERENCE_TEXT])
{
    const int64_t year_1_us = INT64_C(-62135596800000000);
    const int64_t year_10000_us = INT64_C(253402300800000000);
    if (us >= year_1_us && us < year_10000_us)
        text_format_time(us, out);
    else
        (void)snprintf(out, DIFFERENCE_TEXT, "%" PRId64 " us", us);
}

static void
describe(const struct column *column, const void *member, char out[static DIFFERENCE_TEXT])
{
    int64_t number;
    struct uuid id;
    struct slice text;
    switch (column->kind) {
    case COLUMN_INTEGER:
        memcpy(&number, member, sizeof(number));
        (void)snprintf(out, DIFFERENCE_TEXT, "%" PRId64, number);
        return;
    case COLUMN_TIME:
        memcpy(&number, member, sizeof(number));
        describe_time(number, out);
        return;
    case COLUMN_UUID:
        memcpy(&id, member, sizeof(id));
        uuid_format(&id, out);
        return;
    case COLUMN_TEXT:
        memcpy(&text, member, sizeof(text));
        difference_text(out, text.data != NULL ? text : slice_of_text("null"));
        return;
    case COLUMN_BYTES:
        memcpy(&text, member, sizeof(text));
        if (text.data == NULL)
            (void)snprintf(out, DIFFERENCE_TEXT, "null");
        else
            (void)snprintf(
                out,
                DIFFERENCE_TEXT,
                "%zu bytes (hash %016" PRIx64 ")",
                text.size,
                index_hash_bytes(0, text));
        return;
    }
}

bool columns_equal(const struct table *table, const void *expected, const void *found)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (!equal(
                column,
                (const char *)expected + column->offset,
                (const char *)found + column->offset))
            return false;
    }
    return true;
}

void columns_compare(
    const struct table *table,
    const void *expected,
    const void *found,
    const char *name,
    struct differences *differences)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        const char *a = (const char *)expected + column->offset;
        const char *b = (const char *)found + column->offset;
        if (equal(column, a, b))
            continue;
        struct difference *difference = difference_add(differences, table->name, column->name);
        if (difference == NULL)
            continue;
        difference_text(difference->row, slice_of_text(name));
        describe(column, a, difference->expected);
        describe(column, b, difference->found);
    }
}
