// SPDX-License-Identifier: Apache-2.0
// The steps. Each function takes one, and returns whether it could; what it may not do twice it asks
// about first. The order is the promise: recorded, refused in memory, fenced in the database, called
// back, forgotten, live.
#include "shredder/erase.h"

#include "runtime/log.h"
#include "shredder/broker.h"
#include "shredder/erase_steps.h"
#include "shredder/records_requests.h"

#include <signal.h>
#include <stdlib.h>

#include "base/banned.h"

enum { TROUBLE_EVERY_US = 10 * 1000 * 1000, RETRY_US = 1000 * 1000 };

void erase_stop_at(const char *step)
{
#ifndef NDEBUG
    const char *wanted = getenv("ORDER_SHREDDER_STOP_AT");
    if (wanted != NULL && strcmp(wanted, step) == 0)
        (void)raise(SIGKILL);
#else
    (void)step;
#endif
}

struct subject *erase_subject(const struct broker *broker, const struct erase_item *item)
{
    return subjects_find(&broker->subjects, item->tenant_id, &item->subject);
}

/* ---- runs ---- */

void erase_run_release(struct erase_run *run)
{
    free(run->items);
    free(run->spans);
    *run = (struct erase_run){0};
}

void erase_run_moves(struct erase_run *run, enum erase_state state)
{
    CHECK(erase_state_follows(run->state, state));
    run->state = state;
}

struct erase_run *erase_free_run(struct eraser *eraser)
{
    for (size_t i = 0; i < ERASE_RUNS; i++) {
        if (eraser->runs[i].state == ERASE_UNKNOWN)
            return &eraser->runs[i];
    }
    return NULL;
}

/* From here on no key of these is given, in this process; and nobody finds the person by address. */
static void refuse_leaves(struct broker *broker, const struct erase_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct subject *subject = erase_subject(broker, &run->items[i]);
        if (subject == NULL)
            continue;
        subject->fenced |= run->items[i].classes;
        if (subject->fenced == ALL_CLASSES && subject->state == SUBJECT_ROW_ACTIVE)
            subject->state = SUBJECT_ROW_ERASING;
        if ((subject->fenced & 1u << CONTACT_CLASS) != 0)
            email_index_remove(&broker->emails, subjects_row(&broker->subjects, subject));
    }
}

/* All leaves of a subject in one span, or those of its classes; a client wipes what is inside. */
static void add_spans(struct erase_run *run, const struct subject *subject, uint8_t classes)
{
    struct leaf base = subject_leaf(subject, 0);
    if (classes == ALL_CLASSES) {
        run->spans[run->span_count++] = (struct leaf_span){
            .tree = base.tree, .first = base.number, .count = LEAVES_PER_SUBJECT};
        return;
    }
    for (unsigned class = 0; class < LEAVES_PER_SUBJECT; class ++) {
        if ((classes >> class & 1) != 0)
            run->spans[run->span_count++] =
                (struct leaf_span){.tree = base.tree, .first = base.number + class, .count = 1};
    }
}

/* Leaves named by two items stay one span: the table asks for spans that do not overlap. */
static void join_spans(struct erase_run *run)
{
    size_t kept = 0;
    leaf_spans_sort(run->spans, run->span_count);
    for (size_t i = 0; i < run->span_count; i++) {
        const struct leaf_span *one = &run->spans[i];
        struct leaf_span *last = kept > 0 ? &run->spans[kept - 1] : NULL;
        if (last != NULL && last->tree == one->tree && one->first <= last->first + last->count) {
            uint64_t end = one->first + one->count;
            if (end > last->first + last->count)
                last->count = end - last->first;
        } else {
            run->spans[kept++] = *one;
        }
    }
    run->span_count = kept;
}

bool erase_run_begin(
    struct broker *broker,
    struct erase_run *run,
    struct erase_item *items,
    size_t count,
    enum erase_state state)
{
    size_t room = 0;
    for (size_t i = 0; i < count; i++)
        room += items[i].classes == ALL_CLASSES ? 1 : LEAVES_PER_SUBJECT;
    struct leaf_span *spans = calloc(room + 1, sizeof(*spans));
    if (spans == NULL)
        return false;
    *run = (struct erase_run){
        .state = state,
        .items = items,
        .count = count,
        .spans = spans,
        .fence = -1,
        .began_us = broker_now_us()};
    for (size_t i = 0; i < count; i++) {
        const struct subject *subject = erase_subject(broker, &items[i]);
        if (subject != NULL)
            add_spans(run, subject, items[i].classes);
    }
    join_spans(run);
    refuse_leaves(broker, run);
    erase_stop_at("refused");
    return true;
}

/* ---- steps ---- */

static bool fence(struct broker *broker, struct erase_run *run, struct error *err)
{
    if (!records_fence(&broker->records, run->items, run->count, &run->fence, err))
        return false;
    broker->fence = run->fence;
    erase_run_moves(run, ERASE_FENCED);
    erase_stop_at("fenced");
    return true;
}

/* Everybody learns the fence; those who hold keys of it are waited for. */
static void call_back(struct broker *broker, struct erase_run *run)
{
    int64_t now_us = broker_now_us();
    drain_begin(&run->drain, &broker->leases, run->spans, run->span_count, now_us);
    run->drain.unknown_until_us = broker->unknown_until_us;
    for (size_t i = 0; i < run->count; i++) {
        struct subject *subject = erase_subject(broker, &run->items[i]);
        if (subject != NULL)
            subject->called |= run->items[i].classes;
    }
    broker_revoke(broker, run->spans, run->span_count, KEY_ERASING, &run->drain);
    run->called_back = true;
    erase_stop_at("called_back");
}

static void log_expired(const struct broker *broker, const struct erase_run *run)
{
    size_t expired = drain_count(&run->drain, DRAIN_EXPIRED);
    if (expired != 0)
        LOG(LOG_WARNING,
            "holder_expired",
            "a lease holder did not say that it has wiped its keys: its leases have run out",
            LOG_NUMBER("holders", (int64_t)expired),
            LOG_NUMBER("lease_seconds", broker->lease_us / 1000000));
}

static bool drain(struct broker *broker, struct erase_run *run, struct error *err)
{
    struct erase_step step = ERASE_STEP(ERASE_DRAINED);
    step.fence = run->fence;
    step.acked = (int32_t)drain_count(&run->drain, DRAIN_ACKED);
    step.expired = (int32_t)drain_count(&run->drain, DRAIN_EXPIRED);
    if (!records_advance(&broker->records, run->items, run->count, &step, err))
        return false;
    log_expired(broker, run);
    erase_run_moves(run, ERASE_DRAINED);
    erase_stop_at("drained");
    return true;
}

static bool live(struct broker *broker, struct erase_run *run, struct error *err)
{
    const struct erase_step step = ERASE_STEP(ERASE_LIVE);
    if (!records_advance(&broker->records, run->items, run->count, &step, err))
        return false;
    erase_run_moves(run, ERASE_LIVE);
    broker->eraser.live_last_us = broker_now_us() - run->began_us;
    LOG(LOG_INFO,
        "erased_live",
        "no running process can open what was sealed for these subjects",
        LOG_NUMBER("subjects", (int64_t)run->count),
        LOG_NUMBER("ms", broker->eraser.live_last_us / 1000),
        LOG_NUMBER("fence", broker->fence),
        LOG_NUMBER("generation", (int64_t)key_vault_generation(broker->vault)));
    erase_stop_at("live");
    return true;
}

/* Commands that are still on their way may tell of the person: they die with their epoch. */
static bool rotate(struct broker *broker, struct erase_run *run, struct error *err)
{
    struct erase_step step = ERASE_STEP(ERASE_LIVE);
    if (run->changed && !epochs_rotate(broker, err))
        return false;
    run->changed = false;
    erase_stop_at("rotated");
    step.epoch = (int64_t)key_vault_epoch(broker->vault);
    if (!records_advance(&broker->records, run->items, run->count, &step, err))
        return false;
    broker->eraser.live_rows += (int64_t)run->count;
    broker->eraser.finish_us = 0;
    erase_run_release(run);
    return true;
}

/* ---- going on ---- */

/* Takes the next step, if it can be taken now. *moved: it was. */
static bool advance(struct broker *broker, struct erase_run *run, bool *moved, struct error *err)
{
    *moved = true;
    switch (run->state) {
    case ERASE_RECEIVED:
        return fence(broker, run, err);
    case ERASE_FENCED:
        if (!run->called_back)
            call_back(broker, run);
        *moved = drain_done(&run->drain, broker_now_us());
        return !*moved || drain(broker, run, err);
    case ERASE_DRAINED:
        return erase_puncture(broker, run, err);
    case ERASE_PUNCTURED:
        return live(broker, run, err);
    case ERASE_LIVE:
        return rotate(broker, run, err);
    case ERASE_UNKNOWN:
    case ERASE_FINAL:
    case ERASE_STATE_COUNT:
        break;
    }
    UNREACHABLE();
}

static void note_trouble(struct broker *broker, const struct error *err)
{
    struct eraser *eraser = &broker->eraser;
    int64_t now_us = broker_now_us();
    eraser->retry_us = now_us + RETRY_US;
    if (err->kind == ERROR_tampered) {
        broker->failed = true;
        broker->failure = *err;
    }
    if (eraser->trouble_us != 0 && now_us - eraser->trouble_us < TROUBLE_EVERY_US)
        return;
    eraser->trouble_us = now_us;
    LOG(LOG_WARNING,
        "erasure_waits",
        "an erasure cannot go on for now: it is tried again",
        LOG_TEXT("error", err->text));
}

static void advance_run(struct broker *broker, struct erase_run *run)
{
    struct error err;
    bool moved = true;
    while (moved && run->state != ERASE_UNKNOWN) {
        if (!broker_has_database(broker, &err) || !advance(broker, run, &moved, &err)) {
            note_trouble(broker, &err);
            return;
        }
        broker->eraser.news = broker->eraser.news || moved;
    }
}

bool eraser_is_busy(const struct eraser *eraser)
{
    for (size_t i = 0; i < ERASE_RUNS; i++) {
        if (eraser->runs[i].state != ERASE_UNKNOWN)
            return true;
    }
    return eraser->news;
}

void eraser_tick(struct broker *broker)
{
    struct eraser *eraser = &broker->eraser;
    int64_t now_us = broker_now_us();
    if (broker->unknown_until_us != 0 && broker->unknown_until_us <= now_us)
        broker->unknown_until_us = 0;
    for (size_t i = 0; i < ERASE_RUNS && now_us >= eraser->retry_us; i++) {
        if (eraser->runs[i].state != ERASE_UNKNOWN)
            advance_run(broker, &eraser->runs[i]);
    }
    if (eraser->live_rows > 0 && now_us >= eraser->finish_us)
        erase_finish(broker, now_us);
    if (eraser->news)
        erase_tell(broker);
}

void eraser_acked(struct broker *broker, uint32_t holder, uint32_t sequence)
{
    for (size_t i = 0; i < ERASE_RUNS; i++)
        (void)drain_acked(&broker->eraser.runs[i].drain, holder, sequence);
}

void eraser_gone(struct broker *broker, uint32_t holder)
{
    for (size_t i = 0; i < ERASE_RUNS; i++)
        drain_gone(&broker->eraser.runs[i].drain, holder);
}

void eraser_release(struct eraser *eraser)
{
    for (size_t i = 0; i < ERASE_RUNS; i++)
        erase_run_release(&eraser->runs[i]);
}
