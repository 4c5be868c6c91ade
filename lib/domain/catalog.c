// SPDX-License-Identifier: Apache-2.0
#include "domain/catalog.h"
#include "domain/customer_messages.h"
#include "domain/order_messages.h"
#include "domain/promotion_messages.h"
#include "domain/stock_messages.h"

#include "base/banned.h"

#define CREATES(type) \
    ((type) == COMMAND_PLACE_ORDER || (type) == COMMAND_REGISTER_CUSTOMER || \
     (type) == COMMAND_DEFINE_PROMOTION)
#define IS_FACT(type) \
    ((type) == COMMAND_RECORD_PAYMENT_RESULT || (type) == COMMAND_RECORD_DELIVERY || \
     (type) == COMMAND_SHIP_LINES)

const struct command_description command_descriptions[COMMAND_TYPE_COUNT] = {
#define COMMAND(name, wire_name, type, category_word) \
    [COMMAND_##name] = { \
        .ce_type = wire_name, \
        .message = &type##_message, \
        .category = CATEGORY_##category_word, \
        .creates = CREATES(COMMAND_##name), \
        .is_fact = IS_FACT(COMMAND_##name), \
        .is_restricted = COMMAND_##name == COMMAND_CONFIRM_ERASURE},
#define EVENT(name, type, category)
#include "domain/catalog.def"
#undef COMMAND
#undef EVENT
};

const struct event_description event_descriptions[EVENT_TYPE_COUNT] = {
#define COMMAND(name, wire_name, type, category)
#define EVENT(name, type, category_word) \
    [EVENT_##name] = {.message = &type##_message, .category = CATEGORY_##category_word},
#include "domain/catalog.def"
#undef COMMAND
#undef EVENT
};

/* strncmp leaves at the first difference, which is what a scan of short names wants. */
static bool same_text(const char *text, struct slice name)
{
    return name.size != 0 && strncmp(text, (const char *)name.data, name.size) == 0 &&
           strlen(text) == name.size;
}

bool catalog_find_command(struct slice ce_type, enum command_type *out)
{
    for (enum command_type type = 0; type < COMMAND_TYPE_COUNT; type++) {
        if (same_text(command_descriptions[type].ce_type, ce_type)) {
            *out = type;
            return true;
        }
    }
    return false;
}

bool catalog_find_event(struct slice name, int version, enum event_type *out)
{
    for (enum event_type type = 0; type < EVENT_TYPE_COUNT; type++) {
        const struct message *message = event_descriptions[type].message;
        if (message->version == version && same_text(message->name, name)) {
            *out = type;
            return true;
        }
    }
    return false;
}

const char *category_name(enum category category)
{
    switch (category) {
    case CATEGORY_ORDER:
        return "order";
    case CATEGORY_STOCK:
        return "stock";
    case CATEGORY_CUSTOMER:
        return "customer";
    case CATEGORY_PROMOTION:
        return "promotion";
    }
    UNREACHABLE();
}

bool command_may_be_personal(enum command_type type)
{
    const struct message *message = command_descriptions[type].message;
    for (size_t i = 0; i < message->field_count; i++) {
        if (message_is_personal(&message->fields[i]))
            return true;
    }
    return false;
}
