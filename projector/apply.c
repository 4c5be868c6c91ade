// SPDX-License-Identifier: Apache-2.0
// The checkpoint moves first: a worker that was replaced fails there, before it has written a row,
// and one that was not holds the checkpoint's row until the end. Whatever collides after that is
// damage, not a race. Because the checkpoint moves by compare-and-swap in the rows' transaction,
// every event is applied exactly once and plain COPY is right.
//
// The commit is synchronous on purpose. WAL is flushed in order, so a row becomes visible only
// after the flush that covers the events it was made of: nobody is ever shown an order that a crash
// could take back.
#include "projector/apply.h"

#include "base/clock.h"
#include "pg/sqlstate.h"
#include "projector/older.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/banned.h"

void applier_init(struct applier *applier)
{
    *applier = (struct applier){0};
    rows_init(&applier->rows);
}

void applier_release(struct applier *applier)
{
    rows_release(&applier->rows);
}

bool apply_prepare(struct db *db, struct error *err)
{
    return db_execute(db, "set synchronous_commit = on", err) && db_keyed_session(db, err);
}

/* ---- COPY ---- */

static bool copy_rows(struct db *db, struct copy_buffer *copy, const char *sql, struct error *err)
{
    struct slice bytes;
    if (copy->rows == 0)
        return true;
    if (!copy_finish(copy, &bytes))
        return error_set(err, ERROR_fatal, "no memory for the rows of a batch");
    return db_copy_in(db, sql, bytes, err);
}

/* ---- statements that go in one round trip ---- */

enum { TRAIN_MOST = QUERY_SETS + 1 };

struct train {
    const struct db_statement *statements[TRAIN_MOST];
    struct db_params params[TRAIN_MOST];
    enum projector_query queries[TRAIN_MOST];
    PGresult *results[TRAIN_MOST];
    size_t count;
    bool is_checked; /* some of it must find all of its rows */
};

/* What there is to write, in the order of enum projector_query. */
static bool load_train(struct train *train, struct rows *rows, struct error *err)
{
    train->count = 0;
    train->is_checked = false;
    for (size_t i = QUERY_INSERT_ORDERS; i < QUERY_SETS; i++) {
        if (rows->sets[i].row_count == 0)
            continue;
        size_t at = train->count++;
        train->queries[at] = (enum projector_query)i;
        train->statements[at] = projector_statement(train->queries[at]);
        train->is_checked |= projector_older_name(train->queries[at]) != NULL;
        if (!rows_params(&rows->sets[i], &train->params[at], err))
            return false;
    }
    return true;
}

/* How many rows a statement found. */
static size_t found_by(PGresult *result)
{
    const char *text = PQcmdTuples(result);
    return (size_t)strtoull(text, NULL, 10);
}

static bool check_train(const struct train *train, const struct rows *rows, struct error *err)
{
    for (size_t i = 0; i < train->count; i++) {
        enum projector_query query = train->queries[i];
        if (projector_older_name(query) != NULL &&
            !older_check(query, rows->sets[query].row_count, found_by(train->results[i]), err))
            return false;
    }
    return true;
}

/* Everything that is left to write, with the commit behind it when nothing has to be looked at before.
 * When one statement fails, so do those behind it, and the commit rolls back. */
static bool run_train(struct train *train, struct rows *rows, struct db *db, struct error *err)
{
    static const struct db_statement commit = {
        .number = 40, .name = "projector_commit", .sql = "commit", .expect = DB_NOTHING};
    size_t count = train->count;
    if (!train->is_checked) {
        train->statements[count] = &commit;
        train->params[count++].count = 0;
    }
    if (count != 0 &&
        !db_run_pipeline(db, train->statements, train->params, train->results, count, err))
        return false;
    bool ok = check_train(train, rows, err);
    for (size_t i = 0; i < count; i++)
        PQclear(train->results[i]);
    return ok;
}

/* ---- the transaction ---- */

static bool has_older(const struct fold *fold)
{
    return fold->of[CATEGORY_ORDER].older + fold->of[CATEGORY_CUSTOMER].older +
               fold->older_reservations !=
           0;
}

/* The checkpoint is ours by now: a row that exists already or does not pass the table's rules was
 * not put there by another worker. */
static bool refused(struct error *err)
{
    if (!sqlstate_is_data(err->code))
        return false;
    err->kind = ERROR_tampered;
    return error_prefix(err, "the read model contradicts the events");
}

/* Reads what the batch changes and encodes what it writes. */
static bool
prepare_rows(struct applier *applier, struct db *db, struct fold *fold, struct error *err)
{
    rows_reset(&applier->rows);
    if (has_older(fold) && !older_settle(&applier->rows, db, fold, err))
        return false;
    int64_t began_us = clock_monotonic_us();
    bool ok = rows_fill(&applier->rows, fold, err);
    applier->encode_us += clock_monotonic_us() - began_us;
    return ok;
}

static bool
write_rows(struct applier *applier, struct db *db, struct train *train, struct error *err)
{
    struct rows *rows = &applier->rows;
    return copy_rows(db, &rows->orders, rows_copy_orders, err) &&
           copy_rows(db, &rows->lines, rows_copy_lines, err) && load_train(train, rows, err) &&
           run_train(train, rows, db, err);
}

static bool write_transaction(
    struct applier *applier,
    struct db *db,
    struct fold *fold,
    struct checkpoint *moved,
    struct error *err)
{
    struct train train;
    int64_t began_us = clock_monotonic_us();
    int64_t encode_us = applier->encode_us;
    if (!db_execute(db, "begin", err) ||
        !checkpoint_advance(db, moved, moved->position + (int64_t)fold->events, err) ||
        !prepare_rows(applier, db, fold, err))
        return false;
    if (!write_rows(applier, db, &train, err))
        return refused(err);
    int64_t wrote_us = clock_monotonic_us();
    if (train.is_checked && !db_execute(db, "commit", err))
        return false;
    applier->write_us += wrote_us - began_us - (applier->encode_us - encode_us);
    applier->commit_us += clock_monotonic_us() - wrote_us;
    return true;
}

static bool is_empty(const struct fold *fold)
{
    size_t streams = 0;
    for (size_t i = 0; i < FOLD_CATEGORIES; i++)
        streams += fold->of[i].made + fold->of[i].older;
    return streams == 0;
}

bool apply_batch(
    struct applier *applier,
    struct db *db,
    struct fold *fold,
    struct checkpoint *checkpoint,
    struct error *err)
{
    int64_t first = checkpoint->position + 1;
    int64_t last = checkpoint->position + (int64_t)fold->events;
    struct checkpoint moved = *checkpoint;
    if (is_empty(fold)) { /* nothing that is shown: the checkpoint alone */
        if (!checkpoint_advance(db, &moved, last, err))
            return false;
    } else if (!write_transaction(applier, db, fold, &moved, err)) {
        db_rollback(db);
        return error_prefix(err, "events %" PRId64 " to %" PRId64, first, last);
    }
    *checkpoint = moved;
    return true;
}
