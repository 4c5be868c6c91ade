// SPDX-License-Identifier: Apache-2.0
#include "domain/keep.h"

#include "base/banned.h"

bool keep_text(struct slice *text, struct arena *arena)
{
    return text->size == 0 || arena_copy(arena, *text, text);
}

bool keep_texts(const struct message *message, void *body, struct arena *arena)
{
    for (size_t i = 0; i < message->field_count; i++) {
        const struct message_field *field = &message->fields[i];
        CHECK(field->kind != KIND_LIST && field->kind != KIND_RECORD);
        if (field->kind != KIND_TEXT || !message_has(body, field))
            continue;
        struct slice text;
        memcpy(&text, (char *)body + field->offset, sizeof(text));
        if (!keep_text(&text, arena))
            return false;
        memcpy((char *)body + field->offset, &text, sizeof(text));
    }
    return true;
}

bool keep_elements(void *array, size_t count, size_t size, struct arena *arena)
{
    const void *from;
    void *copy = NULL;
    memcpy(&from, array, sizeof(from)); /* a pointer to whatever type */
    if (count != 0) {
        copy = arena_take_array(arena, count, size);
        if (copy == NULL)
            return false;
        memcpy(copy, from, count * size);
    }
    memcpy(array, &copy, sizeof(copy));
    return true;
}
