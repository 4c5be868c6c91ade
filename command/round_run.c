// SPDX-License-Identifier: Apache-2.0
// One round, step by step. What fails says how it failed; recover.c knows what to do about it.
#include "command/service.h"

#include "base/clock.h"
#include "command/decide.h"
#include "pg/row.h"
#include "pg/sqlstate.h"

#include "base/banned.h"

static enum failure exhausted(struct error *err)
{
    (void)error_set(err, ERROR_fatal, "the batch's memory is used up");
    return FAILURE_POISON;
}

/* "no partition of relation … found for row": nothing is wrong with the commands. */
static bool partition_is_missing(const struct error *err)
{
    return strcmp(err->code, "23514") == 0;
}

static enum failure failure_of(const struct service *service, const struct error *err)
{
    if (!db_is_open(&service->db))
        return FAILURE_AWAY;
    if (err->kind == ERROR_transient || partition_is_missing(err))
        return FAILURE_BUSY;
    if (strcmp(err->code, STORE_ERASURE_FENCED) == 0)
        return FAILURE_FENCED;
    if (strcmp(err->code, STORE_CLAIM_LOST) == 0)
        return FAILURE_LOST;
    if (err->kind == ERROR_conflict)
        return FAILURE_CONFLICT;
    /* Without an SQLSTATE: the arena is exhausted, or what was read contradicts itself. */
    if (err->code[0] == '\0' || sqlstate_is_data(err->code))
        return FAILURE_POISON;
    return FAILURE_END;
}

static enum failure failure_of_decision(enum decide_result result)
{
    switch (result) {
    case DECIDE_OK:
        return FAILURE_NONE;
    case DECIDE_BROKEN:
        return FAILURE_POISON;
    case DECIDE_TOO_OLD:
        return FAILURE_END;
    }
    UNREACHABLE();
}

static enum failure load(struct service *service, struct round *round, struct error *err)
{
    struct load_request request = {0};
    struct load_result loaded;
    if (round->loading_groups == 0)
        return FAILURE_NONE;
    if (!round_wanted(round, &request))
        return exhausted(err);
    if (!store_load(&service->db, &request, &service->round_arena, &loaded, err))
        return failure_of(service, err);
    round_loaded(round, loaded.streams, loaded.outcomes);
    return FAILURE_NONE;
}

/* ---- keys ---- */

static const struct db_statement vault_statement = {
    .number = 32,
    .name = "command_vault",
    .sql = "select vault_id from erasure.vault_state",
    .expect = DB_ANY_ROWS,
    .columns = 1,
};

enum failure service_check_vault(struct service *service, struct error *err)
{
    struct keys *keys = &service->keys;
    int64_t reconnects = vault_counts(keys->vault).reconnects;
    PGresult *result;
    if (keys->is_checked && keys->reconnects == reconnects)
        return FAILURE_NONE;
    if (!db_run(&service->db, &vault_statement, NULL, &result, err))
        return failure_of(service, err);
    struct uuid ours = vault_id(keys->vault);
    struct uuid theirs = PQntuples(result) == 1 ? row_uuid(result, 0, 0) : (struct uuid){0};
    PQclear(result);
    if (!uuid_equal(&ours, &theirs)) {
        (void)error_set(
            err,
            ERROR_tampered,
            "the key broker holds another vault than the one of this database: --shredder-socket "
            "or --database is wrong");
        return FAILURE_END;
    }
    keys->is_checked = true;
    keys->reconnects = reconnects;
    return FAILURE_NONE;
}

/* A box is only judged by the vault it was meant for: any other one would refuse it for good. */
static enum failure open_boxes(struct service *service, struct error *err)
{
    if (!keys_have_boxes(service->items, service->item_count))
        return FAILURE_NONE;
    if (!keys_greet(&service->keys, err))
        return err->kind == ERROR_transient ? FAILURE_KEYS : FAILURE_END;
    enum failure failure = service_check_vault(service, err);
    if (failure != FAILURE_NONE ||
        keys_open_boxes(&service->keys, service->items, service->item_count, err))
        return failure;
    return err->kind == ERROR_transient ? FAILURE_KEYS : FAILURE_END;
}

/* The keys of the round, in its arena. None are asked for when nothing personal is in it. */
static enum failure lease_keys(struct service *service, struct round *round, struct error *err)
{
    struct arena *arena = &service->round_arena;
    struct round_keys *keys = arena_new(arena, struct round_keys);
    if (service->keys.vault == NULL)
        return FAILURE_NONE;
    enum failure failure = failure_of_decision(round_fold(round, err));
    if (failure != FAILURE_NONE)
        return failure;
    if (keys == NULL || !round_keys_wish(round, keys))
        return exhausted(err);
    if (keys->wish_count == 0)
        return FAILURE_NONE;
    if (!keys_lease(&service->keys, keys, arena, err)) {
        if (err->kind == ERROR_transient)
            return FAILURE_KEYS;
        return err->kind == ERROR_fatal ? FAILURE_POISON : FAILURE_END;
    }
    round->keys = keys;
    return service_check_vault(service, err);
}

/* ---- deciding, appending ---- */

static enum failure
decide(struct service *service, struct round *round, int64_t now_us, struct error *err)
{
    const struct deciding deciding = {
        .now_us = now_us, .answers = &service->batch_arena, .nonces = &service->keys.nonces};
    return failure_of_decision(round_decide(round, &deciding, err));
}

/* An answer of before leaves only when it is durable: the append's fence covers it, or one alone. */
static enum failure append(struct service *service, struct round *round, struct error *err)
{
    struct append_batch batch = {
        .groups = round->appends,
        .group_count = round->append_count,
        .erasure_fence = round->sealed_count > 0 ? round->keys->fence : STORE_NOTHING_SEALED};
    bool ok = true;
    if (round->append_count > 0)
        ok = service_name_claims(service, round, &batch, err) &&
             store_append(&service->appender, &service->db, &batch, err);
    else if (round->found_count > 0)
        ok = store_fence(&service->db, err);
    return ok ? FAILURE_NONE : failure_of(service, err);
}

/* Builds the round from the open items. */
static enum failure build(struct service *service, struct round *round, struct error *err)
{
    arena_reset(&service->round_arena);
    if (!round_build(
            round, service->items, service->item_count, service->limit, &service->round_arena))
        return exhausted(err);
    hot_serve(&service->hot, round);
    return FAILURE_NONE;
}

enum failure
service_run_round(struct service *service, struct round *round, int64_t now_us, struct error *err)
{
    struct report *report = &service->report;
    int64_t at_us = clock_monotonic_us();
    *round = (struct round){0};
    enum failure failure = open_boxes(service, err);
    report_step(report, STEP_OPEN, &at_us);
    if (failure == FAILURE_NONE)
        failure = build(service, round, err);
    report_step(report, STEP_DECIDE, &at_us);
    if (failure == FAILURE_NONE)
        failure = load(service, round, err);
    report_step(report, STEP_LOAD, &at_us);
    if (failure == FAILURE_NONE)
        failure = lease_keys(service, round, err);
    report_step(report, STEP_LEASE, &at_us);
    if (failure == FAILURE_NONE)
        failure = decide(service, round, now_us, err);
    report_step(report, STEP_DECIDE, &at_us);
    if (failure == FAILURE_NONE)
        failure = append(service, round, err);
    report_step(report, STEP_APPEND, &at_us);
    return failure;
}
