// SPDX-License-Identifier: Apache-2.0
#include "message/describe.h"

const struct message_field *
message_find_personal(const struct message *message, enum message_class class_of_field)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        if (message_is_personal(field) && field->class == class_of_field)
            return field;
    }
    return NULL;
}
