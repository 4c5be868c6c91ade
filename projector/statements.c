// SPDX-License-Identifier: Apache-2.0
#include "projector/statements.h"

#include "pg/embedded.h"

#include "base/banned.h"

extern const struct embedded_sql projector_sql[];
extern const size_t projector_sql_count;

/* What there is to know of a statement beside its text. */
struct query {
    const char *types;
    const char *older_name;
    struct db_statement statement;
};

#define READS(statement_number, name_text, types_text, column_count) \
    { \
        .types = (types_text), .statement = { \
            .number = (statement_number), \
            .name = (name_text), \
            .expect = DB_ANY_ROWS, \
            .columns = (column_count) \
        } \
    }
#define WRITES(statement_number, name_text, types_text) \
    { \
        .types = (types_text), .statement = { \
            .number = (statement_number), \
            .name = (name_text), \
            .expect = DB_NOTHING \
        } \
    }
#define CHANGES(statement_number, name_text, types_text, rows_text) \
    { \
        .types = (types_text), .older_name = (rows_text), .statement = { \
            .number = (statement_number), \
            .name = (name_text), \
            .expect = DB_NOTHING \
        } \
    }

#define MOVED_TYPES "duddqt"
#define SUMS_TYPES "qqqqqqqdddddd"
#define STANDING_TYPES "hhhhh"

/* sql is filled in at first use, from the file that bears the statement's name. */
static struct query queries[QUERY_COUNT] = {
    [QUERY_READ_ORDERS] = READS(32, "projector_read_orders", "dudh", 22),
    [QUERY_READ_LINES] = READS(33, "projector_read_lines", "q", 11),
    [QUERY_READ_CUSTOMERS] = READS(34, "projector_read_customers", "dudh", 2),
    [QUERY_READ_RESERVATIONS] = READS(35, "projector_read_reservations", "qu", 2),
    [QUERY_INSERT_ORDERS] = WRITES(
        36, "projector_insert_orders", "qqttqqqqqq" SUMS_TYPES "uudddh" STANDING_TYPES "ssb"),
    [QUERY_INSERT_LINES] = WRITES(37, "projector_insert_lines", "qqqqqqdddsssqddddd"),
    [QUERY_INSERT_CUSTOMERS] = WRITES(38, "projector_insert_customers", "qttuddhssb"),
    [QUERY_INSERT_RESERVATIONS] = WRITES(39, "projector_insert_reservations", "quqqtd"),
    [QUERY_INSERT_PROMOTIONS] = WRITES(44, "projector_insert_promotions", "qqtttqqddddddhhsss"),
    [QUERY_UPDATE_ORDERS] =
        CHANGES(45, "projector_update_orders", MOVED_TYPES SUMS_TYPES STANDING_TYPES "b", "orders"),
    [QUERY_UPDATE_LINES] = CHANGES(46, "projector_update_lines", "qdqddddd", "lines"),
    [QUERY_UPDATE_CUSTOMERS] =
        CHANGES(47, "projector_update_customers", MOVED_TYPES "hb", "customers"),
    [QUERY_UPDATE_RESERVATIONS] =
        {.types = "quqqtd",
         .older_name = "reservations",
         .statement =
             {.number = 48,
              .name = "projector_update_reservations",
              .expect = DB_ANY_ROWS, /* one for each that was changed or closed */
              .columns = 1}},
    [QUERY_UPDATE_PROMOTIONS] = CHANGES(50, "projector_update_promotions", "qddqtdh", "promotions"),
    [QUERY_PUT_STOCK] = WRITES(56, "projector_put_stock", "qqtqqdss"),
    [QUERY_ADD_DISCOUNTS] = WRITES(57, "projector_add_discounts", "qqqds"),
    [QUERY_ADD_SALES] = WRITES(58, "projector_add_sales", "ddssqqqqq"),
    [QUERY_STATUS] =
        {.statement =
             {.number = 59, .name = "projector_status", .expect = DB_ONE_ROW, .columns = 6}},
};

const struct db_statement *projector_statement(enum projector_query query)
{
    return db_embedded(&queries[query].statement, projector_sql, projector_sql_count);
}

const char *projector_row_types(enum projector_query query)
{
    return queries[query].types;
}

const char *projector_older_name(enum projector_query query)
{
    return queries[query].older_name;
}
