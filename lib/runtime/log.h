// SPDX-License-Identifier: Apache-2.0
// Log lines of a program on stderr: JSON when stderr is no terminal, short text when it is one.
// Only programs log, once, where they decide. No personal data, payloads or keys: fields are typed.
#ifndef RUNTIME_LOG_H
#define RUNTIME_LOG_H

#include "base/error.h"

#include <stdint.h>

enum log_level {
    LOG_DEBUG,
    LOG_INFO,
    LOG_WARNING,
    LOG_ERROR,
};

struct log_field {
    const char *name;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

/* process: program name in each line; least: level below which nothing is written. */
void log_init(const char *process, enum log_level least);

/* The value of an option --log-level. ERROR_invalid names the words there are. */
MUST_USE bool log_read_level(const char *text, enum log_level *out, struct error *err);

/* event: stable code such as "postgres_unavailable"; message: constant English. */
void log_write(
    enum log_level level,
    const char *event,
    const char *message,
    const struct log_field *fields,
    size_t field_count);

/* One or more fields. A line without any is log_write(level, event, message, NULL, 0). */
#define LOG(level, event, message, ...) \
    log_write( \
        level, \
        event, \
        message, \
        (const struct log_field[]){{0}, __VA_ARGS__} + 1, \
        countof(((const struct log_field[]){{0}, __VA_ARGS__})) - 1)

#define LOG_TEXT(field_name, value) \
    { \
        .name = (field_name), .text = (value) \
    }
#define LOG_NUMBER(field_name, value) \
    { \
        .name = (field_name), .number = (value) \
    }

#endif
