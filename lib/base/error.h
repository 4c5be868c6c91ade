// SPDX-License-Identifier: Apache-2.0
// What went wrong in the world outside the program: one shape, few kinds, fixed size.
//
// A function that can fail returns bool and takes `struct error *err` last; it fills err only when
// it returns false. The caller decides by kind; the text is for people.
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "base/check.h"

/* X(name, exit code of a program that ends because of it; see runtime/exit_code.h) */
#define ERROR_KINDS(X) \
    X(invalid, 2)   /* usage, configuration or input that can never work */ \
    X(not_found, 3) /* the named thing does not exist */ \
    X(transient, 4) /* a server is away or busy: the same call may work later */ \
    X(conflict, 5)  /* somebody else changed or holds it */ \
    X(denied, 6)    /* rights are missing */ \
    X(fatal, 1)     /* none of the others: do not retry */ \
    X(tampered, 8)  /* stored data contradicts itself: stop and alarm */

enum error_kind {
#define X(name, code) ERROR_##name,
    ERROR_KINDS(X)
#undef X
        ERROR_KIND_COUNT
};

struct error {
    enum error_kind kind;
    char code[8];   /* SQLSTATE or librdkafka's number, empty where there is none */
    char text[504]; /* one line, no newline, no personal data */
};

/* Fills err; the text is cut when it is too long. Returns false, so that a caller can return it. */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts "prefix: " in front of the text. Returns false. */
bool error_prefix(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

const char *error_kind_name(enum error_kind kind);
int error_exit_code(const struct error *err);

#endif
