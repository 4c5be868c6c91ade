// SPDX-License-Identifier: Apache-2.0
#include "projector/columns.h"

#include "base/checked.h"
#include "base/text.h"
#include "projector/index.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

#define COLUMN(row, kind_word, member) \
    {.name = #member, .kind = COLUMN_##kind_word, .offset = offsetof(struct row, member)},

// clang-format off
static const struct column summary_columns[] = {
    COLUMN(summary_row, INTEGER, order_number)
    COLUMN(summary_row, UUID, order_id)
    COLUMN(summary_row, UUID, customer_id)
    COLUMN(summary_row, INTEGER, tenant_id)
    COLUMN(summary_row, INTEGER, channel)
    COLUMN(summary_row, INTEGER, status)
    COLUMN(summary_row, INTEGER, payment)
    COLUMN(summary_row, INTEGER, goods)
    COLUMN(summary_row, INTEGER, returns)
    COLUMN(summary_row, INTEGER, hold_reason)
    COLUMN(summary_row, TEXT, currency)
    COLUMN(summary_row, TEXT, ship_country)
    COLUMN(summary_row, INTEGER, line_count)
    COLUMN(summary_row, INTEGER, units)
    COLUMN(summary_row, INTEGER, cancelled)
    COLUMN(summary_row, INTEGER, reserved)
    COLUMN(summary_row, INTEGER, shipped)
    COLUMN(summary_row, INTEGER, delivered)
    COLUMN(summary_row, INTEGER, return_requested)
    COLUMN(summary_row, INTEGER, returned)
    COLUMN(summary_row, INTEGER, subtotal)
    COLUMN(summary_row, INTEGER, discount)
    COLUMN(summary_row, INTEGER, tax)
    COLUMN(summary_row, INTEGER, shipping)
    COLUMN(summary_row, INTEGER, total)
    COLUMN(summary_row, INTEGER, cancelled_amount)
    COLUMN(summary_row, INTEGER, authorised)
    COLUMN(summary_row, INTEGER, voided)
    COLUMN(summary_row, INTEGER, captured)
    COLUMN(summary_row, INTEGER, refunded)
    COLUMN(summary_row, INTEGER, refund_pending)
    COLUMN(summary_row, INTEGER, declines)
    COLUMN(summary_row, TIME, placed_at)
    COLUMN(summary_row, TIME, updated_at)
    COLUMN(summary_row, INTEGER, stream_version)
    COLUMN(summary_row, INTEGER, position)
    COLUMN(summary_row, BYTES, sealed)
};

static const struct column line_columns[] = {
    COLUMN(line_row, INTEGER, order_number)
    COLUMN(line_row, INTEGER, line_no)
    COLUMN(line_row, INTEGER, tenant_id)
    COLUMN(line_row, TEXT, sku)
    COLUMN(line_row, TEXT, title)
    COLUMN(line_row, TEXT, seller_id)
    COLUMN(line_row, INTEGER, qty)
    COLUMN(line_row, INTEGER, cancelled)
    COLUMN(line_row, INTEGER, reserved)
    COLUMN(line_row, INTEGER, shipped)
    COLUMN(line_row, INTEGER, delivered)
    COLUMN(line_row, INTEGER, returned)
    COLUMN(line_row, INTEGER, unit_price)
    COLUMN(line_row, INTEGER, discount)
    COLUMN(line_row, INTEGER, line_net)
    COLUMN(line_row, INTEGER, line_tax)
    COLUMN(line_row, INTEGER, line_total)
    COLUMN(line_row, INTEGER, cancelled_amount)
};

static const struct column customer_columns[] = {
    COLUMN(customer_row, INTEGER, number)
    COLUMN(customer_row, UUID, customer_id)
    COLUMN(customer_row, INTEGER, tenant_id)
    COLUMN(customer_row, INTEGER, status)
    COLUMN(customer_row, TEXT, region)
    COLUMN(customer_row, TEXT, locale)
    COLUMN(customer_row, TIME, registered_at)
    COLUMN(customer_row, TIME, updated_at)
    COLUMN(customer_row, INTEGER, stream_version)
    COLUMN(customer_row, INTEGER, position)
    COLUMN(customer_row, BYTES, sealed)
};

static const struct column sums_columns[] = {
    COLUMN(sums_row, INTEGER, tenant_id)
    COLUMN(sums_row, DAY, month)
    COLUMN(sums_row, TEXT, sku)
    COLUMN(sums_row, TEXT, currency)
    COLUMN(sums_row, INTEGER, orders)
    COLUMN(sums_row, INTEGER, units)
    COLUMN(sums_row, INTEGER, revenue)
    COLUMN(sums_row, INTEGER, cancelled_units)
    COLUMN(sums_row, INTEGER, cancelled_revenue)
};

static const struct column stock_columns[] = {
    COLUMN(stock_row, INTEGER, item_number)
    COLUMN(stock_row, INTEGER, tenant_id)
    COLUMN(stock_row, TEXT, location)
    COLUMN(stock_row, TEXT, sku)
    COLUMN(stock_row, INTEGER, on_hand)
    COLUMN(stock_row, INTEGER, reserved)
    COLUMN(stock_row, INTEGER, available)
    COLUMN(stock_row, TIME, updated_at)
    COLUMN(stock_row, INTEGER, position)
};

static const struct column reservation_columns[] = {
    COLUMN(reservation_row, INTEGER, item_number)
    COLUMN(reservation_row, UUID, order_id)
    COLUMN(reservation_row, INTEGER, tenant_id)
    COLUMN(reservation_row, INTEGER, qty)
    COLUMN(reservation_row, TIME, expires_at)
};

static const struct column promotion_columns[] = {
    COLUMN(promotion_row, INTEGER, promotion_number)
    COLUMN(promotion_row, INTEGER, tenant_id)
    COLUMN(promotion_row, TEXT, code)
    COLUMN(promotion_row, INTEGER, kind)
    COLUMN(promotion_row, INTEGER, bps)
    COLUMN(promotion_row, INTEGER, amount)
    COLUMN(promotion_row, TEXT, currency)
    COLUMN(promotion_row, INTEGER, min_purchase)
    COLUMN(promotion_row, INTEGER, max_uses)
    COLUMN(promotion_row, INTEGER, per_customer)
    COLUMN(promotion_row, INTEGER, uses)
    COLUMN(promotion_row, TIME, valid_from)
    COLUMN(promotion_row, TIME, valid_until)
    COLUMN(promotion_row, INTEGER, active)
    COLUMN(promotion_row, TEXT, seller_id)
    COLUMN(promotion_row, TIME, updated_at)
    COLUMN(promotion_row, INTEGER, stream_version)
    COLUMN(promotion_row, INTEGER, position)
};

static const struct column discount_columns[] = {
    COLUMN(discount_row, INTEGER, promotion_number)
    COLUMN(discount_row, TEXT, currency)
    COLUMN(discount_row, INTEGER, tenant_id)
    COLUMN(discount_row, INTEGER, redemptions)
    COLUMN(discount_row, INTEGER, discount)
};
// clang-format on

const struct table summary_table = {
    .name = "read.order_summary",
    .columns = summary_columns,
    .column_count = countof(summary_columns)};
const struct table lines_table = {
    .name = "read.order_lines", .columns = line_columns, .column_count = countof(line_columns)};
const struct table customers_table = {
    .name = "read.customers",
    .source = "(select coalesce(s.stream_number, 0) as number, c.* from read.customers c"
              " left join store.streams s on s.tenant_id = c.tenant_id and s.category = 3"
              " and s.stream_id = c.customer_id) as numbered",
    .columns = customer_columns,
    .column_count = countof(customer_columns)};
const struct table sums_table = {
    .name = "read.sku_sales", .columns = sums_columns, .column_count = countof(sums_columns)};
const struct table stock_table = {
    .name = "read.stock", .columns = stock_columns, .column_count = countof(stock_columns)};
const struct table reservations_table = {
    .name = "read.stock_reservations",
    .columns = reservation_columns,
    .column_count = countof(reservation_columns)};
const struct table promotions_table = {
    .name = "read.promotions",
    .columns = promotion_columns,
    .column_count = countof(promotion_columns)};
const struct table discounts_table = {
    .name = "read.promotion_discounts",
    .columns = discount_columns,
    .column_count = countof(discount_columns)};

void columns_select(const struct table *table, char *out, size_t size)
{
    int used = snprintf(out, size, "select ");
    for (size_t i = 0; i < table->column_count; i++)
        used += snprintf(
            out + used, size - (size_t)used, "%s%s", i == 0 ? "" : ", ", table->columns[i].name);
    used += snprintf(
        out + used,
        size - (size_t)used,
        " from %s",
        table->source != NULL ? table->source : table->name);
    CHECK((size_t)used < size);
}

int64_t columns_integer(const PGresult *result, int row, int column)
{
    if (row_is_null(result, row, column))
        return COLUMN_NULL;
    switch (PQgetlength(result, row, column)) {
    case 1:
        return row_bool(result, row, column);
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
            number = columns_integer(result, row, (int)i);
            memcpy(member, &number, sizeof(number));
            break;
        case COLUMN_DAY: /* PostgreSQL counts from 2000 */
            number = (int64_t)row_i32(result, row, (int)i) + PG_EPOCH_SECONDS / 86400;
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
    case COLUMN_DAY:
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

int columns_order(const struct column *column, const void *a, const void *b)
{
    const char *left = (const char *)a + column->offset;
    const char *right = (const char *)b + column->offset;
    struct slice texts[2];
    int64_t numbers[2];
    switch (column->kind) {
    case COLUMN_INTEGER:
    case COLUMN_DAY:
    case COLUMN_TIME:
        memcpy(&numbers[0], left, sizeof(numbers[0]));
        memcpy(&numbers[1], right, sizeof(numbers[1]));
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1]);
    case COLUMN_UUID:
        return memcmp(left, right, sizeof(struct uuid));
    case COLUMN_TEXT:
    case COLUMN_BYTES:
        memcpy(&texts[0], left, sizeof(texts[0]));
        memcpy(&texts[1], right, sizeof(texts[1]));
        return slice_compare(texts[0], texts[1]);
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
    case COLUMN_DAY:
        memcpy(&number, member, sizeof(number));
        if (number == COLUMN_NULL)
            (void)snprintf(out, DIFFERENCE_TEXT, "null");
        else
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
