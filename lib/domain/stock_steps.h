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
