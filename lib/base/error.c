// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
    abort();
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    err->kind = kind;
    err->code[0] = '\0';
    (void)vsnprintf(err->text, sizeof(err->text), format, values);
    va_end(values);
    return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
    char old[sizeof(err->text)];
    memcpy(old, err->text, sizeof(old));
    va_list values;
    va_start(values, format);
    int length = vsnprintf(err->text, sizeof(err->text), format, values);
    va_end(values);
    if (length < 0 || (size_t)length + 2 >= sizeof(err->text))
        return false;
    memcpy(err->text + length, ": ", 2);
    size_t left = sizeof(err->text) - (size_t)length - 3;
    size_t kept = strnlen(old, left);
    memcpy(err->text + length + 2, old, kept);
    err->text[(size_t)length + 2 + kept] = '\0';
    return false;
}

const char *error_kind_name(enum error_kind kind)
{
    static const char *const names[] = {
#define X(name, code) #name,
        ERROR_KINDS(X)
#undef X
    };
    CHECK((size_t)kind < countof(names));
    return names[kind];
}

int error_exit_code(const struct error *err)
{
    static const int codes[] = {
#define X(name, code) code,
        ERROR_KINDS(X)
#undef X
    };
    CHECK((size_t)err->kind < countof(codes));
    return codes[err->kind];
}
