// SPDX-License-Identifier: Apache-2.0
#include "projector/fold.h"

#include "upcast/event_read.h"

#include <inttypes.h>

#include "base/banned.h"

void fold_init(struct fold *fold, size_t maximum)
{
    *fold = (struct fold){0};
    arena_init(&fold->arena, maximum);
    index_init(&fold->index, &fold->arena);
    index_init(&fold->customer_index, &fold->arena);
    sales_init(&fold->sales, &fold->arena);
    fold->end = &fold->orders;
    fold->customers_end = &fold->customers;
}

void fold_reset(struct fold *fold)
{
    fold->orders = NULL;
    fold->end = &fold->orders;
    fold->customers = NULL;
    fold->customers_end = &fold->customers;
    index_reset(&fold->index);
    index_reset(&fold->customer_index);
    sales_reset(&fold->sales);
    arena_reset(&fold->arena);
    fold->events = 0;
    fold->new_orders = 0;
    fold->new_lines = 0;
    fold->changed_orders = 0;
    fold->changed_lines = 0;
    fold->cancelled_orders = 0;
    fold->touched_orders = 0;
    fold->new_customers = 0;
    fold->touched_customers = 0;
}

void fold_release(struct fold *fold)
{
    fold_reset(fold);
    arena_release(&fold->arena);
}

bool fold_exhausted(struct error *err)
{
    return error_set(err, ERROR_fatal, "the memory of a batch is used up");
}

bool fold_contradicts(const struct recorded_event *event, const char *why, struct error *err)
{
    return error_set(
        err,
        ERROR_tampered,
        "event at position %" PRId64 " (%.*s) contradicts those before it: %s",
        event->position,
        SLICE_FORMAT(event->type),
        why);
}

/* ---- the batch ---- */

bool fold_read(
    struct fold *fold, const struct recorded_event *recorded, struct event *out, struct error *err)
{
    struct slice payload;
    if (!arena_copy(&fold->arena, recorded->payload, &payload))
        return fold_exhausted(err);
    return event_read(recorded->type, recorded->schema_version, payload, &fold->arena, out, err) ||
           error_prefix(
               err,
               "position %" PRId64 ", %.*s version %d",
               recorded->position,
               SLICE_FORMAT(recorded->type),
               recorded->schema_version);
}

bool fold_add(struct fold *fold, const struct recorded_event *recorded, struct error *err)
{
    fold->events++;
    switch (recorded->stream.category) {
    case CATEGORY_ORDER:
        return fold_order(fold, recorded, err);
    case CATEGORY_CUSTOMER:
        return fold_customer(fold, recorded, err);
    default:
        return true; /* no read model shows it */
    }
}
