// SPDX-License-Identifier: Apache-2.0
// One line, one write(2): lines of several threads and processes on one pipe never mix.
#include "runtime/log.h"

#include "base/clock.h"
#include "base/text.h"
#include "runtime/json_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

enum {
    LINE_SIZE = 4096, /* PIPE_BUF of Linux: up to here a write to a pipe is not split */
    TAIL_SIZE = 32,   /* kept free for the end of a line that had to be cut */
    TEXT_LIMIT = 1024,
};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static struct {
    const char *process;
    enum log_level least;
    bool terminal;
} settings = {.process = "order", .least = LOG_INFO};

void log_init(const char *process, enum log_level least)
{
    settings.process = process;
    settings.least = least;
    settings.terminal = isatty(STDERR_FILENO) == 1;
}

bool log_read_level(const char *text, enum log_level *out, struct error *err)
{
    for (size_t i = 0; i < countof(level_names); i++) {
        if (strcmp(text, level_names[i]) == 0) {
            *out = (enum log_level)i;
            return true;
        }
    }
    return error_set(err, ERROR_invalid, "--log-level: debug, info, warning or error");
}

static void write_text(struct writer *line, const char *text)
{
    writer_bytes(line, text, strlen(text));
}

static void write_number(struct writer *line, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, number);
    write_text(line, text);
}

/* A long text is cut, so that one field cannot crowd the others out. */
static struct slice limited(const char *text)
{
    return slice_of(text, strnlen(text, TEXT_LIMIT));
}

static void write_member(struct writer *line, const char *name, const char *text)
{
    write_text(line, ",\"");
    write_text(line, name);
    write_text(line, "\":");
    json_text_append(line, limited(text));
}

static void
json_head(struct writer *line, enum log_level level, const char *event, const char *message)
{
    char time[TEXT_TIME_SIZE];
    text_format_time(clock_now_us(), time);
    write_text(line, "{\"ts\":\"");
    write_text(line, time);
    write_text(line, "\"");
    write_member(line, "level", level_names[level]);
    write_member(line, "proc", settings.process);
    write_text(line, ",\"pid\":");
    write_number(line, getpid());
    write_member(line, "event", event);
    write_member(line, "msg", message);
}

static void json_field(struct writer *line, const struct log_field *field)
{
    if (field->text != NULL) {
        write_member(line, field->name, field->text);
        return;
    }
    write_text(line, ",\"");
    write_text(line, field->name);
    write_text(line, "\":");
    write_number(line, field->number);
}

/* "12:00:00.123 warning postgres_unavailable: message": the clock's time of day, in UTC. */
static void
text_head(struct writer *line, enum log_level level, const char *event, const char *message)
{
    char time[TEXT_TIME_SIZE];
    text_format_time(clock_now_us(), time);
    writer_bytes(line, time + 11, 12);
    write_text(line, " ");
    write_text(line, level_names[level]);
    write_text(line, " ");
    write_text(line, event);
    write_text(line, ": ");
    write_text(line, message);
}

static void text_field(struct writer *line, const struct log_field *field)
{
    write_text(line, " ");
    write_text(line, field->name);
    write_text(line, "=");
    if (field->text == NULL)
        write_number(line, field->number);
    else if (field->text[0] == '\0' || strpbrk(field->text, " \"\\=\t\n\r") != NULL)
        json_text_append(line, limited(field->text));
    else
        writer_bytes(line, field->text, limited(field->text).size);
}

/* Whole fields only; says so when some did not fit. */
static void write_fields(struct writer *line, const struct log_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t before = line->size;
        if (settings.terminal)
            text_field(line, &fields[i]);
        else
            json_field(line, &fields[i]);
        if (!line->overflow)
            continue;
        line->overflow = false;
        line->size = before;
        line->capacity += TAIL_SIZE;
        write_text(line, settings.terminal ? " cut=true" : ",\"cut\":true");
        return;
    }
    line->capacity += TAIL_SIZE;
}

void log_write(
    enum log_level level,
    const char *event,
    const char *message,
    const struct log_field *fields,
    size_t field_count)
{
    if (level < settings.least)
        return;
    int saved = errno;
    uint8_t bytes[LINE_SIZE];
    struct writer line = writer_over(bytes, sizeof(bytes) - TAIL_SIZE);
    if (settings.terminal)
        text_head(&line, level, event, message);
    else
        json_head(&line, level, event, message);
    CHECK(!line.overflow); /* names and messages are constants of ours, and short */
    write_fields(&line, fields, field_count);
    write_text(&line, settings.terminal ? "\n" : "}\n");
    /* Where the log itself cannot be written there is nobody to tell. */
    ssize_t wrote = write(STDERR_FILENO, line.data, line.size);
    (void)wrote;
    errno = saved;
}
