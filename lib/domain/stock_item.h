// SPDX-License-Identifier: Apache-2.0
// A stock item: the units of one SKU at one location. Text in the state points into its events
// (order.h).
#ifndef DOMAIN_STOCK_ITEM_H
#define DOMAIN_STOCK_ITEM_H

#include "domain/evolve.h"
#include "domain/stock_messages.h"
#include "domain/transitions.h"
#include "domain/uuid_map.h"

#define STOCK_DEFAULT_LOCATION "main"

enum stock_status {
    STOCK_NONE, /* no event yet */
    STOCK_KNOWN,
    STOCK_STATUS_COUNT
};

struct stock_item {
    enum stock_status status;
    struct slice sku;
    struct slice location;
    int64_t on_hand;  /* units */
    int64_t reserved; /* units, 0 to on_hand: the sum of `reservations` */
    /* By order: number = units, time_us = when they may be released unless the order is confirmed. Open
     * ones only. */
    struct uuid_map reservations;
    struct uuid_map told; /* of open reservations: stock_told.c */
};

/* The stream of a stock item: UUIDv5 in the tenant's namespace over location and sku, each behind
 * its length in 4 bytes, big endian, so that (a, bc) differs from (ab, c). At most 64 bytes each. */
struct uuid stock_stream_id(const struct uuid *tenant, struct slice location, struct slice sku);

/* "none", "known" */
const char *stock_status_name(enum stock_status status);

/* What each command does in each state. Rows of other categories are empty. */
extern const struct transition stock_transitions[COMMAND_TYPE_COUNT][STOCK_STATUS_COUNT];

/* ---- behind aggregates.h ---- */

MUST_USE bool stock_decide(
    const struct stock_item *item,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out);

MUST_USE enum evolve_result
stock_evolve(struct stock_item *item, const struct event *event, struct arena *arena);

#endif
