// SPDX-License-Identifier: Apache-2.0
// The Kafka headers of the contract as data, for documents and schemas. What reads those of a command
// is wire/envelope.h.
#ifndef WIRE_HEADERS_H
#define WIRE_HEADERS_H

#include "base/slice.h"

struct header_description {
    const char *name;
    bool required;
    const char
        *pattern; /* regular expression of ECMA-262 that a value matches; NULL: it is no text */
    const char *meaning; /* a few words of English */
};

struct header_descriptions {
    const struct header_description *rows;
    size_t count;
};

extern const struct header_descriptions command_headers;
extern const struct header_descriptions reply_headers;
/* Those that a dead letter has besides the headers of the command. */
extern const struct header_descriptions dead_letter_headers;

/* Patterns that bodies share with headers. */
#define PATTERN_UUID "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
#define PATTERN_TIME \
    "^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]" \
    "([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\\.[0-9]{1,6})?" \
    "([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"

#endif
