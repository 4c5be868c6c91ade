// SPDX-License-Identifier: Apache-2.0
// Checks for bugs of ours. They stay on in release builds: an order service that goes on after an
// impossible state writes that state into history. The world's faults are struct error, not this.
#ifndef BASE_CHECK_H
#define BASE_CHECK_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/* Prints the failed condition with its place and aborts. */
_Noreturn void check_failed(const char *condition, const char *file, int line);

#define CHECK(condition) \
    do { \
        if (__builtin_expect(!(condition), 0)) \
            check_failed(#condition, __FILE__, __LINE__); \
    } while (0)

#define UNREACHABLE() check_failed("unreachable", __FILE__, __LINE__)

#define countof(array) (sizeof(array) / sizeof((array)[0]))

/* Attributes, through macros so that the source stays valid C23. */
#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, values_at) __attribute__((format(printf, format_at, values_at)))

#endif
