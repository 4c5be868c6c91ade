// SPDX-License-Identifier: Apache-2.0
#include "wire/cursor.h"

#include "base/banned.h"

/* What the first bytes 0xc0 to 0xdf mean, and how many bytes of a number follow. */
static const struct {
    uint8_t type;
    uint8_t width;
    bool is_signed;
} heads[32] = {
    {CURSOR_NIL, 0, false},    {CURSOR_RESERVED, 0, false}, /* c0 */
    {CURSOR_BOOL, 0, false},   {CURSOR_BOOL, 0, false},     /* c2 false, true */
    {CURSOR_BINARY, 1, false}, {CURSOR_BINARY, 2, false},   /* c4 */
    {CURSOR_BINARY, 4, false}, {CURSOR_EXT, 1, false},      /* c6 */
    {CURSOR_EXT, 2, false},    {CURSOR_EXT, 4, false},      /* c8 */
    {CURSOR_FLOAT, 4, false},  {CURSOR_FLOAT, 8, false},    /* ca */
    {CURSOR_INT, 1, false},    {CURSOR_INT, 2, false},      /* cc */
    {CURSOR_INT, 4, false},    {CURSOR_INT, 8, false},      /* ce */
    {CURSOR_INT, 1, true},     {CURSOR_INT, 2, true},       /* d0 */
    {CURSOR_INT, 4, true},     {CURSOR_INT, 8, true},       /* d2 */
    {CURSOR_EXT, 0, false},    {CURSOR_EXT, 0, false},      /* d4 */
    {CURSOR_EXT, 0, false},    {CURSOR_EXT, 0, false},      /* d6 */
    {CURSOR_EXT, 0, false},    {CURSOR_TEXT, 1, false},     /* d8 */
    {CURSOR_TEXT, 2, false},   {CURSOR_TEXT, 4, false},     /* da */
    {CURSOR_ARRAY, 2, false},  {CURSOR_ARRAY, 4, false},    /* dc */
    {CURSOR_MAP, 2, false},    {CURSOR_MAP, 4, false},      /* de */
};

static uint64_t load_big_endian(const uint8_t *at, size_t width)
{
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | at[i];
    return value;
}

static int64_t extend_sign(uint64_t value, size_t width)
{
    unsigned unused = 64 - 8 * (unsigned)width;
    return (int64_t)(value << unused) >> unused;
}

bool cursor_long_head(struct cursor *cursor, struct cursor_head *head)
{
    uint8_t first = *cursor->at;
    size_t row = first - 0xc0u;
    CHECK(row < countof(heads));
    size_t width = heads[row].width;
    if (cursor_left(cursor) - 1 < width)
        return false;
    uint64_t value = load_big_endian(cursor->at + 1, width);
    cursor->at += 1 + width;
    head->type = (enum cursor_type)heads[row].type;
    if (heads[row].is_signed)
        head->value = extend_sign(value, width);
    else if (head->type == CURSOR_BOOL)
        head->value = first & 1;
    else if (value > INT64_MAX)
        *head = (struct cursor_head){CURSOR_OVER_INT64, 0};
    else
        head->value = (int64_t)value;
    return true;
}

void cursor_skip(struct cursor *cursor)
{
    struct slice ignored;
    for (int64_t left = 1; left > 0; left--) {
        struct cursor_head head;
        CHECK(cursor_head(cursor, &head));
        if (head.type == CURSOR_TEXT || head.type == CURSOR_BINARY)
            CHECK(cursor_body(cursor, &head, &ignored));
        if (head.type == CURSOR_ARRAY)
            left += head.value;
        if (head.type == CURSOR_MAP)
            left += 2 * head.value;
    }
}
