// SPDX-License-Identifier: Apache-2.0
// Scope cleanup: a handle declared with CLEANUP(f) is released when its scope ends, on every path.
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

/* f takes a pointer to the variable and must accept a variable that holds nothing. */
#define CLEANUP(f) __attribute__((cleanup(f)))

/* Makes `name_cleanup(type *)` from a release function that takes the value itself. */
#define DEFINE_CLEANUP(type, name, release) \
    static inline void name(type *handle) \
    { \
        if (*handle != NULL) \
            release(*handle); \
    }

#endif
