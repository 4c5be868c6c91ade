// SPDX-License-Identifier: Apache-2.0
// All messages of the catalogue, and those within them, once each.
#ifndef SUPPORT_EACH_MESSAGE_H
#define SUPPORT_EACH_MESSAGE_H

#include "domain/catalog.h"
#include "support/cmocka.h"

/* Every message that a message of the catalogue holds, itself first. */
static inline void each_message(void (*check)(const struct message *message))
{
    const struct message *found[128];
    size_t count = 0;
    for (size_t i = 0; i < COMMAND_TYPE_COUNT; i++)
        found[count++] = command_descriptions[i].message;
    for (size_t i = 0; i < EVENT_TYPE_COUNT; i++)
        found[count++] = event_descriptions[i].message;
    for (size_t at = 0; at < count; at++) {
        check(found[at]);
        for (size_t i = 0; i < found[at]->field_count; i++) {
            const struct message *element = found[at]->fields[i].element;
            size_t known = 0;
            while (known < count && found[known] != element)
                known++;
            assert_true(element == NULL || known < count || count < countof(found));
            if (element != NULL && known == count)
                found[count++] = element;
        }
    }
}

#endif
