// SPDX-License-Identifier: Apache-2.0
// OrderConfirmed. No command asks for it: an order is confirmed by whichever event was the last to be
// missing. What would be the case after a decision's events is asked of a copy that they are folded
// into.
#include "domain/order_steps.h"

#include "base/banned.h"

static bool is_complete(const struct order *order, int64_t funds)
{
    bool settled = order->goods.promotion == ORDER_PROMOTION_NONE ||
                   order->goods.promotion == ORDER_PROMOTION_APPLIED;
    return order->status == ORDER_PLACED && order->goods.outstanding == 0 && settled &&
           !order->held && funds >= order_due(order);
}

/* What an event can change of what may be missing. */
struct effect {
    bool reserves; /* or cancels, so that less is to be reserved */
    bool settles;
    bool releases;
    bool pays;
    bool ends;         /* the order is over with it */
    int64_t cancelled; /* less is due */
};

static struct effect effect_of(const struct decision *decision)
{
    struct effect effect = {0};
    for (size_t i = 0; i < decision->event_count; i++) {
        enum event_type type = decision->events[i].type;
        const struct lines_cancelled *cancelled = decision->events[i].body;
        effect.reserves |= type == EVENT_LINE_RESERVED || type == EVENT_LINES_CANCELLED;
        effect.settles |= type == EVENT_PROMOTION_APPLIED;
        effect.releases |= type == EVENT_ORDER_RELEASED;
        effect.pays |= type == EVENT_PAYMENT_AUTHORIZED || type == EVENT_PAYMENT_CAPTURED;
        effect.cancelled += type == EVENT_LINES_CANCELLED ? cancelled->amount : 0;
        effect.ends |= type == EVENT_ORDER_CANCELLED || type == EVENT_ORDER_EXPIRED;
    }
    return effect;
}

/* Whether it is worth looking: nothing is missing that the events could not bring. It spares an order
 * of 1,000 articles 1,000 copies of itself, whether it is reserved or cancelled piece by piece. */
static bool may_complete(const struct order *order, const struct effect *effect, size_t articles)
{
    const struct order_goods *goods = &order->goods;
    bool settled =
        goods->promotion == ORDER_PROMOTION_NONE || goods->promotion == ORDER_PROMOTION_APPLIED;
    bool paid = effect->pays || order_funds(order) >= order_due(order) - effect->cancelled;
    return !effect->ends && goods->outstanding <= articles && (settled || effect->settles) &&
           (!order->held || effect->releases) && paid;
}

/* How many articles the events can take care of, at most. */
static size_t articles_of(const struct decision *decision)
{
    size_t articles = 0;
    for (size_t i = 0; i < decision->event_count; i++) {
        const struct lines_cancelled *cancelled = decision->events[i].body;
        if (decision->events[i].type == EVENT_LINE_RESERVED)
            articles++;
        else if (decision->events[i].type == EVENT_LINES_CANCELLED)
            articles += cancelled->lines_count;
    }
    return articles;
}

/* A copy to fold into; its lines and articles are the order's own unless the events change them. */
static struct order *
fork_order(const struct order *from, const struct effect *effect, struct arena *arena)
{
    struct order *order = arena_take_raw(arena, sizeof(*order));
    if (order == NULL)
        return NULL;
    *order = *from;
    if (!effect->reserves)
        return order;
    size_t lines_size = from->line_count * sizeof(*from->lines);
    size_t articles_size = from->goods.article_count * sizeof(*from->goods.articles);
    order->lines = arena_take_raw(arena, lines_size);
    order->goods.articles = arena_take_raw(arena, articles_size);
    if (order->lines == NULL || order->goods.articles == NULL)
        return NULL;
    memcpy(order->lines, from->lines, lines_size);
    memcpy(order->goods.articles, from->goods.articles, articles_size);
    return order;
}

bool order_complete_decision(
    const struct order *order, const struct decide_context *context, struct decision *out)
{
    if (order->status != ORDER_PLACED || out->event_count == 0)
        return true;
    struct effect effect = effect_of(out);
    if (!may_complete(order, &effect, articles_of(out)))
        return true;
    struct order *after = fork_order(order, &effect, context->arena);
    if (after == NULL)
        return false;
    for (size_t i = 0; i < out->event_count; i++) {
        enum evolve_result folded = order_evolve(after, &out->events[i], context->arena);
        CHECK(folded != EVOLVE_CONTRADICTS); /* a decision leads to events that can follow */
        if (folded == EVOLVE_EXHAUSTED)
            return false;
    }
    if (!is_complete(after, order_funds_at(after, context->now_us)))
        return true;
    struct order_confirmed *event = arena_new(context->arena, struct order_confirmed);
    if (event == NULL)
        return false;
    event->confirmed_at = context->now_us;
    event->total = order_due(after);
    decision_add(out, EVENT_ORDER_CONFIRMED, event);
    return true;
}

enum evolve_result order_on_order_confirmed(void *state, const void *body, struct arena *arena)
{
    const struct order *order = state;
    const struct order_confirmed *event = body;
    (void)arena;
    return evolve_if(is_complete(order, order_funds(order)) && event->total == order_due(order));
}
