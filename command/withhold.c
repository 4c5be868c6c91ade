// SPDX-License-Identifier: Apache-2.0
#include "command/withhold.h"

#include "aggregate/load.h"
#include "command/body.h"

#include "base/banned.h"

/* Whether a message that was not decoded yet, because something else was wrong with it first, can be
 * and then shows nothing personal in plain. */
static bool is_clean(const struct item *item, enum command_type type, struct arena *arena)
{
    const struct message *message = command_descriptions[type].message;
    struct slice bytes;
    struct wire_fault fault;
    struct sealed_box box;
    void *body = arena_take(arena, message->size);
    if (body == NULL || !body_to_msgpack(item, arena, &bytes, &fault) ||
        !wire_decode(message, WIRE_CONTRACT, bytes, arena, body, &fault))
        return false;
    const struct command command = {.type = type, .body = body};
    return body_find_box(type, body, &box) || aggregate_classes(&command) == 0;
}

bool withhold_body(const struct item *item, struct arena *arena)
{
    enum command_type type;
    if (!catalog_find_command(item->envelope.type, &type))
        return true;
    if (!body_may_be_personal(type) || item->box != ITEM_BOX_NONE)
        return false;
    if (item->command.body != NULL)
        return aggregate_classes(&item->command) != 0;
    return !is_clean(item, type, arena);
}
