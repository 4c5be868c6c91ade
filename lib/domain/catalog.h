// SPDX-License-Identifier: Apache-2.0
// Every current message, from catalog.def: its number in memory, its name on the wire, its struct
// and its aggregate.
#ifndef DOMAIN_CATALOG_H
#define DOMAIN_CATALOG_H

#include "message/describe.h"

/* Stored with every stream: numbers are for ever. */
enum category {
    CATEGORY_ORDER = 1,
    CATEGORY_STOCK = 2,
    CATEGORY_CUSTOMER = 3,
    CATEGORY_PROMOTION = 4,
};

enum command_type {
#define COMMAND(name, wire_name, type, category) COMMAND_##name,
#define EVENT(name, type, category)
#include "domain/catalog.def"
#undef COMMAND
#undef EVENT
    COMMAND_TYPE_COUNT
};

enum event_type {
#define COMMAND(name, wire_name, type, category)
#define EVENT(name, type, category) EVENT_##name,
#include "domain/catalog.def"
#undef COMMAND
#undef EVENT
    EVENT_TYPE_COUNT
};

/* body: the described struct of the type. Nobody owns it: it lives in somebody's arena. */
struct command {
    enum command_type type;
    const void *body;
};

struct event {
    enum event_type type;
    const void *body;
};

struct command_description {
    const char *ce_type; /* "order.command.place-order.v1" */
    const struct message *message;
    enum category category;
    bool creates; /* meant for a stream that does not exist yet: need not be loaded first */
    bool is_fact; /* something that has happened outside: recorded even when its person was erased,
                     without what is personal of it */
    bool is_restricted; /* only producers with the right to say it may */
};

struct event_description {
    const struct message *message; /* name and version as stored */
    enum category category;
};

extern const struct command_description command_descriptions[COMMAND_TYPE_COUNT];
extern const struct event_description event_descriptions[EVENT_TYPE_COUNT];

/* By ce_type; false when there is none. */
MUST_USE bool catalog_find_command(struct slice ce_type, enum command_type *out);

/* By stored name and schema version (current versions only). */
MUST_USE bool catalog_find_event(struct slice name, int version, enum event_type *out);

/* "order", "stock", "customer", "promotion" */
const char *category_name(enum category category);

/* Whether the command has personal fields, there or not. */
bool command_may_be_personal(enum command_type type);

#endif
