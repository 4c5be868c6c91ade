// SPDX-License-Identifier: Apache-2.0
#include "load/reply.h"

#include "wire/cursor.h"

#include "base/banned.h"

enum { MOST_PAIRS = 64, MOST_VALUES = 4096, MOST_WORD = 64 };

/* Passes over one value and all that is in it. */
static bool skip_value(struct cursor *cursor)
{
    int64_t left = 1;
    for (int values = 0; left > 0; values++) {
        struct cursor_head head;
        struct slice body;
        if (values == MOST_VALUES || !cursor_head(cursor, &head))
            return false;
        left--;
        if (head.type == CURSOR_ARRAY || head.type == CURSOR_MAP) {
            if ((uint64_t)head.value > cursor_left(cursor))
                return false;
            left += head.type == CURSOR_MAP ? head.value * 2 : head.value;
        } else if (head.type == CURSOR_TEXT || head.type == CURSOR_BINARY) {
            if (!cursor_body(cursor, &head, &body))
                return false;
        } else if (head.type == CURSOR_FLOAT || head.type == CURSOR_EXT) {
            return false; /* the contract has neither */
        }
    }
    return true;
}

/* A value that may be nil, which leaves *out alone. */
static bool take_text(struct cursor *cursor, struct slice *out)
{
    return cursor_take_nil(cursor) || cursor_bytes(cursor, CURSOR_TEXT, out);
}

static bool take_int(struct cursor *cursor, int64_t *out)
{
    return cursor_take_nil(cursor) || cursor_value(cursor, CURSOR_INT, out);
}

/* The sizes are compared first, and known when compiled: most names differ in them. */
#define NAME_IS(name, literal) \
    ((name).size == sizeof(literal) - 1 && memcmp((name).data, literal, sizeof(literal) - 1) == 0)

static bool take_field(struct cursor *cursor, struct slice name, struct reply *reply)
{
    if (NAME_IS(name, "command_id")) {
        struct slice text;
        return cursor_bytes(cursor, CURSOR_TEXT, &text) && uuid_parse(text, &reply->command_id);
    }
    if (NAME_IS(name, "outcome"))
        return take_text(cursor, &reply->outcome);
    if (NAME_IS(name, "code"))
        return take_text(cursor, &reply->code);
    if (NAME_IS(name, "version"))
        return take_int(cursor, &reply->version);
    if (NAME_IS(name, "position"))
        return take_int(cursor, &reply->position);
    if (NAME_IS(name, "replayed")) {
        int64_t value = 0;
        bool taken = cursor_take_nil(cursor) || cursor_value(cursor, CURSOR_BOOL, &value);
        reply->replayed = value != 0;
        return taken;
    }
    return skip_value(cursor);
}

bool reply_read(struct slice bytes, struct reply *out)
{
    struct cursor cursor = cursor_over(bytes);
    struct reply reply = {.version = 0};
    struct slice name;
    int64_t pairs;
    if (!cursor_value(&cursor, CURSOR_MAP, &pairs) || pairs > MOST_PAIRS)
        return false;
    for (int64_t i = 0; i < pairs; i++) {
        if (!cursor_bytes(&cursor, CURSOR_TEXT, &name) || !take_field(&cursor, name, &reply))
            return false;
    }
    static const struct uuid none = {{0}};
    if (reply.outcome.size == 0 || reply.outcome.size > MOST_WORD || reply.code.size > MOST_WORD ||
        uuid_equal(&reply.command_id, &none))
        return false;
    *out = reply;
    return true;
}
