// SPDX-License-Identifier: Apache-2.0
// Where erasures come from: a request, or what an earlier life has left.
#include "runtime/log.h"
#include "shredder/broker.h"
#include "shredder/erase_steps.h"
#include "shredder/ledger.h"
#include "shredder/records_requests.h"

#include <stdlib.h>

#include "base/banned.h"

static size_t count_classes(uint8_t classes)
{
    return classes == ALL_CLASSES ? 1 : (size_t)__builtin_popcount(classes);
}

static bool
all_known(const struct broker *broker, const struct erase_request *request, int32_t tenant_id)
{
    for (size_t i = 0; i < request->count; i++) {
        if (subjects_find(&broker->subjects, tenant_id, &request->subjects[i]) == NULL)
            return false;
    }
    return true;
}

static struct erase_item *make_items(const struct erase_request *request, int32_t tenant_id)
{
    struct erase_item *items = calloc(request->count, sizeof(*items));
    for (size_t i = 0; items != NULL && i < request->count; i++)
        items[i] = (struct erase_item){
            .request = request->id,
            .subject = request->subjects[i],
            .tenant_id = tenant_id,
            .classes = request->classes};
    return items;
}

static bool is_running(const struct eraser *eraser, const struct uuid *request)
{
    for (size_t i = 0; i < ERASE_RUNS; i++) {
        const struct erase_run *run = &eraser->runs[i];
        for (size_t at = 0; run->state != ERASE_UNKNOWN && at < run->count; at++) {
            if (uuid_equal(&run->items[at].request, request))
                return true;
        }
    }
    return false;
}

/* A request that is known is not begun again, but looked at: also one that was recorded by a call whose
 * outcome nobody heard of. */
static bool is_under_way(
    struct broker *broker,
    const struct erase_request *request,
    int64_t added,
    enum erase_state *state,
    struct error *err)
{
    struct request_state found;
    *state = ERASE_RECEIVED;
    if (added != 0)
        return false;
    if (!records_request_state(&broker->records, &request->id, &found, err))
        return true; /* the next question about it finds out */
    *state = found.state;
    return found.state >= ERASE_LIVE || is_running(&broker->eraser, &request->id);
}

static bool record(
    struct broker *broker,
    const struct erase_request *request,
    int32_t tenant_id,
    const char *actor,
    struct erase_run *run,
    struct error *err)
{
    struct erase_item *items = make_items(request, tenant_id);
    enum erase_state state;
    int64_t added;
    if (items == NULL)
        return error_set(err, ERROR_fatal, "no memory for %zu erasures", request->count);
    if (!records_add_request(&broker->records, request, tenant_id, actor, &added, err)) {
        free(items);
        return false;
    }
    erase_stop_at("recorded");
    if (is_under_way(broker, request, added, &state, err)) {
        free(items);
        return true;
    }
    if (erase_run_begin(broker, run, items, request->count, ERASE_RECEIVED))
        return true;
    free(items);
    return error_set(err, ERROR_fatal, "no memory for %zu erasures", request->count);
}

bool erase_begin(
    struct broker *broker,
    const struct erase_request *request,
    const char *actor,
    enum erase_state *state,
    struct error *err)
{
    int32_t tenant_id;
    struct erase_run *run = erase_free_run(&broker->eraser);
    *state = ERASE_UNKNOWN;
    if (run == NULL)
        return error_set(err, ERROR_transient, "%d erasures are under way: try again", ERASE_RUNS);
    if (request->count * count_classes(request->classes) > LEDGER_MOST_TARGETS)
        return error_set(
            err, ERROR_invalid, "more than %d keys in one request", LEDGER_MOST_TARGETS);
    if (!broker_has_database(broker, err) ||
        !records_tenant(&broker->records, &request->tenant, &tenant_id, err))
        return false;
    if (!all_known(broker, request, tenant_id))
        return true;
    if (!record(broker, request, tenant_id, actor, run, err))
        return false;
    *state = ERASE_RECEIVED;
    broker->eraser.news = true;
    return true;
}

/* ---- after a restart ---- */

static bool is_lost(const struct broker *broker, const struct erase_item *item)
{
    return erase_subject(broker, item) == NULL;
}

/* Rows of one state become one run. */
static bool take_up(
    struct broker *broker,
    const struct erase_item *open,
    size_t count,
    enum erase_state state,
    struct error *err)
{
    struct erase_run *run = erase_free_run(&broker->eraser);
    struct erase_item *items = calloc(count + 1, sizeof(*items));
    size_t taken = 0;
    if (items == NULL)
        return error_set(err, ERROR_fatal, "no memory for %zu open erasures", count);
    for (size_t i = 0; i < count; i++) {
        if (open[i].state == state)
            items[taken++] = open[i];
    }
    if (taken == 0) {
        free(items);
        return true;
    }
    CHECK(run != NULL); /* there are fewer states than runs */
    if (!erase_run_begin(broker, run, items, taken, state)) {
        free(items);
        return error_set(err, ERROR_fatal, "no memory for %zu open erasures", count);
    }
    run->changed = state >= ERASE_DRAINED;
    LOG(LOG_INFO,
        "erasure_taken_up",
        "an earlier life did not finish these erasures",
        LOG_TEXT("state", erase_state_word(state)),
        LOG_NUMBER("subjects", (int64_t)taken),
        LOG_NUMBER("without_subject", is_lost(broker, &items[0])));
    return true;
}

bool eraser_start(struct broker *broker, struct error *err)
{
    struct erase_item *open;
    size_t count;
    if (!records_open_requests(&broker->records, &open, &count, err))
        return false;
    bool ok = true;
    for (int state = ERASE_RECEIVED; ok && state <= ERASE_LIVE; state++)
        ok = take_up(broker, open, count, (enum erase_state)state, err);
    free(open);
    int64_t none;
    return ok && records_finish(&broker->records, 0, 0, &none, &broker->eraser.live_rows, err);
}
