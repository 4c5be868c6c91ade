// SPDX-License-Identifier: Apache-2.0
// One batch: messages become items, items are decided in rounds until each has its answer. A round
// that fails is repeated with less in it, so that one bad command never holds up the others.
#include "command/service.h"

#include "base/clock.h"
#include "command/answer.h"
#include "command/decide.h"
#include "command/intake.h"
#include "pg/sqlstate.h"
#include "runtime/log.h"
#include "runtime/retry.h"
#include "runtime/signals.h"

#include "base/banned.h"

enum {
    INTAKE_SHARE = 24 * 1024 * 1024, /* of the batch's arena; the rest waits for the next batch */
    MOST_HEADERS = 65,               /* one more than the envelope takes: it says so then */
};

enum failure {
    FAILURE_NONE,
    FAILURE_AWAY,     /* the connection is gone: what happened is unknown */
    FAILURE_BUSY,     /* the server asks for patience */
    FAILURE_CONFLICT, /* an id was in use on another stream just now */
    FAILURE_POISON,   /* something in the round is at fault */
    FAILURE_END,      /* the program cannot go on */
};

/* ---- intake ---- */

static void
read_headers(const rd_kafka_message_t *message, struct arrival *out, struct arena *arena)
{
    rd_kafka_headers_t *list;
    out->header_count = 0;
    if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return;
    size_t count = rd_kafka_header_cnt(list);
    count = count < MOST_HEADERS ? count : MOST_HEADERS;
    struct header *headers = arena_array(arena, count, struct header);
    CHECK(headers != NULL); /* intake stops far below the arena's maximum */
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *value;
        size_t size;
        CHECK(rd_kafka_header_get_all(list, i, &name, &value, &size) == 0);
        headers[i] = (struct header){slice_of_text(name), slice_of(value, size)};
    }
    out->headers = headers;
    out->header_count = count;
}

static struct arrival arrival_of(const rd_kafka_message_t *message, struct arena *arena)
{
    rd_kafka_timestamp_type_t type;
    struct arrival arrival = {
        .key = slice_of(message->key, message->key != NULL ? message->key_len : 0),
        .value = slice_of(message->payload, message->payload != NULL ? message->len : 0),
        .partition = message->partition,
        .offset = message->offset,
        .timestamp_ms = rd_kafka_message_timestamp(message, &type)};
    read_headers(message, &arrival, arena);
    return arrival;
}

static void take_in(struct service *service)
{
    int64_t at_us = clock_monotonic_us();
    size_t most = (size_t)service->options->batch;
    arena_reset(&service->batch_arena);
    service->item_count = 0;
    while (service->item_count < service->inbox_count && service->item_count < most &&
           service->batch_arena.used < INTAKE_SHARE) {
        struct item *item = &service->items[service->item_count];
        *item = (struct item){
            .arrival = arrival_of(service->inbox[service->item_count++], &service->batch_arena)};
        intake(item, &service->fingerprinter, &service->batch_arena);
    }
    service->taken = service->item_count;
    report_step(&service->report, STEP_DECODE, &at_us);
}

/* ---- one round ---- */

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
    if (err->kind == ERROR_conflict)
        return FAILURE_CONFLICT;
    /* Without an SQLSTATE: the arena is exhausted, or what was read contradicts itself. */
    if (err->code[0] == '\0' || sqlstate_is_data(err->code))
        return FAILURE_POISON;
    return FAILURE_END;
}

static enum failure load(struct service *service, struct round *round, struct error *err)
{
    struct load_request request = {.tenant_id = service->tenant_id};
    struct load_result loaded;
    if (round->loading_groups == 0)
        return FAILURE_NONE;
    if (!round_wanted(round, &request)) {
        (void)error_set(err, ERROR_fatal, "the batch's memory is used up");
        return FAILURE_POISON;
    }
    if (!store_load(&service->db, &request, &service->round_arena, &loaded, err))
        return failure_of(service, err);
    round_loaded(round, loaded.streams, loaded.outcomes);
    return FAILURE_NONE;
}

static enum failure
decide(struct service *service, struct round *round, int64_t now_us, struct error *err)
{
    const struct deciding deciding = {
        .tenant = &service->tenant, .now_us = now_us, .answers = &service->batch_arena};
    switch (round_decide(round, &deciding, err)) {
    case DECIDE_OK:
        return FAILURE_NONE;
    case DECIDE_BROKEN:
        return FAILURE_POISON;
    case DECIDE_TOO_OLD:
        return FAILURE_END;
    }
    UNREACHABLE();
}

/* An answer of before leaves only when it is durable: the append's fence covers it, or one alone. */
static enum failure append(struct service *service, struct round *round, struct error *err)
{
    const struct append_batch batch = {
        .tenant_id = service->tenant_id,
        .groups = round->appends,
        .group_count = round->append_count,
        .erasure_fence = STORE_NOTHING_SEALED};
    bool ok = true;
    if (round->append_count > 0)
        ok = store_append(&service->appender, &service->db, &batch, err);
    else if (round->found_count > 0)
        ok = store_fence(&service->db, err);
    return ok ? FAILURE_NONE : failure_of(service, err);
}

static enum failure
run_steps(struct service *service, struct round *round, int64_t now_us, struct error *err)
{
    struct report *report = &service->report;
    int64_t at_us = clock_monotonic_us();
    arena_reset(&service->round_arena);
    if (!round_build(
            round, service->items, service->item_count, service->limit, &service->round_arena)) {
        (void)error_set(err, ERROR_fatal, "the batch's memory is used up");
        return FAILURE_POISON;
    }
    hot_serve(&service->hot, round);
    report_step(report, STEP_DECIDE, &at_us);
    enum failure failure = load(service, round, err);
    report_step(report, STEP_LOAD, &at_us);
    if (failure == FAILURE_NONE)
        failure = decide(service, round, now_us, err);
    report_step(report, STEP_DECIDE, &at_us);
    if (failure == FAILURE_NONE)
        failure = append(service, round, err);
    report_step(report, STEP_APPEND, &at_us);
    return failure;
}

static void finish(struct service *service, struct round *round)
{
    for (size_t i = 0; i < round->append_count; i++)
        service->report.conflicts += round->appends[i].status != APPEND_OK;
    hot_learn(&service->hot, round);
    int64_t newest = round_finish(round);
    if (newest > service->report.newest_position)
        service->report.newest_position = newest;
    if (newest != 0)
        notifier_offer(&service->notifier, newest);
    service->deadline_us = DEADLINE_US;
    service->db.deadline_us = DEADLINE_US;
    size_t whole = (size_t)service->options->batch;
    service->limit = service->limit < whole / 2 ? service->limit * 2 : whole;
}

/* ---- failures ---- */

/* The only command of a round is the one at fault. */
static void give_up(struct round *round, const struct error *err)
{
    struct item *item = round->groups[0].first;
    LOG(LOG_ERROR,
        err->kind == ERROR_tampered ? "stream_damaged" : "command_failed",
        "a command cannot be decided; it goes to the dead letters",
        LOG_TEXT("error", err->text),
        LOG_TEXT("sqlstate", err->code),
        LOG_NUMBER("partition", item->arrival.partition),
        LOG_NUMBER("offset", item->arrival.offset));
    item->answer = answer_internal("The command could not be decided; operators were told.");
    item->state = ITEM_ANSWERED;
}

/* Gives a lone stream more room, once; true when it is to be tried again. */
static bool enlarge(struct service *service, const struct error *err)
{
    struct arena *arena = &service->round_arena;
    if (err->kind != ERROR_fatal || err->code[0] != '\0' || arena->maximum == LONE_ROUND_ARENA)
        return false;
    arena->maximum = LONE_ROUND_ARENA;
    return true;
}

/* That memory goes back to the system. */
static void shrink(struct service *service)
{
    if (service->round_arena.maximum == ROUND_ARENA)
        return;
    arena_release(&service->round_arena);
    arena_init(&service->round_arena, ROUND_ARENA);
}

static void take_less(struct service *service, const struct round *round)
{
    size_t half = round->item_count / 2;
    service->limit = half > 1 ? half : 1;
}

/* Whether the batch goes on. */
static bool recover(
    struct service *service,
    struct round *round,
    enum failure failure,
    struct retry *retry,
    struct error *err)
{
    bool alone = round->item_count == 1;
    bool one_stream = round->group_count == 1;
    if (failure == FAILURE_END)
        return false;
    if (failure == FAILURE_POISON && one_stream && enlarge(service, err))
        return true;
    if (failure == FAILURE_POISON && alone) {
        give_up(round, err);
        return true;
    }
    if (failure == FAILURE_CONFLICT && round->append_count <= 1) {
        round_conflict(round);
        return retry_wait(retry);
    }
    /* Where the server said no, nothing was written; otherwise nobody knows. */
    if (failure == FAILURE_AWAY || failure == FAILURE_CONFLICT)
        round_look_up(round);
    take_less(service, round);
    if (failure != FAILURE_AWAY && failure != FAILURE_BUSY)
        return true;
    LOG(LOG_WARNING,
        failure == FAILURE_AWAY ? "postgres_lost" : "postgres_busy",
        "an append or a load failed; its commands are looked up before they are decided again",
        LOG_TEXT("error", err->text));
    if (failure == FAILURE_BUSY)
        return retry_wait(retry);
    /* A stream that takes longer than the deadline would never come to an end. */
    if (one_stream && service->deadline_us < LONGEST_DEADLINE_US)
        service->deadline_us *= 2;
    return service_open_store(service, err);
}

static bool has_open(const struct service *service)
{
    for (size_t i = 0; i < service->item_count; i++) {
        if (service->items[i].state == ITEM_OPEN)
            return true;
    }
    return false;
}

bool service_run_batch(struct service *service, struct error *err)
{
    struct retry retry = RETRY(10, 1000);
    int64_t now_us = clock_now_us();
    take_in(service);
    service->report.batches++;
    service->limit = (size_t)service->options->batch;
    bool ok = true;
    while (ok && !service->stale && has_open(service)) {
        struct round round = {0};
        service->report.rounds++;
        enum failure failure = run_steps(service, &round, now_us, err);
        if (failure == FAILURE_NONE)
            finish(service, &round);
        else
            ok = recover(service, &round, failure, &retry, err);
        if (ok && !service->stale)
            service_settle(service);
    }
    if (ok && !service->stale)
        service_settle(service); /* batches without a single command to decide */
    service_mark(service);
    service_drop_taken(service);
    shrink(service);
    return ok || signals_stop();
}
