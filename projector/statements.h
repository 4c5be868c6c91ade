// SPDX-License-Identifier: Apache-2.0
// The projector's longer statements (schema/queries/projector_*.sql), compiled in.
#ifndef PROJECTOR_STATEMENTS_H
#define PROJECTOR_STATEMENTS_H

#include "pg/db.h"

/* Those before QUERY_SETS take rows: an array per parameter. */
enum projector_query {
    QUERY_READ_ORDERS, /* older rows that the batch changes */
    QUERY_READ_LINES,
    QUERY_READ_CUSTOMERS,
    QUERY_READ_RESERVATIONS,
    QUERY_INSERT_ORDERS, /* what the batch writes, in the order in which it is written */
    QUERY_INSERT_LINES,
    QUERY_INSERT_CUSTOMERS,
    QUERY_INSERT_RESERVATIONS,
    QUERY_INSERT_PROMOTIONS,
    QUERY_UPDATE_ORDERS,
    QUERY_UPDATE_LINES,
    QUERY_UPDATE_CUSTOMERS,
    QUERY_UPDATE_RESERVATIONS,
    QUERY_UPDATE_PROMOTIONS,
    QUERY_PUT_STOCK,
    QUERY_ADD_DISCOUNTS,
    QUERY_ADD_SALES,
    QUERY_SETS,
    QUERY_STATUS = QUERY_SETS,
    QUERY_COUNT
};

const struct db_statement *projector_statement(enum projector_query query);

/* Types of the arrays, a letter each: q bigint, d integer, h smallint, t timestamptz, u uuid, s text,
 * b bytea. */
const char *projector_row_types(enum projector_query query);

/* What rows are called of a statement that changes older ones, of which all must be there: "orders";
 * NULL: of another one. */
const char *projector_older_name(enum projector_query query);

#endif
