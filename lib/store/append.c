// SPDX-License-Identifier: Apache-2.0
// One call of store.append and the fence behind it, in one round trip on one connection: both run on
// the same server life, so the fence speaks for the append. When the batch is refused because some
// group lost a race or repeats a command, the losers are found, answered and left out of the next
// attempt.
#include "store/append_params.h"

#include "pg/row.h"
#include "store/session.h"

#include <stdlib.h>

enum { MOST_ATTEMPTS = 8 };

static const struct db_statement append_statement = {
    .number = 0,
    .name = "store_append",
    .sql = "select store.append" STORE_APPEND_ARGUMENTS,
    .expect = DB_ONE_ROW,
    .columns = 1,
};

/* A transaction that writes WAL and commits synchronously, while the connection's other ones do not:
 * its flush covers every commit that was visible before it. */
static const struct db_statement fence_statement = {
    .number = 1,
    .name = "store_fence",
    .sql = "select set_config('synchronous_commit', 'on', true),"
           " pg_logical_emit_message(true, 'order.fence', '')",
    .expect = DB_ONE_ROW,
    .columns = 2,
};

static const struct db_statement versions_statement = {
    .number = 15,
    .name = "store_append_versions",
    .sql = "select g.number::integer, s.version from unnest($1::integer[], $2::smallint[],"
           "   $3::uuid[]) with ordinality as g (tenant, category, stream, number)"
           " join store.streams s on s.stream_id = g.stream and s.tenant_id = g.tenant"
           "  and s.category = g.category",
    .expect = DB_ANY_ROWS,
    .columns = 2,
};

static const struct db_statement known_statement = {
    .number = 16,
    .name = "store_append_known",
    .sql = "select distinct c.number from unnest($2::integer[], $3::uuid[]) as c (number, id)"
           " join store.commands k on k.command_id = c.id"
           "  and k.tenant_id = ($1::integer[])[c.number]",
    .expect = DB_ANY_ROWS,
    .columns = 1,
};

/* Where the search for new streams may begin; asked once per connection, as another one may lead to
 * another server. */
static bool learn_head(struct appender *appender, struct db *db, struct error *err)
{
    if (appender->head_serial == db->serial)
        return true;
    struct store_identity identity;
    if (!store_identity(db, &identity, err))
        return false;
    appender->head = identity.head;
    appender->head_serial = db->serial;
    return true;
}

static size_t event_count(const struct append_group *group)
{
    size_t events = 0;
    for (size_t i = 0; i < group->command_count; i++)
        events += group->commands[i].event_count;
    return events;
}

/* All of `groups` stand after `position`, in their order. */
static void
fill_in(struct appender *appender, struct append_group **groups, size_t count, int64_t position)
{
    for (size_t i = 0; i < count; i++) {
        int64_t events = (int64_t)event_count(groups[i]);
        groups[i]->status = APPEND_OK;
        groups[i]->version = groups[i]->expected_version + events;
        groups[i]->first_position = events > 0 ? position + 1 : 0;
        position += events;
    }
    if (position > appender->head)
        appender->head = position;
}

/* What is left of a batch. */
struct attempt {
    const struct append_batch *batch;
    struct append_group *groups[STORE_MAX_BATCH];
    size_t count;
};

/* One attempt: append and fence. */
static bool
append_all(struct appender *appender, struct db *db, struct attempt *attempt, struct error *err)
{
    struct db_params params[2];
    params[1].count = 0;
    if (!append_params(appender, attempt->batch, attempt->groups, attempt->count, &params[0]))
        return error_set(err, ERROR_fatal, "append: out of memory");
    const struct db_statement *statements[2] = {&append_statement, &fence_statement};
    PGresult *results[2];
    db->warned = false;
    if (!db_run_pipeline(db, statements, params, results, 2, err)) {
        /* The append may stand without its fence: then its outcome is unknown. */
        if (db->failed_at == 1) {
            db_close(db);
            err->kind = ERROR_transient;
        }
        return false;
    }
    bool fenced = !db->warned;
    if (fenced)
        fill_in(appender, attempt->groups, attempt->count, row_i64(results[0], 0, 0));
    PQclear(results[0]);
    PQclear(results[1]);
    if (fenced)
        return true;
    db_close(db);
    return error_set(err, ERROR_transient, "append: the server warned, so nothing is proven");
}

/* Marks the groups whose stream is at another version or that hold a known command id. What it
 * reads is made durable by the fence, because the caller will tell others about it. */
static bool
mark_losers(struct appender *appender, struct db *db, struct attempt *attempt, struct error *err)
{
    struct append_group **groups = attempt->groups;
    size_t count = attempt->count;
    struct db_params params[3] = {0};
    append_check_params(appender, params);
    const struct db_statement *statements[3] = {
        &versions_statement, &known_statement, &fence_statement};
    PGresult *results[3];
    db->warned = false;
    if (!db_run_pipeline(db, statements, params, results, 3, err))
        return false;
    for (size_t i = 0; i < count; i++)
        groups[i]->version = 0;
    for (int row = 0; row < PQntuples(results[0]); row++) {
        size_t sent = (size_t)row_i32(results[0], row, 0) - 1;
        groups[appender->groups[sent].group]->version = row_i32(results[0], row, 1);
    }
    for (size_t i = 0; i < count; i++) {
        bool holds = groups[i]->version == groups[i]->expected_version;
        groups[i]->status = holds ? APPEND_OK : APPEND_CONFLICT;
        groups[i]->first_position = 0;
    }
    for (int row = 0; row < PQntuples(results[1]); row++) {
        size_t sent = (size_t)row_i32(results[1], row, 0) - 1;
        groups[appender->groups[sent].group]->status = APPEND_DUPLICATE;
    }
    for (size_t i = 0; i < countof(results); i++)
        PQclear(results[i]);
    if (!db->warned)
        return true;
    db_close(db);
    return error_set(err, ERROR_transient, "append: the server warned, so nothing is proven");
}

/* Keeps the groups that may still win. */
static void keep_winners(struct attempt *attempt)
{
    size_t kept = 0;
    for (size_t i = 0; i < attempt->count; i++) {
        if (attempt->groups[i]->status == APPEND_OK)
            attempt->groups[kept++] = attempt->groups[i];
    }
    attempt->count = kept;
}

/* An erasure fence that was passed, or a claim that was lost, is no race between groups: nobody of the
 * batch can win. */
static bool may_win(const struct db *db, const struct error *err)
{
    return err->kind == ERROR_conflict && db_is_open(db) &&
           strcmp(err->code, STORE_ERASURE_FENCED) != 0 && strcmp(err->code, STORE_CLAIM_LOST) != 0;
}

bool store_append(
    struct appender *appender, struct db *db, const struct append_batch *batch, struct error *err)
{
    CHECK(batch->group_count > 0 && batch->group_count <= STORE_MAX_BATCH);
    struct attempt attempt = {.batch = batch, .count = batch->group_count};
    for (size_t i = 0; i < batch->group_count; i++)
        attempt.groups[i] = &batch->groups[i];
    if (!store_session(db, err) || !learn_head(appender, db, err))
        return false;
    for (int number = 0; number < MOST_ATTEMPTS && attempt.count > 0; number++) {
        if (append_all(appender, db, &attempt, err))
            return true;
        if (!may_win(db, err) || !mark_losers(appender, db, &attempt, err))
            return false;
        keep_winners(&attempt);
    }
    return attempt.count == 0;
}

bool store_fence(struct db *db, struct error *err)
{
    db->warned = false;
    if (!db_run(db, &fence_statement, NULL, NULL, err))
        return false;
    if (!db->warned)
        return true;
    db_close(db);
    return error_set(err, ERROR_transient, "fence: the server warned, so nothing is proven");
}
