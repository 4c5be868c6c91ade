// SPDX-License-Identifier: Apache-2.0
// How a session that appends and loads is set up.
#ifndef STORE_SESSION_H
#define STORE_SESSION_H

#include "pg/db.h"

/* Once per connection: commits do not wait for the disk (the fence does), plans follow keys. */
MUST_USE bool store_session(struct db *db, struct error *err);

#endif
