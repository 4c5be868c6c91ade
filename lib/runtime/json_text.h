// SPDX-License-Identifier: Apache-2.0
// Text as a JSON string, for log lines and for `--json` output. Parsing JSON is not here.
#ifndef RUNTIME_JSON_TEXT_H
#define RUNTIME_JSON_TEXT_H

#include "base/slice.h"

#include <stdio.h>

/* Appends text with quotes and escapes. Bytes that are not UTF-8 become '?', so that the line
 * stays JSON whatever a server's message holds. */
void json_text_append(struct writer *out, struct slice text);

/* The same to a stream. */
void json_text_print(FILE *out, const char *text);

#endif
