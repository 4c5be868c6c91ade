// SPDX-License-Identifier: Apache-2.0
// A store in a database of its own, a connection that appends and loads, and memory for it.
#ifndef SUPPORT_STORE_FIXTURE_H
#define SUPPORT_STORE_FIXTURE_H

#include "support/append.h"
#include "support/store_database.h"

struct fixture {
    struct store_database database;
    struct db db;
    struct appender appender;
    struct arena arena;
};

static inline int fixture_set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    store_database_create(&fixture->database);
    store_database_open(&fixture->database, STORE_COMMAND, &fixture->db);
    appender_init(&fixture->appender);
    arena_init(&fixture->arena, (size_t)16 << 20);
    *state = fixture;
    return 0;
}

static inline int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_release(&fixture->arena);
    appender_release(&fixture->appender);
    db_close(&fixture->db);
    store_database_drop(&fixture->database);
    free(fixture);
    return 0;
}

/* The one number that a query of the administrator's gives. */
static inline int64_t number(struct fixture *fixture, const char *sql)
{
    return store_database_number(&fixture->database, sql);
}

#endif
