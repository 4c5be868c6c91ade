// SPDX-License-Identifier: Apache-2.0
// The point of no return, and what makes an erasure final.
#include "runtime/log.h"
#include "shredder/broker.h"
#include "shredder/erase_steps.h"
#include "shredder/ledger.h"
#include "shredder/records_requests.h"

#include <stdlib.h>

#include "base/banned.h"

enum { FINISH_EVERY_US = 2 * 1000 * 1000 };

/* A subject's eight leaves are one node of the tree. */
static const uint8_t SUBJECT_DEPTH = TREE_DEPTH - 3;

/* ---- what the vault is to forget ---- */

static void add_targets(
    struct vault_target *targets, size_t *count, const struct subject *subject, uint8_t classes)
{
    struct leaf base = subject_leaf(subject, 0);
    if (classes == ALL_CLASSES) {
        targets[(*count)++] = (struct vault_target){
            .tree = base.tree, .target = {.first = base.number, .depth = SUBJECT_DEPTH}};
        return;
    }
    for (unsigned class = 0; class < LEAVES_PER_SUBJECT; class ++) {
        if ((classes >> class & 1) != 0)
            targets[(*count)++] = (struct vault_target){
                .tree = base.tree, .target = {.first = base.number + class, .depth = TREE_DEPTH}};
    }
}

/* Items of a request stand together. */
static size_t gather_requests(const struct erase_run *run, struct uuid *requests)
{
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++) {
        if (count == 0 || !uuid_equal(&requests[count - 1], &run->items[i].request))
            requests[count++] = run->items[i].request;
    }
    return count;
}

/* At most as many targets at once as a record of the ledger may name. */
static bool forget(
    struct broker *broker,
    const struct erase_run *run,
    struct vault_target *targets,
    struct uuid *requests,
    struct error *err)
{
    size_t request_count = gather_requests(run, requests);
    for (size_t i = 0; i < run->count;) {
        size_t count = 0;
        for (; i < run->count && count + LEAVES_PER_SUBJECT <= LEDGER_MOST_TARGETS; i++) {
            const struct subject *subject = erase_subject(broker, &run->items[i]);
            if (subject != NULL)
                add_targets(targets, &count, subject, run->items[i].classes);
        }
        if (count != 0 &&
            !key_vault_puncture(broker->vault, targets, count, requests, request_count, err))
            return false;
    }
    return true;
}

static bool forget_all(struct broker *broker, const struct erase_run *run, struct error *err)
{
    size_t most = run->count * LEAVES_PER_SUBJECT;
    most = most < LEDGER_MOST_TARGETS ? most : LEDGER_MOST_TARGETS;
    struct vault_target *targets = calloc(most, sizeof(*targets));
    struct uuid *requests = calloc(run->count, sizeof(*requests));
    bool ok = targets != NULL && requests != NULL
                  ? forget(broker, run, targets, requests, err)
                  : error_set(err, ERROR_fatal, "no memory for %zu erasures", run->count);
    free(targets);
    free(requests);
    return ok;
}

/* ---- what is known of it afterwards ---- */

static bool mark_erased(struct broker *broker, const struct erase_run *run, struct error *err)
{
    struct erased_subject *erased = calloc(run->count, sizeof(*erased));
    size_t count = 0;
    if (erased == NULL)
        return error_set(err, ERROR_fatal, "no memory for %zu erasures", run->count);
    for (size_t i = 0; i < run->count; i++) {
        struct subject *subject = erase_subject(broker, &run->items[i]);
        if (subject == NULL)
            continue;
        uint8_t gone = run->items[i].classes;
        if (gone != ALL_CLASSES)
            gone = broker_gone_classes(broker, subject);
        if (gone == ALL_CLASSES)
            subject->state = SUBJECT_ROW_ERASED;
        erased[count++] = (struct erased_subject){.subject = subject, .classes = gone};
    }
    bool ok = records_mark_erased(&broker->records, erased, count, err);
    free(erased);
    return ok;
}

bool erase_puncture(struct broker *broker, struct erase_run *run, struct error *err)
{
    struct erase_step step = ERASE_STEP(ERASE_PUNCTURED);
    uint64_t before = key_vault_generation(broker->vault);
    if (!forget_all(broker, run, err))
        return false;
    run->changed = run->changed || key_vault_generation(broker->vault) != before;
    erase_stop_at("punctured");
    step.generation = (int64_t)key_vault_generation(broker->vault);
    if (!broker_record_vault(broker, err))
        return false;
    erase_stop_at("vault_recorded");
    if (!mark_erased(broker, run, err) ||
        !records_advance(&broker->records, run->items, run->count, &step, err))
        return false;
    erase_run_moves(run, ERASE_PUNCTURED);
    erase_stop_at("punctured_recorded");
    return true;
}

/* ---- final ---- */

/* Every copy of the vault is at the current generation: then neither the keys nor the epochs destroyed
 * before are left anywhere. */
static bool all_copies_followed(struct broker *broker)
{
    struct holder_state holders[2 * VAULT_MOST_HOLDERS];
    size_t acked = key_vault_push(broker->vault);
    return acked == key_vault_holders(broker->vault, holders, countof(holders)) && acked != 0;
}

/* Epochs may be destroyed and still be held on a lease. */
static bool old_epochs_are_held(const struct broker *broker, int64_t now_us)
{
    struct drain holders;
    const struct leaf_span old = {.tree = TREE_EPOCHS, .count = broker->epochs.oldest};
    drain_begin(&holders, &broker->leases, &old, 1, now_us);
    return holders.count > 0 || broker->unknown_until_us > now_us;
}

void erase_finish(struct broker *broker, int64_t now_us)
{
    struct eraser *eraser = &broker->eraser;
    struct error err;
    int64_t finished;
    eraser->finish_us = now_us + FINISH_EVERY_US;
    if (old_epochs_are_held(broker, now_us) || !broker_has_database(broker, &err) ||
        !all_copies_followed(broker))
        return;
    uint64_t generation = key_vault_generation(broker->vault);
    erase_stop_at("pushed");
    if (!records_finish(
            &broker->records,
            broker->epochs.oldest,
            generation,
            &finished,
            &eraser->live_rows,
            &err) ||
        finished == 0)
        return;
    eraser->news = true;
    LOG(LOG_INFO,
        "erased_final",
        "no copy of the vault and no command on its way can open what was sealed for them",
        LOG_NUMBER("subjects", finished),
        LOG_NUMBER("live_not_final", eraser->live_rows),
        LOG_NUMBER("generation", (int64_t)generation));
    erase_stop_at("final");
}
