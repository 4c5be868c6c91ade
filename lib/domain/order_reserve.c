// SPDX-License-Identifier: Apache-2.0
// RecordReservation. Stock is claimed for all lines of an article at once, or not at all: a
// reservation that is smaller than what is open serves nobody. One that comes when nothing is open any
// more is recorded all the same, because somebody has to give it back.
#include "domain/clear_text.h"
#include "domain/order_steps.h"
#include "domain/stock_item.h"

#include "base/banned.h"

static struct order_article *
article_of(const struct order *order, const struct record_reservation *command)
{
    struct slice location =
        command->has_location ? command->location : slice_of_text(STOCK_DEFAULT_LOCATION);
    return order_find_article(order, command->sku, location);
}

/* The open units of the article, line by line. False: the arena is exhausted. */
static bool list_open_lines(
    const struct order *order,
    const struct order_article *article,
    struct arena *arena,
    struct line_reserved *event)
{
    struct order_units *lines = arena_array(arena, article->line_count, struct order_units);
    if (lines == NULL)
        return false;
    for (size_t i = 0; i < article->line_count; i++) {
        const struct order_line *line = &order->lines[order->goods.members[article->first + i]];
        int64_t open = line->placed.qty - line->cancelled;
        if (open > 0)
            lines[event->lines_count++] =
                (struct order_units){.line_no = line->placed.line_no, .qty = open};
    }
    event->lines = lines;
    event->has_lines = event->lines_count != 0;
    return true;
}

bool order_record_reserved(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct record_reservation *command = body;
    const struct order_article *article = article_of(order, command);
    if (article == NULL)
        return decision_refuse(out, REJECTION_unknown_line, "sku");
    if (article->is_reserved) /* there is one reservation of an article for an order, told again */
        return true;
    if (command->qty < article->open)
        return decision_refuse(out, REJECTION_insufficient_stock, "qty");
    if (command->qty > article->ordered)
        return decision_refuse(out, REJECTION_quantity_exceeds_open, "qty");
    struct line_reserved *event = arena_new(context->arena, struct line_reserved);
    if (event == NULL || !list_open_lines(order, article, context->arena, event))
        return false;
    event->sku = article->sku;
    event->location = article->location;
    event->qty = article->open != 0 ? article->open : command->qty;
    event->expires_at = command->expires_at;
    event->has_expires_at = command->has_expires_at;
    decision_add(out, EVENT_LINE_RESERVED, event);
    return true;
}

static bool
is_same_refusal(const struct article_refusal *refusal, const struct record_reservation *command)
{
    int64_t available = command->has_available ? command->available : -1;
    struct slice reason = command->has_code ? command->code : slice_of(NULL, 0);
    return refusal->requested == command->qty && refusal->available == available &&
           slice_equal(refusal->reason, reason);
}

/* A refusal alone cancels nothing: whoever runs the shop may order more, or cancel lines. */
bool order_record_refused(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct record_reservation *command = body;
    const struct order_article *article = article_of(order, command);
    if (article == NULL)
        return decision_refuse(out, REJECTION_unknown_line, "sku");
    if (article->open == 0)
        return true;
    if (article->is_reserved)
        return decision_refuse(out, REJECTION_invalid_state, "sku");
    if (!clear_text_check(command->has_code, command->code, CLEAR_CODE, "code", out))
        return true;
    if (article->is_refused && is_same_refusal(&article->refusal, command)) /* told again */
        return true;
    struct line_reservation_refused *event =
        arena_new(context->arena, struct line_reservation_refused);
    if (event == NULL)
        return false;
    *event = (struct line_reservation_refused){
        .sku = article->sku,
        .location = article->location,
        .requested = command->qty,
        .available = command->available,
        .has_available = command->has_available,
        .reason = command->code,
        .has_reason = command->has_code};
    decision_add(out, EVENT_LINE_RESERVATION_REFUSED, event);
    return true;
}

/* ---- folds ---- */

/* Everything open of the line is reserved. */
static bool reserve_line(
    struct order *order, const struct order_article *article, const struct order_units *reserved)
{
    size_t at;
    if (!order_find_line(order, reserved->line_no, &at))
        return false;
    struct order_line *line = &order->lines[at];
    if (&order->goods.articles[line->article] != article || line->reserved != 0 ||
        reserved->qty <= 0 || reserved->qty != line->placed.qty - line->cancelled)
        return false;
    line->reserved = reserved->qty;
    return true;
}

/* All that is open, or what is to be released because nothing is. */
static bool
reserve(struct order *order, struct order_article *article, const struct line_reserved *event)
{
    int64_t qty = 0;
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!reserve_line(order, article, &event->lines[i]))
            return false;
        qty += event->lines[i].qty;
    }
    if (qty != article->open || (qty != 0 && qty != event->qty))
        return false;
    if (qty == 0)
        article->to_release = event->qty;
    else
        order->goods.outstanding--;
    article->is_reserved = true;
    article->is_refused = false;
    article->expires_at = event->has_expires_at ? event->expires_at : 0;
    return true;
}

enum evolve_result order_on_line_reserved(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct line_reserved *event = body;
    struct order_article *article = order_find_article(order, event->sku, event->location);
    (void)arena;
    return evolve_if(article != NULL && !article->is_reserved && reserve(order, article, event));
}

enum evolve_result
order_on_line_reservation_refused(void *state, const void *body, struct arena *arena)
{
    const struct line_reservation_refused *event = body;
    struct order_article *article = order_find_article(state, event->sku, event->location);
    (void)arena;
    if (article == NULL || article->is_reserved)
        return EVOLVE_CONTRADICTS;
    article->is_refused = true;
    article->refusal = (struct article_refusal){
        .requested = event->requested,
        .available = event->has_available ? event->available : -1,
        .reason = event->has_reason ? event->reason : slice_of(NULL, 0)};
    return EVOLVE_OK;
}
