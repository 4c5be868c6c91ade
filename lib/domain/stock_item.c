// SPDX-License-Identifier: Apache-2.0
#include "domain/stock_item.h"
#include "base/checked.h"
#include "domain/clear_text.h"
#include "domain/stock_steps.h"

#include "base/banned.h"

enum { STOCK_MAX_NAME = 64 };

static const char *const status_names[] = {"none", "known"};
_Static_assert(countof(status_names) == STOCK_STATUS_COUNT, "each status has a name");

static decide_function receive;
static decide_function adjust;

const struct transition stock_transitions[COMMAND_TYPE_COUNT][STOCK_STATUS_COUNT] = {
    [COMMAND_RECEIVE_STOCK] =
        {
            [STOCK_NONE] = TRANSITION_DECIDE(receive, "known"),
            [STOCK_KNOWN] = TRANSITION_DECIDE(receive, "stays"),
        },
    [COMMAND_ADJUST_STOCK] =
        {
            [STOCK_NONE] = TRANSITION_REFUSE(not_found, "The item was never received."),
            [STOCK_KNOWN] = TRANSITION_DECIDE(adjust, "stays"),
        },
    /* Where nothing was ever received, nothing is available and nothing reserved. */
    [COMMAND_RESERVE_STOCK] =
        {
            [STOCK_NONE] = TRANSITION_DECIDE(stock_reserve, "refused: insufficient_stock"),
            [STOCK_KNOWN] = TRANSITION_DECIDE(stock_reserve, "stays"),
        },
    [COMMAND_RELEASE_RESERVATION] =
        {
            [STOCK_NONE] = TRANSITION_DECIDE(stock_release, "refused: reservation_unknown"),
            [STOCK_KNOWN] = TRANSITION_DECIDE(stock_release, "stays"),
        },
    [COMMAND_COMMIT_RESERVATION] =
        {
            [STOCK_NONE] = TRANSITION_DECIDE(stock_commit, "refused: reservation_unknown"),
            [STOCK_KNOWN] = TRANSITION_DECIDE(stock_commit, "stays"),
        },
};

const char *stock_status_name(enum stock_status status)
{
    CHECK(status < STOCK_STATUS_COUNT);
    return status_names[status];
}

struct uuid stock_stream_id(const struct uuid *tenant, struct slice location, struct slice sku)
{
    CHECK(location.size <= STOCK_MAX_NAME && sku.size <= STOCK_MAX_NAME);
    uint8_t name[2 * (4 + STOCK_MAX_NAME)];
    struct writer out = writer_over(name, sizeof(name));
    writer_u32(&out, (uint32_t)location.size);
    writer_bytes(&out, location.data, location.size);
    writer_u32(&out, (uint32_t)sku.size);
    writer_bytes(&out, sku.data, sku.size);
    return uuid_v5(tenant, writer_slice(&out));
}

struct slice stock_location(bool has_location, struct slice location)
{
    return has_location ? location : slice_of_text(STOCK_DEFAULT_LOCATION);
}

bool stock_is_own_stream(
    const struct decide_context *context, struct slice location, struct slice sku)
{
    struct uuid expected = stock_stream_id(&context->tenant->tenant, location, sku);
    return uuid_equal(&expected, &context->stream_id);
}

static bool receive(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct stock_item *item = state;
    const struct receive_stock *command = body;
    struct slice location = stock_location(command->has_location, command->location);
    if (!stock_is_own_stream(context, location, command->sku))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (!clear_text_check(command->has_ref, command->ref, CLEAR_REFERENCE, "ref", out))
        return true;
    int64_t on_hand;
    if (!checked_add_i64(item->on_hand, command->qty, &on_hand))
        return decision_refuse(out, REJECTION_amount_overflow, "qty");
    struct stock_received *event = arena_new(context->arena, struct stock_received);
    if (event == NULL)
        return false;
    *event = (struct stock_received){
        .sku = command->sku,
        .location = location,
        .qty = command->qty,
        .cause = command->cause,
        .ref = command->ref,
        .has_ref = command->has_ref,
        .on_hand = on_hand,
        .reserved = item->reserved};
    decision_add(out, EVENT_STOCK_RECEIVED, event);
    return true;
}

static bool adjust(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct stock_item *item = state;
    const struct adjust_stock *command = body;
    struct slice location = stock_location(command->has_location, command->location);
    if (!stock_is_own_stream(context, location, command->sku))
        return decision_refuse(out, REJECTION_bad_field, "stream");
    if (command->delta == 0)
        return decision_refuse(out, REJECTION_zero_quantity, "delta");
    int64_t on_hand;
    if (!checked_add_i64(item->on_hand, command->delta, &on_hand))
        return decision_refuse(out, REJECTION_amount_overflow, "delta");
    if (on_hand < item->reserved)
        return decision_refuse(out, REJECTION_stock_reserved, "delta");
    struct stock_adjusted *event = arena_new(context->arena, struct stock_adjusted);
    if (event == NULL)
        return false;
    *event = (struct stock_adjusted){
        .sku = command->sku,
        .location = location,
        .delta = command->delta,
        .reason = command->reason,
        .on_hand = on_hand,
        .reserved = item->reserved};
    decision_add(out, EVENT_STOCK_ADJUSTED, event);
    return true;
}

bool stock_decide(
    const struct stock_item *item,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    const struct transition *cell = &stock_transitions[command->type][item->status];
    return transition_decide(cell, item, command->body, context, out);
}

bool stock_move(struct stock_item *item, const struct stock_change *change)
{
    return checked_add_i64(item->on_hand, change->on_hand, &item->on_hand) &&
           checked_add_i64(item->reserved, change->reserved, &item->reserved) &&
           item->on_hand == change->on_hand_after && item->reserved == change->reserved_after &&
           0 <= item->reserved && item->reserved <= item->on_hand;
}

bool stock_is_of(const struct stock_item *item, struct slice sku, struct slice location)
{
    return item->status == STOCK_KNOWN && slice_equal(item->sku, sku) &&
           slice_equal(item->location, location);
}

static bool received(struct stock_item *item, const struct stock_received *event)
{
    const struct stock_change change = {
        .on_hand = event->qty, .on_hand_after = event->on_hand, .reserved_after = event->reserved};
    if (item->status == STOCK_NONE) {
        item->sku = event->sku;
        item->location = event->location;
        item->status = STOCK_KNOWN;
    }
    return event->qty > 0 && stock_is_of(item, event->sku, event->location) &&
           stock_move(item, &change);
}

static bool adjusted(struct stock_item *item, const struct stock_adjusted *event)
{
    const struct stock_change change = {
        .on_hand = event->delta,
        .on_hand_after = event->on_hand,
        .reserved_after = event->reserved};
    return stock_is_of(item, event->sku, event->location) && stock_move(item, &change);
}

static enum evolve_result on_stock_received(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(received(state, body));
}

static enum evolve_result on_stock_adjusted(void *state, const void *body, struct arena *arena)
{
    (void)arena;
    return evolve_if(adjusted(state, body));
}

static evolve_function *const evolvers[EVENT_TYPE_COUNT] = {
    [EVENT_STOCK_RECEIVED] = on_stock_received,
    [EVENT_STOCK_ADJUSTED] = on_stock_adjusted,
    [EVENT_STOCK_RESERVED] = stock_on_reserved,
    [EVENT_RESERVATION_RELEASED] = stock_on_released,
    [EVENT_RESERVATION_COMMITTED] = stock_on_committed,
};

enum evolve_result
stock_evolve(struct stock_item *item, const struct event *event, struct arena *arena)
{
    return evolve_by(evolvers, item, event, arena);
}
