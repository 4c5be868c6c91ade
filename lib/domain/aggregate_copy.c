// SPDX-License-Identifier: Apache-2.0
// States point into the events they came from; a copy points nowhere but into its own arena.
#include "domain/aggregates.h"
#include "domain/customer.h"
#include "domain/keep.h"
#include "domain/order.h"
#include "domain/promotion.h"
#include "domain/stock_item.h"

#include "base/banned.h"

static void *copy_stock_item(const struct stock_item *from, struct arena *arena)
{
    struct stock_item *item = arena_new(arena, struct stock_item);
    if (item == NULL)
        return NULL;
    *item = *from;
    bool ok = keep_text(&item->sku, arena) && keep_text(&item->location, arena) &&
              uuid_map_copy(&from->reservations, arena, &item->reservations) &&
              uuid_map_copy(&from->told, arena, &item->told);
    return ok ? item : NULL;
}

static void *fork_stock_item(const struct stock_item *from, struct arena *arena)
{
    struct stock_item *item = arena_new(arena, struct stock_item);
    if (item == NULL)
        return NULL;
    *item = *from;
    item->reservations = uuid_map_fork(&from->reservations);
    item->told = uuid_map_fork(&from->told);
    return item;
}

static bool
join_stock_item(struct stock_item *item, const struct stock_item *fork, struct arena *arena)
{
    item->on_hand = fork->on_hand;
    item->reserved = fork->reserved;
    return uuid_map_join(&item->reservations, &fork->reservations, arena) &&
           uuid_map_join(&item->told, &fork->told, arena);
}

static void *copy_promotion(const struct promotion *from, struct arena *arena)
{
    struct promotion *promotion = arena_new(arena, struct promotion);
    if (promotion == NULL)
        return NULL;
    *promotion = *from;
    bool ok = keep_texts(&promotion_defined_message, &promotion->terms, arena) &&
              uuid_map_copy(&from->redemptions, arena, &promotion->redemptions) &&
              uuid_map_copy(&from->customers, arena, &promotion->customers);
    return ok ? promotion : NULL;
}

static void *fork_promotion(const struct promotion *from, struct arena *arena)
{
    struct promotion *promotion = arena_new(arena, struct promotion);
    if (promotion == NULL)
        return NULL;
    *promotion = *from;
    promotion->redemptions = uuid_map_fork(&from->redemptions);
    promotion->customers = uuid_map_fork(&from->customers);
    return promotion;
}

static bool
join_promotion(struct promotion *promotion, const struct promotion *fork, struct arena *arena)
{
    promotion->status = fork->status;
    return uuid_map_join(&promotion->redemptions, &fork->redemptions, arena) &&
           uuid_map_join(&promotion->customers, &fork->customers, arena);
}

static void *copy_customer(const struct customer *from, struct arena *arena)
{
    struct customer *customer = arena_new(arena, struct customer);
    if (customer == NULL)
        return NULL;
    *customer = *from;
    bool ok = keep_text(&customer->region, arena) && keep_text(&customer->locale, arena) &&
              keep_text(&customer->request_ref, arena);
    return ok ? customer : NULL;
}

static void *copy_state(const struct aggregate *from, struct arena *arena)
{
    switch (from->category) {
    case CATEGORY_ORDER:
        return order_copy(from->state, arena);
    case CATEGORY_STOCK:
        return copy_stock_item(from->state, arena);
    case CATEGORY_CUSTOMER:
        return copy_customer(from->state, arena);
    case CATEGORY_PROMOTION:
        return copy_promotion(from->state, arena);
    }
    UNREACHABLE();
}

bool aggregate_copy(const struct aggregate *from, struct arena *arena, struct aggregate *out)
{
    void *state = copy_state(from, arena);
    if (state == NULL)
        return false;
    *out = (struct aggregate){.category = from->category, .version = from->version, .state = state};
    return true;
}

bool aggregate_shares(enum category category)
{
    return category == CATEGORY_STOCK || category == CATEGORY_PROMOTION;
}

bool aggregate_fork(const struct aggregate *from, struct arena *arena, struct aggregate *out)
{
    if (!aggregate_shares(from->category))
        return aggregate_copy(from, arena, out);
    void *state = from->category == CATEGORY_STOCK ? fork_stock_item(from->state, arena)
                                                   : fork_promotion(from->state, arena);
    if (state == NULL)
        return false;
    *out = (struct aggregate){.category = from->category, .version = from->version, .state = state};
    return true;
}

bool aggregate_join(struct aggregate *aggregate, const struct aggregate *fork, struct arena *arena)
{
    CHECK(aggregate_shares(aggregate->category) && aggregate->category == fork->category);
    CHECK(aggregate->version > 0);
    aggregate->version = fork->version;
    return aggregate->category == CATEGORY_STOCK
               ? join_stock_item(aggregate->state, fork->state, arena)
               : join_promotion(aggregate->state, fork->state, arena);
}
