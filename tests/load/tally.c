// SPDX-License-Identifier: Apache-2.0
#include "load/tally.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/banned.h"

static bool is_plain(struct slice name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '-' && c != '.' && c != '/')
            return false;
    }
    return name.size != 0 && name.size < TALLY_NAME_SIZE;
}

static struct tally_row *find(struct tally *tally, struct slice name)
{
    for (size_t i = 0; i < tally->count; i++) {
        const struct tally_row *row = &tally->rows[i];
        if (slice_equal(name, slice_of(row->name, row->size)))
            return &tally->rows[i];
    }
    return NULL;
}

void tally_add(struct tally *tally, struct slice name)
{
    static const struct slice other = SLICE_LITERAL("other");
    struct tally_row *row = find(tally, name);
    /* The last row is for the others. */
    if (row == NULL && (!is_plain(name) || tally->count >= TALLY_ROWS - 1)) {
        name = other;
        row = find(tally, name);
    }
    if (row == NULL) {
        row = &tally->rows[tally->count++];
        memcpy(row->name, name.data, name.size);
        row->size = name.size;
    }
    row->count++;
}

int64_t tally_of(const struct tally *tally, const char *name)
{
    for (size_t i = 0; i < tally->count; i++) {
        if (strcmp(tally->rows[i].name, name) == 0)
            return tally->rows[i].count;
    }
    return 0;
}

void tally_print(const struct tally *tally, struct writer *out)
{
    char text[TALLY_NAME_SIZE + 32];
    writer_byte(out, '{');
    for (size_t i = 0; i < tally->count; i++) {
        int size = snprintf(
            text,
            sizeof(text),
            "%s\"%s\":%" PRId64,
            i != 0 ? "," : "",
            tally->rows[i].name,
            tally->rows[i].count);
        writer_bytes(out, text, (size_t)size);
    }
    writer_byte(out, '}');
}
