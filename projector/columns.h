// SPDX-License-Identifier: Apache-2.0
// Rows of the read models as structs described by their columns: read from a result, compared
// column by column. For verify.
#ifndef PROJECTOR_COLUMNS_H
#define PROJECTOR_COLUMNS_H

#include "pg/row.h"
#include "projector/differences.h"

enum column_kind {
    COLUMN_INTEGER, /* int64_t member; smallint, integer or bigint column */
    COLUMN_TIME,    /* int64_t, microseconds since 1970 UTC */
    COLUMN_UUID,    /* struct uuid */
    COLUMN_TEXT,    /* struct slice; data NULL: null */
    COLUMN_BYTES,   /* the same; never shown, only how many and a hash */
};

struct column {
    const char *name;
    enum column_kind kind;
    size_t offset;
};

struct table {
    const char *name;
    const struct column *columns; /* in the order of the result's columns */
    size_t column_count;
};

struct summary_row {
    int64_t order_number;
    struct uuid order_id;
    struct uuid customer_id;
    int64_t tenant_id;
    int64_t channel;
    int64_t status;
    struct slice currency;
    struct slice ship_country;
    int64_t line_count;
    int64_t units;
    int64_t subtotal;
    int64_t tax;
    int64_t shipping;
    int64_t total;
    int64_t cancelled_amount;
    int64_t placed_at;
    int64_t updated_at;
    int64_t stream_version;
    int64_t position;
    struct slice sealed;
};

struct line_row {
    int64_t order_number;
    int64_t line_no;
    int64_t tenant_id;
    struct slice sku;
    struct slice title;
    struct slice seller_id;
    int64_t qty;
    int64_t cancelled;
    int64_t unit_price;
    int64_t line_net;
    int64_t line_tax;
    int64_t line_total;
    int64_t cancelled_amount;
};

/* A month of an article; month counts days since 1970-01-01. */
struct sums_row {
    int64_t tenant_id;
    int64_t month;
    struct slice sku;
    struct slice currency;
    int64_t orders;
    int64_t units;
    int64_t revenue;
    int64_t cancelled_units;
    int64_t cancelled_revenue;
};

struct customer_row {
    int64_t number; /* of the customer's stream; 0: there is none */
    struct uuid customer_id;
    int64_t tenant_id;
    int64_t status;
    struct slice region;
    struct slice locale;
    int64_t registered_at;
    int64_t updated_at;
    int64_t stream_version;
    int64_t position;
    struct slice sealed;
};

extern const struct table summary_table;
extern const struct table lines_table;
extern const struct table sums_table;
extern const struct table customers_table;

/* Fills the struct from a row whose columns are the table's; text points into the result. */
void columns_read(const struct table *table, const PGresult *result, int row, void *out);

/* Whether all columns agree. */
bool columns_equal(const struct table *table, const void *expected, const void *found);

/* Adds a difference for each column that differs; `name` says which row it is. */
void columns_compare(
    const struct table *table,
    const void *expected,
    const void *found,
    const char *name,
    struct differences *differences);

#endif
