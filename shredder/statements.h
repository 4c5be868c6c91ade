// SPDX-License-Identifier: Apache-2.0
// The longer statements, whose text is in schema/queries and compiled in.
#ifndef SHREDDER_STATEMENTS_H
#define SHREDDER_STATEMENTS_H

#include "pg/db.h"

enum shredder_query {
    QUERY_SET_VAULT,
    QUERY_ADD_SUBJECTS,
    QUERY_MARK_ERASED,
    QUERY_ADD_ACCESS,
    QUERY_ADD_REQUEST,
    QUERY_FENCE_SUBJECTS,
    QUERY_ADVANCE,
    QUERY_FINISH,
    QUERY_OPEN_REQUESTS,
    QUERY_REQUEST_STATE,
    QUERY_COUNT,
};

const struct db_statement *shredder_statement(enum shredder_query query);

#endif
