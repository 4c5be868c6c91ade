// SPDX-License-Identifier: Apache-2.0
// Settings files: libinih with its traps closed. What it would cut, merge or take for a comment in
// silence is an error here, and every error names the line.
#ifndef RUNTIME_INI_H
#define RUNTIME_INI_H

#include "base/error.h"

enum {
    INI_LARGEST_FILE = 1024 * 1024,
    INI_LONGEST_LINE = 196, /* bytes, without its end: libinih cuts longer ones */
    INI_LONGEST_NAME = 49,  /* of a section or key, likewise */
};

/* One `key = value` line, or the beginning of a section: key and value are NULL then. Valid during the
 * call only. */
struct ini_line {
    size_t number; /* from 1 */
    const char *section;
    const char *key;
    const char *value;
};

/* Called for each line in the order of the file. False ends the reading; the error's text says what is
 * wrong, file and line are put in front of it. */
typedef bool ini_take(void *context, const struct ini_line *line, struct error *err);

/* Reads a whole file. Refused: lines that are too long, indented (libinih would join them to the key
 * above), without a `=`, before the first section; ` ;` within a line (it would begin a comment); a
 * section that begins a second time, a key that comes twice in its section, an empty value.
 * Nothing that was taken may be used when it fails. */
MUST_USE bool ini_read(const char *path, ini_take *take, void *context, struct error *err);

#endif
