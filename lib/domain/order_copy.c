// SPDX-License-Identifier: Apache-2.0
// An order copied with everything it points at.
#include "domain/keep.h"
#include "domain/order.h"

#include "base/banned.h"

static bool copy_lines(struct order *order, struct arena *arena)
{
    if (!KEEP_ARRAY(order->lines, order->line_count, arena))
        return false;
    for (size_t i = 0; i < order->line_count; i++) {
        if (!keep_texts(&order_placed_line_message, &order->lines[i].placed, arena))
            return false;
    }
    return true;
}

/* The texts of an article are those of its lines. */
static bool copy_articles(struct order *order, struct arena *arena)
{
    struct order_goods *goods = &order->goods;
    if (!KEEP_ARRAY(goods->articles, goods->article_count, arena) ||
        !KEEP_ARRAY(goods->members, order->line_count, arena))
        return false;
    for (size_t i = 0; i < goods->article_count; i++) {
        const struct order_line *line = &order->lines[goods->members[goods->articles[i].first]];
        goods->articles[i].sku = line->placed.sku;
        goods->articles[i].location = order_line_location(&line->placed);
        if (!keep_text(&goods->articles[i].refusal.reason, arena))
            return false;
    }
    return true;
}

static bool copy_shipments(struct order_goods *goods, struct arena *arena)
{
    goods->shipment_capacity = goods->shipment_count;
    if (!KEEP_ARRAY(goods->shipments, goods->shipment_count, arena))
        return false;
    for (size_t i = 0; i < goods->shipment_count; i++) {
        struct order_shipment *shipment = &goods->shipments[i];
        if (!keep_text(&shipment->carrier, arena) ||
            !KEEP_ARRAY(shipment->lines, shipment->line_count, arena))
            return false;
    }
    return true;
}

static bool copy_returns(struct order_goods *goods, struct arena *arena)
{
    goods->return_capacity = goods->return_count;
    if (!KEEP_ARRAY(goods->returns, goods->return_count, arena))
        return false;
    for (size_t i = 0; i < goods->return_count; i++) {
        struct order_return *one = &goods->returns[i];
        if (!KEEP_ARRAY(one->lines, one->line_count, arena) ||
            !KEEP_ARRAY(one->received, one->received_count, arena))
            return false;
    }
    return true;
}

static bool copy_header(struct order *order, struct arena *arena)
{
    return keep_text(&order->currency, arena) && keep_text(&order->ship_country, arena) &&
           keep_text(&order->bill_country, arena) && keep_text(&order->source_ref, arena) &&
           keep_text(&order->shipping_method, arena) && keep_text(&order->promo_code, arena);
}

struct order *order_copy(const struct order *from, struct arena *arena)
{
    struct order *order = arena_new(arena, struct order);
    if (order == NULL)
        return NULL;
    *order = *from;
    bool ok = copy_header(order, arena) && copy_lines(order, arena) &&
              copy_articles(order, arena) && copy_shipments(&order->goods, arena) &&
              copy_returns(&order->goods, arena) &&
              order_money_copy(&order->money, order->line_count, arena);
    return ok ? order : NULL;
}
