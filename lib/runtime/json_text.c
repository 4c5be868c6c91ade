// SPDX-License-Identifier: Apache-2.0
// Text as a JSON string.
#include "runtime/json_text.h"

#include "base/text.h"

#include "base/banned.h"

enum { ESCAPE_SIZE = 7 };

/* The JSON form of one byte, NUL-terminated. */
static void escape(uint8_t byte, bool utf8, char out[static ESCAPE_SIZE])
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof(letters); i += 2) {
        if ((uint8_t)letters[i] == byte) {
            (void)snprintf(out, ESCAPE_SIZE, "\\%c", letters[i + 1]);
            return;
        }
    }
    if (byte < 0x20 || byte == 0x7f)
        (void)snprintf(out, ESCAPE_SIZE, "\\u%04x", (unsigned)byte);
    else
        (void)snprintf(out, ESCAPE_SIZE, "%c", byte < 0x80 || utf8 ? byte : '?');
}

void json_text_append(struct writer *out, struct slice text)
{
    bool utf8 = text_is_utf8(text);
    char escaped[ESCAPE_SIZE];
    writer_byte(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        escape(text.data[i], utf8, escaped);
        writer_bytes(out, escaped, strlen(escaped));
    }
    writer_byte(out, '"');
}

void json_text_print(FILE *out, const char *text)
{
    bool utf8 = text_is_utf8(slice_of_text(text));
    char escaped[ESCAPE_SIZE];
    (void)fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        escape((uint8_t)*at, utf8, escaped);
        (void)fputs(escaped, out);
    }
    (void)fputc('"', out);
}
