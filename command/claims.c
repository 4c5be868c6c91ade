// SPDX-License-Identifier: Apache-2.0
#include "command/claims.h"

#include "base/clock.h"
#include "command/service.h"
#include "runtime/log.h"
#include "runtime/signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    ANSWER_MS = 1000,
    /* Longer than it takes to hear that a session has ended. Without news the claim was taken by
     * somebody outside of the group, or by a restored database: then we join anew. */
    REJOIN_US = 10 * 1000 * 1000,
};

void claims_release(struct claims *claims)
{
    free(claims->held);
    *claims = (struct claims){0};
}

bool service_claims_hold(const struct service *service)
{
    return service->claims.generation == service->generation && !service->claims.is_lost;
}

const struct claim *service_claim(const struct service *service, int32_t partition)
{
    const struct claims *claims = &service->claims;
    if (!service_claims_hold(service) || partition < 0 || (size_t)partition >= claims->count ||
        claims->held[partition].number == 0)
        return NULL;
    return &claims->held[partition];
}

int32_t service_partition_of(const struct service *service, const struct item *item)
{
    const struct park *park = &service->park;
    return park->is_draining ? park->partition : item->arrival.partition;
}

size_t service_all_claims(const struct service *service, int32_t *partitions, struct claim *claims)
{
    size_t found = 0;
    for (size_t i = 0; i < service->claims.count; i++) {
        const struct claim *claim = service_claim(service, (int32_t)i);
        if (claim == NULL)
            continue;
        if (partitions != NULL)
            partitions[found] = (int32_t)i;
        if (claims != NULL)
            claims[found] = *claim;
        found++;
    }
    return found;
}

/* ---- taking ---- */

/* Commands that were appended are gone from the topic: those between then and now are, too. */
static bool
check_end(struct service *service, int32_t partition, struct claim *claim, struct error *err)
{
    int64_t begin, end;
    if (claim->seen_offset < 0)
        return true;
    if (!consumer_bounds(service->consumer, partition, ANSWER_MS, &begin, &end, err))
        return false;
    if (end > claim->seen_offset)
        return true;
    if (!service->options->accept_lost_commands)
        return error_set(
            err,
            ERROR_tampered,
            "partition %d of topic %s ends at %lld, but a command at %lld was decided: the broker "
            "has lost its newest commands; to go on with what is left: --accept-lost-commands",
            (int)partition,
            service->options->topic,
            (long long)end,
            (long long)claim->seen_offset);
    LOG(LOG_WARNING,
        "commands_given_up",
        "the topic ends before what was decided; it is taken as it is, as asked",
        LOG_NUMBER("partition", partition),
        LOG_NUMBER("end", end),
        LOG_NUMBER("seen", claim->seen_offset));
    return claims_accept_end(&service->db, claim, end, err);
}

/* Claims the partitions, with their claims in `taken`. */
static bool take_all(
    struct service *service,
    const int32_t *partitions,
    struct claim *taken,
    size_t count,
    struct error *err)
{
    char name[96];
    char host[64] = "";
    (void)gethostname(host, sizeof(host) - 1);
    (void)snprintf(name, sizeof(name), "%s:%d", host, (int)getpid());
    const struct claim_owner owner = {
        .group = service->options->group, .topic = service->options->topic, .name = name};
    if (!claims_take(&service->db, &owner, partitions, count, taken, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!check_end(service, partitions[i], &taken[i], err))
            return false;
    }
    return true;
}

static void log_taken(const struct service *service)
{
    const struct claims *claims = &service->claims;
    int64_t unclean = 0;
    for (size_t i = 0; i < claims->count; i++)
        unclean += claims->held[i].number != 0 && !claims->held[i].was_clean;
    LOG(LOG_INFO,
        "partitions_claimed",
        "the partitions are claimed: nobody who had them before can append any more",
        LOG_NUMBER("partitions", (int64_t)service_all_claims(service, NULL, NULL)),
        LOG_NUMBER("left_unclean", unclean));
}

static bool take(struct service *service, struct error *err)
{
    size_t end = (size_t)consumer_partition_end(service->consumer);
    struct arena *arena = &service->round_arena;
    arena_reset(arena);
    int32_t *partitions = arena_array(arena, end, int32_t);
    struct claim *taken = arena_array(arena, end, struct claim);
    struct claim *held = calloc(end + 1, sizeof(*held));
    if (partitions == NULL || taken == NULL || held == NULL) {
        free(held);
        return error_set(err, ERROR_fatal, "no memory for claims");
    }
    size_t count = 0;
    for (int32_t i = 0; i < (int32_t)end; i++) {
        if (consumer_owns(service->consumer, i))
            partitions[count++] = i;
    }
    if (!take_all(service, partitions, taken, count, err)) {
        free(held);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        held[partitions[i]] = taken[i];
    claims_release(&service->claims);
    service->claims =
        (struct claims){.generation = service->generation, .held = held, .count = end};
    log_taken(service);
    return true;
}

/* Waits after a call that failed. False: a stop was asked for, or it can never work. */
static bool survive(struct service *service, struct retry *retry, struct error *err)
{
    if (signals_stop())
        return false;
    if (!db_is_open(&service->db))
        return service_open_store(service, err);
    if (err->kind != ERROR_transient && err->kind != ERROR_conflict)
        return false;
    LOG(LOG_WARNING,
        "claims_delayed",
        "the partitions could not be claimed yet",
        LOG_TEXT("error", err->text));
    service_serve_keys(service);
    service_poll(service, 0);
    return retry_wait(retry);
}

/* Until there is another assignment, nothing that comes is ours. */
static void wait_for_assignment(struct service *service)
{
    struct claims *claims = &service->claims;
    int64_t now_us = clock_monotonic_us();
    service_drop_inbox(service);
    if (now_us - claims->lost_us < REJOIN_US)
        return;
    claims->lost_us = now_us;
    log_write(
        LOG_WARNING, "group_rejoined", "no other assignment came: joining the group anew", NULL, 0);
    consumer_rejoin(service->consumer);
}

bool service_take_claims(struct service *service, struct error *err)
{
    struct claims *claims = &service->claims;
    struct retry retry = RETRY(50, 1000);
    if (claims->is_lost && claims->generation == service->generation) {
        wait_for_assignment(service);
        return true;
    }
    if (claims->is_lost) {
        claims->is_lost = false;
        consumer_resume(service->consumer);
    }
    while (claims->generation != service->generation &&
           consumer_partitions(service->consumer) != 0) {
        if (!take(service, err) && !survive(service, &retry, err))
            return false;
    }
    return true;
}

/* ---- appending ---- */

/* The newest offset of each partition that decided commands came from; -1: none. What waited in
 * a queue was counted as seen long ago, maybe of another partition. False: one of them is not ours. */
static bool find_newest(const struct service *service, const struct round *round, int64_t *newest)
{
    for (size_t i = 0; i < service->claims.count; i++)
        newest[i] = -1;
    for (size_t i = 0; i < round->append_count; i++) {
        for (const struct item *item = round->appended[i]->first; item != NULL; item = item->next) {
            int32_t partition = service_partition_of(service, item);
            if (service_claim(service, partition) == NULL)
                return false;
            int64_t offset = service->park.is_draining ? 0 : item->arrival.offset;
            newest[partition] = offset > newest[partition] ? offset : newest[partition];
        }
    }
    return true;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct append_claim *a = left;
    const struct append_claim *b = right;
    return (a->number > b->number) - (a->number < b->number);
}

bool service_name_claims(
    const struct service *service,
    const struct round *round,
    struct append_batch *batch,
    struct error *err)
{
    size_t count = service->claims.count;
    int64_t *newest = arena_array(round->arena, count, int64_t);
    struct append_claim *named = arena_array(round->arena, count, struct append_claim);
    if (newest == NULL || named == NULL)
        return error_set(err, ERROR_fatal, "the batch's memory is used up");
    if (!find_newest(service, round, newest)) {
        (void)error_set(err, ERROR_conflict, "a partition is not ours any more");
        (void)snprintf(err->code, sizeof(err->code), "%s", STORE_CLAIM_LOST);
        return false;
    }
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct claim *claim = &service->claims.held[i];
        if (newest[i] >= 0)
            named[found++] = (struct append_claim){
                .number = claim->number, .epoch = claim->epoch, .newest_offset = newest[i]};
    }
    qsort(named, found, sizeof(*named), compare_numbers);
    batch->claims = named;
    batch->claim_count = found;
    return true;
}

/* ---- losing, giving back ---- */

void service_lose_claims(struct service *service, const struct error *err)
{
    service->report.claims_lost++;
    LOG(LOG_WARNING,
        "claim_lost",
        "somebody else has claimed a partition of ours: nothing of the batch was written, all of "
        "it "
        "is dropped",
        LOG_TEXT("error", err->text),
        LOG_NUMBER("commands", (int64_t)service->item_count));
    service->claims.is_lost = true;
    service->claims.lost_us = clock_monotonic_us();
    service->claims.generation = service->generation;
    service->stale = true;
    marks_clear(&service->marks);
    consumer_pause(service->consumer);
}

void service_give_back(struct service *service)
{
    struct claims *claims = &service->claims;
    struct error err;
    size_t found = 0;
    if (!service_claims_hold(service) || claims->generation == 0 || !db_is_open(&service->db))
        return;
    for (size_t i = 0; i < claims->count; i++) {
        if (claims->held[i].number != 0)
            claims->held[found++] = claims->held[i];
    }
    claims->generation = 0;
    claims->count = 0;
    if (found > 0 && !claims_give_back(&service->db, claims->held, found, &err))
        LOG(LOG_WARNING,
            "claims_kept",
            "the partitions could not be given back: who has them next is careful for a while",
            LOG_TEXT("error", err.text));
}
