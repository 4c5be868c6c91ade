// SPDX-License-Identifier: Apache-2.0
#include "shredder/statements.h"

#include "pg/embedded.h"

#include "base/banned.h"

extern const struct embedded_sql shredder_sql[];
extern const size_t shredder_sql_count;

static struct db_statement statements[QUERY_COUNT] = {
    [QUERY_SET_VAULT] = {.number = 40, .name = "shredder_set_vault", .expect = DB_NOTHING},
    [QUERY_ADD_SUBJECTS] =
        {.number = 41, .name = "shredder_add_subjects", .expect = DB_ANY_ROWS, .columns = 5},
    [QUERY_MARK_ERASED] = {.number = 42, .name = "shredder_mark_erased", .expect = DB_NOTHING},
    [QUERY_ADD_ACCESS] = {.number = 43, .name = "shredder_add_access", .expect = DB_NOTHING},
    [QUERY_ADD_REQUEST] =
        {.number = 44, .name = "shredder_add_request", .expect = DB_ONE_ROW, .columns = 2},
    [QUERY_FENCE_SUBJECTS] =
        {.number = 45, .name = "shredder_fence_subjects", .expect = DB_NOTHING},
    [QUERY_ADVANCE] = {.number = 46, .name = "shredder_advance", .expect = DB_NOTHING},
    [QUERY_FINISH] = {.number = 47, .name = "shredder_finish", .expect = DB_ONE_ROW, .columns = 2},
    [QUERY_OPEN_REQUESTS] =
        {.number = 48, .name = "shredder_open_requests", .expect = DB_ANY_ROWS, .columns = 5},
    [QUERY_REQUEST_STATE] =
        {.number = 49, .name = "shredder_request_state", .expect = DB_ONE_ROW, .columns = 5},
};

const struct db_statement *shredder_statement(enum shredder_query query)
{
    return db_embedded(&statements[query], shredder_sql, shredder_sql_count);
}
