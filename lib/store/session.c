// SPDX-License-Identifier: Apache-2.0
#include "store/session.h"

bool store_session(struct db *db, struct error *err)
{
    if (db->session_ready)
        return true;
    if (!db_execute(db, "set synchronous_commit = off", err) || !db_keyed_session(db, err))
        return false;
    db->session_ready = true;
    return true;
}
