// SPDX-License-Identifier: Apache-2.0
// After a round that failed. It is repeated with less in it, so that one bad command never holds up the
// others; or later, when a server is back.
#include "command/service.h"

#include "runtime/log.h"

#include "base/banned.h"

/* Serves the key broker first: a pause is no reason to keep it waiting. */
static bool pause(struct service *service, struct retry *retry)
{
    service_serve_keys(service);
    return retry_wait(retry);
}

/* The only command of a round is the one at fault: it is tried some times more, alone. */
static bool
give_up(struct service *service, struct round *round, struct retry *retry, struct error *err)
{
    struct item *item = round->groups[0].first;
    bool damaged = err->kind == ERROR_tampered;
    service->limit = 1;
    if (++item->failures < PARK_MOST_ATTEMPTS)
        return pause(service, retry);
    LOG(LOG_ERROR,
        damaged ? "stream_damaged" : "command_failed",
        "a command cannot be decided; it goes to the dead letters",
        LOG_TEXT("error", err->text),
        LOG_TEXT("sqlstate", err->code),
        LOG_NUMBER("partition", item->arrival.partition),
        LOG_NUMBER("offset", item->arrival.offset));
    return park_give_up(service, item, damaged ? "stream_damaged" : "command_failed", err);
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

static void take_less(struct service *service, const struct round *round)
{
    size_t half = round->item_count / 2;
    service->limit = half > 1 ? half : 1;
}

/* The database failed, or a command did. */
static bool recover_store(
    struct service *service,
    struct round *round,
    enum failure failure,
    struct retry *retry,
    struct error *err)
{
    bool one_stream = round->group_count == 1;
    if (failure == FAILURE_POISON && one_stream && enlarge(service, err))
        return true;
    if (failure == FAILURE_POISON && round->item_count == 1)
        return give_up(service, round, retry, err);
    if (failure == FAILURE_CONFLICT && round->append_count <= 1) {
        round_conflict(round);
        return pause(service, retry);
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
        return pause(service, retry);
    /* A stream that takes longer than the deadline would never come to an end. */
    if (one_stream && service->deadline_us < LONGEST_DEADLINE_US)
        service->deadline_us *= 2;
    return service_open_store(service, err);
}

bool service_recover(
    struct service *service,
    struct round *round,
    enum failure failure,
    struct retry *retry,
    struct error *err)
{
    switch (failure) {
    case FAILURE_KEYS:
        return service_await_keys(service, err);
    case FAILURE_FENCED:
        return service_await_fence(service, round->keys->fence, err);
    case FAILURE_LOST:
        service_lose_claims(service, err);
        return true;
    case FAILURE_AWAY:
    case FAILURE_BUSY:
    case FAILURE_CONFLICT:
    case FAILURE_POISON:
        return recover_store(service, round, failure, retry, err);
    case FAILURE_NONE:
    case FAILURE_END:
        break;
    }
    return false;
}
