// SPDX-License-Identifier: Apache-2.0
// RequestReturn and ReceiveReturn. A return is announced once and comes once, known by its id: told
// again it is the same one. What was announced and did not come with it is not expected any more.
#include "domain/order_steps.h"

#include "base/banned.h"

#define DEFAULT_WINDOW_US (INT64_C(30) * 24 * 3600 * 1000000)

static struct order_return *find_return(const struct order *order, const struct uuid *id)
{
    for (size_t i = 0; i < order->goods.return_count; i++) {
        if (uuid_equal(&order->goods.returns[i].id, id))
            return &order->goods.returns[i];
    }
    return NULL;
}

int64_t order_return_window_ends(const struct order *order, const struct tenant_settings *tenant)
{
    int64_t window = tenant->return_window_us != 0 ? tenant->return_window_us : DEFAULT_WINDOW_US;
    int64_t ends;
    return __builtin_add_overflow(order->goods.delivered_at, window, &ends) ? INT64_MAX : ends;
}

/* ---- RequestReturn ---- */

static bool answer_announced(
    const struct order_return *known, const struct request_return *command, struct decision *out)
{
    bool same = known->line_count == command->lines_count;
    for (size_t i = 0; same && i < known->line_count; i++)
        same = known->lines[i].line_no == command->lines[i].line_no &&
               known->lines[i].qty == command->lines[i].qty &&
               known->lines[i].reason == command->lines[i].reason;
    return same || decision_refuse(out, REJECTION_already_exists, "return_id");
}

static bool announce_line(
    const struct order *order, const struct return_line *wanted, bool *seen, struct decision *out)
{
    size_t at;
    if (!order_take_line(order, wanted->line_no, seen, &at, out))
        return false;
    const struct order_line *line = &order->lines[at];
    if (wanted->qty > line->delivered - line->returned - line->return_requested)
        return !decision_refuse(out, REJECTION_quantity_exceeds_open, "qty");
    return true;
}

/* False: the arena is exhausted. */
static bool announce_each(
    const struct order *order,
    const struct request_return *command,
    struct arena *arena,
    struct decision *out)
{
    bool *seen = arena_array(arena, order->line_count, bool);
    if (seen == NULL)
        return false;
    for (size_t i = 0; i < command->lines_count && out->rejection == NULL; i++)
        (void)announce_line(order, &command->lines[i], seen, out);
    return true;
}

bool order_request_return(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static const struct rejection too_many =
        STATE_REJECTION(invalid_state, "The order has as many returns as it may have.");
    const struct order *order = state;
    const struct request_return *command = body;
    const struct order_return *known = find_return(order, &command->return_id);
    if (known != NULL)
        return answer_announced(known, command, out);
    if (command->lines_count == 0)
        return decision_refuse(out, REJECTION_bad_field, "lines");
    if (!order_note_is_clean(command->has_note, &command->note))
        return decision_refuse(out, REJECTION_pan_detected, "note");
    if (order->goods.delivered_at != 0 &&
        context->now_us > order_return_window_ends(order, context->tenant))
        return decision_refuse(out, REJECTION_window_closed, NULL);
    if (order->goods.return_count == ORDER_MAX_RETURNS)
        return decision_refuse_with(out, &too_many, "return_id");
    struct return_requested *event = arena_new(context->arena, struct return_requested);
    if (event == NULL || !announce_each(order, command, context->arena, out))
        return false;
    if (out->rejection != NULL)
        return true;
    event->return_id = command->return_id;
    event->lines = command->lines;
    event->lines_count = command->lines_count;
    event->note = command->note;
    event->has_note = command->has_note;
    decision_add(out, EVENT_RETURN_REQUESTED, event);
    return true;
}

bool order_request_return_again(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static const struct rejection closed =
        STATE_REJECTION(window_closed, "The order is closed: the time for returns is over.");
    const struct request_return *command = body;
    const struct order_return *known = find_return(state, &command->return_id);
    (void)context;
    if (known != NULL)
        return answer_announced(known, command, out);
    return decision_refuse_with(out, &closed, NULL);
}

/* ---- ReceiveReturn ---- */

static bool answer_received(
    const struct order_return *known, const struct receive_return *command, struct decision *out)
{
    bool same = known->received_count == command->lines_count;
    for (size_t i = 0; same && i < known->received_count; i++)
        same = known->received[i].line_no == command->lines[i].line_no &&
               known->received[i].accepted == command->lines[i].accepted &&
               known->received[i].rejected == command->lines[i].rejected &&
               known->received[i].restock == command->lines[i].restock;
    return same || decision_refuse(out, REJECTION_already_exists, "return_id");
}

/* announced: units of this return per line of the order. */
static bool receive_line(
    const struct order *order,
    const struct received_line *received,
    const int64_t *announced,
    bool *seen,
    struct decision *out)
{
    size_t at;
    if (!order_take_line(order, received->line_no, seen, &at, out))
        return false;
    if (announced[at] == 0)
        return !decision_refuse(out, REJECTION_unknown_line, "line_no");
    if (received->accepted + received->rejected > announced[at])
        return !decision_refuse(out, REJECTION_quantity_exceeds_open, "accepted");
    if (received->restock > received->accepted)
        return !decision_refuse(out, REJECTION_quantity_exceeds_open, "restock");
    return true;
}

/* Units announced by the return, per line of the order. NULL: the arena is exhausted. */
static int64_t *
announced_by(const struct order *order, const struct order_return *known, struct arena *arena)
{
    int64_t *announced = arena_array(arena, order->line_count, int64_t);
    for (size_t i = 0; announced != NULL && i < known->line_count; i++) {
        size_t at;
        bool found = order_find_line(order, known->lines[i].line_no, &at);
        CHECK(found); /* it was when the return was folded */
        announced[at] += known->lines[i].qty;
    }
    return announced;
}

/* False: the arena is exhausted. */
static bool receive_each(
    const struct order *order,
    const struct order_return *known,
    const struct receive_return *command,
    struct arena *arena,
    struct decision *out)
{
    bool *seen = arena_array(arena, order->line_count, bool);
    int64_t *announced = announced_by(order, known, arena);
    if (seen == NULL || announced == NULL)
        return false;
    for (size_t i = 0; i < command->lines_count && out->rejection == NULL; i++)
        (void)receive_line(order, &command->lines[i], announced, seen, out);
    return true;
}

static int64_t units_announced(const struct order_return *known)
{
    int64_t units = 0;
    for (size_t i = 0; i < known->line_count; i++)
        units += known->lines[i].qty;
    return units;
}

bool order_receive_return(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    const struct order *order = state;
    const struct receive_return *command = body;
    const struct order_return *known = find_return(order, &command->return_id);
    if (known == NULL)
        return decision_refuse(out, REJECTION_not_found, "return_id");
    if (known->is_received)
        return answer_received(known, command, out);
    if (command->lines_count == 0)
        return decision_refuse(out, REJECTION_bad_field, "lines");
    struct return_received *event = arena_new(context->arena, struct return_received);
    if (event == NULL || !receive_each(order, known, command, context->arena, out))
        return false;
    if (out->rejection != NULL)
        return true;
    event->return_id = command->return_id;
    event->lines = command->lines;
    event->lines_count = command->lines_count;
    event->missing = units_announced(known);
    for (size_t i = 0; i < command->lines_count; i++)
        event->missing -= command->lines[i].accepted + command->lines[i].rejected;
    decision_add(out, EVENT_RETURN_RECEIVED, event);
    return true;
}

bool order_receive_return_again(
    const void *state, const void *body, const struct decide_context *context, struct decision *out)
{
    static const struct rejection closed = STATE_REJECTION(invalid_state, "The order is closed.");
    const struct receive_return *command = body;
    const struct order_return *known = find_return(state, &command->return_id);
    (void)context;
    if (known != NULL && known->is_received)
        return answer_received(known, command, out);
    return decision_refuse_with(out, &closed, NULL);
}

/* ---- folds ---- */

static bool fold_announced(struct order *order, const struct return_requested *event)
{
    for (size_t i = 0; i < event->lines_count; i++) {
        size_t at;
        if (!order_find_line(order, event->lines[i].line_no, &at) || event->lines[i].qty <= 0)
            return false;
        struct order_line *line = &order->lines[at];
        if (event->lines[i].qty > line->delivered - line->returned - line->return_requested)
            return false;
        line->return_requested += event->lines[i].qty;
    }
    return event->lines_count != 0;
}

enum evolve_result order_on_return_requested(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    struct order_goods *goods = &order->goods;
    const struct return_requested *event = body;
    if (goods->return_count == ORDER_MAX_RETURNS || find_return(order, &event->return_id) != NULL ||
        !fold_announced(order, event))
        return EVOLVE_CONTRADICTS;
    struct order_return *returns = order_grow(
        goods->returns, goods->return_count, &goods->return_capacity, sizeof(*returns), arena);
    if (returns == NULL)
        return EVOLVE_EXHAUSTED;
    goods->returns = returns;
    returns[goods->return_count++] = (struct order_return){
        .id = event->return_id, .lines = event->lines, .line_count = event->lines_count};
    return EVOLVE_OK;
}

/* What came back of one line. announced: as above, less what was taken. */
static bool take_back(struct order *order, const struct received_line *received, int64_t *announced)
{
    size_t at;
    if (!order_find_line(order, received->line_no, &at) || received->accepted < 0 ||
        received->rejected < 0 || received->accepted > announced[at] ||
        received->rejected > announced[at] - received->accepted)
        return false;
    int64_t units = received->accepted + received->rejected;
    announced[at] -= units;
    order->lines[at].returned += units;
    order->lines[at].accepted += received->accepted;
    return true;
}

enum evolve_result order_on_return_received(void *state, const void *body, struct arena *arena)
{
    struct order *order = state;
    const struct return_received *event = body;
    struct order_return *known = find_return(order, &event->return_id);
    if (known == NULL || known->is_received)
        return EVOLVE_CONTRADICTS;
    int64_t *announced = announced_by(order, known, arena);
    if (announced == NULL)
        return EVOLVE_EXHAUSTED;
    int64_t left = 0;
    for (size_t i = 0; i < order->line_count; i++)
        order->lines[i].return_requested -= announced[i];
    for (size_t i = 0; i < event->lines_count; i++) {
        if (!take_back(order, &event->lines[i], announced))
            return EVOLVE_CONTRADICTS;
    }
    for (size_t i = 0; i < order->line_count; i++)
        left += announced[i];
    known->is_received = true;
    known->received = event->lines;
    known->received_count = event->lines_count;
    return evolve_if(left == event->missing);
}
