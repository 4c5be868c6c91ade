// SPDX-License-Identifier: Apache-2.0
// libinih asks for one line after the other; each is looked at before it is handed over.
#include "runtime/ini.h"

#include <ini.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

/* A section, or a key of it, that was there already. */
struct taken {
    struct taken *next;
    char section[INI_LONGEST_NAME + 1];
    char key[INI_LONGEST_LINE + 1]; /* "": the section itself */
};

struct reading {
    FILE *file;
    const char *path;
    size_t number; /* of the line libinih has */
    size_t size;   /* bytes so far */
    bool failed;
    struct taken *taken;
    ini_take *take;
    void *context;
    struct error *err;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static bool wrong(struct reading *reading, const char *what)
{
    reading->failed = true;
    return error_set(reading->err, ERROR_invalid, "%s", what);
}

/* ---- what came before ---- */

static bool remember(struct reading *reading, const char *section, const char *key)
{
    for (const struct taken *one = reading->taken; one != NULL; one = one->next) {
        if (strcmp(one->section, section) == 0 && strcmp(one->key, key) == 0)
            return wrong(
                reading, key[0] == '\0' ? "this section was there before" : "this key comes twice");
    }
    struct taken *one = calloc(1, sizeof(*one));
    if (one == NULL)
        return error_set(reading->err, ERROR_fatal, "out of memory");
    (void)snprintf(one->section, sizeof(one->section), "%s", section);
    (void)snprintf(one->key, sizeof(one->key), "%s", key);
    one->next = reading->taken;
    reading->taken = one;
    return true;
}

static void forget(struct reading *reading)
{
    while (reading->taken != NULL) {
        struct taken *one = reading->taken;
        reading->taken = one->next;
        free(one);
    }
}

/* ---- lines ---- */

/* `[name]`, by the rules of libinih, which does not tell of a section without keys. */
static bool begin_section(struct reading *reading, const char *line)
{
    char section[INI_LONGEST_NAME + 1];
    size_t length = strcspn(line + 1, "]");
    if (line[1 + length] != ']')
        return wrong(reading, "a section ends with ]");
    if (line[2 + length] != '\0')
        return wrong(reading, "there is something behind the ] of a section");
    if (length == 0 || length > INI_LONGEST_NAME)
        return wrong(reading, "the name of a section has 1 to 49 bytes");
    memcpy(section, line + 1, length);
    section[length] = '\0';
    const struct ini_line beginning = {.number = reading->number, .section = section};
    return remember(reading, section, "") &&
           reading->take(reading->context, &beginning, reading->err);
}

/* The line as it is, its end taken off. */
static bool check_line(struct reading *reading, const char *line)
{
    size_t length = strlen(line);
    if (length > INI_LONGEST_LINE)
        return wrong(reading, "longer than 196 bytes; put a long value into a file of its own");
    if (length == 0 || line[0] == '#' || line[0] == ';')
        return true;
    if (is_blank(line[0]))
        return length == strspn(line, " \t\v\f") ||
               wrong(reading, "begins with a blank: a value ends on its line");
    for (size_t i = 1; i < length; i++) {
        if (line[i] == ';' && is_blank(line[i - 1]))
            return wrong(reading, "\" ;\" would begin a comment: comments have lines of their own");
    }
    if (line[0] == '[')
        return begin_section(reading, line);
    size_t key = strcspn(line, "=:");
    if (line[key] != '=')
        return wrong(reading, "neither a [section] nor key = value");
    return reading->taken != NULL || wrong(reading, "a key before the first [section]");
}

/* One line without its end, at most `room - 1` bytes of it. False: there is none left, or a NUL. */
static bool read_line(struct reading *reading, char *line, size_t room)
{
    size_t length = 0;
    int c = getc(reading->file);
    if (c == EOF)
        return false;
    for (; c != EOF && c != '\n'; c = getc(reading->file)) {
        reading->size++;
        if (c == '\0' || reading->size > INI_LARGEST_FILE)
            return wrong(reading, c == '\0' ? "has a NUL byte" : "the file is over 1 MiB");
        if (length + 1 < room)
            line[length++] = (char)c;
    }
    if (length > 0 && line[length - 1] == '\r')
        length--;
    line[length] = '\0';
    return true;
}

/* What libinih calls for the next line; NULL ends its work. */
static char *give_line(char *out, int room, void *context)
{
    struct reading *reading = context;
    char line[INI_LONGEST_LINE + 3];
    if (reading->failed)
        return NULL;
    reading->number++;
    if (!read_line(reading, line, sizeof(line)))
        return NULL;
    if (!check_line(reading, line)) {
        reading->failed = true;
        return NULL;
    }
    CHECK(room > (int)INI_LONGEST_LINE + 1);
    (void)snprintf(out, (size_t)room, "%s\n", line);
    return out;
}

static int take_pair(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    const struct ini_line line = {
        .number = reading->number, .section = section, .key = name, .value = value};
    if (reading->failed)
        return 0;
    bool ok = name[0] != '\0' && strlen(name) <= INI_LONGEST_NAME;
    if (!ok)
        (void)wrong(reading, "a key has 1 to 49 bytes");
    else if (value[0] == '\0')
        ok = wrong(reading, "there is no value");
    else
        ok = remember(reading, section, name) &&
             reading->take(reading->context, &line, reading->err);
    reading->failed = !ok;
    return ok;
}

bool ini_read(const char *path, ini_take *take, void *context, struct error *err)
{
    struct reading reading = {.path = path, .take = take, .context = context, .err = err};
    reading.file = fopen(path, "re");
    if (reading.file == NULL)
        return error_set(err, ERROR_invalid, "%.300s: %s", path, strerror(errno));
    int result = ini_parse_stream(give_line, &reading, take_pair, &reading);
    bool is_read = ferror(reading.file) == 0;
    forget(&reading);
    (void)fclose(reading.file);
    if (reading.failed)
        return error_prefix(err, "%.200s:%zu", path, reading.number);
    if (!is_read)
        return error_set(err, ERROR_invalid, "%.300s: cannot be read", path);
    if (result != 0) /* nothing that the checks above let through */
        return error_set(err, ERROR_invalid, "%.300s:%d: not understood", path, result);
    return true;
}
