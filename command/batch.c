// SPDX-License-Identifier: Apache-2.0
// One batch: messages become items, items are decided in rounds until each has its answer.
#include "command/service.h"

#include "base/clock.h"
#include "command/intake.h"
#include "runtime/signals.h"

#include "base/banned.h"

enum {
    INTAKE_SHARE = 24 * 1024 * 1024, /* of the batch's arena; the rest waits for the next batch */
    MOST_HEADERS = 65,               /* one more than the envelope takes: it says so then */
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

/* Memory of the last batch. What came in plain is not left lying about. */
void service_clear(struct service *service)
{
    keys_forget_plain(&service->keys, service->items, service->item_count);
    if (service->saw_plain)
        arena_wipe(&service->batch_arena);
    else
        arena_reset(&service->batch_arena);
    service->saw_plain = false;
    service->item_count = 0;
}

static struct intake open_desk(struct service *service)
{
    return (struct intake){
        .fingerprinter = &service->fingerprinter,
        .admission =
            {.tenants = service->tenants,
             .topic = slice_of_text(service->options->topic),
             .now_us = clock_now_us(),
             .monotonic_us = clock_monotonic_us(),
             .is_queued = service->park.is_draining},
        .has_keys = service->keys.vault != NULL,
        .accepts_plain = service->accepts_plain,
        .leaves_body = service->park.is_exhausted,
        .arena = &service->batch_arena};
}

static void take_in(struct service *service)
{
    int64_t at_us = clock_monotonic_us();
    size_t most = service->park.most_items;
    size_t boxes = 0;
    const struct intake desk = open_desk(service);
    service_clear(service);
    while (service->item_count < service->inbox_count && service->item_count < most &&
           service->batch_arena.used < INTAKE_SHARE && boxes < PLAIN_SHARE) {
        struct item *item = &service->items[service->item_count];
        *item = (struct item){
            .arrival = arrival_of(service->inbox[service->item_count++], &service->batch_arena)};
        intake(&desk, item);
        boxes += item->sealed.box.size;
        service->saw_plain = service->saw_plain || item->is_withheld;
    }
    service->taken = service->item_count;
    report_step(&service->report, STEP_DECODE, &at_us);
}

void service_take_queued(struct service *service, const struct arrival *arrivals, size_t count)
{
    const struct intake desk = open_desk(service);
    CHECK(count <= (size_t)service->options->batch);
    for (size_t i = 0; i < count; i++) {
        struct item *item = &service->items[i];
        *item = (struct item){.arrival = arrivals[i]};
        intake(&desk, item);
        service->saw_plain = service->saw_plain || item->is_withheld;
    }
    service->item_count = count;
}

/* ---- rounds ---- */

static void finish(struct service *service, struct round *round)
{
    service_end_key_wait(service);
    for (size_t i = 0; i < round->append_count; i++) {
        bool ok = round->appends[i].status == APPEND_OK;
        service->report.conflicts += !ok;
        service->report.sealed += ok ? round->appended[i]->sealed_count : 0;
    }
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

/* That memory goes back to the system. */
static void shrink(struct service *service)
{
    if (service->round_arena.maximum == ROUND_ARENA)
        return;
    arena_release(&service->round_arena);
    arena_init(&service->round_arena, ROUND_ARENA);
}

static bool has_open(const struct service *service)
{
    for (size_t i = 0; i < service->item_count; i++) {
        if (service->items[i].state == ITEM_OPEN)
            return true;
    }
    return false;
}

bool service_decide(struct service *service, struct error *err)
{
    struct retry retry = RETRY(10, 200);
    service->limit = (size_t)service->options->batch;
    bool ok = park_divert(service, err);
    while (ok && !service->stale && has_open(service)) {
        struct round round;
        int64_t now_us = clock_now_us(); /* a round may come long after the first */
        admission_expire(service->items, service->item_count, now_us);
        service->report.rounds++;
        enum failure failure = service_run_round(service, &round, now_us, err);
        if (failure == FAILURE_NONE)
            finish(service, &round);
        else
            ok = service_recover(service, &round, failure, &retry, err);
        /* What is behind a command that was given up just now. */
        ok = ok && park_divert(service, err);
        if (ok && !service->stale)
            service_settle(service);
        /* Only behind a round that went through: nothing is under way then. */
        if (failure == FAILURE_NONE && has_open(service) && keys_are_due(&service->keys))
            service_serve_keys(service);
    }
    if (ok && !service->stale)
        service_settle(service); /* batches without a single command to decide */
    service_end_key_wait(service);
    shrink(service);
    return ok || signals_stop();
}

bool service_run_batch(struct service *service, struct error *err)
{
    if (!park_prepare(service, err))
        return signals_stop();
    /* It may have waited for a server. What came with another assignment meanwhile is claimed first: it
     * stays in the inbox, or the next ones would pass it. */
    if (!service_claims_hold(service)) {
        service->stale = false;
        return true;
    }
    take_in(service);
    service->report.batches++;
    bool ok = park_refuse_exhausted(service, err) && service_decide(service, err);
    service_mark(service);
    service_clear(service);
    service_drop_taken(service);
    return ok || signals_stop();
}
