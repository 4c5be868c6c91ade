// SPDX-License-Identifier: Apache-2.0
// What is decided before a batch is taken in: whether its first command goes alone, because the worker
// before may have died of it.
#include "command/park.h"

#include "base/clock.h"
#include "command/service.h"
#include "runtime/log.h"

#include <stdlib.h>

#include "base/banned.h"

/* NULL: out of memory. */
static struct careful *careful_of(struct park *park, int32_t partition)
{
    size_t wanted = (size_t)partition + 1;
    if (park->careful_count < wanted) {
        struct careful *grown = realloc(park->careful, wanted * sizeof(struct careful));
        if (grown == NULL)
            return NULL;
        memset(grown + park->careful_count, 0, (wanted - park->careful_count) * sizeof(*grown));
        park->careful = grown;
        park->careful_count = wanted;
    }
    return &park->careful[partition];
}

/* Writes an attempt down, before it is made. False: a stop was asked for, or it can never work. */
static bool note(
    struct service *service,
    const struct claim *claim,
    int64_t offset,
    int *attempts,
    struct error *err)
{
    const struct claim held = *claim; /* waiting may take it away */
    *attempts = 0;
    while (!service->claims.is_lost && careful_counts(&held, offset)) {
        if (parked_attempt(&service->db, &held, offset, attempts, err)) {
            retry_reset(&service->park.retry);
            break;
        }
        if (!park_survive(service, err))
            return false;
    }
    return true;
}

/* A command that goes alone. */
static bool
take_alone(struct service *service, const struct claim *claim, int64_t offset, struct error *err)
{
    int attempts;
    service->park.most_items = 1;
    if (!note(service, claim, offset, &attempts, err))
        return false;
    service->park.is_exhausted = attempts > CAREFUL_MOST_ATTEMPTS;
    return true;
}

static bool look_ahead(struct service *service, struct error *err)
{
    struct park *park = &service->park;
    int64_t now_us = clock_monotonic_us();
    size_t most = (size_t)service->options->batch;
    int attempts;
    park->most_items = most;
    for (size_t i = 0; i < most && i < service->inbox_count; i++) {
        int32_t partition = service->inbox[i]->partition;
        int64_t offset = service->inbox[i]->offset;
        const struct claim *claim = service_claim(service, partition);
        if (claim == NULL || claim->was_clean)
            continue;
        struct careful *careful = careful_of(park, partition);
        if (careful == NULL)
            return error_set(err, ERROR_fatal, "out of memory");
        enum care care = careful_look(careful, claim, offset, (int64_t)most, now_us);
        if (care == CARE_ALONE && i == 0)
            return take_alone(service, claim, offset, err);
        if (care == CARE_ALONE) {
            park->most_items = i;
            return true;
        }
        if (care == CARE_NOTED && careful->noted_us != now_us &&
            !note(service, claim, offset, &attempts, err))
            return false;
        careful->noted_us = now_us;
    }
    return true;
}

bool park_prepare(struct service *service, struct error *err)
{
    service->park.is_exhausted = false;
    return park_refresh(service, err) && look_ahead(service, err);
}

bool park_refuse_exhausted(struct service *service, struct error *err)
{
    struct item *item = &service->items[0];
    bool exhausted = service->park.is_exhausted;
    service->park.is_exhausted = false;
    if (!exhausted || service->item_count != 1 || item->state != ITEM_OPEN)
        return true;
    LOG(LOG_ERROR,
        "command_deadly",
        "processes ended while they decided this command; it goes to the dead letters",
        LOG_NUMBER("attempts", CAREFUL_MOST_ATTEMPTS),
        LOG_NUMBER("partition", item->arrival.partition),
        LOG_NUMBER("offset", item->arrival.offset));
    return park_give_up(service, item, "crash_loop", err);
}
