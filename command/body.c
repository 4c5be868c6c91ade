// SPDX-License-Identifier: Apache-2.0
#include "command/body.h"

#include "wire/json.h"

#include "base/banned.h"

bool body_to_msgpack(
    const struct item *item, struct arena *arena, struct slice *out, struct wire_fault *fault)
{
    if (item->envelope.content == CONTENT_JSON && !item->value_is_packed)
        return json_to_msgpack(item->value, &wire_command_limits, arena, out, fault);
    *out = item->value;
    return wire_scan(*out, &wire_command_limits, fault);
}

bool body_may_be_personal(enum command_type type)
{
    const struct message *message = command_descriptions[type].message;
    for (size_t i = 0; i < message->field_count; i++) {
        if (message_is_personal(&message->fields[i]))
            return true;
    }
    return false;
}

bool body_find_box(enum command_type type, const void *body, struct sealed_box *out)
{
    const struct message *message = command_descriptions[type].message;
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (!message_is_box(field) || !message_has(body, field))
            continue;
        memcpy(out, (const char *)body + field->offset, sizeof(*out));
        return true;
    }
    return false;
}
