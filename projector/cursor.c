// SPDX-License-Identifier: Apache-2.0
#include "projector/cursor.h"

#include "base/banned.h"

bool cursor_open(
    struct cursor *cursor,
    struct db *db,
    const char *declare,
    const struct db_statement *fetch,
    struct error *err)
{
    *cursor = (struct cursor){.db = db, .fetch = fetch, .row = -1};
    return db_execute(db, declare, err);
}

bool cursor_next(struct cursor *cursor, bool *got, struct error *err)
{
    if (cursor->page == NULL || cursor->row + 1 >= PQntuples(cursor->page)) {
        PGresult *page;
        if (!db_run(cursor->db, cursor->fetch, NULL, &page, err))
            return false;
        PQclear(cursor->page);
        cursor->page = page;
        cursor->row = -1;
    }
    *got = cursor->row + 1 < PQntuples(cursor->page);
    if (*got)
        cursor->row++;
    return true;
}

void cursor_close(struct cursor *cursor)
{
    PQclear(cursor->page);
    cursor->page = NULL;
}
