// SPDX-License-Identifier: Apache-2.0
#include "domain/aggregates.h"
#include "domain/customer.h"
#include "domain/order.h"
#include "domain/promotion.h"
#include "domain/stock_item.h"

#include "base/banned.h"

static size_t state_size(enum category category)
{
    switch (category) {
    case CATEGORY_ORDER:
        return sizeof(struct order);
    case CATEGORY_STOCK:
        return sizeof(struct stock_item);
    case CATEGORY_CUSTOMER:
        return sizeof(struct customer);
    case CATEGORY_PROMOTION:
        return sizeof(struct promotion);
    }
    UNREACHABLE();
}

bool aggregate_init(struct aggregate *aggregate, enum category category, struct arena *arena)
{
    void *state = arena_take(arena, state_size(category)); /* all zero is the state of none */
    if (state == NULL)
        return false;
    *aggregate = (struct aggregate){.category = category, .state = state};
    return true;
}

/* The body without its personal records, all of which are optional in a fact. NULL: the arena is
 * exhausted. */
static void *without_person(const struct command *command, struct arena *arena)
{
    const struct message *message = command_descriptions[command->type].message;
    char *body = arena_take_raw(arena, message->size);
    if (body == NULL)
        return NULL;
    memcpy(body, command->body, message->size);
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (!message_is_personal(field))
            continue;
        CHECK(field->has_offset != NO_OFFSET);
        memset(body + field->has_offset, 0, sizeof(bool));
        memset(body + field->offset, 0, field->element->size);
    }
    return body;
}

static bool decide_state(
    const struct aggregate *aggregate,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    switch (aggregate->category) {
    case CATEGORY_ORDER:
        return order_decide(aggregate->state, command, context, out);
    case CATEGORY_STOCK:
        return stock_decide(aggregate->state, command, context, out);
    case CATEGORY_CUSTOMER:
        return customer_decide(aggregate->state, command, context, out);
    case CATEGORY_PROMOTION:
        return promotion_decide(aggregate->state, command, context, out);
    }
    UNREACHABLE();
}

bool aggregate_decide(
    const struct aggregate *aggregate,
    const struct command *command,
    const struct decide_context *context,
    struct decision *out)
{
    CHECK(command_descriptions[command->type].category == aggregate->category);
    bool is_gone = context->subject == SUBJECT_ERASED || context->subject == SUBJECT_ERASING;
    if (!is_gone || !command_descriptions[command->type].is_fact)
        return decide_state(aggregate, command, context, out);
    /* Money moved, goods left or arrived: that is recorded of anybody. */
    struct decide_context nobody = *context;
    nobody.subject = SUBJECT_NONE_NEEDED;
    struct command fact = {.type = command->type, .body = without_person(command, context->arena)};
    return fact.body != NULL && decide_state(aggregate, &fact, &nobody, out);
}

static enum evolve_result
evolve_state(struct aggregate *aggregate, const struct event *event, struct arena *arena)
{
    switch (aggregate->category) {
    case CATEGORY_ORDER:
        return order_evolve(aggregate->state, event, arena);
    case CATEGORY_STOCK:
        return stock_evolve(aggregate->state, event, arena);
    case CATEGORY_CUSTOMER:
        return customer_evolve(aggregate->state, event, arena);
    case CATEGORY_PROMOTION:
        return promotion_evolve(aggregate->state, event, arena);
    }
    UNREACHABLE();
}

bool aggregate_evolve(struct aggregate *aggregate, const struct event *event, struct arena *arena)
{
    bool belongs = event_descriptions[event->type].category == aggregate->category;
    enum evolve_result result =
        belongs ? evolve_state(aggregate, event, arena) : EVOLVE_CONTRADICTS;
    aggregate->contradicted = result == EVOLVE_CONTRADICTS;
    if (result != EVOLVE_OK)
        return false;
    aggregate->version++;
    return true;
}
