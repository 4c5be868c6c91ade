// SPDX-License-Identifier: Apache-2.0
// For tests of the projector's fold: a log in memory, decided by the domain, and folded as a batch.
#ifndef SUPPORT_FOLD_LOG_H
#define SUPPORT_FOLD_LOG_H
#include "aggregate/load.h"
#include "projector/fold.h"
#include "support/stage.h"

#include <stdlib.h>

enum { MOST_EVENTS = 64, MEMORY = 8 << 20 };

/* A log in memory: commands on a stage become recorded events of one stream after another. */
struct log {
    struct stage stage; /* the order being written */
    struct recorded_event events[MOST_EVENTS];
    size_t count;
    int64_t stream;
    struct arena payloads;
    struct fold fold;
};

static inline int set_up(void **state)
{
    struct log *log = calloc(1, sizeof(*log));
    assert_non_null(log);
    stage_open(&log->stage, CATEGORY_ORDER);
    arena_init(&log->payloads, MEMORY);
    fold_init(&log->fold, MEMORY);
    *state = log;
    return 0;
}

static inline int tear_down(void **state)
{
    struct log *log = *state;
    fold_release(&log->fold);
    arena_release(&log->payloads);
    stage_close(&log->stage);
    free(log);
    return 0;
}

static inline struct uuid stream_id_of(int64_t stream)
{
    return (struct uuid){.bytes = {0xab, (uint8_t)stream}};
}

static inline void record(struct log *log, const struct event *event)
{
    struct new_event encoded;
    struct error err;
    assert_true(log->count < MOST_EVENTS);
    const struct event_place place = {.version = 1, .occurred_us = STAGE_NOW};
    assert_true(aggregate_encode(event, &place, NULL, &log->payloads, &encoded, &err));
    size_t at = log->count++;
    log->events[at] = (struct recorded_event){
        .position = 100 + (int64_t)at,
        .stream_number = log->stream,
        .stream = {.tenant_id = 1, .category = CATEGORY_ORDER, .id = stream_id_of(log->stream)},
        .version = log->stage.aggregate.version,
        .type = encoded.type,
        .schema_version = encoded.schema_version,
        .occurred_us = STAGE_NOW + (int64_t)at,
        .payload = encoded.payload};
}

/* Decides and records each event at the version it has. */
static inline void act(struct log *log, enum command_type type, const void *body)
{
    stage_decide(&log->stage, type, body);
    stage_accepted(&log->stage, log->stage.decision.event_count);
    struct decision decision = log->stage.decision;
    for (size_t i = 0; i < decision.event_count; i++) {
        assert_true(
            aggregate_evolve(&log->stage.aggregate, &decision.events[i], &log->stage.arena));
        record(log, &decision.events[i]);
    }
}

/* The order of three lines of stage.h: A-1 twice, B-22 once; 2 + 1 + 10 units, 61.06 EUR. */
static inline void place(struct log *log, int64_t stream)
{
    struct stage_order order;
    log->stream = stream;
    assert_true(aggregate_init(&log->stage.aggregate, CATEGORY_ORDER, &log->stage.arena));
    stage_fill_order(&order);
    act(log, COMMAND_PLACE_ORDER, &order.command);
}

static inline void cancel_line(struct log *log, int64_t line_no, int64_t qty)
{
    struct order_units line = {.line_no = line_no, .qty = qty};
    act(log, COMMAND_CANCEL_LINES, &(struct cancel_lines){.lines = &line, .lines_count = 1});
}

static inline void cancel_order(struct log *log)
{
    act(log, COMMAND_CANCEL_ORDER, &(struct cancel_order){.reason = 0});
}

/* Folds the events from..count-1 as one batch. */
static inline bool fold_from(struct log *log, size_t from, struct error *err)
{
    fold_reset(&log->fold);
    for (size_t i = from; i < log->count; i++) {
        if (!fold_add(&log->fold, &log->events[i], err))
            return false;
    }
    return true;
}

static inline void must_fold_from(struct log *log, size_t from)
{
    struct error err;
    if (!fold_from(log, from, &err))
        fail_msg("%s", err.text);
}

static inline struct order_change *order_of(const struct log *log, int64_t number)
{
    struct stream_change *stream = fold_find(&log->fold, number);
    assert_true(stream != NULL && stream->id.category == CATEGORY_ORDER);
    return (struct order_change *)stream;
}

static inline const struct stream_list *orders_of(const struct log *log)
{
    return &log->fold.of[CATEGORY_ORDER];
}

static inline const struct sales_row *sales_of(const struct log *log, const char *sku)
{
    struct sales_key key = {
        .tenant_id = 1,
        .month = sales_month(STAGE_NOW),
        .sku = slice_of_text(sku),
        .currency = slice_of_text("EUR")};
    return sales_find(&log->fold.sales, &key);
}

#endif
