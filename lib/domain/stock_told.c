// SPDX-License-Identifier: Apache-2.0
// What was told of a reservation while it is open: the shipments that took units of it, and what an
// order that was over gave back. Told again under another command id it is the same, and no event.
//
// It lives as long as the reservation: a chain per order in one map, from the newest on, that goes with
// the last unit. So it is bounded by the units that are reserved, and what comes after the last unit is
// a reservation that nobody knows.
#include "domain/stock_steps.h"

#include "base/banned.h"

struct uuid stock_commit_key(const struct uuid *order_id, const struct uuid *shipment_id)
{
    return uuid_v5(order_id, slice_of(shipment_id->bytes, sizeof(shipment_id->bytes)));
}

bool stock_release_key(const struct uuid *order_id, int64_t cause, int64_t qty, struct uuid *out)
{
    uint8_t name[2 * sizeof(uint32_t)];
    struct writer writer = writer_over(name, sizeof(name));
    if (cause == STOCK_RELEASE_LINES_CANCELLED)
        return false;
    writer_u32(&writer, (uint32_t)cause);
    writer_u32(&writer, (uint32_t)qty);
    *out = uuid_v5(order_id, writer_slice(&writer));
    return true;
}

bool stock_was_told(const struct stock_item *item, const struct uuid *key, int64_t *qty)
{
    struct uuid_value told;
    if (!uuid_map_find(&item->told, key, &told))
        return false;
    *qty = told.number;
    return true;
}

/* The chain's head is under the order, with the number of its links; its last link has an older one of
 * zeros, which is nobody's key. */
bool stock_remember(
    struct stock_item *item,
    const struct uuid *order_id,
    const struct uuid *key,
    int64_t qty,
    struct arena *arena)
{
    struct uuid_value head;
    struct uuid_value told;
    if (uuid_map_find(&item->told, key, &told)) /* recorded twice, before this was looked at */
        return true;
    if (!uuid_map_find(&item->told, order_id, &head))
        head = (struct uuid_value){.id = {{0}}};
    told = (struct uuid_value){.number = qty, .id = head.id};
    head.number++;
    head.id = *key;
    return uuid_map_put(&item->told, key, &told, arena) &&
           uuid_map_put(&item->told, order_id, &head, arena);
}

bool stock_forget(struct stock_item *item, const struct uuid *order_id, struct arena *arena)
{
    struct uuid_value at;
    struct uuid key = *order_id;
    while (uuid_map_find(&item->told, &key, &at)) {
        if (!uuid_map_remove(&item->told, &key, arena))
            return false;
        key = at.id;
    }
    return true;
}
