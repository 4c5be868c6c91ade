// SPDX-License-Identifier: Apache-2.0
// The projector's longer statements (schema/queries/projector_*.sql), compiled in.
#ifndef PROJECTOR_STATEMENTS_H
#define PROJECTOR_STATEMENTS_H

#include "pg/db.h"

enum projector_query {
    QUERY_CANCEL_LINES,
    QUERY_CANCEL_ORDERS,
    QUERY_ADD_SALES,
    QUERY_INSERT_ORDERS,
    QUERY_INSERT_LINES,
    QUERY_INSERT_CUSTOMERS,
    QUERY_READ_ORDERS,
    QUERY_TOUCH_ORDERS,
    QUERY_READ_CUSTOMERS,
    QUERY_TOUCH_CUSTOMERS,
    QUERY_STATUS,
    QUERY_COUNT
};

const struct db_statement *projector_statement(enum projector_query query);

#endif
