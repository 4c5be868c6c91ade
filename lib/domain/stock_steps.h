// SPDX-License-Identifier: Apache-2.0
// What the parts of the stock item share: its decisions, one per command, for its table, and what its
// events do to it. The state is a struct stock_item.
#ifndef DOMAIN_STOCK_STEPS_H
#define DOMAIN_STOCK_STEPS_H

#include "domain/stock_item.h"

decide_function stock_reserve;
decide_function stock_release;
decide_function stock_commit;

evolve_function stock_on_reserved;
evolve_function stock_on_released;
evolve_function stock_on_committed;

/* Of a command that may name none. */
struct slice stock_location(bool has_location, struct slice location);

/* Whether the command came to the stream of the item it names. */
bool stock_is_own_stream(
    const struct decide_context *context, struct slice location, struct slice sku);

/* Whether an event is of this item, which there is. */
bool stock_is_of(const struct stock_item *item, struct slice sku, struct slice location);

/* ---- what was told of an open reservation (stock_told.c) ---- */

struct uuid stock_commit_key(const struct uuid *order_id, const struct uuid *shipment_id);

/* False: it may be told in the same words for something else. An order is over once, but may cancel as
 * many units of its lines again. */
MUST_USE bool
stock_release_key(const struct uuid *order_id, int64_t cause, int64_t qty, struct uuid *out);

/* *qty is only written when it was told. */
MUST_USE bool stock_was_told(const struct stock_item *item, const struct uuid *key, int64_t *qty);

/* False: the arena is exhausted, as of the next. */
MUST_USE bool stock_remember(
    struct stock_item *item,
    const struct uuid *order_id,
    const struct uuid *key,
    int64_t qty,
    struct arena *arena);

/* All that was told of the order's reservation. */
MUST_USE bool
stock_forget(struct stock_item *item, const struct uuid *order_id, struct arena *arena);

/* What an event changes of the counters, and what it says they are then. */
struct stock_change {
    int64_t on_hand;
    int64_t reserved;
    int64_t on_hand_after;
    int64_t reserved_after;
};

/* False: the counters do not come out as the event says, or are none any more. */
MUST_USE bool stock_move(struct stock_item *item, const struct stock_change *change);

#endif
