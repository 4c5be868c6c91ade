// SPDX-License-Identifier: Apache-2.0
#include "projector/differences.h"

#include "runtime/json_text.h"

#include <stdio.h>

#include "base/banned.h"

struct difference *
difference_add(struct differences *differences, const char *table, const char *column)
{
    int64_t number = differences->count++;
    if (number >= DIFFERENCES_NAMED)
        return NULL;
    struct difference *difference = &differences->first[number];
    *difference = (struct difference){.table = table, .column = column};
    return difference;
}

void difference_text(char out[static DIFFERENCE_TEXT], struct slice text)
{
    size_t size = text.size < DIFFERENCE_TEXT - 1 ? text.size : DIFFERENCE_TEXT - 1;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = text.data[i];
        out[i] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    out[size] = '\0';
}

void difference_add_row(
    struct differences *differences, const char *table, const char *name, bool expected)
{
    struct difference *difference = difference_add(differences, table, "row");
    if (difference == NULL)
        return;
    difference_text(difference->row, slice_of_text(name));
    (void)snprintf(difference->expected, DIFFERENCE_TEXT, expected ? "a row" : "none");
    (void)snprintf(difference->found, DIFFERENCE_TEXT, expected ? "none" : "a row");
}

static size_t named(const struct differences *differences)
{
    return differences->count < DIFFERENCES_NAMED ? (size_t)differences->count : DIFFERENCES_NAMED;
}

void differences_print(const struct differences *differences)
{
    for (size_t i = 0; i < named(differences); i++) {
        const struct difference *one = &differences->first[i];
        (void)printf(
            "  %s %s, %s: expected %s, found %s\n",
            one->table,
            one->row,
            one->column,
            one->expected,
            one->found);
    }
    if (differences->count > DIFFERENCES_NAMED)
        (void)printf("  … and %lld more\n", (long long)(differences->count - DIFFERENCES_NAMED));
}

static void print_member(const char *before, const char *name, const char *text)
{
    (void)printf("%s\"%s\":", before, name);
    json_text_print(stdout, text);
}

void differences_print_json(const struct differences *differences)
{
    (void)printf("[");
    for (size_t i = 0; i < named(differences); i++) {
        const struct difference *one = &differences->first[i];
        print_member(i == 0 ? "{" : ",{", "table", one->table);
        print_member(",", "row", one->row);
        print_member(",", "column", one->column);
        print_member(",", "expected", one->expected);
        print_member(",", "found", one->found);
        (void)printf("}");
    }
    (void)printf("]");
}
