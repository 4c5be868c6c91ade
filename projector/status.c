// SPDX-License-Identifier: Apache-2.0
// How far the projection is. Measured against the store's own head: a worker that stands still
// cannot look fresh.
#include "projector/projector.h"

#include "pg/row.h"
#include "projector/statements.h"
#include "runtime/cli.h"
#include "runtime/exit_code.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

struct status {
    int64_t position;
    int64_t head;
    int64_t epoch; /* 0: has never run */
    bool same_history;
    int64_t waiting_us; /* of the oldest unapplied event; 0: there is none */
    int32_t owner;      /* server process of the worker that holds the lock; 0: nobody */
};

static bool read_status(const char *database, struct status *out, struct error *err)
{
    struct db db = {0};
    struct db_params params = {0};
    PGresult *result = NULL;
    db_param_text(&params, ORDERS_PROJECTION);
    bool ok = db_open(&db, database, "order-projector status", err) &&
              db_run(&db, projector_statement(QUERY_STATUS), &params, &result, err);
    if (ok) {
        out->position = row_i64(result, 0, 0);
        out->head = row_i64(result, 0, 1);
        out->epoch = row_i64(result, 0, 2);
        out->same_history = row_bool(result, 0, 3);
        out->waiting_us = row_is_null(result, 0, 4) ? 0 : row_i64(result, 0, 4);
        out->owner = row_is_null(result, 0, 5) ? 0 : row_i32(result, 0, 5);
    }
    PQclear(result);
    db_close(&db);
    return ok;
}

static bool diverged(const struct status *status)
{
    return !status->same_history || status->head < status->position;
}

static const char *state_name(const struct status *status)
{
    if (diverged(status))
        return "diverged";
    if (status->epoch == 0)
        return "never run";
    return status->owner != 0 ? "running" : "stopped";
}

static void print_json(const struct status *status)
{
    (void)printf(
        "{\"projection\":\"%s\",\"state\":\"%s\",\"position\":%" PRId64 ",\"head\":%" PRId64
        ",\"lag_events\":%" PRId64 ",\"lag_seconds\":%" PRId64 ".%03d,\"epoch\":%" PRId64
        ",\"owned\":%s}\n",
        ORDERS_PROJECTION,
        state_name(status),
        status->position,
        status->head,
        status->head - status->position,
        status->waiting_us / 1000000,
        (int)(status->waiting_us / 1000 % 1000),
        status->epoch,
        status->owner != 0 ? "true" : "false");
}

static void print_text(const struct status *status)
{
    (void)printf("projection  %s\n", ORDERS_PROJECTION);
    (void)printf("state       %s\n", state_name(status));
    (void)printf("position    %" PRId64 "\n", status->position);
    (void)printf("head        %" PRId64 "\n", status->head);
    (void)printf("lag         %" PRId64 " events", status->head - status->position);
    if (status->waiting_us > 0)
        (void)printf(
            ", the oldest waits for %" PRId64 ".%03d s",
            status->waiting_us / 1000000,
            (int)(status->waiting_us / 1000 % 1000));
    (void)printf("\n");
    if (diverged(status))
        (void)printf(
            "\nThe checkpoint does not belong to this store as it is now. Restore the read models\n"
            "together with the store, or build them anew.\n");
}

int projector_status(const struct status_options *options)
{
    struct status status;
    struct error err;
    if (!read_status(options->database, &status, &err))
        return cli_fail(&err);
    if (options->json)
        print_json(&status);
    else
        print_text(&status);
    if (diverged(&status))
        return EXIT_CODE_INTEGRITY;
    bool late = options->fail_if_lag >= 0 && status.head - status.position > options->fail_if_lag;
    return late ? EXIT_CODE_UNMET : EXIT_CODE_OK;
}
