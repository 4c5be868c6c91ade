// SPDX-License-Identifier: Apache-2.0
#include "projector/statements.h"

#include "base/embedded_sql.h"

#include <stdio.h>

#include "base/banned.h"

extern const struct embedded_sql projector_sql[];
extern const size_t projector_sql_count;

/* sql is filled in at first use, from the file that bears the statement's name. */
static struct db_statement statements[QUERY_COUNT] = {
    [QUERY_CANCEL_LINES] =
        {.number = 32, .name = "projector_cancel_lines", .expect = DB_ANY_ROWS, .columns = 6},
    [QUERY_CANCEL_ORDERS] =
        {.number = 33, .name = "projector_cancel_orders", .expect = DB_ANY_ROWS, .columns = 6},
    [QUERY_ADD_SALES] = {.number = 34, .name = "projector_add_sales", .expect = DB_NOTHING},
    [QUERY_INSERT_ORDERS] = {.number = 36, .name = "projector_insert_orders", .expect = DB_NOTHING},
    [QUERY_INSERT_LINES] = {.number = 37, .name = "projector_insert_lines", .expect = DB_NOTHING},
    [QUERY_INSERT_CUSTOMERS] =
        {.number = 44, .name = "projector_insert_customers", .expect = DB_NOTHING},
    [QUERY_READ_ORDERS] =
        {.number = 45, .name = "projector_read_orders", .expect = DB_ANY_ROWS, .columns = 3},
    [QUERY_TOUCH_ORDERS] =
        {.number = 46, .name = "projector_touch_orders", .expect = DB_ANY_ROWS, .columns = 1},
    [QUERY_READ_CUSTOMERS] =
        {.number = 47, .name = "projector_read_customers", .expect = DB_ANY_ROWS, .columns = 3},
    [QUERY_TOUCH_CUSTOMERS] =
        {.number = 48, .name = "projector_touch_customers", .expect = DB_ANY_ROWS, .columns = 1},
    [QUERY_STATUS] = {.number = 35, .name = "projector_status", .expect = DB_ONE_ROW, .columns = 6},
};

const struct db_statement *projector_statement(enum projector_query query)
{
    struct db_statement *statement = &statements[query];
    char file[64];
    (void)snprintf(file, sizeof(file), "%s.sql", statement->name);
    for (size_t i = 0; statement->sql == NULL && i < projector_sql_count; i++) {
        if (strcmp(projector_sql[i].name, file) == 0)
            statement->sql = projector_sql[i].text;
    }
    CHECK(statement->sql != NULL);
    return statement;
}
