// SPDX-License-Identifier: Apache-2.0
// States point into the events they came from; a copy points nowhere but into its own arena.
#include "domain/aggregates.h"
#include "domain/customer.h"
#include "domain/order.h"
#include "domain/promotion.h"
#include "domain/stock_item.h"

#include "base/banned.h"

/* Moves a text into the arena. */
static bool keep(struct slice *text, struct arena *arena)
{
    return text->size == 0 || arena_copy(arena, *text, text);
}

/* The texts of a described struct that was copied as it is. */
static bool keep_texts(const struct message *message, void *body, struct arena *arena)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        CHECK(field->kind != KIND_LIST && field->kind != KIND_RECORD);
        if (field->kind != KIND_TEXT || !message_has(body, field))
            continue;
        struct slice text;
        memcpy(&text, (char *)body + field->offset, sizeof(text));
        if (!keep(&text, arena))
            return false;
        memcpy((char *)body + field->offset, &text, sizeof(text));
    }
    return true;
}

static bool copy_lines(struct order *order, struct arena *arena)
{
    struct order_line *lines = arena_array(arena, order->line_count, struct order_line);
    if (lines == NULL)
        return false;
    for (size_t i = 0; i < order->line_count; i++) {
        lines[i] = order->lines[i];
        if (!keep_texts(&order_placed_line_message, &lines[i].placed, arena))
            return false;
    }
    order->lines = lines;
    return true;
}

static void *copy_order(const struct order *from, struct arena *arena)
{
    struct order *order = arena_new(arena, struct order);
    if (order == NULL)
        return NULL;
    *order = *from;
    bool ok = keep(&order->currency, arena) && keep(&order->ship_country, arena) &&
              keep(&order->source_ref, arena) && keep(&order->shipping_method, arena) &&
              copy_lines(order, arena);
    return ok ? order : NULL;
}

static void *copy_stock_item(const struct stock_item *from, struct arena *arena)
{
    struct stock_item *item = arena_new(arena, struct stock_item);
    if (item == NULL)
        return NULL;
    *item = *from;
    bool ok = keep(&item->sku, arena) && keep(&item->location, arena) &&
              uuid_map_copy(&from->reservations, arena, &item->reservations);
    return ok ? item : NULL;
}

static void *fork_stock_item(const struct stock_item *from, struct arena *arena)
{
    struct stock_item *item = arena_new(arena, struct stock_item);
    if (item == NULL)
        return NULL;
    *item = *from;
    item->reservations = uuid_map_fork(&from->reservations);
    return item;
}

static bool
join_stock_item(struct stock_item *item, const struct stock_item *fork, struct arena *arena)
{
    item->on_hand = fork->on_hand;
    item->reserved = fork->reserved;
    return uuid_map_join(&item->reservations, &fork->reservations, arena);
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
    bool ok = keep(&customer->region, arena) && keep(&customer->locale, arena) &&
              keep(&customer->request_ref, arena);
    return ok ? customer : NULL;
}

static void *copy_state(const struct aggregate *from, struct arena *arena)
{
    switch (from->category) {
    case CATEGORY_ORDER:
        return copy_order(from->state, arena);
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
