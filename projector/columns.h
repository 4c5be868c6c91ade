// SPDX-License-Identifier: Apache-2.0
// Rows of the read models as structs described by their columns: read from a result, compared
// column by column. For verify.
#ifndef PROJECTOR_COLUMNS_H
#define PROJECTOR_COLUMNS_H

#include "pg/row.h"
#include "projector/differences.h"

enum column_kind {
    COLUMN_INTEGER, /* int64_t member; boolean, smallint, integer or bigint; null: COLUMN_NULL */
    COLUMN_DAY,     /* int64_t, days since 1970-01-01 */
    COLUMN_TIME,    /* int64_t, microseconds since 1970 UTC */
    COLUMN_UUID,    /* struct uuid */
    COLUMN_TEXT,    /* struct slice; data NULL: null */
    COLUMN_BYTES,   /* the same; never shown, only how many and a hash */
};

#define COLUMN_NULL INT64_MIN

struct column {
    const char *name;
    enum column_kind kind;
    size_t offset;
};

struct table {
    const char *name;
    const char *source;           /* what follows "from" to read it; NULL: its name */
    const struct column *columns; /* in the order of the result's columns */
    size_t column_count;
};

/* Rows begin with the number of the stream that they are of. */

struct summary_row {
    int64_t order_number;
    struct uuid order_id;
    struct uuid customer_id;
    int64_t tenant_id;
    int64_t channel;
    int64_t status;
    int64_t payment;
    int64_t goods;
    int64_t returns;
    int64_t hold_reason; /* COLUMN_NULL: not held */
    struct slice currency;
    struct slice ship_country;
    int64_t line_count;
    int64_t units;
    int64_t cancelled;
    int64_t reserved;
    int64_t shipped;
    int64_t delivered;
    int64_t return_requested;
    int64_t returned;
    int64_t subtotal;
    int64_t discount;
    int64_t tax;
    int64_t shipping;
    int64_t total;
    int64_t cancelled_amount;
    int64_t authorised;
    int64_t voided;
    int64_t captured;
    int64_t refunded;
    int64_t refund_pending;
    int64_t declines;
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
    int64_t reserved;
    int64_t shipped;
    int64_t delivered;
    int64_t returned;
    int64_t unit_price;
    int64_t discount;
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
    int64_t number; /* 0: there is no such stream */
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

struct stock_row {
    int64_t item_number;
    int64_t tenant_id;
    struct slice location;
    struct slice sku;
    int64_t on_hand;
    int64_t reserved;
    int64_t available;
    int64_t updated_at;
    int64_t position;
};

/* position is not compared: which event was the last of one order the stock item does not keep. */
struct reservation_row {
    int64_t item_number;
    struct uuid order_id;
    int64_t tenant_id;
    int64_t qty;
    int64_t expires_at;
};

struct promotion_row {
    int64_t promotion_number;
    int64_t tenant_id;
    struct slice code;
    int64_t kind;
    int64_t bps; /* COLUMN_NULL: none, as of amount and max_uses */
    int64_t amount;
    struct slice currency;
    int64_t min_purchase;
    int64_t max_uses;
    int64_t per_customer;
    int64_t uses;
    int64_t valid_from;
    int64_t valid_until;
    int64_t active;
    struct slice seller_id;
    int64_t updated_at;
    int64_t stream_version;
    int64_t position;
};

struct discount_row {
    int64_t promotion_number;
    struct slice currency;
    int64_t tenant_id;
    int64_t redemptions;
    int64_t discount;
};

extern const struct table summary_table;
extern const struct table lines_table;
extern const struct table sums_table;
extern const struct table customers_table;
extern const struct table stock_table;
extern const struct table reservations_table;
extern const struct table promotions_table;
extern const struct table discounts_table;

/* "select … from …": all columns of the table, in their order. */
void columns_select(const struct table *table, char *out, size_t size);

/* Fills the struct from a row whose columns are the table's; text points into the result. */
void columns_read(const struct table *table, const PGresult *result, int row, void *out);

/* A boolean, smallint, integer or bigint; COLUMN_NULL for null. */
int64_t columns_integer(const PGresult *result, int row, int column);

/* Less than, equal to or greater than 0, as the column of one row is of the other's; text byte by
 * byte. */
int columns_order(const struct column *column, const void *a, const void *b);

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
