// SPDX-License-Identifier: Apache-2.0
// Finds any of thousands of needles in bytes, however they are written: as they are, in base64 (at
// each of the three places a text can begin at, both alphabets), in hexadecimal (small and capital),
// and as UTF-16 of either byte order. Pure: no I/O.
//
// Each way of writing a needle is a pattern. Its first eight bytes are looked up in a hash table for
// every position of the bytes; a bit per hash decides nearly always.
#ifndef SHREDDER_SCAN_MATCH_H
#define SHREDDER_SCAN_MATCH_H

#include "base/error.h"
#include "base/slice.h"

#include <stdbool.h>

enum { NEEDLE_LEAST = 8, NEEDLE_MOST = 4096 }; /* bytes; shorter ones would be found by chance */

/* X(name, word) */
#define NEEDLE_FORMS(X) \
    X(RAW, "as it is") \
    X(BASE64, "base64") \
    X(HEX, "hexadecimal") \
    X(UTF16_LE, "UTF-16LE") \
    X(UTF16_BE, "UTF-16BE")

enum needle_form {
#define X(name, word) FORM_##name,
    NEEDLE_FORMS(X)
#undef X
        FORM_COUNT
};

const char *needle_form_name(enum needle_form form);

struct needle {
    struct slice value;
    bool is_text; /* UTF-8: only text has UTF-16 forms */
};

struct match {
    size_t needle;
    enum needle_form form;
    uint64_t offset;
    size_t size;
};

typedef void match_function(const struct match *match, void *context);

struct matcher;

/* Copies what it needs. ERROR_invalid names the needle (by number, never by value) that is too short,
 * too long, or no UTF-8. */
MUST_USE bool
matcher_new(struct matcher **out, const struct needle *needles, size_t count, struct error *err);

/* Wipes its copies. */
void matcher_free(struct matcher *matcher);

/* Bytes of the longest pattern: whoever scans in pieces must repeat that many less one. */
size_t matcher_longest(const struct matcher *matcher);

/* Calls `found` for each match; offsets count from `base` at the first byte. */
void matcher_scan(
    const struct matcher *matcher,
    struct slice bytes,
    uint64_t base,
    match_function *found,
    void *context);

#endif
