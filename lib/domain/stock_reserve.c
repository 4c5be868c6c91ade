// SPDX-License-Identifier: Apache-2.0
// Reservations of a stock item: units that are on hand and belong to an order already. The order is
// their key, and of what leaves the shipment. A reservation that was released or left the building is
// forgotten, so that the state grows with the open ones only.
#include "base/checked.h"
#include "domain/stock_steps.h"

#include "base/banned.h"

#define STOCK_USUAL_TTL (INT64_C(15) * 60 * 1000000)
#define STOCK_SECOND INT64_C(1000000)

static int64_t expiry(const struct reserve_stock *command, const struct decide_context *context)
{
    if (command->has_ttl)
        return context->now_us + command->ttl * STOCK_SECOND;
    int64_t usual = context->tenant->stock_ttl_us;
    return context->now_us + (usual > 0 ? usual : STOCK_USUAL_TTL);
}

/* Asked for again in the same way, by another command: nothing to do. */
static bool is_same(const struct uuid_value *open, const struct reserve_stock *command)
{
    return open->number == command->qty;
}

bool stock_reserve(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct stock_item *item = state;
    const struct reserve_stock *command = body;
    struct slice location = stock_location(command->has_location, command->location);
    struct uuid_value open;
    if (!stock_is_own_stream(context, location, command->sku))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (uuid_map_find(&item->reservations, &command->order_id, &open))
        return is_same(&open, command) ||
               decision_refuse(out, REJECTION_already_exists, "order_id");
    if (item->on_hand - item->reserved < command->qty)
        return decision_refuse(out, REJECTION_insufficient_stock, "qty");
    struct stock_reserved *event = arena_new(context->arena, struct stock_reserved);
    if (event == NULL)
        return false;
    *event = (struct stock_reserved){
        .sku = command->sku,
        .location = location,
        .order_id = command->order_id,
        .qty = command->qty,
        .expires_at = expiry(command, context),
        .on_hand = item->on_hand,
        .reserved = item->reserved + command->qty};
    decision_add(out, EVENT_STOCK_RESERVED, event);
    return true;
}

/* Whether the order has so many units reserved; refuses otherwise. */
static bool has_units(
    const struct stock_item *item, const struct uuid *order_id, int64_t qty, struct decision *out)
{
    struct uuid_value open;
    if (!uuid_map_find(&item->reservations, order_id, &open))
        return !decision_refuse(out, REJECTION_reservation_unknown, "order_id");
    if (open.number < qty)
        return !decision_refuse(out, REJECTION_quantity_exceeds_open, "qty");
    return true;
}

bool stock_release(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct stock_item *item = state;
    const struct release_reservation *command = body;
    struct slice location = stock_location(command->has_location, command->location);
    struct uuid key;
    int64_t told;
    if (!stock_is_own_stream(context, location, command->sku))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (stock_release_key(&command->order_id, command->cause, command->qty, &key) &&
        stock_was_told(item, &key, &told))
        return true;
    if (!has_units(item, &command->order_id, command->qty, out))
        return true;
    struct reservation_released *event = arena_new(context->arena, struct reservation_released);
    if (event == NULL)
        return false;
    *event = (struct reservation_released){
        .sku = command->sku,
        .location = location,
        .order_id = command->order_id,
        .qty = command->qty,
        .cause = command->cause,
        .on_hand = item->on_hand,
        .reserved = item->reserved - command->qty};
    decision_add(out, EVENT_RESERVATION_RELEASED, event);
    return true;
}

bool stock_commit(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct stock_item *item = state;
    const struct commit_reservation *command = body;
    struct slice location = stock_location(command->has_location, command->location);
    struct uuid key = stock_commit_key(&command->order_id, &command->shipment_id);
    int64_t told;
    if (!stock_is_own_stream(context, location, command->sku))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (stock_was_told(item, &key, &told))
        return told == command->qty ||
               decision_refuse(out, REJECTION_already_exists, "shipment_id");
    if (!has_units(item, &command->order_id, command->qty, out))
        return true;
    struct reservation_committed *event = arena_new(context->arena, struct reservation_committed);
    if (event == NULL)
        return false;
    *event = (struct reservation_committed){
        .sku = command->sku,
        .location = location,
        .order_id = command->order_id,
        .shipment_id = command->shipment_id,
        .qty = command->qty,
        .on_hand = item->on_hand - command->qty,
        .reserved = item->reserved - command->qty};
    decision_add(out, EVENT_RESERVATION_COMMITTED, event);
    return true;
}

/* ---- what follows ---- */

enum evolve_result stock_on_reserved(void *state, const void *body, struct arena *arena)
{
    struct stock_item *item = state;
    const struct stock_reserved *event = body;
    struct uuid_value open;
    const struct stock_change change = {
        .reserved = event->qty, .on_hand_after = event->on_hand, .reserved_after = event->reserved};
    if (!stock_is_of(item, event->sku, event->location) || event->qty <= 0 ||
        uuid_map_find(&item->reservations, &event->order_id, &open) || !stock_move(item, &change))
        return EVOLVE_CONTRADICTS;
    open = (struct uuid_value){.number = event->qty, .time_us = event->expires_at};
    return uuid_map_put(&item->reservations, &event->order_id, &open, arena) ? EVOLVE_OK
                                                                             : EVOLVE_EXHAUSTED;
}

/* Takes units from the reservation of an order, which must have them, and remembers by what as long as
 * some are left. key: NULL when it is not remembered. */
static enum evolve_result take(
    struct stock_item *item,
    const struct uuid *order_id,
    int64_t qty,
    const struct uuid *key,
    struct arena *arena)
{
    struct uuid_value open;
    if (qty <= 0 || !uuid_map_find(&item->reservations, order_id, &open) || open.number < qty)
        return EVOLVE_CONTRADICTS;
    open.number -= qty;
    bool kept = open.number == 0
                    ? uuid_map_remove(&item->reservations, order_id, arena) &&
                          stock_forget(item, order_id, arena)
                    : uuid_map_put(&item->reservations, order_id, &open, arena) &&
                          (key == NULL || stock_remember(item, order_id, key, qty, arena));
    return kept ? EVOLVE_OK : EVOLVE_EXHAUSTED;
}

enum evolve_result stock_on_released(void *state, const void *body, struct arena *arena)
{
    struct stock_item *item = state;
    const struct reservation_released *event = body;
    const struct stock_change change = {
        .reserved = -event->qty,
        .on_hand_after = event->on_hand,
        .reserved_after = event->reserved};
    if (!stock_is_of(item, event->sku, event->location) || !stock_move(item, &change))
        return EVOLVE_CONTRADICTS;
    struct uuid key;
    bool has_key = stock_release_key(&event->order_id, event->cause, event->qty, &key);
    return take(item, &event->order_id, event->qty, has_key ? &key : NULL, arena);
}

enum evolve_result stock_on_committed(void *state, const void *body, struct arena *arena)
{
    struct stock_item *item = state;
    const struct reservation_committed *event = body;
    const struct stock_change change = {
        .on_hand = -event->qty,
        .reserved = -event->qty,
        .on_hand_after = event->on_hand,
        .reserved_after = event->reserved};
    if (!stock_is_of(item, event->sku, event->location) || !stock_move(item, &change))
        return EVOLVE_CONTRADICTS;
    struct uuid key = stock_commit_key(&event->order_id, &event->shipment_id);
    return take(item, &event->order_id, event->qty, &key, arena);
}
