// SPDX-License-Identifier: Apache-2.0
// What a batch does to stock items and the reservations of their units. Each event says how many units
// are there and reserved after it: the newest one is the row.
#include "base/checked.h"
#include "projector/fold.h"

#include "base/banned.h"

/* ---- stock items ---- */

#define TAKE_UNITS(name) \
    static void take_##name(struct stock_change *item, const void *body) \
    { \
        const struct name *event = body; \
        item->location = event->location; \
        item->sku = event->sku; \
        item->on_hand = event->on_hand; \
        item->reserved = event->reserved; \
    }

TAKE_UNITS(stock_received)
TAKE_UNITS(stock_adjusted)
TAKE_UNITS(stock_reserved)
TAKE_UNITS(reservation_released)
TAKE_UNITS(reservation_committed)

/* ---- reservations ---- */

struct reservation_key {
    int64_t item_number;
    struct uuid order_id;
};

static bool has_key(const void *item, const void *wanted)
{
    const struct reservation_change *reservation = item;
    const struct reservation_key *key = wanted;
    return reservation->item->stream.number == key->item_number &&
           uuid_equal(&reservation->order_id, &key->order_id);
}

/* The order's reservation of the item, begun when there is none. NULL: memory is exhausted. */
static struct reservation_change *reservation_of(
    struct fold *fold, const struct stock_change *item, const struct uuid *order_id, bool is_made)
{
    struct reservation_key key = {.item_number = item->stream.number, .order_id = *order_id};
    uint64_t hash = index_hash_bytes(
        (uint64_t)key.item_number, slice_of(key.order_id.bytes, sizeof(key.order_id.bytes)));
    struct reservation_change *reservation =
        index_find(&fold->reservation_index, hash, has_key, &key);
    if (reservation != NULL)
        return reservation;
    reservation = arena_new(&fold->arena, struct reservation_change);
    if (reservation == NULL || !index_add(&fold->reservation_index, hash, reservation))
        return NULL;
    reservation->item = item;
    reservation->order_id = *order_id;
    reservation->is_older = !is_made;
    reservation->next = fold->reservations;
    fold->reservations = reservation;
    fold->older_reservations += !is_made;
    return reservation;
}

/* ---- events ---- */

/* How the units of an order's reservation change; other events: 0. */
struct reservation_event {
    const struct uuid *order_id;
    int64_t qty;
    int64_t expires_at; /* of a new one */
};

static struct reservation_event reservation_of_event(const struct event *event)
{
    if (event->type == EVENT_STOCK_RESERVED) {
        const struct stock_reserved *body = event->body;
        return (struct reservation_event){&body->order_id, body->qty, body->expires_at};
    }
    if (event->type == EVENT_RESERVATION_RELEASED) {
        const struct reservation_released *body = event->body;
        return (struct reservation_event){&body->order_id, -body->qty, 0};
    }
    if (event->type == EVENT_RESERVATION_COMMITTED) {
        const struct reservation_committed *body = event->body;
        return (struct reservation_event){&body->order_id, -body->qty, 0};
    }
    return (struct reservation_event){0};
}

static bool take_reservation(
    struct fold *fold,
    const struct stock_change *item,
    const struct folded_event *folded,
    struct error *err)
{
    const struct reservation_event change = reservation_of_event(&folded->event);
    if (change.order_id == NULL)
        return true;
    struct reservation_change *reservation =
        reservation_of(fold, item, change.order_id, change.qty > 0);
    if (reservation == NULL)
        return fold_exhausted(err);
    if (!checked_add_i64(reservation->qty, change.qty, &reservation->qty) ||
        (!reservation->is_older && reservation->qty < 0))
        return fold_contradicts(
            folded->recorded->position, &folded->event, "more units go than are reserved", err);
    if (change.qty > 0) {
        reservation->has_expires = true;
        reservation->expires_us = change.expires_at;
    }
    reservation->position = folded->recorded->position;
    return true;
}

bool fold_stock(struct fold *fold, const struct folded_event *folded, struct error *err)
{
    static void (*const take[EVENT_TYPE_COUNT])(struct stock_change * item, const void *body) = {
        [EVENT_STOCK_RECEIVED] = take_stock_received,
        [EVENT_STOCK_ADJUSTED] = take_stock_adjusted,
        [EVENT_STOCK_RESERVED] = take_stock_reserved,
        [EVENT_RESERVATION_RELEASED] = take_reservation_released,
        [EVENT_RESERVATION_COMMITTED] = take_reservation_committed,
    };
    struct stock_change *item = (struct stock_change *)folded->stream;
    CHECK(take[folded->event.type] != NULL);
    take[folded->event.type](item, folded->event.body);
    return take_reservation(fold, item, folded, err);
}
